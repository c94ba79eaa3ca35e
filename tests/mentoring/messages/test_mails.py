"""What people read in their mails, in their own language and on their own clock."""

from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Component, Timezone
from sqlalchemy import select

from mentoring import journal
from mentoring.checkins import service as checkins
from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState
from mentoring.db import Database, open_database
from mentoring.directory.contracts import PersonLeft
from mentoring.messages.contracts import Intended
from mentoring.messages.service import enqueue
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import Decline, SessionInvited
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people import pacing
from mentoring.people.models import Person
from mentoring.programmes.contracts import PersonSignedUp
from mentoring.programmes.mails import confirm_sign_ups
from mentoring.programmes.rules import Role
from mentoring.reactions import COMPOSERS, deliver_next
from tests.builders import NOW, a_check_in, a_pairing, a_person, a_programme, an_enrolment, as_actor
from tests.harness.smtp import Sink
from tests.mentoring.messages.posting import Time, a_sender, post_all


async def deliver_all(database: Database, now: datetime = NOW) -> None:
    """What follows from what has happened; then what waits for its reader is let go, if it is a good moment."""
    while await deliver_next(database, now):
        pass
    async with database.sessions.begin() as db:
        while await pacing.release_messages(db, COMPOSERS, now):
            await db.flush()


async def two_people(database: Database) -> tuple[Person, Person]:
    """A leader in Dakar who reads French, a junior in Geneva who reads English."""
    async with database.sessions.begin() as db:
        leader = await a_person(
            db, given_name="Aïssatou", family_name="N’Diaye", language="fr", country="SN", time_zone="Africa/Dakar"
        )
        return leader, await a_person(db, given_name="Jo", family_name="Kim <3")


async def a_pairing_of_two(database: Database, state: PairingState = PairingState.ASKING_LEADER) -> Pairing:
    leader, junior = await two_people(database)
    async with database.sessions.begin() as db:
        programme = await a_programme(db, name="Digital leaders")
        return await a_pairing(db, state, leader=leader, junior=junior, programme=programme)


def part(mail: EmailMessage, kind: str) -> str:
    [found] = [one for one in mail.walk() if one.get_content_type() == kind]
    content: str = found.get_content()
    return content.replace("\r\n", "\n")


