"""A coordinator: brings the cabinet in on a phone, runs a round at a desk and undoes it, works a pairing at risk."""

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Page, ViewportSize, expect
from sqlalchemy import select

from mentoring.db import database
from mentoring.followups.models import Intervention, Watch
from mentoring.followups.rules import Finding, Level, Reason
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.programmes.models import Programme
from tests.builders import a_pairing
from tests.conftest import StartProgram
from tests.harness.browser import Browsing, picture
from tests.harness.databases import sqlite_url
from tests.journeys.organisation import PROGRAMME, SIGN_UPS, STAFF, Organisation

COORDINATOR = "lucia.ferrer@example.org"
PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine."""
PHONE, DESK = ViewportSize(width=390, height=800), ViewportSize(width=1440, height=900)
MATCHED = 408
"""Leaders of the cabinet who are proposed a junior."""


@pytest.fixture
def house(start: StartProgram, tmp_path: Path) -> Organisation:
    house = Organisation(tmp_path, sqlite_url(tmp_path / "house.db"), "")
    del house.settings["MENTORING_SMTP_URL"]
    house.does("people", "add", "Lucía", "Ferrer", COORDINATOR)
    house.does("programme", "create", PROGRAMME)
    house.does("programme", "coordinator", "add", PROGRAMME, COORDINATOR)
    start("run", port=house.port, **house.settings).wait_until_ready(seconds=PATIENCE / 1000)
    return house


async def test_a_coordinator_brings_the_cabinet_in_runs_a_round_and_works_a_pairing_at_risk(
    house: Organisation, windows: Browsing
) -> None:
    page = await windows.open(width=PHONE["width"], base_url=house.url)
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    await page.goto(house.does("people", "sign-in-link", COORDINATOR).strip())
    await page.click("main form button")

    await _imports_the_file_after_mending_it(page)
    await _finds_somebody_while_typing(page)
    await page.set_viewport_size(DESK)
    round_ = await _proposes(page)
    await _decides_on_two_pairs(page)
    await _compares_with_another_run(page, round_)
    await _publishes_and_undoes(page, round_)
    await page.set_viewport_size(PHONE)
    pairing_id = await _at_risk(house)
    await _acts_without_leaving_the_queue(page, pairing_id)

    async with database(house.settings["MENTORING_DATABASE_URL"]) as opened, opened.reading() as db:
        assert [one.note for one in await db.scalars(select(Intervention))] == ["Both called, they meet on Tuesday"]


async def _imports_the_file_after_mending_it(page: Page) -> None:
    await page.goto("/staff")
    await page.click("main a[href='/staff/import']")
    report = page.locator("#report")
    await page.set_input_files(
        "input[type=file]", {"name": "s.csv", "mimeType": "text/csv", "buffer": _with_mistakes()}
    )
    await page.click("button[value=false]")
    await expect(report.locator("mark")).to_have_text(["no address", "Mars/Base"])
    await picture(page, "import-problems")
    async with page.expect_download() as download:
        await page.click("button[formaction$='/problems']")
    rows = list(csv.reader(io.StringIO(Path(await (await download.value).path()).read_text("utf-8-sig"))))
    assert [row[:3] for row in rows[1:]] == [["3", "email", "no address"], ["4", "time_zone", "Mars/Base"]]

    await page.set_input_files("input[type=file]", STAFF)
    await page.click("button[value=false]")
    await expect(report.locator(".numbers dd").nth(1)).to_have_text("1,795")
    await picture(page, "import-dry-run")
    await page.click("button[value=true]")  # the file is still chosen
    await expect(report.locator(".notice.good")).to_be_visible()


def _with_mistakes() -> bytes:
    lines = STAFF.read_text("utf-8").splitlines()
    lines[2] = lines[2].replace("abdullah.rahman@cabinet.example.org", "no address")
    lines[3] = lines[3].replace("Asia/Amman", "Mars/Base")
    return "\n".join(lines).encode()


async def _finds_somebody_while_typing(page: Page) -> None:
    await page.goto("/staff")
    await page.locator("input[name=query]").press_sequentially("tsui hao")
    found = page.locator("#found li")
    await expect(found).to_have_count(1)
    await picture(page, "people")
    await found.locator("a").click()
    await expect(page.locator("h1")).to_have_text("Hàoyǔ Tsui")
    await expect(page.locator("main")).to_contain_text("Joint Intelligence Organisation")


async def _proposes(page: Page) -> str:
    """Bring the sign-ups in and have a round proposed; its address."""
    await page.goto("/programmes")
    await page.click(f"main a:has-text('{PROGRAMME}')")
    await page.wait_for_url("**/programmes/*")
    programme = page.url
    await page.goto(f"{programme}/sign-ups/import")
    await page.set_input_files("input[type=file]", SIGN_UPS)
    await page.click("button[value=true]")
    await expect(page.locator("#report .notice.good")).to_be_visible()
    await page.goto(f"{programme}/rounds")
    await page.click("main form:has([name=policy]) .actions button")
    await page.wait_for_url("**/rounds/*")
    await expect(page.locator("#shown")).to_have_text(str(MATCHED))
    return page.url


async def _decides_on_two_pairs(page: Page) -> None:
    """Keep the weakest pair and refuse the next, each tried first."""
    weakest, next_ = [await page.locator("#desk tbody th a").nth(place).get_attribute("href") for place in (0, 1)]
    for link, kind, reason in ((weakest, "pin", "They asked for it"), (next_, "forbid", "They share an office")):
        row = page.locator(f"#desk tbody tr:has(a[href='{link}'])")
        await row.locator("th a").click()
        await page.locator(f"tr.opened form:has([value={kind}]) button").click()
        told = page.locator("tr.opened .told")
        await told.locator("[name=reason]").fill(reason)
        await told.locator("button").click()
        await expect(page.locator("main")).to_contain_text(reason)
        await expect(page.locator("#desk")).to_be_visible()
    await expect(page.locator(f"tr:has(a[href='{weakest}']) .pinned")).to_be_visible()


async def _compares_with_another_run(page: Page, round_: str) -> None:
    """Person by person: for whom it would be otherwise if as many as can be matched were, whatever their fit."""
    await page.goto(f"{round_}/differences")
    await page.select_option("[name=policy]", "coverage_first")
    await page.click("form:has([name=policy]) button")
    await expect(page.locator("main tbody tr").first).to_be_visible()
    await picture(page, "differences")


async def _publishes_and_undoes(page: Page, round_: str) -> None:
    """The last page says what leaves the house; undone, nobody is left with a proposal."""
    await page.goto(round_)
    await page.click("a.button[href$='/publish']")
    await expect(page.locator("main .facts li").first).to_have_text(f"{MATCHED} leaders are asked by e-mail now.")
    await picture(page, "publish")
    await page.click("main form button")
    await expect(page.locator("main .lead")).to_have_text(f"{MATCHED} leaders are being asked.")
    await page.goto(round_)
    await page.locator("summary", has_text="Undo").click()
    await page.click("form[action$='/undo'] button")
    await expect(page.locator("main .head .tag")).to_have_text("Undone")


async def _at_risk(house: Organisation) -> UUID:
    """Two of the cabinet have not met for three weeks."""
    async with database(house.settings["MENTORING_DATABASE_URL"]) as opened, opened.sessions.begin() as db:
        programme = (await db.scalars(select(Programme))).one()
        people = select(Person).where(Person.staff_no.in_(("CA000007", "CA000700"))).order_by(Person.staff_no)
        leader, junior = await db.scalars(people)
        pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior, programme=programme)
        findings = [Finding(Reason.FIRST_SESSION, 40), Finding(Reason.UNANSWERED, 20)]
        now = datetime.now(UTC)
        db.add(
            Watch(
                pairing_id=pairing.id, programme_id=programme.id, level=Level.RED, points=60, changed_at=now,
                findings=findings,
            )
        )  # fmt: skip
    return pairing.id


async def _acts_without_leaving_the_queue(page: Page, pairing_id: UUID) -> None:
    await page.goto("/at-risk")
    await page.select_option("[name=level]", "red")
    await page.click("form.search button")
    one = page.locator(f"#pairing-{pairing_id}")
    await expect(one).to_contain_text("60 points")
    await one.locator("summary", has_text="Tsui").click()
    await picture(page, "at-risk")
    address = page.url
    await one.locator("[name=note]").fill("Both called, they meet on Tuesday")
    await one.locator("form button").click()
    await expect(one.locator(".notice.good")).to_contain_text("they meet on Tuesday")
    assert page.url == address
