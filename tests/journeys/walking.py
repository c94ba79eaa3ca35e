"""Every page that can be opened, as somebody opens it who may: found in the table of routes, so none is forgotten."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import axe_playwright_python
import httpx
from playwright.async_api import Page, Request
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import database
from mentoring.programmes.models import Programme
from mentoring.programmes.rules import Role
from mentoring.rounds.models import ProposedPair
from mentoring.settings import Settings
from tests.builders import REASONS, an_enrolment
from tests.harness.browser import Browsing
from tests.harness.databases import sqlite_url
from tests.harness.run import free_port
from tests.harness.server import started
from tests.mentoring.routes import ROUTES, reader_of
from tests.mentoring.world import LEADER, World, build

LARGEST_VIEW, MOST_REQUESTS = 60_000, 3
"""Of a first view: bytes over the wire, and what may be asked for beyond the page."""
PHONE, DESK, ZOOMED = 390, 1440, 320
"""Widths; the last is what 1280 pixels are at 400 % zoom (WCAG 1.4.10)."""
STILL = 0.01
"""Layout shift (0 to 1) that nobody sees: on a busy machine a page comes in two parts, and its footer moves down."""
PATIENCE = 120
"""Seconds that the server may take to start on a busy machine."""
FOR_PROGRAMS = re.compile(r"GET /(api|static|schema|feeds|health|metrics)\b")
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
EVERYTHING = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS_AND_TARGETS = {"type": "rule", "values": ["color-contrast", "target-size"]}
RUN_AXE = """async ([only, contrast]) => {
  const rules = {"color-contrast": {enabled: contrast}};
  const found = await axe.run(document, {preload: false, resultTypes: ["violations"], runOnly: only, rules});
  return found.violations.flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 160)}`));
}"""
SHIFTED = """() => new Promise(resolve => {
  let sum = 0;
  const add = list => { for (const entry of list) sum += entry.value };
  const watch = new PerformanceObserver(list => add(list.getEntries()));
  watch.observe({type: "layout-shift", buffered: true});
  requestAnimationFrame(() => requestAnimationFrame(() => { add(watch.takeRecords()); resolve(sum) }));
})"""
WIDE_TABLES = """() => [...document.querySelectorAll(".scroll")]
  .filter(one => one.querySelector("table") && one.scrollWidth > one.clientWidth).map(one => one.ariaLabel)"""
WATCH_FOCUS = """() => {
  const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const same = one => one.type === "radio" ? [...document.getElementsByName(one.name)] : [one];
  const missed = one => !one.disabled && !same(one).some(it => window.seen.has(it));
  const said = one => one.outerHTML.slice(0, 120);
  window.seen = new Map();
  window.rounds = 0;
  document.addEventListener("focusin", event => {
    const style = getComputedStyle(event.target);
    if (event.target.classList.contains("skip")) window.rounds += 1;
    window.seen.set(event.target, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
  });
  window.tell = () => ({
    unreached: [...document.querySelectorAll(all)].filter(one =>
      one.checkVisibility({visibilityProperty: true}) && missed(one)).map(said),
    unseen: [...window.seen].filter(([one, outlined]) => !outlined).map(([one]) => said(one)),
  });
}"""
MOST_TABS, ASK_EVERY = 600, 12


class Place(NamedTuple):
    """A page, and who opens it."""

    route: str
    path: str
    role: str

    @property
    def name(self) -> str:
        """How its picture is called."""
        return re.sub(r"[{}_]|GET /", "", self.route).replace("/", "-") or "home"


class Organisation(NamedTuple):
    """A small organisation, served on this machine."""

    url: str
    world: World


class Visit(NamedTuple):
    """What the first view of a page brought."""

    place: Place
    status: int
    size: int
    """Bytes over the wire, of the page and all that it asked for."""
    requests: list[str]
    """What was asked for beyond the page."""
    shifted: float


async def places(organisation: Organisation) -> list[Place]:
    """What this organisation has a whole page for: no file, no piece of a page, nothing that is refused."""
    world = organisation.world
    found = []
    async with httpx.AsyncClient(base_url=organisation.url, trust_env=False, timeout=PATIENCE) as client:
        for route in ROUTES:
            if route.startswith("GET ") and not FOR_PROGRAMS.match(route):
                role = reader_of(route)
                path = route.removeprefix("GET ").format(**{"leader": str(world.people[LEADER]), **world.ids})
                answer = await client.get(path, headers=world.keys[role])
                whole = answer.status_code == 200 and answer.text.startswith("<!doctype html>")
                found += [Place(route, path, role)] if whole else []
    return found


@asynccontextmanager
async def serving(folder: Path, pairs: int = 0) -> AsyncIterator[Organisation]:
    """Fill the migrated database ``mentoring.db`` of ``folder``, its round with so many more pairs, and serve it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(database_url=sqlite_url(folder / "mentoring.db"), secret_file=folder / "secret", base_url=url)
    async with database(settings.database_url) as opened, opened.sessions.begin() as db:
        world = await build(db, settings)
        await _more_pairs(db, world, pairs)
    told = {"MENTORING_DATABASE_URL": settings.database_url, "MENTORING_SECRET_FILE": str(settings.secret_file)}
    with started("serve", log=folder / "served.log", environment=told, port=port) as process:
        process.wait_until_ready(seconds=PATIENCE)
        yield Organisation(url, world)


async def _more_pairs(db: AsyncSession, world: World, pairs: int) -> None:
    programme = await db.get_one(Programme, UUID(world.ids["programme"]))
    for number in range(pairs):
        led = await an_enrolment(db, Role.LEADER, programme=programme)
        taught = await an_enrolment(db, Role.JUNIOR, programme=programme)
        both = {"leader_enrolment_id": led.id, "junior_enrolment_id": taught.id}
        fit = 0.3 + 0.6 * number / pairs
        db.add(ProposedPair(round_id=UUID(world.ids["round_ref"]), **both, fit=fit, reasons=REASONS))


async def come_in(page: Page, organisation: Organisation, role: str) -> None:
    """Let this window be somebody's from now on."""
    name, _, value = organisation.world.keys[role].get("cookie", "").partition("=")
    if name:
        await page.context.add_cookies([{"name": name, "value": value, "url": organisation.url}])


@asynccontextmanager
async def opened(
    windows: Browsing, organisation: Organisation, place: Place, language: str, width: int = PHONE
) -> AsyncIterator[tuple[Page, Visit]]:
    """Open a page in a window that has never seen it."""
    page = await windows.open(language=language, width=width, base_url=organisation.url)
    await come_in(page, organisation, place.role)
    yield page, await first_view(page, place, language)
    await page.context.close()


async def first_view(page: Page, place: Place, language: str) -> Visit:
    """Go to a page in a window that keeps nothing, as if it had never been there."""
    asked: list[Request] = []

    def hear(request: Request) -> None:
        asked.append(request)

    page.on("request", hear)
    client = await page.context.new_cdp_session(page)
    await client.send("Network.enable")
    await client.send("Network.setCacheDisabled", {"cacheDisabled": True})
    answer = await page.goto(f"{place.path}?language={language}")
    assert answer is not None
    shifted = float(await page.evaluate(SHIFTED))
    sizes = [await request.sizes() for request in asked]
    size = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
    page.remove_listener("request", hear)
    await client.detach()
    return Visit(place, answer.status, size, [request.url for request in asked[1:]], shifted)


@asynccontextmanager
async def in_two_parts(whole: bytes, at: int) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """Serve one page as a bad line brings it: what comes after ``at`` comes when one is told to go on."""
    go_on = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(whole)}\r\n\r\n"
        writer.write(head.encode() + whole[:at])
        await writer.drain()
        await go_on.wait()
        writer.write(whole[at:])
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        host, port = listening.sockets[0].getsockname()
        yield f"http://{host}:{port}/", go_on


async def barriers(page: Page, only: Mapping[str, object] = EVERYTHING, contrast: bool = True) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE)
    found: list[str] = await page.evaluate(RUN_AXE, [only, contrast])
    return found


async def read_in(page: Page, place: Place, language: str) -> None:
    """The same page in another language."""
    await page.goto(f"{place.path}?language={language}")


async def is_too_wide(page: Page, width: int) -> bool:
    """Whether it has to be pushed sideways at this width."""
    await page.set_viewport_size({"width": width, "height": 640})
    return bool(await page.evaluate("() => document.documentElement.scrollWidth > innerWidth"))


async def pushed_sideways(page: Page, width: int) -> list[str]:
    """The tables that do not fit at this width; a picture may be larger, for its table stands beside it."""
    await page.set_viewport_size({"width": width, "height": 640})
    found: list[str] = await page.evaluate(WIDE_TABLES)
    return found


async def out_of_reach(page: Page) -> dict[str, list[str]]:
    """Go through the page with the Tab key: what it never came to, and where one could not see that it had.

    A second time where something was left out: what came in on the way, behind us, is reached then.
    """
    await page.evaluate(WATCH_FOCUS)
    told: dict[str, list[str]] = {}
    for tour in (1, 2):
        for tab in range(MOST_TABS):
            await page.keyboard.press("Tab")
            if tab % ASK_EVERY == 0 and await page.evaluate("() => window.rounds") > tour:
                break
        told = await page.evaluate("() => window.tell()")
        if not told["unreached"]:
            break
    return told