async def test_the_leader_is_asked_in_french_and_the_junior_then_in_english(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    pairing = await a_pairing_of_two(database)
    async with database.sessions.begin() as db:
        await enqueue(db, [Intended("consent_leader", pairing.id, pairing.leader_id, NOW)])
    sender = a_sender(database, tmp_path, smtp.url)
    await post_all(sender)
    async with database.sessions.begin() as db:
        await pairings.accept_pairing(db, as_actor(pairing.leader_id), pairing.id, NOW)
    await deliver_all(database)
    await post_all(sender)

    french, english = smtp.messages
    assert str(french["subject"]) == "Nous avons trouvé un mentor pour vous : Jo Kim <3"
    assert part(french, "text/plain").startswith("Bonjour Aïssatou N’Diaye,\n")
    assert "avant le mardi 10 mars 2026, 09:00 (Africa/Dakar)" in part(french, "text/plain")
    assert "Would like to learn: Managing digital identity\n" in part(english, "text/plain")
    assert str(english["subject"]) == "Would you be the mentor of Aïssatou N’Diaye?"
    assert "by Tuesday 10 March 2026, 10:00 (Europe/Zurich)" in part(english, "text/plain")
    link = f"https://mentoring.example.org/pairings/{pairing.id}"
    assert [link in part(mail, kind) for mail in smtp.messages for kind in ("text/plain", "text/html")] == [True] * 4


async def test_what_a_name_holds_is_text_in_the_html_too(database: Database, tmp_path: Path, smtp: Sink) -> None:
    pairing = await a_pairing_of_two(database)
    async with database.sessions.begin() as db:
        await enqueue(db, [Intended("consent_leader", pairing.id, pairing.leader_id, NOW)])

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.messages
    html = part(mail, "text/html")
    assert "Jo Kim &lt;3" in html
    assert "<3" not in html
    assert '<html lang="fr" dir="ltr">' in html


async def test_both_learn_that_it_begins_and_get_the_first_session_for_their_calendars(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    pairing = await a_pairing_of_two(database, PairingState.ASKING_JUNIOR)
    async with database.sessions.begin() as db:
        await pairings.accept_pairing(db, as_actor(pairing.junior_id), pairing.id, NOW)
    await deliver_all(database)
    async with database.sessions.begin() as db:
        assert await pairings.wake_session(db, NOW) is not None
        assert await pairings.wake_session(db, NOW) is None
    await deliver_all(database)

    await post_all(a_sender(database, tmp_path, smtp.url))

    subjects = sorted(str(mail["subject"]) for mail in smtp.messages)
    assert subjects == [
        "Invitation : votre séance avec Jo Kim <3",
        "Invitation: your session with Aïssatou N’Diaye",
        "Vous formez un binôme avec Jo Kim <3",
        "You and Aïssatou N’Diaye are a pair",
    ]


async def test_an_invitation_reads_back_as_one_event_at_a_wall_time_with_its_zone(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    session = await an_invited_session(database, "Europe/Zurich", datetime.fromisoformat("2026-04-07 10:00"))

    await post_all(a_sender(database, tmp_path, smtp.url))

    written = [part(mail, "text/calendar") for mail in smtp.messages]
    event = event_of(written[0])
    assert "\nMETHOD:REQUEST\n" in written[0]
    assert written[0].count("BEGIN:VTIMEZONE\nTZID:Europe/Zurich\n") == 1
    assert "\nDTSTART;TZID=Europe/Zurich:20260407T100000\n" in written[0]
    assert "\nDTEND;TZID=Europe/Zurich:20260407T104500\n" in written[0]
    assert str(event["organizer"]) == "mailto:mentoring@example.org"
    assert {str(one) for one in event.get("attendee", [])} == {f"mailto:{mail['to']}" for mail in smtp.messages}
    assert {str(event_of(one)["uid"]) for one in written} == {f"session-{session.id}@example.org"}
    assert event.decoded("sequence") == 0
    titles = {str(event_of(one)["summary"]) for one in written}
    assert titles == {"Digital leaders: session 1", "Digital leaders : séance 1"}


@pytest.mark.parametrize("left", [False, True])
async def test_a_session_that_is_called_off_is_taken_out_of_the_calendars_of_those_who_are_there(
    database: Database, tmp_path: Path, smtp: Sink, left: bool
) -> None:
    session = await an_invited_session(database, "Europe/Zurich", datetime.fromisoformat("2026-04-07 10:00"))
    await post_all(a_sender(database, tmp_path, smtp.url))
    [invited, _] = [event_of(part(mail, "text/calendar")) for mail in smtp.messages]

    async with database.sessions.begin() as db:
        pairing = await db.get_one(Pairing, session.pairing_id)
        if left:
            (await db.get_one(Person, pairing.leader_id)).left_on = date(2026, 3, 3)
            journal.record(db, PersonLeft(pairing.leader_id), by=None, at=NOW)
        else:
            await pairings.withdraw_pairings(db, [pairing.id], None, NOW)
    await deliver_all(database)
    await post_all(a_sender(database, tmp_path, smtp.url))

    told = smtp.messages[2:]
    mails = [mail for mail in told if "text/calendar" in [one.get_content_type() for one in mail.walk()]]
    subjects = {str(mail["subject"]) for mail in told}
    assert len(mails) == (1 if left else 2)
    assert "Cancelled: your session with Aïssatou N’Diaye" in subjects
    assert ("Your pairing with Aïssatou N’Diaye has ended" in subjects) is left
    for mail in mails:
        [sent] = [one for one in mail.walk() if one.get_content_type() == "text/calendar"]
        cancelled = event_of(part(mail, "text/calendar"))
        assert (sent.get_param("method"), cancelled["status"]) == ("CANCEL", "CANCELLED")
        assert "\nMETHOD:CANCEL\n" in part(mail, "text/calendar")
        assert (cancelled["uid"], cancelled.decoded("dtstart")) == (invited["uid"], invited.decoded("dtstart"))
        assert cancelled.decoded("sequence") == invited.decoded("sequence") + 1


def event_of(written: str) -> Component:
    [event] = Calendar.from_ical(written).walk("VEVENT")
    return event


ZONES = ["Africa/Cairo", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]


@pytest.mark.parametrize("zone", ZONES)
async def test_an_invitation_means_the_same_moment_to_every_calendar(
    sqlite_database_url: str, tmp_path: Path, smtp: Sink, zone: str
) -> None:
    database = open_database(sqlite_database_url)
    session = await an_invited_session(database, zone, datetime.fromisoformat("2026-07-07 10:00"))

    await post_all(a_sender(database, tmp_path, smtp.url))
    await database.close()

    written = part(smtp.messages[0], "text/calendar")
    start = event_of(written).decoded("dtstart")
    rules = [one for one in Calendar.from_ical(written).walk("VTIMEZONE") if isinstance(one, Timezone)]
    for one in rules:  # read the moment by what the mail itself says of the zone, not by what this machine knows
        start = start.replace(tzinfo=one.to_tz(lookup_tzid=False))
    assert start.astimezone(UTC) == session.starts_at
    assert len(rules) == (zone != "UTC")


async def an_invited_session(database: Database, zone: str, local: datetime) -> PairSession:
    pairing = await a_pairing_of_two(database, PairingState.ACTIVE)
    async with database.sessions.begin() as db:
        session = PairSession(
            pairing_id=pairing.id,
            number=1,
            local_start=local,
            time_zone=zone,
            starts_at=local.replace(tzinfo=ZoneInfo(zone)),
            minutes=45,
            state=SessionState.INVITED,
        )
        db.add(session)
        await db.flush()
        for _ in range(2):
            await pairings.invite_to_sessions(db, [SessionInvited(session.id, 0)], NOW)
    return session


async def test_nobody_is_invited_to_a_session_that_has_begun(database: Database, tmp_path: Path, smtp: Sink) -> None:
    await an_invited_session(database, "UTC", datetime.fromisoformat("2026-03-03 09:00"))

    await post_all(a_sender(database, tmp_path, smtp.url))

    assert smtp.messages == []


async def test_a_check_in_is_answered_with_a_link_for_each_answer(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    pairing = await a_pairing_of_two(database, PairingState.ACTIVE)
    async with database.sessions.begin() as db:
        await a_check_in(db, pairing=pairing, state=CheckInState.SCHEDULED, wake_at=NOW)
        assert await checkins.wake_check_ins(db, NOW) == 1
    await deliver_all(database)
    sender = a_sender(database, tmp_path, smtp.url)

    await post_all(sender)

    [mail] = smtp.messages
    links = [line for line in part(mail, "text/plain").splitlines() if line.startswith("https://")]
    tokens = {link.rpartition("/")[2].partition("?")[0] for link in links}
    assert str(mail["subject"]) == "Avez-vous rencontré Jo Kim <3 ?"
    assert [link.rpartition("?")[2] for link in links] == ["met=yes", "met=moved", "met=no"]
    async with database.reading() as db:
        shown = await checkins.open_from_mail(db, sender.settings, tokens.pop())
    assert (shown.state, shown.partner, tokens) == (CheckInState.OPEN, "Jo Kim <3", set())


async def test_after_an_outage_only_the_latest_reminder_goes_out(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    pairing = await a_pairing_of_two(database, PairingState.ACTIVE)
    async with database.sessions.begin() as db:
        check_in = await a_check_in(
            db, pairing=pairing, kind=CheckInKind.PULSE, state=CheckInState.SCHEDULED, wake_at=NOW
        )
    time = Time()
    for days in (0, 1, 4):
        async with database.sessions.begin() as db:
            await checkins.wake_check_ins(db, NOW + timedelta(days=days))
        await deliver_all(database, NOW + timedelta(days=days))
    await deliver_all(database, NOW + timedelta(days=6))  # a Monday: the last of them came on a Saturday
    time.pass_by(timedelta(days=6))

    await post_all(a_sender(database, tmp_path, smtp.url, time))

    async with database.reading() as db:
        assert await db.scalar(select(CheckIn.follow_ups).where(CheckIn.id == check_in.id)) == 2
    assert [str(mail["subject"]) for mail in smtp.messages] == ["Rappel : comment cela se passe-t-il avec Jo Kim <3 ?"]


async def test_the_leader_is_told_that_it_could_not_be_arranged_and_not_by_whom(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    declined = await a_pairing_of_two(database, PairingState.ASKING_JUNIOR)
    async with database.sessions.begin() as db:
        await pairings.decline_pairing(db, as_actor(declined.junior_id), declined.id, Decline("too senior for me"), NOW)
    await deliver_all(database)

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.messages
    assert str(mail["subject"]) == "Le binôme n’a pas pu être formé"
    assert "too senior" not in part(mail, "text/plain")


async def test_who_let_it_expire_is_told_so_and_the_other_that_it_could_not_be_arranged(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    pairing = await a_pairing_of_two(database, PairingState.ASKING_JUNIOR)
    later = NOW + timedelta(days=10)
    async with database.sessions.begin() as db:
        (await db.get_one(Pairing, pairing.id)).wake_at = NOW
        await pairings.wake_pairing(db, later)
    await deliver_all(database, later)
    time = Time()
    time.pass_by(timedelta(days=10))

    await post_all(a_sender(database, tmp_path, smtp.url, time))

    subjects = sorted(str(mail["subject"]) for mail in smtp.messages)
    assert subjects == ["Le binôme n’a pas pu être formé", "The proposal has expired"]


async def test_a_leader_who_declines_makes_no_mail_for_anybody(database: Database, tmp_path: Path, smtp: Sink) -> None:
    pairing = await a_pairing_of_two(database)
    async with database.sessions.begin() as db:
        await pairings.decline_pairing(db, as_actor(pairing.leader_id), pairing.id, Decline(), NOW)
    await deliver_all(database)

    await post_all(a_sender(database, tmp_path, smtp.url))

    assert smtp.messages == []


@pytest.mark.parametrize("state, told", [(PairingState.ASKING_LEADER, 1), (PairingState.ASKING_JUNIOR, 2)])
async def test_undoing_a_round_tells_those_who_knew(
    database: Database, tmp_path: Path, smtp: Sink, state: PairingState, told: int
) -> None:
    pairing = await a_pairing_of_two(database, state)
    async with database.sessions.begin() as db:
        await pairings.withdraw_pairings(db, [pairing.id], None, NOW)
    await deliver_all(database)

    await post_all(a_sender(database, tmp_path, smtp.url))

    assert len(smtp.messages) == told


@pytest.mark.parametrize("role, prepared, page", [
    (Role.LEADER, NOW, "sign-up/leader"), (Role.JUNIOR, None, "preparation"), (Role.JUNIOR, NOW, "sign-up/junior"),
])  # fmt: skip
async def test_who_signs_up_gets_it_in_writing_once(
    database: Database, tmp_path: Path, smtp: Sink, role: Role, prepared: datetime | None, page: str
) -> None:
    async with database.sessions.begin() as db:
        enrolment = await an_enrolment(db, role, prepared_at=prepared)
        for _ in range(2):
            await confirm_sign_ups(db, [PersonSignedUp(enrolment.id)], NOW)

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.messages
    assert f"https://mentoring.example.org/programmes/{enrolment.programme_id}/{page}\n" in part(mail, "text/plain")
