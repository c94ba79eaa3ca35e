"""The round desk in a real browser: found, opened, tried and taken, on a wide screen and on a phone."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from mentoring.db import Database
from mentoring.people.service import ensure_account, open_session
from mentoring.programmes.models import Coordinator
from tests.builders import a_person
from tests.conftest import StartProgram
from tests.harness.browser import Browsing, picture
from tests.harness.run import free_port
from tests.mentoring.rounds.worlds import World, a_world, pairs, proposed, solve

LEADERS = {f"L{number:02}": number % 2 for number in range(30)}
JUNIORS = {f"J{number:02}": 2 + number % 3 for number in range(33)}
PATIENCE = 60_000


async def a_round(database: Database) -> tuple[World, UUID, str]:
    """Thirty leaders, a proposal, and the secret of a coordinator's session."""
    now = datetime.now(UTC)
    async with database.sessions.begin() as db:
        world = await a_world(db, LEADERS, JUNIORS)
        person = await a_person(db)
        db.add(Coordinator(programme_id=world.programme.id, person_id=person.id))
        await ensure_account(db, person.id, now)
        secret = await open_session(db, person.id, now)
    return world, await proposed(database, world), secret


class Office:
    """A server on the test's database, and windows in which the coordinator is signed in."""

    def __init__(self, start: StartProgram, windows: Browsing, url: str, folder: Path) -> None:
        port = free_port()
        self.windows, self.address = windows, f"http://127.0.0.1:{port}"
        program = start("serve", port=port, MENTORING_DATABASE_URL=url, MENTORING_SECRET_FILE=str(folder / "secret"))
        program.wait_until_ready()

    async def open(self, path: str, secret: str, width: int, *, script: bool = True) -> Page:
        page = await self.windows.open(width=width, script=script, base_url=self.address)
        await page.context.add_cookies([{"name": "session", "value": secret, "url": self.address}])
        page.set_default_timeout(PATIENCE)
        await page.goto(path)
        return page


@pytest.fixture
def office(start: StartProgram, windows: Browsing, database_url: str, tmp_path: Path) -> Office:
    return Office(start, windows, database_url, tmp_path)


@pytest.mark.parametrize("width", [1440, 390])
async def test_a_pair_is_found_opened_tried_and_taken(office: Office, database: Database, width: int) -> None:
    world, round_id, secret = await a_round(database)
    before = await pairs(database, world, round_id)
    page = await office.open(f"/rounds/{round_id}", secret, width)
    await picture(page, f"desk-{width}")

    await _sifted(page)
    await _sorted(page)
    await _walked_by_keys(page)
    address = str(await page.locator("tr.opened").evaluate("row => row.previousElementSibling.querySelector('a').href"))
    leader = address.rpartition("/")[2]
    told = page.locator("tr.opened .told")
    await _answered_otherwise(page, leader)
    await page.click("tr.opened form[data-inline] button >> nth=1")
    await expect(told).to_contain_text("Given up", timeout=PATIENCE)
    await picture(page, f"desk-told-{width}")
    await told.locator("[name=reason]").fill("They share an office")
    await told.locator("button").click()
    await expect(page.locator("#solving")).to_be_visible(timeout=PATIENCE)
    await solve(database, round_id)
    await expect(page.locator("#desk")).to_be_visible(timeout=PATIENCE)

    await expect(page.locator("main")).to_contain_text("They share an office")
    assert (await pairs(database, world, round_id)).get(leader) != before[leader]


async def _sifted(page: Page) -> None:
    rows = page.locator("#desk tbody > tr:visible")
    await expect(page.locator("#shown")).to_have_text("30")
    await page.fill("[name=q]", "L07")
    await expect(rows).to_have_count(1)
    await page.fill("[name=q]", "")
    await page.select_option("[name=show]", "pinned")
    await expect(rows).to_have_count(0)
    await page.select_option("[name=show]", "")
    await expect(rows).to_have_count(30)


async def _sorted(page: Page) -> None:
    """By any column, there and back, without asking the server. (On a phone the heads are for screen readers.)"""
    fits = page.locator("#desk tbody > tr > td:nth-child(6)")
    head = page.locator("#desk thead th:nth-child(6) a")
    await head.evaluate("link => link.click()")
    down = await fits.all_text_contents()
    await head.evaluate("link => link.click()")
    up = await fits.all_text_contents()
    assert (down, up) == (sorted(down, reverse=True), sorted(down))
    await expect(page.locator("#desk thead th:nth-child(6)")).to_have_attribute("aria-sort", "ascending")


async def _walked_by_keys(page: Page) -> None:
    links = page.locator("#desk tbody > tr > th a")
    await links.first.focus()
    await page.keyboard.press("j")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("k")
    await expect(links.nth(1)).to_be_focused()
    await page.keyboard.press("/")
    await expect(page.locator("[name=q]")).to_be_focused()
    await links.nth(1).focus()
    await page.keyboard.press("Enter")
    await expect(links.nth(1)).to_have_attribute("aria-expanded", "true")
    await expect(page.locator("tr.opened")).to_have_count(1)


async def _answered_otherwise(page: Page, leader: str) -> None:
    """What if the leader did not need the skill: they would have nobody, and there is nothing to take."""
    form = page.locator("tr.opened form[data-inline]", has=page.locator(f"[name=who][value={leader}]"))
    await form.locator("xpath=..").locator("summary").click()
    await form.locator("[name=skill]").select_option("2.6")
    await form.locator("[name=listed]").select_option("needs-none")
    await form.locator("button").click()
    told = page.locator("tr.opened .told")
    await expect(told).to_contain_text("Leaders matched: 30 → 29", timeout=PATIENCE)
    await expect(told.locator("[name=reason]")).to_have_count(0)


async def test_without_script_the_same_is_done_by_links_and_forms(office: Office, database: Database) -> None:
    _, round_id, secret = await a_round(database)
    page = await office.open(f"/rounds/{round_id}?q=L07", secret, 1440, script=False)

    await expect(page.locator("#desk tbody > tr")).to_have_count(1)
    await page.click("#desk tbody th a")
    await page.click("form[data-inline] button >> nth=1")
    await expect(page.locator("#told")).to_contain_text("Given up", timeout=PATIENCE)
    await page.go_back()
    await page.go_back()
    await page.click("details:has([name=listed]) summary")
    await page.fill("details [name=who]", "J07")
    await page.select_option("details [name=places]", "0")
    await page.click("details:has([name=listed]) button")
    await expect(page.locator("#told")).to_contain_text("Leaders matched: 30 → 30", timeout=PATIENCE)
