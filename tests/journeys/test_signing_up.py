"""Signing up in a real browser, with the keyboard alone: how many keys it takes, and that nothing typed is lost."""

import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.conftest import StartProgram
from tests.harness.browser import Browsing, picture
from tests.journeys.test_browser import DESK, PHONE, Tour, begin_tour

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


@pytest.fixture
def tour(start: StartProgram, windows: Browsing, tmp_path: Path) -> Tour:
    return begin_tour(start, windows, tmp_path)


async def programme_of(page: Page) -> str:
    return str((await (await page.request.get("/api/v1/programmes")).json())[0]["id"])


async def test_a_leader_signs_up_on_a_phone_in_french_within_two_minutes(tour: Tour) -> None:
    page = await tour.enter("administrator", PHONE, language="fr")
    await page.click("footer button[value='fr']")
    programme = await programme_of(page)
    await page.goto(f"/programmes/{programme}/sign-up/leader")
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
    mine = await (await page.request.get(f"/api/v1/programmes/{programme}/sign-up/leader")).json()
    assert [(one["code"], one["level"]) for one in mine["skills"]] == [("3.1", 1), ("1.2", 0)]
    assert mine["hours"] == [[0, 540, 720], [1, 600, 720]]
    await tour.mail(page, "sorensen", "Votre inscription")
    await expect(page.locator("main")).to_contain_text("Bonjour")


async def test_a_junior_signs_up_and_prepares_with_the_keyboard_alone(tour: Tour) -> None:
    tour.windows.expect("422")
    page = await tour.enter("administrator", DESK)
    programme = await programme_of(page)
    await page.goto(f"/programmes/{programme}/sign-up/junior")
    keys = Keyboard(page)

    await keys.reach("[data-find]")
    await keys.type("short videos")
    await keys.press("Enter", "ArrowDown", "ArrowDown", "ArrowDown")
    await keys.reach("[data-paint='9-12']")
    await keys.press("Enter")
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
    mine = await (await page.request.get(f"/api/v1/programmes/{programme}/sign-up/junior")).json()
    assert (mine["skills"], mine["prepared"]) == ([{"code": "3.1", "level": 3}], True)
    assert (mine["evidence"], len(mine["hours"])) == ("https://example.org/film", 5)


async def test_what_is_typed_is_there_again_on_another_device(tour: Tour) -> None:
    page = await tour.enter("administrator", PHONE)
    path = f"/programmes/{await programme_of(page)}/sign-up/leader"
    await page.goto(path)
    await page.fill("[data-find]", "passwords")
    await page.press("[data-find]", "Enter")
    await page.fill("[name=tools]", "Signal")
    await expect(page.locator("[data-kept-now]")).to_contain_text("Kept at")
    other = await page.context.new_page()

    await other.goto(path)
    await expect(other.locator("[name=skill-1]")).to_have_value("4.1")
    await expect(other.locator("[name=tools]")).to_have_value("Signal")
    await other.fill("[name=tools]", "Signal, Mural")
    await expect(other.locator("[data-kept-now]")).to_contain_text("Kept at")

    tour.windows.expect("409")
    await page.fill("[name=tools]", "Slack")
    await expect(page.locator("[data-kept-now]")).to_contain_text("another window")
    await other.reload()
    await expect(other.locator("[name=tools]")).to_have_value("Signal, Mural")
