"""An administrator at work in a real browser: makes a token, a program uses it, and it is revoked."""

from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Page, expect

from mentoring import heartbeat, journal
from mentoring.db import database
from mentoring.hooks.contracts import NewHook
from mentoring.hooks.rules import HookKind
from mentoring.hooks.service import add_hook, ping
from mentoring.identity import MACHINE
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.people.contracts import NewPerson, PasswordSet
from mentoring.people.models import Mailing
from mentoring.people.rules import LinkPurpose
from mentoring.people.service import add_person, make_link
from tests.builders import a_person, a_programme
from tests.conftest import StartProgram
from tests.harness.browser import Browsing, picture
from tests.harness.run import free_port

PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""
PAGES = ("/admin", "/admin/roles", "/admin/settings", "/admin/hooks", "/admin/audit", "/messages?box=uncertain")


async def a_deployment(url: str) -> str:
    """An administrator, something to look at on every page; the path of the link that lets the administrator in."""
    now = datetime.now(UTC)
    async with database(url) as opened, opened.sessions.begin() as db:
        boss = await add_person(db, MACHINE, NewPerson("Root", "root@example.org", "Admin", administrator=True), now)
        programme = await a_programme(db, name="Digital leaders")
        reader, bounced = await a_person(db), await a_person(db)
        db.add(Mailing(person_id=bounced.id, bounced_at=now, bounced_address=bounced.email, bounce="550 unknown"))
        for state, error in ((MessageState.UNCERTAIN, "connection lost"), (MessageState.REFUSED, "550 no such user")):
            db.add(
                Message(
                    id=uuid4(), kind="invitation", about=uuid4(), recipient_id=reader.id, state=state, made_at=now,
                    attempt=1, owner="clock:1", error=error,
                )
            )  # fmt: skip
        made = await add_hook(
            db, MACHINE, str(programme.id), NewHook("Team room", HookKind.TEAMS, "https://chat.example.org/x"), now
        )
        await ping(db, MACHINE, made.hook.id, now)
        await heartbeat.note_run(db, heartbeat.TICK, 1, None, now)
        await heartbeat.note_run(db, "send_messages", 3, None, now)
        journal.record(db, PasswordSet(reader.id), by=boss.id, at=now)
        return f"/enter/{await make_link(db, boss.id, LinkPurpose.SIGN_IN, now)}"


@pytest.fixture
async def place(start: StartProgram, sqlite_database_url: str) -> tuple[str, str]:
    """The address of a running service, and the administrator's way in."""
    link, port = await a_deployment(sqlite_database_url), free_port()
    settings = {
        "MENTORING_DATABASE_URL": sqlite_database_url,
        "MENTORING_BASE_URL": f"http://127.0.0.1:{port}",
        "MENTORING_PORT": str(port),
    }
    start("serve", port=port, **settings).wait_until_ready(seconds=90)
    return settings["MENTORING_BASE_URL"], link


async def entered(windows: Browsing, place: tuple[str, str], width: int) -> Page:
    page = await windows.open(base_url=place[0], width=width)
    page.set_default_timeout(PATIENCE)
    await page.goto(place[1])
    await page.click("main form button")
    return page


async def test_an_administrator_makes_a_token_and_ends_it(windows: Browsing, place: tuple[str, str]) -> None:
    page = await entered(windows, place, 390)
    await page.goto("/admin/tokens")
    await page.fill("[name='name']", "Nightly report")
    await page.check("[name='scopes'][value='messages']")
    await page.click("main form:has([name='scopes']) button")
    token = (await page.locator("#token").inner_text()).strip()
    await picture(page, "token")

    async with httpx.AsyncClient(base_url=place[0], trust_env=False, timeout=60) as program:
        key = {"authorization": f"Bearer {token}"}
        got = await program.get("/api/v1/messages", headers=key)
        beyond = await program.get("/api/v1/tokens", headers=key)
        await page.goto("/admin/tokens")
        await expect(page.locator("#token")).to_have_count(0)
        await page.click("main table form button")
        await expect(page.locator("main table form")).to_have_count(0)
        after = await program.get("/api/v1/messages", headers=key)

    assert sorted(one["state"] for one in got.json()) == ["pending", "refused", "uncertain"]
    assert (got.status_code, beyond.status_code, after.status_code) == (200, 403, 401)


async def test_every_page_of_the_administration_fits_a_phone_and_a_desk(
    windows: Browsing, place: tuple[str, str]
) -> None:
    page = await entered(windows, place, 390)
    for width in (390, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        for path in (*PAGES, "/admin/tokens", "/messages/bounced"):
            await page.goto(path)
            await picture(page, f"{path.strip('/').replace('/', '-').partition('?')[0]}-{width}")
            wider = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, (path, width)


async def test_a_coordinator_s_uncertain_message_is_sent_again(windows: Browsing, place: tuple[str, str]) -> None:
    page = await entered(windows, place, 1440)
    await page.goto("/messages?box=uncertain")
    await page.click("form[action*='/again'] button")
    await expect(page.locator("main table")).to_have_count(0)
    await page.goto("/messages?box=refused")
    await expect(page.locator("main")).to_contain_text("550 no such user")
