"""What calendars make of our mails: put in, move, take out, put in again, under one id and a rising sequence."""

from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest
from icalendar import Calendar, Timezone

from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.pairings import agreements, booking, concerns, endings, pausing
from mentoring.pairings.contracts import AgreementSigned, PairingEnded
from mentoring.pairings.life import BookSession, EndPairing, Pause, RaiseConcern
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import Ending, PairingState, SessionState
from mentoring.people.pacing import release_messages
from mentoring.programmes.models import Coordinator
from mentoring.reactions import COMPOSERS, deliver_next
from tests.builders import NOW, a_pairing, a_person, a_programme, a_session, an_agreement, as_actor
from tests.harness.smtp import Sink
from tests.mentoring.messages.posting import Time, a_sender, post_all


class Calendars:
    """A calendar that keeps of each id the entry with the highest sequence, as calendars do (RFC 5546)."""

    def __init__(self) -> None:
        self.entries: dict[str, tuple[int, datetime | None]] = {}
        """By id: the sequence last heard, and when it is; None once taken out."""

    def read(self, mail: EmailMessage) -> None:
        for part in mail.walk():
            if part.get_content_type() == "text/calendar":
                self._take(str(part.get_content()), str(part.get_param("method")))

    def _take(self, written: str, method: str) -> None:
        calendar = Calendar.from_ical(written)
        [event] = calendar.walk("VEVENT")
        assert str(calendar["method"]) == method
        assert "rrule" not in event
        heard, sequence = self.entries.get(str(event["uid"]), (-1, None)), event.decoded("sequence")
        assert sequence > heard[0], "a calendar would drop this as old"
        start = event.decoded("dtstart")
        for zone in calendar.walk("VTIMEZONE"):
            assert isinstance(zone, Timezone)
            start = start.replace(tzinfo=zone.to_tz(lookup_tzid=False))
        self.entries[str(event["uid"])] = (sequence, None if method == "CANCEL" else start.astimezone(UTC))


def words_of(mail: EmailMessage) -> str:
    """All that a mail says, in text and HTML, as it is read."""
    parts = [one for one in mail.walk() if one.get_content_maintype() == "text"]
    return "\n".join([str(mail["subject"]), *(str(one.get_content()) for one in parts)])


async def delivered(database: Database, now: datetime = NOW) -> None:
    while await deliver_next(database, now):
        pass


async def met(database: Database) -> tuple[Pairing, PairSession]:
    async with database.sessions.begin() as db:
        leader = await a_person(db, given_name="Lena", time_zone="America/New_York", country="US")
        junior = await a_person(db, given_name="Juno", language="fr")
        pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior)
        return pairing, await a_session(db, pairing)


