"""Every page, for everybody: seen, heard, by keyboard, enlarged, in the dark, on a bad line.

Each page is looked at in English and in one more language, by turns; ``make walk`` looks at each in every language.
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from playwright.async_api import Browser, Page

from mentoring.i18n import offered
from tests.harness.browser import Browsing
from tests.journeys.walking import (
    AXE,
    COLOURS_AND_TARGETS,
    DESK,
    LARGEST_VIEW,
    MOST_REQUESTS,
    PATIENCE,
    PHONE,
    SHIFTED,
    STILL,
    ZOOMED,
    Organisation,
    Place,
    Visit,
    barriers,
    come_in,
    first_view,
    in_two_parts,
    is_too_wide,
    opened,
    out_of_reach,
    places,
    pushed_sideways,
    read_in,
    serving,
)
from tests.mentoring.world import COORDINATOR

EVERY_LANGUAGE = "WALK_EVERY_LANGUAGE"
"""Environment variable that asks for all of them."""


class Seen(NamedTuple):
    """One page, in one language, and what was wrong with it."""

    visit: Visit
    language: str
    barriers: list[str]
    too_wide: list[int]
    sideways: list[str]
    unreached: list[str]
    unseen: list[str]

    @property
    def name(self) -> str:
        return f"{self.visit.place.route} ({self.language})"


class Walk(NamedTuple):
    seen: list[Seen]
    complaints: list[str]


@pytest.fixture(scope="module")
async def organisation(folder: Path, anyio_backend: str) -> AsyncIterator[Organisation]:
    async with serving(folder) as served:
        yield served


@pytest.fixture(scope="module")
async def walk(organisation: Organisation, browser: Browser) -> Walk:
    async with AsyncExitStack() as closing:
        windows = Browsing(browser, closing, PATIENCE)
        return Walk(await _walked(windows, organisation), windows.complaints)


async def _walked(windows: Browsing, organisation: Organisation) -> list[Seen]:
    seen = []
    by_role = sorted(await places(organisation), key=lambda place: place.role)
    for role, same in groupby(by_role, key=lambda place: place.role):
        page = await windows.open(width=PHONE, base_url=organisation.url)
        await come_in(page, organisation, role)
        await page.add_init_script(AXE)
        closely = [await _looked_at_closely(page, place) for place in same]
        seen += closely + await _read_in_every_other_language(page, [one.visit for one in closely])
        await page.context.close()
    return seen


async def _read_in_every_other_language(page: Page, visits: Sequence[Visit]) -> list[Seen]:
    """Colours are the same in all languages."""
    await page.emulate_media(color_scheme="light")
    seen = []
    for visit, language in [(visit, one) for turn, visit in enumerate(visits) for one in _others(turn)]:
        await read_in(page, visit.place, language)
        found = await barriers(page, contrast=False)
        seen.append(Seen(visit, language, found, await _too_wide(page), await pushed_sideways(page, PHONE), [], []))
    return seen


def _others(turn: int) -> Sequence[str]:
    """The languages besides English in which a page is looked at."""
    others = offered()[1:]
    return others if os.environ.get(EVERY_LANGUAGE) else [others[turn % len(others)]]


async def _looked_at_closely(page: Page, place: Place) -> Seen:
    """In English: light on a phone, dark at a desk, enlarged, and by the keyboard."""
    await page.emulate_media(color_scheme="light")
    await page.set_viewport_size({"width": PHONE, "height": 800})
    visit = await first_view(page, place, "en")
    found = await barriers(page, COLOURS_AND_TARGETS)
    too_wide, sideways = await _too_wide(page), await pushed_sideways(page, PHONE)
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": DESK, "height": 900})
    found += await barriers(page)
    told = await out_of_reach(page)
    return Seen(visit, "en", found, too_wide, sideways, told["unreached"], told["unseen"])


async def _too_wide(page: Page) -> list[int]:
    return [width for width in (PHONE, ZOOMED) if await is_too_wide(page, width)]


def test_there_are_pages_to_look_at_and_all_of_them_open(walk: Walk) -> None:
    assert len(walk.seen) > 30 * 2
    assert {one.language for one in walk.seen} == set(offered())
    assert {one.name: one.visit.status for one in walk.seen if one.visit.status != 200} == {}


def test_no_page_puts_up_a_barrier(walk: Walk) -> None:
    assert {one.name: one.barriers for one in walk.seen if one.barriers} == {}


def test_no_page_is_pushed_sideways_on_a_phone_or_at_four_hundred_per_cent(walk: Walk) -> None:
    assert {one.name: one.too_wide for one in walk.seen if one.too_wide} == {}


def test_no_table_is_pushed_sideways_on_a_phone(walk: Walk) -> None:
    assert {one.name: one.sideways for one in walk.seen if one.sideways} == {}


def test_the_keyboard_reaches_everything_and_shows_where_it_is(walk: Walk) -> None:
    assert {one.name: one.unreached for one in walk.seen if one.unreached} == {}
    assert {one.name: one.unseen for one in walk.seen if one.unseen} == {}


def test_a_first_view_is_small_and_asks_for_little(walk: Walk) -> None:
    large = {one.name: one.visit.size for one in walk.seen if one.visit.size > LARGEST_VIEW}
    busy = {one.name: one.visit.requests for one in walk.seen if len(one.visit.requests) > MOST_REQUESTS}

    assert (large, busy) == ({}, {})
    assert all(one.visit.size > 2_000 for one in walk.seen)


async def test_nothing_moves_while_a_page_comes(walk: Walk, windows: Browsing, organisation: Organisation) -> None:
    """What a page is made of moves each time; a browser that is starved may once paint half of any page."""
    moved = {}
    for first in {one.visit.place.route: one.visit for one in walk.seen if one.visit.shifted > STILL}.values():
        async with opened(windows, organisation, first.place, "en") as (_, second):
            moved[first.place.route] = min(first.shifted, second.shifted)

    assert {route: shifted for route, shifted in moved.items() if shifted > STILL} == {}


@pytest.mark.parametrize("later", [b'<nav class="languages"', b'<a href="/sign-in?language=es"'])
async def test_nothing_moves_where_the_end_of_a_page_comes_later(
    windows: Browsing, organisation: Organisation, later: bytes
) -> None:
    """The foot of a short page stands at the bottom of the window: were it to grow, it would grow upwards."""
    async with httpx.AsyncClient(base_url=organisation.url, trust_env=False, timeout=PATIENCE) as client:
        whole, style = [(await client.get(path)).content for path in ("/sign-in", "/static/style.css")]
    page = await windows.open(width=PHONE)
    await page.route("**/static/style.css*", lambda route: route.fulfill(body=style, content_type="text/css"))
    async with in_two_parts(whole, whole.index(later)) as (address, go_on):
        await page.goto(address, wait_until="commit")
        await page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
        before = await page.locator("footer a").count()
        go_on.set()
        await page.wait_for_load_state()
        after = await page.locator("footer a").count()
        shifted = float(await page.evaluate(SHIFTED))

    assert (before < after, shifted) == (True, 0)


def test_no_page_is_stopped_by_its_own_policy(walk: Walk) -> None:
    assert walk.complaints == []


async def test_the_skip_link_leads_past_the_menu(windows: Browsing, organisation: Organisation) -> None:
    page = await windows.open(base_url=organisation.url)
    await page.goto("/")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    assert await page.evaluate("() => document.activeElement.id") == "main"


async def test_the_menu_of_a_phone_opens_and_closes_without_script(
    windows: Browsing, organisation: Organisation
) -> None:
    page = await windows.open(base_url=organisation.url, width=PHONE, script=False)
    await come_in(page, organisation, COORDINATOR)
    await page.goto("/programmes")
    link = page.locator("header nav a[href='/at-risk']")

    shown = [await link.is_visible()]
    await page.click(".menu-button")
    shown.append(await link.is_visible())
    await page.keyboard.press("Escape")
    shown.append(await link.is_visible())

    assert shown == [False, True, False]
