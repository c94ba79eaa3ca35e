"""A message that may wait comes in working hours of its reader's place, twice a week at most, the rest merged."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.followups.models import Rung
from mentoring.followups.rules import Matter
from mentoring.messages.contracts import Intended, Kind
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState, Pace
from mentoring.messages.service import enqueue
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState, moment_of
from mentoring.people.pacing import release_messages
from mentoring.people.rules import OFFICE_CLOSES, OFFICE_OPENS, at_wall_time, good_moment, in_office_hours
from mentoring.reactions import COMPOSERS
from tests.builders import NOW, a_pairing, a_person
from tests.harness.smtp import Sink
from tests.mentoring.messages.posting import a_sender, post_all

DAY, HOUR = timedelta(days=1), timedelta(hours=1)

MOMENTS: dict[str, tuple[str, str, str, str]] = {
    "in working hours": ("CH", "Europe/Zurich", "2026-03-03 10:00", "2026-03-03 10:00"),
    "before they begin": ("CH", "Europe/Zurich", "2026-03-03 05:00", "2026-03-03 09:00"),
    "when they end": ("CH", "Europe/Zurich", "2026-03-03 17:00", "2026-03-04 09:00"),
    "on a Friday evening": ("CH", "Europe/Zurich", "2026-03-06 20:00", "2026-03-09 09:00"),
    "on a Friday where that is the weekend": ("SA", "Asia/Riyadh", "2026-03-06 10:00", "2026-03-08 09:00"),
    "on a Sunday where people work": ("SA", "Asia/Riyadh", "2026-03-08 10:00", "2026-03-08 10:00"),
    "on a public holiday of the place": ("FR", "Europe/Paris", "2026-07-14 10:00", "2026-07-15 09:00"),
    "on a holiday that is none there": ("CH", "Europe/Zurich", "2026-07-14 10:00", "2026-07-14 10:00"),
    "over Christmas and the weekend": ("GB", "Europe/London", "2026-12-25 10:00", "2026-12-29 09:00"),
    "in a country that nobody knows": ("", "UTC", "2026-03-07 10:00", "2026-03-09 09:00"),
    "across the change to summer time": ("CH", "Europe/Zurich", "2026-03-27 18:00", "2026-03-30 09:00"),
    "across the change back": ("CH", "Europe/Zurich", "2026-10-23 18:00", "2026-10-26 09:00"),
}


def local(written: str, zone: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize("country, zone, now, at", MOMENTS.values(), ids=MOMENTS)
def test_a_reminder_comes_in_working_hours_of_the_place(country: str, zone: str, now: str, at: str) -> None:
    assert in_office_hours(local(now, zone), country, zone) == local(at, zone)


WEEKS: dict[str, tuple[Sequence[str], bool, str]] = {
    "nothing yet": ([], False, "2026-03-04 10:00"),
    "one already": (["2026-03-03 10:00"], False, "2026-03-04 10:00"),
    "two already": (["2026-03-02 10:00", "2026-03-03 10:00"], False, "2026-03-09 09:00"),
    "two last week": (["2026-02-28 10:00", "2026-03-01 23:59"], False, "2026-03-04 10:00"),
    "a question, though two": (["2026-03-02 00:00", "2026-03-03 10:00"], True, "2026-03-09 09:00"),
}


@pytest.mark.parametrize("got, any_hour, at", WEEKS.values(), ids=WEEKS)
def test_nobody_gets_more_than_two_in_a_week_of_theirs(got: Sequence[str], any_hour: bool, at: str) -> None:
    zone = "Asia/Tokyo"
    before = [local(one, zone) for one in got]

    found = good_moment(local("2026-03-04 10:00", zone), "JP", zone, before, any_hour)

    assert found == local(at, zone)


def test_a_question_comes_at_its_hour_and_a_reminder_does_not() -> None:
    late = local("2026-03-04 19:00", "Asia/Tokyo")

    assert good_moment(late, "JP", "Asia/Tokyo", [], any_hour=True) == late
    assert good_moment(late, "JP", "Asia/Tokyo", []) == local("2026-03-05 09:00", "Asia/Tokyo")


TWO_YEARS = [datetime(2026, 1, 1, 12, tzinfo=UTC) + number * DAY for number in range(731)]
GAPS_AND_OVERLAPS = {
    "a gap: the offset before it counts": ("Europe/Zurich", "2026-03-29 02:30", "2026-03-29T01:30:00+00:00"),
    "an overlap: the first counts": ("Europe/Zurich", "2026-10-25 02:30", "2026-10-25T00:30:00+00:00"),
    "a gap of half an hour": ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:45:00+00:00"),
    "a gap at midnight": ("Africa/Cairo", "2026-04-24 00:30", "2026-04-23T22:30:00+00:00"),
}


@pytest.mark.parametrize("zone, wall, moment", GAPS_AND_OVERLAPS.values(), ids=GAPS_AND_OVERLAPS)
def test_a_wall_time_is_read_as_calendars_read_it(zone: str, wall: str, moment: str) -> None:
    assert moment_of(datetime.fromisoformat(wall), zone).isoformat() == moment


def test_every_zone_keeps_what_was_agreed_on_the_wall_for_two_years() -> None:
    """Opening hour and a session's start, on each day in each zone; where clocks skip the time, what RFC 5545 says."""
    wrong = []
    for zone in sorted(available_timezones()):
        place = ZoneInfo(zone)
        for noon in TWO_YEARS:
            day = noon.astimezone(place)
            for clock, at in (
                (OFFICE_OPENS, at_wall_time(day, OFFICE_OPENS, zone)),
                (time(2, 30), moment_of(datetime.combine(day.date(), time(2, 30)), zone)),
            ):
                wall = datetime.combine(day.date(), clock)
                shown = at.astimezone(place)
                if shown.replace(tzinfo=None) != wall or shown.fold:
                    skipped = not _is_shown(wall, place)
                    if not skipped or at.replace(tzinfo=None) != wall - _offset_before(wall, place):
                        wrong.append((zone, wall))

    assert wrong == []