async def test_a_session_goes_through_its_life_and_every_calendar_follows(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    pairing, session = await met(database)
    leader = Actor(id=pairing.leader_id, zone="America/New_York")
    junior = Actor(id=pairing.junior_id, zone="Europe/Zurich")
    calendars, seen = Calendars(), []
    sender = a_sender(database, tmp_path, smtp.url)

    async def after(step: str) -> None:
        read = len(smtp.messages)
        await delivered(database)
        await post_all(sender)
        new = smtp.messages[read:]
        calendars.read(next(mail for mail in new if "text/calendar" in [one.get_content_type() for one in mail.walk()]))
        seen.append((step, *calendars.entries.values()))

    async with database.sessions.begin() as db:
        await booking.book_session(db, leader, session.id, BookSession("2026-03-10T09:00"), NOW)
    await after("booked")
    async with database.sessions.begin() as db:
        await booking.book_session(db, junior, session.id, BookSession("2026-03-31T09:00"), NOW)
    await after("moved")
    async with database.sessions.begin() as db:
        await booking.call_off_session(db, leader, session.id, NOW)
    await after("called off")
    async with database.sessions.begin() as db:
        await booking.book_session(db, junior, session.id, BookSession("2026-04-02T09:00"), NOW)
    await after("booked again")
    async with database.sessions.begin() as db:
        await endings.end_pairing(db, junior, pairing.id, EndPairing(), NOW)
    await after("ended")

    assert seen == [
        ("booked", (0, datetime(2026, 3, 10, 13, tzinfo=UTC))),
        ("moved", (1, datetime(2026, 3, 31, 7, tzinfo=UTC))),
        ("called off", (2, None)),
        ("booked again", (3, datetime(2026, 4, 2, 7, tzinfo=UTC))),
        ("ended", (4, None)),
    ]


async def test_a_pause_takes_the_session_out_and_nobody_else_is_written_to(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    pairing, session = await met(database)
    async with database.sessions.begin() as db:
        (await db.get_one(PairSession, session.id)).state = SessionState.INVITED
        await pausing.pause_pairing(db, as_actor(pairing.leader_id), pairing.id, Pause(date(2026, 4, 1)), NOW)
    await delivered(database)

    await post_all(a_sender(database, tmp_path, smtp.url))

    subjects = sorted(str(mail["subject"]) for mail in smtp.messages)
    assert [one.partition(" ")[0] for one in subjects] == ["Annulée", "Cancelled:", "Lena"]


NIGHTS = {
    "an hour before the second two o'clock": ("2026-10-25T01:45", b"DTEND;TZID=Europe/Paris:20261025T023000"),
    "over the end of summer time": ("2026-10-25T02:30", b"DURATION:PT45M"),
    "after the gap in spring": ("2026-03-29T01:30", b"DTEND;TZID=Europe/Paris:20260329T031500"),
}


@pytest.mark.parametrize("typed, end", NIGHTS.values(), ids=NIGHTS)
async def test_a_session_is_as_long_as_it_is_whatever_the_clocks_do(
    database: Database, tmp_path: Path, smtp: Sink, typed: str, end: bytes
) -> None:
    pairing, session = await met(database)
    now = datetime.fromisoformat(typed).replace(tzinfo=UTC) - timedelta(days=20)
    async with database.sessions.begin() as db:
        who = Actor(id=pairing.leader_id, zone="Europe/Paris")
        await booking.book_session(db, who, session.id, BookSession(typed), now)
    await delivered(database, now)
    time = Time()
    time.now = now

    await post_all(a_sender(database, tmp_path, smtp.url, time))

    written = next(
        str(one.get_content()) for one in smtp.messages[0].walk() if one.get_content_type() == "text/calendar"
    )
    [event] = Calendar.from_ical(written).walk("VEVENT")
    assert end.decode() in written.replace("\r\n", "\n")
    assert event.decoded("dtstart").replace(tzinfo=None).isoformat() == f"{typed}:00"


async def test_the_mails_of_a_pairing_s_life_speak_each_reader_s_language(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    pairing, _ = await met(database)
    async with database.sessions.begin() as db:
        agreement = await an_agreement(db, pairing, agreed=False)
        await agreements.ask_to_sign(db, [AgreementSigned(agreement.id, 1, pairing.junior_id)], NOW)
    async with database.sessions.begin() as db:
        await release_messages(db, COMPOSERS, NOW + timedelta(hours=6))
    time = Time()
    time.pass_by(timedelta(hours=6))
    await post_all(a_sender(database, tmp_path, smtp.url, time))
    async with database.sessions.begin() as db:
        ended = await db.get_one(Pairing, pairing.id)
        await endings.conclude(db, ended, Ending.COMPLETED, None, NOW)
    await delivered(database)
    await post_all(a_sender(database, tmp_path, smtp.url))

    asked, *thanked = smtp.messages
    links = [f"https://mentoring.example.org/pairings/{pairing.id}/{page}" for page in ("agreement", "closing")]
    assert str(asked["subject"]).startswith("Juno")
    assert links[0] in words_of(asked)
    assert sorted(str(mail["subject"]).partition(":")[0].strip() for mail in thanked) == ["Merci", "Thank you"]
    assert all(links[1] in words_of(mail) for mail in thanked)


async def test_an_early_end_is_told_without_a_reason(database: Database, tmp_path: Path, smtp: Sink) -> None:
    pairing, _ = await met(database)
    async with database.sessions.begin() as db:
        await endings.end_pairing(db, as_actor(pairing.junior_id), pairing.id, EndPairing("she shouts"), NOW)
    await delivered(database)

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.messages
    assert str(mail["subject"]).startswith("Your pairing with Juno")
    assert "shouts" not in words_of(mail)


async def test_a_coordinator_s_mail_says_neither_who_nor_what(database: Database, tmp_path: Path, smtp: Sink) -> None:
    async with database.sessions.begin() as db:
        programme, coordinator = await a_programme(db), await a_person(db)
        db.add(Coordinator(programme_id=programme.id, person_id=coordinator.id))
        junior = await a_person(db, given_name="Juno")
        pairing = await a_pairing(db, PairingState.ACTIVE, programme=programme, junior=junior)
        await concerns.raise_concern(db, as_actor(junior), pairing.id, RaiseConcern("I do not feel safe."), NOW)
    await delivered(database)

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.messages
    assert mail["to"] == coordinator.email
    assert [word for word in ("Juno", "safe") if word in words_of(mail)] == []


def test_an_end_that_does_not_say_why_is_a_leaving() -> None:
    """An event of an earlier version, still on its way when the service was upgraded, means that somebody left."""
    assert PairingEnded(pairing_id=UUID(int=1)).ending is Ending.LEFT
