"""Signing up in a real browser, with the keyboard alone: how many keys it takes, and that nothing typed is lost."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from mentoring.db import database
from mentoring.people.service import ensure_account, open_session
from mentoring.skills.service import ensure_catalogue
from tests.builders import a_person, a_programme
from tests.conftest import StartProgram
from tests.harness.browser import Browsing, picture
from tests.harness.run import free_port

PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""
PHONE, DESK = 390, 1280

A_KEY = 0.28
"""Seconds that one key takes a person who types neither fast nor slowly (Card, Moran and Newell, 1983)."""
A_THOUGHT = 1.35
"""Seconds to find what is next (the same)."""
TWO_MINUTES = 120
FAR = 80
"""Tabs within which everything on the page must be reached."""
SEND = "#sign-up .promise button:not(.secondary)"


class Keyboard:
    """Hands that know no mouse, and count what they press."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = self.thoughts = 0
        self.began = time.monotonic()

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.presses += 1
            await self.page.keyboard.press(key)

    async def type(self, text: str) -> None:
        self.presses += len(text)
        await self.page.keyboard.type(text)

    async def reach(self, what: str) -> None:
        """Press Tab until the focus is on something."""
        self.thoughts += 1
        for _ in range(FAR):
            if await self.page.evaluate("what => document.activeElement.matches(what)", what):
                return
            await self.press("Tab")
        raise AssertionError(f"{what} is not reached")

    def interaction(self, who: str) -> float:
        """Seconds that a person takes; a script would need ``elapsed`` of them."""
        seconds = self.presses * A_KEY + self.thoughts * A_THOUGHT
        elapsed = time.monotonic() - self.began
        print(f"{who}: {self.presses} keys, {self.thoughts} looks, {seconds:.0f} s; scripted {elapsed:.1f} s")
        return seconds


class Office:
    """The service, a programme that takes sign-ups, and Ama at whatever device."""

    def __init__(self, windows: Browsing, address: str, session: str, programme: str) -> None:
        self.windows, self.address, self.session, self.programme = windows, address, session, programme

    async def open(self, path: str, width: int, language: str = "en") -> Page:
        page = await self.windows.open(width=width, language=language, base_url=self.address)
        page.set_default_timeout(PATIENCE)
        await page.context.add_cookies([{"name": "session", "value": self.session, "url": self.address}])
        await page.goto("/me")
        await page.click(f"footer button[value='{language}']")
        await page.goto(f"/programmes/{self.programme}/{path}")
        return page

    async def said(self, page: Page, role: str) -> dict[str, Any]:
        """The sign-up as the service has it."""
        answer = await page.request.get(f"/api/v1/programmes/{self.programme}/sign-up/{role}")
        said: dict[str, Any] = await answer.json()
        return said


@pytest.fixture
async def office(start: StartProgram, windows: Browsing, tmp_path: Path, sqlite_database_url: str) -> Office:
    now = datetime.now(UTC)
    async with database(sqlite_database_url) as opened, opened.sessions.begin() as db:
        await ensure_catalogue(db)
        programme, ama = await a_programme(db), await a_person(db)
        await ensure_account(db, ama.id, now)
        session = await open_session(db, ama.id, now)
    port = free_port()
    settings = {
        "MENTORING_DATABASE_URL": sqlite_database_url,
        "MENTORING_SECRET_FILE": str(tmp_path / "secret"),
        "MENTORING_TICK_SECONDS": "0.1",
    }
    start("run", port=port, **settings).wait_until_ready(seconds=PATIENCE / 1000)
    return Office(windows, f"http://127.0.0.1:{port}", session, str(programme.id))


async def test_a_leader_signs_up_on_a_phone_in_french_within_two_minutes(office: Office) -> None:
    page = await office.open("sign-up/leader", PHONE, "fr")
    await expect(page.locator("html")).to_have_attribute("lang", "fr")
    keys = Keyboard(page)

    for wish, level in (("vidéos courtes", 1), ("repérer les fausses nouvelles", 0)):
        await keys.reach("[data-find]")
        await keys.type(wish)
        await keys.press("Enter", *["ArrowDown"] * level)
    await keys.reach("[data-grid] td")
    await keys.press("Space", "Shift+ArrowDown", "Shift+ArrowDown", "ArrowRight", "Space", "Shift+ArrowUp")
    await expect(page.locator("[data-total]")).to_contain_text("5")
    await expect(page.locator("[data-kept-now]")).to_contain_text("Conservé")
    await picture(page, "sign-up-fr")
    await keys.reach(SEND)
    await keys.press("Enter")
    await page.wait_for_url("**/me")

    assert keys.interaction("A leader") < TWO_MINUTES
    mine = await office.said(page, "leader")
    assert [(one["code"], one["level"]) for one in mine["skills"]] == [("3.1", 1), ("1.2", 0)]
    assert mine["hours"] == [[0, 540, 720], [1, 600, 720]]
    mail = page.locator("main a", has_text="Votre inscription").first
    async with asyncio.timeout(PATIENCE / 1000):
        await page.goto("/mailbox")
        while not await mail.count():
            await page.reload()


