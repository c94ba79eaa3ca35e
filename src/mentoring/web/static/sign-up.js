// The sign-up page, made nicer: found by plain words, hours painted, kept as one goes. Without this file the form works.
"use strict";
const form = document.getElementById("sign-up");
form.classList.add("alive");
const said = form.dataset;
const one = (selector, within = form) => within.querySelector(selector);
const all = (selector, within = form) => [...within.querySelectorAll(selector)];
const filled = (text, gaps) => text.replace(/\{(\w+)\}/g, (_, name) => gaps[name]);
const language = document.documentElement.lang;
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const plain = text => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// --- skills, by one's own words ---
const finder = one("[data-finder]"), find = one("[data-find]"), found = one("[data-found]");
const skills = all("[data-skill]").map(row => ({
  row, code: row.dataset.skill, title: one("[data-name]", row).textContent,
  text: plain(`${row.textContent} ${row.dataset.words}`), area: row.closest("details"),
}));
const areas = all("[data-catalogue] > details");
const unfolded = areas.map(area => said.role === "junior" && all("select", area).some(menu => menu.value));
let best = null;

function search() {
  const words = plain(find.value).split(/[\s,.;:!?'’]+/).filter(word => word.length > 1 || /[^\x00-\u024f]/.test(word));
  const score = skill => words.filter(word => skill.text.includes(word)).length;
  const most = Math.max(0, ...skills.map(score));
  const hits = skills.filter(skill => !words.length || (most && score(skill) === most));
  for (const skill of skills) skill.row.hidden = !hits.includes(skill);
  areas.forEach((area, index) => {
    area.hidden = !hits.some(skill => skill.area === area);
    area.open = words.length ? !area.hidden : unfolded[index];
  });
  best = words.length && hits[0] || null;
  found.textContent = !words.length ? "" : best ? filled(said.found, { number: number.format(hits.length), title: best.title }) : said.unfound;
}

// --- a leader's needs: the menus hold them, rows choose into them ---
const needs = all("[data-need]").map(row => ({ row, menu: one("select", row), levels: all("input[type=radio]", row) }));
const level = need => need.levels.findIndex(input => input.checked);

function showNeeds() {
  for (const need of needs) {
    const chosen = need.menu.selectedOptions[0];
    need.row.hidden = !need.menu.value && !one(".fault", need.row);
    one("[data-menu]", need.row).hidden = Boolean(need.menu.value);
    one(".need-name", need.row).hidden = one("[data-buttons]", need.row).hidden = one(".levels", need.row).hidden = !need.menu.value;
    one("[data-title]", need.row).textContent = chosen.textContent;
  }
  const codes = needs.map(need => need.menu.value);
  for (const skill of skills) {
    const button = one("[data-choose]", skill.row);
    if (button) button.hidden = codes.includes(skill.code);
  }
}

function setNeeds(values) {
  needs.forEach((need, index) => {
    const [code, held] = values[index] || ["", 0];
    need.menu.value = code;
    need.levels[held].checked = true;
  });
  showNeeds();
  changed();
}

function choose(skill) {
  if (!needs.length) return one("select", skill.row).focus();
  const there = needs.find(need => need.menu.value === skill.code);
  if (there) return there.levels[level(there)].focus();
  const free = needs.find(need => !need.menu.value);
  if (!free) { found.textContent = said.full; return; }
  free.menu.value = skill.code;
  find.value = "";
  search();
  showNeeds();
  changed();
  found.textContent = filled(said.chosen, { title: skill.title, place: one("[data-place]", free.row).textContent });
  free.levels[Math.max(0, level(free))].focus();
}

finder.hidden = false;
find.addEventListener("input", search);
find.addEventListener("keydown", event => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  if (best) choose(best);
});
for (const skill of skills) one("[data-choose]", skill.row)?.addEventListener("click", () => choose(skill));
needs.forEach((need, index) => {
  const values = () => needs.filter(one => one.menu.value).map(one => [one.menu.value, Math.max(0, level(one))]);
  one("[data-remove]", need.row).addEventListener("click", () => { setNeeds(values().filter((_, place) => place !== index)); find.focus(); });
  one("[data-earlier]", need.row)?.addEventListener("click", () => {
    const now = values();
    [now[index - 1], now[index]] = [now[index], now[index - 1]];
    setNeeds(now);
    (one("[data-earlier]", needs[index - 1].row) || one("[data-remove]", needs[index - 1].row)).focus();
  });
  need.menu.addEventListener("change", showNeeds);
});

// --- hours: the fields hold them, the grid paints into them ---
const QUARTERS = 96, SPANS = 5;
const grid = one("[data-grid]"), exact = one("[data-exact]"), total = one("[data-total]"), spoken = one("[data-said]");
const day = (weekday, form) => new Intl.DateTimeFormat(language, { weekday: form, timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1 + weekday)));
// Arabic has no short names of days: on a phone seven whole ones would run into each other.
const heading = weekday => day(weekday, innerWidth < 640 && day(weekday, "short").length > 4 ? "narrow" : "short");
const clock = minutes => new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" }).format(new Date(Date.UTC(2024, 0, 1, 0, minutes % 1440)));
const field = (edge, weekday, span) => form.elements[`${edge}-${weekday}-${span}`];
const minutes = text => text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
let cells = [], week = [];

