"""The main job on real input, through the real doors: command line, API, pages, mails, clock."""

import asyncio
import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import func, select, update

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.db import database
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings.models import Pairing, PairSession
from tests.conftest import StartProgram
from tests.harness.smtp import Sink
from tests.journeys.organisation import PROGRAMME, SIGN_UPS, STAFF, Organisation, calendar_of, links_in, words_of

PATIENCE = 60.0
"""Seconds that a mail may take on a busy machine."""


@pytest.fixture
def organisation(tmp_path: Path, database_url: str, smtp: Sink) -> Organisation:
    return Organisation(tmp_path, database_url, smtp.url)


def test_a_coordinator_brings_a_staff_file_to_living_pairings(
    organisation: Organisation, start: StartProgram, smtp: Sink, database_url: str
) -> None:
    _import_everybody(organisation)
    _run_the_round(organisation)
    start("run", port=organisation.port, **organisation.settings).wait_until_ready()
    published = organisation.says("round", "publish", "Cabinet 1")
    assert published["pairings"] == 408

    smtp.wait_for(408, PATIENCE)
    assert len({mail.recipients for mail in smtp.received}) == 408
    leader, junior = _weakest_pair(organisation)
    smtp.clear()

    _accept(organisation, leader["staff_no"])
    smtp.wait_for(1, PATIENCE)
    assert smtp.received[0].recipients == (junior["email"],)
    smtp.clear()
    _accept(organisation, junior["staff_no"])
    smtp.wait_for(4, PATIENCE)
    _both_are_told_and_invited(smtp, {leader["email"], junior["email"]})

    asyncio.run(_let_the_first_check_in_come(database_url))
    smtp.clear()
    smtp.wait_for(1, PATIENCE)
    _answer_with_two_taps(organisation, smtp)
    asyncio.run(_nothing_was_lost_or_doubled(database_url))


def _import_everybody(organisation: Organisation) -> None:
    dry = organisation.says("staff", "import", STAFF)
    assert (dry["applied"], dry["added"], dry["problems"]) == (False, 1795, [])
    assert organisation.says("staff", "import", STAFF, "--apply")["applied"]
    again = organisation.says("staff", "import", STAFF, "--apply")
    assert (again["added"], again["changed"], again["left"], again["unchanged"]) == (0, 0, 0, 1795)
    organisation.does("programme", "create", PROGRAMME, "--preset", "standard")
    assert organisation.says("signups", "import", PROGRAMME, SIGN_UPS, "--apply")["added"] == 756


def _run_the_round(organisation: Organisation) -> None:
    ready = organisation.says("round", "ready", PROGRAMME)
    assert isinstance(ready["leaders_with_nobody"], list)
    assert len(ready["leaders_with_nobody"]) == 8
    proposed = organisation.says("round", "propose", PROGRAMME, "--wait", "--policy", "coverage_first")
    assert (proposed["matched"], proposed["leaders"]) == (408, 427)
    assert proposed["total_fit"] == pytest.approx(219.160, abs=0.0005)
    rows = list(csv.DictReader(io.StringIO(organisation.does("round", "export", "Cabinet 1", "--format", "csv"))))
    assert sum(float(row["fit"]) for row in rows) == pytest.approx(219.160, abs=0.001)
    assert organisation.says("round", "replay", "Cabinet 1")["same"] is True


def _weakest_pair(organisation: Organisation) -> tuple[dict[str, str], dict[str, str]]:
    """The pair that a coordinator looks at first; both as the staff file knows them."""
    rows = list(csv.DictReader(io.StringIO(organisation.does("round", "export", "Cabinet 1", "--format", "csv"))))
    weakest = min(rows, key=lambda row: float(row["fit"]))
    with STAFF.open(newline="", encoding="utf-8") as file:
        staff = {row["staff_no"]: row for row in csv.DictReader(file)}
    return staff[weakest["leader_staff_no"]], staff[weakest["junior_staff_no"]]


def _accept(organisation: Organisation, staff_no: str) -> None:
    with organisation.signed_in(staff_no) as person:
        mine = person.get("/api/v1/pairings").json()
        assert [one["my_turn"] for one in mine] == [True]
        answer = person.post(f"/pairings/{mine[0]['id']}/accept")
        assert answer.status_code == 303, answer.text