async def test_a_junior_signs_up_and_prepares_in_arabic_with_the_keyboard_alone(office: Office) -> None:
    office.windows.expect("422")
    page = await office.open("sign-up/junior", DESK, "ar")
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    keys = Keyboard(page)

    await keys.reach("[data-find]")
    await keys.type("فيديو قصيرة")
    await keys.press("Enter", "ArrowDown", "ArrowDown", "ArrowDown")
    await keys.reach("[data-paint='9-12']")
    await keys.press("Enter")
    await keys.reach("[data-grid] td")
    await keys.press(*["ArrowLeft"] * 5, "Space")  # onward is to the left: from Monday to Saturday
    await picture(page, "sign-up-ar")
    await keys.reach("#evidence")
    await keys.type("javascript:alert(1)")
    await keys.reach(SEND)
    await keys.press("Enter")
    await expect(page.locator("[data-refused]")).to_be_focused()
    await keys.press("Tab", "Enter")  # the link to what is wrong
    await keys.reach("#evidence")
    await keys.press("Control+a")
    await keys.type("https://example.org/film")
    await keys.reach(SEND)
    await keys.press("Enter")
    await page.wait_for_url("**/preparation")
    for item in range(4):
        await keys.reach(f"section:nth-of-type({item + 1}) input")
        await keys.press("Space")
    await keys.reach("main form button")
    await keys.press("Enter")
    await page.wait_for_url("**/me")

    keys.interaction("A junior")
    mine = await office.said(page, "junior")
    assert (mine["skills"], mine["prepared"]) == ([{"code": "3.1", "level": 3}], True)
    assert mine["evidence"] == "https://example.org/film"
    assert mine["hours"] == [*([day, 540, 720] for day in range(5)), [5, 540, 600]]


async def test_what_is_typed_is_there_again_on_another_device(office: Office) -> None:
    page = await office.open("sign-up/leader", PHONE)
    await page.fill("[data-find]", "passwords")
    await page.press("[data-find]", "Enter")
    await page.fill("[name=tools]", "Signal")
    await expect(page.locator("[data-kept-now]")).to_contain_text("Kept at")

    other = await office.open("sign-up/leader", DESK)
    await expect(other.locator("[name=skill-1]")).to_have_value("4.1")
    await expect(other.locator("[name=tools]")).to_have_value("Signal")
    await other.fill("[name=tools]", "Signal, Mural")
    await expect(other.locator("[data-kept-now]")).to_contain_text("Kept at")

    office.windows.expect("409")
    await page.fill("[name=tools]", "Slack")
    await expect(page.locator("[data-kept-now]")).to_contain_text("another window")
    await other.reload()
    await expect(other.locator("[name=tools]")).to_have_value("Signal, Mural")


async def test_a_page_whose_script_is_lost_on_the_way_can_be_filled_in(office: Office) -> None:
    """Until it comes, the page stands as the script would leave it; in the end the menus are there all the same."""
    office.windows.expect("ERR_FAILED")
    page = await office.open("sign-up/junior", PHONE)
    await page.route("**/sign-up.js*", lambda route: route.abort())
    await page.goto(f"/programmes/{office.programme}/sign-up/leader")
    menu = page.locator("[name=skill-1]")

    await expect(menu).to_be_hidden()
    await page.evaluate("() => document.getAnimations().forEach(one => one.finish())")
    await menu.select_option("4.1")
    await page.fill("#from-0-1", "09:00")
    await page.fill("#to-0-1", "12:00")
    await page.click(SEND)

    await page.wait_for_url("**/me")
    assert [one["code"] for one in (await office.said(page, "leader"))["skills"]] == ["4.1"]


async def test_nothing_that_goes_wrong_on_the_way_loses_what_was_typed(office: Office) -> None:
    """Too much at once and letters that turn others round, then a session that has ended, then an impatient finger."""
    office.windows.expect("401|422")
    page = await office.open("sign-up/leader", PHONE)
    await page.fill("[data-find]", "passwords")
    await page.press("[data-find]", "Enter")

    await page.fill("[name=tools]", "Sig\u202enal, " + "x" * 900)
    await page.click(SEND)
    await expect(page.locator("[data-refused]")).to_be_focused()
    await expect(page.locator("[name=tools]")).to_have_value("Signal, " + "x" * 900)

    await page.fill("[name=tools]", "Signal in teams")
    await page.context.clear_cookies()
    await page.click(SEND)
    await expect(page.locator("main .text")).to_have_text("Signal in teams")

    await page.context.add_cookies([{"name": "session", "value": office.session, "url": office.address}])
    await page.goto(f"/programmes/{office.programme}/sign-up/leader")
    await page.fill("[data-find]", "passwords")
    await page.press("[data-find]", "Enter")
    await page.fill("[name=tools]", "Signal in teams")
    await page.click("[data-paint='9-12']")
    await page.dblclick(SEND)
    await page.wait_for_url("**/me")
    mine = await office.said(page, "leader")
    assert [one["code"] for one in mine["skills"]] == ["4.1"]