function readWeek() {
  week = Array.from({ length: 7 }, (_, weekday) => {
    const quarters = Array(QUARTERS).fill(false);
    for (let span = 1; span <= SPANS; span++) {
      const [from, to] = ["from", "to"].map(edge => field(edge, weekday, span)?.value);
      if (from && to) quarters.fill(true, Math.ceil(minutes(from) / 15), Math.floor((minutes(to) || 1440) / 15));
    }
    return quarters;
  });
}

function spansOf(quarters) {
  const spans = [];
  quarters.forEach((free, at) => {
    if (!free) return;
    if (at && quarters[at - 1]) spans[spans.length - 1][1] = at + 1;
    else spans.push([at, at + 1]);
  });
  return spans;
}

function writeDay(weekday) {
  const spans = spansOf(week[weekday]);
  const text = quarters => `${String(Math.floor(quarters / 4) % 24).padStart(2, "0")}:${String(quarters % 4 * 15).padStart(2, "0")}`;
  for (let span = 1; span <= SPANS; span++) {
    for (const [place, edge] of ["from", "to"].entries()) {
      let input = field(edge, weekday, span);
      if (!input && spans[span - 1]) {
        input = Object.assign(document.createElement("input"), { type: "hidden", name: `${edge}-${weekday}-${span}` });
        form.append(input);
      }
      if (input) input.value = spans[span - 1] ? text(spans[span - 1][place]) : "";
    }
  }
}

const share = (weekday, hour) => week[weekday].slice(4 * hour, 4 * hour + 4).filter(Boolean).length / 4;

function showWeek() {
  for (const cell of cells) {
    const part = share(cell.day, cell.hour);
    cell.node.setAttribute("aria-selected", String(part > 0));
    cell.node.dataset.free = part === 1 ? "all" : part ? "some" : "none";
    const name = `${cell.dayName} ${clock(60 * cell.hour)}`;
    cell.node.setAttribute("aria-label", part ? `${name}: ${part === 1 ? said.free : said.partly}` : name);
  }
  const hours = week.flat().filter(Boolean).length / 4, least = Number(said.least);
  const few = hours && hours < least ? ` ${filled(said.few, { hours: number.format(least) })}` : "";
  total.replaceChildren(Object.assign(document.createElement("strong"), { textContent: filled(said.week, { hours: number.format(hours) }) }), few);
}

