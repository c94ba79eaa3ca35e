// The round desk: all that the server does too, done in place. Without this script links and forms do it.
"use strict";
(() => {
  const fetched = async (address, options) => {
    const answer = await fetch(address, options);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  // While the round is solved: look again until there is a result.
  const follow = async () => {
    const shown = document.querySelector("#solving");
    if (!shown) return;
    try {
      const now = (await fetched(location.href)).querySelector("#solving");
      if (!now) return location.reload();
      shown.querySelector("progress").value = now.querySelector("progress").value;
      shown.querySelector("p").textContent = now.querySelector("p").textContent;
    } catch { /* the line is bad: the next look may be luckier */ }
    setTimeout(follow, 1000);
  };
  follow();

  // What is tried in a form is answered below it.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-inline]")) return;
    event.preventDefault();
    const place = form.closest("section").querySelector(".told");
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetched(form.action, { method: "post", body: new URLSearchParams(new FormData(form)) });
      const told = answer.querySelector("#told") || answer.querySelector("[role=alert]");
      const title = told.querySelector("h1");
      if (title) title.replaceWith(Object.assign(document.createElement("h3"), { textContent: title.textContent }));
      place.replaceChildren(told);
      place.scrollIntoView({ block: "nearest" });
    } catch { form.removeAttribute("data-inline"); form.submit(); }
    form.removeAttribute("aria-busy");
  });

  const desk = document.querySelector("#desk");
  if (!desk) return;
  const sift = desk.querySelector("form");
  const body = desk.querySelector("tbody");
  const shown = desk.querySelector("#shown");
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
  // As the server has it: an alef is an alef, whatever it carries.
  const sought = (text) => document.documentElement.lang === "ar" ? text.normalize("NFKD").replace(/\p{M}/gu, "") : text;
  const rows = [...body.rows].map((row) => ({
    row,
    cells: [...row.cells].map((cell) => cell.textContent),
    said: row.textContent.toLowerCase() + row.querySelector("a").href.split("/").pop().toLowerCase(),
  }));
  const all = sift.elements.q.value || sift.elements.show.value || sift.elements.unit.value || sift.elements.country.value;
  desk.querySelector("#keys").hidden = false;

  const open = () => body.querySelector("tr.opened");
  const close = () => {
    const detail = open();
    if (!detail) return;
    detail.previousElementSibling.querySelector("a").setAttribute("aria-expanded", "false");
    detail.remove();
  };

  const look = () => {
    const { q, show, unit, country } = sift.elements;
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    close();
    for (const { row, cells, said } of rows) {
      const fits = words.every((word) => said.includes(word))
        && (!show.value || row.querySelector("." + show.value))
        && (!unit.value || cells[1] === unit.value || cells[3] === unit.value)
        && (!country.value || cells[4].split(" ").includes(country.value));
      row.hidden = !fits;
      number += fits ? 1 : 0;
    }
    shown.textContent = number;
    const said = new URLSearchParams([...new FormData(sift)].filter(([, value]) => value && value !== "false"));
    history.replaceState(null, "", "?" + said);
  };
  // The server left rows out: those that are asked for now have to come from there.
  if (!all) {
    sift.addEventListener("input", look);
    sift.addEventListener("submit", (event) => { event.preventDefault(); look(); });
    sift.querySelector("button").hidden = true;
  }

  const heads = [...desk.querySelectorAll("thead th")];
  desk.querySelector("thead").addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (!event.target.closest("a")) return;
    event.preventDefault();
    const column = heads.indexOf(head);
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((one) => one.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    close();
    rows.sort((one, other) => collator.compare(sought(one.cells[column]), sought(other.cells[column])) * (down ? -1 : 1));
    body.append(...rows.map(({ row }) => row));
    sift.elements.sort.value = new URL(event.target.closest("a").href).searchParams.get("sort");
    sift.elements.down.value = down;
  });

  const unfold = async (link) => {
    const row = link.closest("tr");
    const again = open() && open().previousElementSibling === row;
    close();
    if (again) return;
    link.setAttribute("aria-busy", "true");
    const pair = (await fetched(link.href)).querySelector("#pair");
    link.removeAttribute("aria-busy");
    if (!pair) return void (location.href = link.href);
    close();
    for (const title of pair.querySelectorAll("h1, h2"))
      title.replaceWith(Object.assign(document.createElement("h3"), { textContent: title.textContent }));
    const detail = document.createElement("tr");
    const cell = detail.appendChild(document.createElement("td"));
    detail.className = "opened";
    cell.colSpan = heads.length;
    cell.append(pair);
    row.after(detail);
    link.setAttribute("aria-expanded", "true");
  };
  body.addEventListener("click", (event) => {
    const link = event.target.closest("th a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    unfold(link).catch(() => { location.href = link.href; });
  });

  const step = (by) => {
    const here = document.activeElement.closest("#desk tbody > tr");
    const visible = rows.map(({ row }) => row).filter((row) => !row.hidden);
    const near = here && here.classList.contains("opened") ? here.previousElementSibling : here;
    const next = visible[Math.max(0, Math.min(visible.length - 1, visible.indexOf(near) + by))];
    if (next) next.querySelector("a").focus();
  };
  const keys = { j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
    "/": () => sift.elements.q.focus(), Escape: () => { const detail = open(); if (detail) { detail.previousElementSibling.querySelector("a").focus(); close(); } } };
  // Only while the desk has the focus: elsewhere a letter is a letter (WCAG 2.1.4).
  desk.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea");
    const key = keys[event.key];
    if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing && !(event.key === "ArrowDown" && event.target.type === "search")) return;
    event.preventDefault();
    key();
  });
})();