def _both_are_told_and_invited(smtp: Sink, both: set[str]) -> None:
    invitations = [mail for mail in smtp.received if calendar_of(mail.message)]
    assert {mail.recipients[0] for mail in invitations} == both
    assert {mail.recipients[0] for mail in smtp.received} == both
    calendars = [Calendar.from_ical(calendar_of(mail.message) or "") for mail in invitations]
    assert {str(calendar["METHOD"]) for calendar in calendars} == {"REQUEST"}
    assert len({str(calendar.events[0]["UID"]) for calendar in calendars}) == 1
    assert all(calendar.timezones for calendar in calendars)


async def _let_the_first_check_in_come(database_url: str) -> None:
    """Weeks pass: the first check-in is due now."""
    async with database(database_url) as opened, opened.sessions.begin() as db:
        first = await db.scalar(select(CheckIn.id).order_by(CheckIn.due_at, CheckIn.id).limit(1))
        now = datetime.now(UTC)
        await db.execute(update(CheckIn).where(CheckIn.id == first).values(due_at=now, wake_at=now))


def _answer_with_two_taps(organisation: Organisation, smtp: Sink) -> None:
    mail = smtp.received[0].message
    yes = next(path for path in links_in(mail) if "met=yes" in path)
    with organisation.visitor() as reader:
        for _ in range(2):
            assert reader.get(yes).status_code == 200, words_of(mail)
        answered = reader.post(yes.partition("?")[0], data={"met": "yes", "usefulness": "5"})
        assert answered.status_code in (200, 303), answered.text
        again = reader.post(yes.partition("?")[0], data={"met": "no"})
        assert again.status_code == 409


async def _nothing_was_lost_or_doubled(database_url: str) -> None:
    async with database(database_url) as opened, opened.reading() as db:
        states = set(await db.scalars(select(Message.state).distinct()))
        answered = await db.scalar(select(CheckIn).where(CheckIn.state == CheckInState.ANSWERED))
        assert answered is not None
        assert (answered.met, answered.usefulness) == ("yes", 5)
        assert await db.scalar(select(func.count()).select_from(PairSession)) == 7
        assert await db.scalar(select(func.count()).select_from(CheckIn)) == 2 * (7 + 4)
        assert await db.scalar(select(func.count()).select_from(Pairing)) == 408
    assert states == {MessageState.SENT}


def test_a_leader_signs_up_on_the_page_and_gets_it_in_writing(
    organisation: Organisation, start: StartProgram, smtp: Sink
) -> None:
    organisation.does("staff", "import", STAFF, "--apply")
    organisation.does("programme", "create", PROGRAMME)
    start("run", port=organisation.port, **organisation.settings).wait_until_ready()

    with organisation.signed_in("CA000002") as leader:
        programme = leader.get("/api/v1/programmes").json()[0]["id"]
        page = f"/programmes/{programme}/sign-up/leader"
        assert leader.get(page).status_code == 200
        done = leader.post(
            page, data={"skill-1": "2.6", "level-1": "1", "from-0-1": "09:00", "to-0-1": "12:00", "tools": "LinkedIn"}
        )
        assert done.status_code == 303, done.text
        mine = leader.get(f"/api/v1/programmes/{programme}/sign-up/leader").json()

    assert [(one["code"], one["level"]) for one in mine["skills"]] == [("2.6", 1)]
    assert mine["hours"] == [[0, 540, 720]]
    smtp.wait_for(1, PATIENCE)
    assert smtp.received[0].recipients == ("abdullah.rahman@cabinet.example.org",)


def test_bad_files_are_refused_with_words_and_exit_code_1(organisation: Organisation, tmp_path: Path) -> None:
    header = STAFF.read_text(encoding="utf-8").partition("\n")[0]
    row = "{0},Ama,Mensah,{0}@example.org,Clerk,G4,4,Unit,Accra,GH,{1},en:native,{2},F"
    lines = [header, row.format("A1", "Africa/Accra", "A2"), row.format("A2", "Africa/Accra", "A1")]
    lines += [row.format("A3", "Mars/Olympus", "A9"), row.format("A3", "Africa/Accra", "A1")]
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join(lines))

    refused = organisation.run("staff", "import", bad, "--apply")

    assert refused.returncode == 1
    said = refused.stdout + refused.stderr
    for wrong in ("Mars/Olympus", "A9", "A3", "A1", "A2"):
        assert wrong in said
    assert organisation.run("programme", "create").returncode == 2
