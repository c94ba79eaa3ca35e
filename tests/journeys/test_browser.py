"""A newcomer's tour in a real browser: the demo organisation, from the round to the answered check-in.

The pictures of the README come from here (``make screenshots`` copies them).
"""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select, update

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.db import database
from mentoring.i18n import Words
from mentoring.pairings.models import PairSession
from tests.conftest import StartProgram
from tests.harness.browser import Browsing, picture
from tests.harness.run import free_port
from tests.harness.server import Process

PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""
PHONE, DESK = 390, 1280
LINK = re.compile(r"^ {2}(\w+): .*: http://127\.0\.0\.1:\d+(/enter/\S+)$", re.MULTILINE)


class Tour:
    """A demo that runs, and windows of the people who use it."""

    def __init__(self, program: Process, windows: Browsing, address: str, database_url: str) -> None:
        self.windows, self.address, self.database_url = windows, address, database_url
        program.wait_until_ready(seconds=PATIENCE / 1000)
        program.wait_for_words("/mailbox")
        self.links = dict(LINK.findall(program.words))

    async def enter(self, role: str, width: int, language: str = "en") -> Page:
        """Follow the link that the program printed for a role."""
        page = await self.windows.open(width=width, language=language, base_url=self.address)
        page.set_default_timeout(PATIENCE)
        await page.goto(self.links[role])
        await page.click("main form button")
        return page

    async def mail(self, page: Page, to: str, about: str) -> None:
        """Open the latest mail to ``to`` about something, as soon as it lies in the mailbox."""
        wanted = page.locator("main a", has_text=about).first
        async with asyncio.timeout(PATIENCE / 1000):
            await page.goto(f"/mailbox?to={to}")
            while not await wanted.count():
                await page.reload()
        await wanted.click()


@pytest.fixture
def tour(start: StartProgram, windows: Browsing, tmp_path: Path) -> Tour:
    port = free_port()
    url = f"sqlite+aiosqlite:///{tmp_path}/tour.db"
    settings = {
        "MENTORING_DATABASE_URL": url,
        "MENTORING_SECRET_FILE": str(tmp_path / "secret"),
        "MENTORING_BASE_URL": f"http://127.0.0.1:{port}",
        "MENTORING_PORT": str(port),
        "MENTORING_TICK_SECONDS": "0.1",
    }
    program = start("run", "--demo", port=port, **settings)
    return Tour(program, windows, settings["MENTORING_BASE_URL"], url)


async def test_a_newcomer_follows_the_demo_from_the_round_to_the_answered_check_in(tour: Tour) -> None:
    await _a_coordinator_runs_the_round(tour)
    leader = await _accepts_from_the_mail(tour, "leader", "okafor", "found a mentor")
    junior = await _accepts_from_the_mail(tour, "junior", "kariuki", "Would you be the mentor")

    await leader.goto("/me")
    await expect(leader.locator("main")).to_contain_text("Wanjiru Kariuki")
    await picture(leader, "me")
    await _keeps_the_suggested_time(tour, leader)
    await _books_the_second_session(tour, junior)
    await tour.mail(leader, "okafor", "Invitation:")
    await picture(leader, "mailbox")

    await _weeks_pass(tour)
    await tour.mail(leader, "okafor", "Did you meet")
    await _answers_with_two_taps(tour, leader)


async def _a_coordinator_runs_the_round(tour: Tour) -> None:
    page = await tour.enter("coordinator", DESK)
    await page.click("main a:has-text('Digital leaders')")
    programme = page.url
    await page.wait_for_load_state("networkidle")
    await picture(page, "programme", full_page=False)
    await page.goto(f"{programme}/readiness")
    await page.goto(f"{programme}/rounds")
    await page.click("main form .actions button")
    publish = page.locator("a.button[href$='/publish']")
    await publish.wait_for(timeout=PATIENCE)
    await expect(page.locator("main")).to_contain_text("55")
    await picture(page, "round", full_page=False)
    await publish.click()
    await page.click("main form button")
    await expect(page.locator("main h1")).to_be_visible()


async def _accepts_from_the_mail(tour: Tour, role: str, to: str, about: str) -> Page:
    """The mail leads to the proposal, where opening it says neither yes nor no."""
    page = await tour.enter(role, PHONE)
    await tour.mail(page, to, about)
    await page.click("main a[href*='/pairings/']")
    accept = page.locator("form[action$='/accept'] button")
    await picture(page, "proposal" if role == "leader" else f"proposal-{role}")
    await accept.click()
    await expect(accept).to_have_count(0)
    return page


async def _keeps_the_suggested_time(tour: Tour, page: Page) -> None:
    """Of all that is asked of a leader now the first is to say that the time suits."""
    async with asyncio.timeout(PATIENCE / 1000):
        while not await page.locator("button[name='local_start']").count():
            await page.goto("/me")
    await page.locator("button[name='local_start']").first.click()
    async with database(tour.database_url) as opened, opened.reading() as db:
        booked = list(await db.scalars(select(PairSession.number).where(PairSession.booked_at.is_not(None))))
    assert booked == [1]
    await page.goto("/me")


async def _books_the_second_session(tour: Tour, page: Page) -> None:
    """At one of the times that suit both; who is not signed in is asked to, and learns nothing from the address."""
    await page.goto("/me")
    address = await page.locator("main a[href^='/sessions/']").nth(1).get_attribute("href")
    stranger = await tour.windows.open(width=PHONE, base_url=tour.address)
    await stranger.goto(str(address))
    assert "/sign-in?next=" in stranger.url
    await page.goto(str(address))
    await picture(page, "booking")
    await page.locator("button[name='local_start']").first.click()
    await expect(page.locator("main h1 + .tag")).to_have_class("tag good")
    async with database(tour.database_url) as opened, opened.reading() as db:
        booked = select(PairSession.number).where(PairSession.booked_at.is_not(None)).order_by(PairSession.number)
        assert list(await db.scalars(booked)) == [1, 2]


async def _weeks_pass(tour: Tour) -> None:
    """The leader's first check-in is due now."""
    async with database(tour.database_url) as opened, opened.sessions.begin() as db:
        first = await db.scalar(select(CheckIn.id).order_by(CheckIn.due_at, CheckIn.id).limit(1))
        now = datetime.now(UTC)
        pairing = select(CheckIn.pairing_id).where(CheckIn.id == first).scalar_subquery()
        due = (CheckIn.pairing_id == pairing) & (CheckIn.moment == "session_1")
        await db.execute(update(CheckIn).where(due).values(due_at=now, wake_at=now))


async def _answers_with_two_taps(tour: Tour, page: Page) -> None:
    link = await page.locator("main a[href*='met=yes']").first.get_attribute("href")
    assert link is not None
    stranger = await tour.windows.open(width=PHONE, base_url=tour.address)
    await stranger.goto(link)
    await picture(stranger, "check-in")
    await stranger.click("button[name='usefulness'][value='5']")
    await expect(stranger.locator("main")).to_be_visible()
    async with database(tour.database_url) as opened, opened.reading() as db:
        answered = list(await db.scalars(select(CheckIn).where(CheckIn.state == CheckInState.ANSWERED)))
    assert [(one.met, one.usefulness) for one in answered] == [("yes", 5)]
    await stranger.goto(link)
    await expect(stranger.locator("main")).to_contain_text(Words("en").text("page.check_in.state.answered.text"))
    await expect(stranger.locator("main form")).to_have_count(0)