def _is_shown(wall: datetime, place: ZoneInfo) -> bool:
    """Whether a clock of that place ever shows this time."""
    there = wall.replace(tzinfo=place).astimezone(UTC).astimezone(place)
    return there.replace(tzinfo=None) == wall


def _offset_before(wall: datetime, place: ZoneInfo) -> timedelta:
    offset = (wall - timedelta(hours=3)).replace(tzinfo=place).utcoffset()
    assert offset is not None
    return offset


def test_every_zone_opens_for_reminders_within_office_hours() -> None:
    """Whatever the moment: a reminder comes at once, or at nine on the clock of the place, never before it was due."""
    for zone in sorted(available_timezones()):
        place = ZoneInfo(zone)
        for hours in range(0, 24 * 366 * 2, 24 * 13 + 5):
            now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
            shown = in_office_hours(now, "", zone).astimezone(place)
            assert shown == now or (shown > now and shown.time() == OFFICE_OPENS), (zone, now)
            assert (OFFICE_OPENS <= shown.time() < OFFICE_CLOSES, shown.weekday() < 5) == (True, True)


async def reminded(db: AsyncSession, count: int, at: datetime = NOW) -> list[Pairing]:
    """One leader with reminders of that many pairings to come."""
    leader = await a_person(db)
    pairings = [await a_pairing(db, PairingState.ACTIVE, leader=leader) for _ in range(count)]
    for one in pairings:
        rung = Rung(
            pairing_id=one.id, matter=Matter.FIRST_SESSION, since=at, number=0, tell="leader", taken_at=at,
        )  # fmt: skip
        db.add(rung)
        await db.flush()
        await enqueue(db, [Intended("nudge_first_session", rung.id, leader.id, at, pace=Pace.REMINDER)])
    return pairings


async def release_all(db: AsyncSession, now: datetime) -> None:
    while await release_messages(db, COMPOSERS, now):
        await db.flush()


async def states(db: AsyncSession) -> Counter[MessageState]:
    return Counter(await db.scalars(select(Message.state)))


async def test_what_waits_for_one_reader_goes_out_as_one_mail(database: Database, tmp_path: Path, smtp: Sink) -> None:
    async with database.sessions.begin() as db:
        await reminded(db, 3)
        await release_all(db, NOW)

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.messages
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    async with database.reading() as db:
        assert await states(db) == {MessageState.MERGED: 3, MessageState.SENT: 1}
    assert str(mail["subject"]) == "3 things about your mentoring"
    assert text.count("Your first session with") == 3