function paint(weekday, first, last, free) {
  const before = [...week[weekday]];
  week[weekday].fill(free, 4 * first, 4 * last);
  if (spansOf(week[weekday]).length > SPANS) {
    week[weekday] = before;
    spoken.textContent = said.crowded;
    return;
  }
  writeDay(weekday);
  spoken.textContent = filled(free ? said.painted : said.wiped, { day: day(weekday, "long"), from: clock(60 * first), to: clock(60 * last) });
}

function showHours(from, to) {
  for (const row of grid.tBodies[0].rows) row.hidden = row.dataset.hour < from || row.dataset.hour >= to;
}

function buildGrid() {
  const head = grid.createTHead().insertRow();
  head.append(document.createElement("td"));
  for (let weekday = 0; weekday < 7; weekday++) {
    head.append(Object.assign(document.createElement("th"), { scope: "col", textContent: heading(weekday), abbr: day(weekday, "long") }));
  }
  const body = grid.createTBody();
  for (let hour = 0; hour < 24; hour++) {
    const row = body.insertRow();
    row.dataset.hour = hour;
    row.append(Object.assign(document.createElement("th"), { scope: "row", textContent: clock(60 * hour) }));
    for (let weekday = 0; weekday < 7; weekday++) {
      const node = row.insertCell();
      node.setAttribute("role", "gridcell");
      node.tabIndex = hour === 9 && weekday === 0 ? 0 : -1;
      cells.push({ node, hour, day: weekday, dayName: day(weekday, "long") });
    }
  }
}

const cellOf = node => cells.find(cell => cell.node === node);
const cellAt = (weekday, hour) => cells[7 * hour + weekday];

function moveTo(cell) {
  for (const other of cells) other.node.tabIndex = other === cell ? 0 : -1;
  cell.node.focus();
}

function onKey(event) {
  const cell = cellOf(event.target);
  if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
  const shown = cells.filter(one => !one.node.parentNode.hidden).map(one => one.hour);
  const [top, bottom] = [Math.min(...shown), Math.max(...shown)];
  const ahead = getComputedStyle(grid).direction === "rtl" ? -1 : 1;
  const to = { ArrowDown: [0, 1], ArrowUp: [0, -1], ArrowRight: [ahead, 0], ArrowLeft: [-ahead, 0], Home: [-cell.day, 0], End: [6 - cell.day, 0], PageUp: [0, top - cell.hour], PageDown: [0, bottom - cell.hour] }[event.key];
  if (event.key === " ") {
    event.preventDefault();
    paint(cell.day, cell.hour, cell.hour + 1, share(cell.day, cell.hour) < 1);
    afterPaint();
  }
  if (!to) return;
  event.preventDefault();
  const next = cellAt(Math.min(6, Math.max(0, cell.day + to[0])), Math.min(bottom, Math.max(top, cell.hour + to[1])));
  if (event.shiftKey) {
    const [from, till] = [Math.min(cell.hour, next.hour), Math.max(cell.hour, next.hour) + 1];
    const [one, other] = [Math.min(cell.day, next.day), Math.max(cell.day, next.day)];
    for (let weekday = one; weekday <= other; weekday++) paint(weekday, from, till, true);
    afterPaint();
  }
  moveTo(next);
}

let brush = null;
function onPointer(event) {
  const under = event.type === "pointermove" ? document.elementFromPoint(event.clientX, event.clientY) : event.target;
  const cell = cellOf(under?.closest("td"));
  if (!cell || event.button > 0) return;
  if (event.type === "pointerdown") {
    brush = { free: share(cell.day, cell.hour) < 1, last: null };
    moveTo(cell);
  }
  if (!brush || brush.last === cell) return;
  event.preventDefault();
  brush.last = cell;
  paint(cell.day, cell.hour, cell.hour + 1, brush.free);
  showWeek();
}

function afterPaint() {
  showWeek();
  changed();
}