async def test_a_part_that_makes_no_sense_any_more_is_left_out(database: Database, tmp_path: Path, smtp: Sink) -> None:
    async with database.sessions.begin() as db:
        [first, _] = await reminded(db, 2)
        await release_all(db, NOW)
    async with database.sessions.begin() as db:
        (await db.get_one(Pairing, first.id)).state = PairingState.ENDED

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.messages
    assert str(mail["subject"]).startswith("Your first session with")


async def test_a_mail_of_which_nothing_makes_sense_any_more_is_not_sent(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    async with database.sessions.begin() as db:
        pairings = await reminded(db, 2)
        await release_all(db, NOW)
    async with database.sessions.begin() as db:
        for one in pairings:
            (await db.get_one(Pairing, one.id)).state = PairingState.ENDED

    await post_all(a_sender(database, tmp_path, smtp.url))

    async with database.reading() as db:
        assert (smtp.messages, await states(db)) == ([], {MessageState.MERGED: 2, MessageState.SKIPPED: 1})


async def test_what_comes_out_of_hours_waits_and_then_goes_with_the_rest(db: AsyncSession) -> None:
    evening = NOW + timedelta(hours=10)
    await reminded(db, 1, evening)

    await release_all(db, evening)
    held = await states(db)
    morning = await db.scalar(select(Message.wake_at))
    assert morning is not None
    await release_all(db, morning)

    assert (held, morning) == ({MessageState.HELD: 1}, datetime(2026, 3, 4, 8, tzinfo=UTC))
    assert await states(db) == {MessageState.PENDING: 1}


async def test_the_third_of_a_week_waits_for_the_next(db: AsyncSession) -> None:
    leader = await a_person(db)
    everything = {"x": Kind(true(), COMPOSERS["check_in"].compose)}
    for day in range(4):
        await enqueue(db, [Intended("x", leader.id, leader.id, NOW + day * DAY, day, Pace.REMINDER)])
        while await release_messages(db, everything, NOW + day * DAY):
            await db.flush()

    waiting = list(await db.scalars(select(Message.wake_at).where(Message.state == MessageState.HELD)))

    assert await states(db) == {MessageState.PENDING: 2, MessageState.HELD: 2}
    assert waiting == [datetime(2026, 3, 9, 8, tzinfo=UTC)] * 2


async def test_two_clocks_let_a_reader_have_it_once(database: Database) -> None:
    async with database.sessions.begin() as db:
        await reminded(db, 5)

    async def release() -> None:
        async with database.sessions.begin() as db:
            await release_messages(db, COMPOSERS, NOW, readers=2)

    await asyncio.gather(*(release() for _ in range(4)))

    async with database.reading() as db:
        assert await states(db) == {MessageState.MERGED: 5, MessageState.PENDING: 1}


async def test_many_readers_are_let_have_theirs_at_once_and_each_as_alone(db: AsyncSession) -> None:
    everything = {"x": Kind(true(), COMPOSERS["check_in"].compose)}
    full, several, one, asleep = [
        await a_person(db, country="US" if zone else "CH", time_zone=zone or "Europe/Zurich")
        for zone in ("", "", "", "America/Los_Angeles")
    ]
    waiting = {full.id: [MessageState.HELD], several.id: [MessageState.MERGED] * 3, one.id: [MessageState.PENDING]}
    waiting[asleep.id] = [MessageState.HELD]
    for day in (1, 0):
        await enqueue(db, [Intended("x", full.id, full.id, NOW - HOUR, 9 + day, Pace.REMINDER)])
        await release_messages(db, everything, NOW - HOUR)
    for reader, theirs in waiting.items():
        for number in range(len(theirs)):
            await enqueue(db, [Intended("x", reader, reader, NOW, number, Pace.REMINDER)])

    came_upon = await release_messages(db, everything, NOW, readers=10)

    assert came_upon == 6
    found = select(Message.recipient_id, Message.state).where(Message.kind == "x", Message.sequence < 9)
    became: dict[UUID, list[MessageState]] = {}
    for reader, state in await db.execute(found):
        became.setdefault(reader, []).append(state)
    assert became == waiting
    assert await release_messages(db, everything, NOW, readers=10) == 0


async def test_what_is_not_sensible_any_more_neither_goes_out_nor_counts(db: AsyncSession) -> None:
    [pairing] = await reminded(db, 1)
    pairing.state = PairingState.ENDED
    await db.flush()

    await release_all(db, NOW)

    assert await states(db) == {MessageState.SKIPPED: 1}