buildGrid();
readWeek();
const used = week.flatMap(quarters => spansOf(quarters)).flat();
const early = used.some(quarter => quarter < 28 || quarter > 80);
const allDay = one("[data-all-day]");
const showAll = open => {
  showHours(open ? 0 : 7, open ? 24 : 20);
  allDay.setAttribute("aria-expanded", String(open));
};
showAll(early);
showWeek();
one("[data-painter]").hidden = false;
exact.open = Boolean(one(".fault", exact));
grid.addEventListener("keydown", onKey);
grid.addEventListener("pointerdown", onPointer);
grid.addEventListener("pointermove", onPointer);
window.addEventListener("pointerup", () => { if (brush) { brush = null; changed(); } });
window.addEventListener("pointercancel", () => { brush = null; });
allDay.addEventListener("click", () => showAll(allDay.getAttribute("aria-expanded") !== "true"));
for (const button of all("[data-paint]")) button.addEventListener("click", () => {
  const [from, to] = button.dataset.paint.split("-").map(Number);
  if (to) for (let weekday = 0; weekday < 5; weekday++) paint(weekday, from, to, true);
  else for (let weekday = 0; weekday < 7; weekday++) paint(weekday, 0, 24, false);
  if (!to) spoken.textContent = filled(said.week, { hours: number.format(0) });
  afterPaint();
});

// --- how far one is ---
function showSteps() {
  const done = {
    what: needs.length ? needs.some(need => need.menu.value) : skills.some(skill => one("select", skill.row).value),
    when: week.flat().some(Boolean), languages: Boolean(form.elements["language-1"].value),
  };
  for (const [place, is] of Object.entries(done)) {
    const link = one(`[data-step=${place}]`);
    link.classList.toggle("done", is);
    one("[data-tick]", link).hidden = !is;
  }
  const values = Object.values(done);
  one("[data-progress]").textContent = filled(said.done, { done: number.format(values.filter(Boolean).length), all: number.format(values.length) });
}

// --- kept as one goes ---
const kept = one("[data-kept-now]");
let timer = 0, saving = null, sending = false, again = false, last = "";

function typed() {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (name === "draft" || typeof value !== "string" || !value) continue;
    fields[name] = name in fields ? [fields[name], value].flat() : value;
  }
  return fields;
}

function changed() {
  showSteps();
  clearTimeout(timer);
  timer = setTimeout(keep, 800);
}

function keep() {
  clearTimeout(timer);
  if (saving) { again = true; return saving; }
  const fields = typed(), text = JSON.stringify(fields);
  if (text === last || sending) return null;
  saving = put(fields).then(answer => { last = text; return answer; }).then(tellKept, tellUnkept).finally(() => {
    saving = null;
    if (again) { again = false; keep(); }
  });
  return saving;
}

async function put(fields) {
  const since = form.elements.draft.value || null;
  const answer = await fetch(said.draft, {
    method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ typed: fields, since }), keepalive: true,
  });
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.detail), { told: true });
  return body;
}

function tellKept(body) {
  form.elements.draft.value = body.saved_at;
  kept.textContent = filled(said.kept, { time: new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(new Date(body.saved_at)) });
}

function tellUnkept(error) {
  kept.textContent = filled(said.unkept, { why: error.told ? error.message : said.offline });
}

form.addEventListener("input", event => {
  if (event.target.type === "time") { readWeek(); showWeek(); }
  if (event.target !== find) changed();
});
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden" && timer) keep(); });
form.addEventListener("submit", event => {
  if (sending && !saving) { event.preventDefault(); return; }
  clearTimeout(timer);
  if (saving) {
    event.preventDefault();
    saving.finally(() => { form.requestSubmit(event.submitter); });
  } else {
    sending = true;
  }
});
window.addEventListener("pageshow", () => { sending = false; });

if (needs.length) showNeeds();
search();
last = JSON.stringify(typed());
showSteps();
document.querySelector("[data-refused]")?.focus();
