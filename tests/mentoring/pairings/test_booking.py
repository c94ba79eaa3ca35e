"""Sessions are booked, moved and called off, by those who may, and calendars hear of it in the right order."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import Actor
from mentoring.journal import JournalEntry
from mentoring.pairings import booking, rules, service
from mentoring.pairings.contracts import PairingBegan
from mentoring.pairings.life import BookSession, ReportSession
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import Hours, Plan
from tests.builders import NOW, a_pairing, a_person, a_programme, as_actor

WALL = "2026-03-12T14:30"
"""A Thursday."""


async def planned(
    db: AsyncSession, sessions: int = 2, junior: Person | None = None
) -> tuple[Pairing, list[PairSession]]:
    """A pairing that began just now, with its planned sessions."""
    programme = await a_programme(db, plan=Plan(sessions=sessions))
    made = await a_pairing(db, PairingState.ACTIVE, programme=programme, junior=junior)
    await service.plan_sessions(db, [PairingBegan(made.id)], NOW)
    chosen = select(PairSession).where(PairSession.pairing_id == made.id).order_by(PairSession.number)
    return made, list(await db.scalars(chosen))


def in_zone(person_id: UUID, zone: str) -> Actor:
    return Actor(id=person_id, zone=zone)


async def told(db: AsyncSession) -> list[str]:
    await db.flush()
    return list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))


async def test_what_suits_both_is_offered_on_the_clock_of_whoever_asks(db: AsyncSession) -> None:
    pairing, [session, _] = await planned(db, junior=await a_person(db, time_zone="Africa/Nairobi", country="KE"))

    slots = await booking.read_slots(db, in_zone(pairing.leader_id, "Europe/Zurich"), session.id, NOW)

    first = slots[0]
    assert first.starts_at == datetime(2026, 3, 3, 11, tzinfo=UTC)
    assert (first.local_start.hour, first.leader_start.hour, first.junior_start.hour) == (12, 12, 14)
    assert len(slots) == booking.MOST_SLOTS


async def test_a_booked_session_keeps_the_wall_time_and_the_zone_of_whoever_booked_it(db: AsyncSession) -> None:
    pairing, [session, _] = await planned(db)

    seen = await booking.book_session(
        db, in_zone(pairing.junior_id, "Africa/Nairobi"), session.id, BookSession(WALL), NOW
    )

    assert (session.local_start, session.time_zone) == (datetime.fromisoformat(WALL), "Africa/Nairobi")
    assert session.starts_at == datetime(2026, 3, 12, 11, 30, tzinfo=UTC)
    assert (session.state, session.wake_at, session.sequence) == (SessionState.INVITED, None, 0)
    assert (session.booked_at, session.booked_by_id) == (NOW, pairing.junior_id)
    assert (seen.starts_at, seen.booked, seen.my_role) == (session.starts_at, True, "junior")
    assert await told(db) == ["SessionBooked"]


async def test_moving_raises_the_sequence_and_the_same_time_again_does_nothing(db: AsyncSession) -> None:
    pairing, [session, _] = await planned(db)
    leader = as_actor(pairing.leader_id)

    sequences = []
    for wall in (WALL, "2026-03-12T15:30", "2026-03-12T15:30", "2026-03-13T09:00"):
        await booking.book_session(db, leader, session.id, BookSession(wall), NOW)
        sequences.append(session.sequence)

    assert sequences == [0, 1, 1, 2]
    assert await told(db) == ["SessionBooked"] * 3


CLOCKS = {
    "an hour that the clocks skip lies after the gap": ("2026-03-29T02:30", "2026-03-29T03:30", "2026-03-29T01:30"),
    "an hour that they show twice is the first": ("2026-10-25T02:30", "2026-10-25T02:30", "2026-10-25T00:30"),
}


@pytest.mark.parametrize("typed, kept, moment", CLOCKS.values(), ids=CLOCKS)
async def test_a_time_when_the_clocks_change_is_read_as_calendars_do(
    db: AsyncSession, typed: str, kept: str, moment: str
) -> None:
    pairing, [session, _] = await planned(db)
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC) - timedelta(days=10)

    await booking.book_session(db, in_zone(pairing.leader_id, "Europe/Paris"), session.id, BookSession(typed), now)

    assert session.local_start == datetime.fromisoformat(kept)
    assert session.starts_at == datetime.fromisoformat(moment).replace(tzinfo=UTC)


async def test_what_cannot_be_told_from_its_twin_is_not_offered(db: AsyncSession) -> None:
    """The second of the two half hours past two on the night when clocks go back has no name of its own."""
    night: Hours = [(6, 0, 6 * 60)]
    pairing, [session, _] = await planned(db)
    for enrolment_id in (pairing.leader_enrolment_id, pairing.junior_enrolment_id):
        (await db.get_one(Enrolment, enrolment_id)).hours = night
    session.starts_at = datetime(2026, 10, 25, 9, tzinfo=UTC)

    slots = await booking.read_slots(
        db, in_zone(pairing.leader_id, "Europe/Zurich"), session.id, datetime(2026, 10, 24, tzinfo=UTC)
    )

    zone = ZoneInfo("Europe/Zurich")
    assert all(one.local_start.replace(tzinfo=zone).astimezone(UTC) == one.starts_at for one in slots)


REFUSED = {
    "no time at all": (BookSession("tomorrow"), rules.TimeUnreadable),
    "a day that is not": (BookSession("2026-02-30T10:00"), rules.TimeUnreadable),
    "the end of time": (BookSession("9999-12-31T23:59", "America/New_York"), rules.TimeUnreadable),
    "a zone that is not": (BookSession(WALL, "Europe/Atlantis"), rules.ZoneUnknown),
    "a zone that is a file": (BookSession(WALL, "../../etc/passwd"), rules.ZoneUnknown),
    "a time that has passed": (BookSession("2026-03-03T08:59"), rules.TimeNotAhead),
    "next year": (BookSession("2027-03-03T09:00"), rules.TimeTooFar),
    "what somebody else has moved since": (BookSession(WALL, sequence=4), rules.SessionChanged),
}


@pytest.mark.parametrize("wanted, cause", REFUSED.values(), ids=REFUSED)
async def test_a_time_that_makes_no_sense_books_nothing(
    db: AsyncSession, wanted: BookSession, cause: type[Exception]
) -> None:
    pairing, [session, _] = await planned(db)

    with pytest.raises(cause):
        await booking.book_session(db, as_actor(pairing.leader_id), session.id, wanted, NOW)

    assert await told(db) == []


async def test_two_sessions_of_one_person_do_not_lie_over_each_other(db: AsyncSession) -> None:
    pairing, [session, _] = await planned(db)
    junior = await db.get_one(Person, pairing.junior_id)
    _, [other, _] = await planned(db, junior=junior)
    await booking.book_session(db, as_actor(pairing.leader_id), session.id, BookSession(WALL), NOW)

    with pytest.raises(rules.SessionClashes):
        await booking.book_session(db, as_actor(junior.id), other.id, BookSession("2026-03-12T15:00"), NOW)
    await booking.book_session(db, as_actor(junior.id), other.id, BookSession("2026-03-12T15:15"), NOW)

    offered = await booking.read_slots(db, as_actor(junior.id), session.id, NOW)
    taken = other.starts_at
    assert [one for one in offered if abs(one.starts_at - taken) < timedelta(minutes=45)] == []


async def test_what_was_called_off_is_told_once_and_can_be_booked_again(db: AsyncSession) -> None:
    pairing, [session, silent] = await planned(db)
    leader = as_actor(pairing.leader_id)
    await booking.book_session(db, leader, session.id, BookSession(WALL), NOW)

    await booking.call_off_session(db, leader, session.id, NOW)
    with pytest.raises(rules.SessionCalledOff):
        await booking.call_off_session(db, leader, session.id, NOW)
    called_off = (session.state, session.sequence, session.booked_at)
    await booking.book_session(db, leader, session.id, BookSession(WALL), NOW)
    await booking.call_off_session(db, leader, silent.id, NOW)

    assert called_off == (SessionState.CANCELLED, 1, None)
    assert (session.state, session.sequence) == (SessionState.INVITED, 2)
    assert (silent.state, silent.sequence) == (SessionState.CANCELLED, 0)


async def test_it_is_said_afterwards_whether_a_session_was_held(db: AsyncSession) -> None:
    pairing, [session, _] = await planned(db)
    leader, junior = as_actor(pairing.leader_id), as_actor(pairing.junior_id)
    with pytest.raises(rules.SessionNotBegun):
        await booking.report_session(db, leader, session.id, ReportSession(held=True), NOW)
    after = session.starts_at + timedelta(hours=1)

    states = [
        (await booking.report_session(db, who, session.id, ReportSession(held=held), after)).state
        for who, held in ((leader, False), (junior, True), (leader, False))
    ]

    assert states == [SessionState.MISSED, SessionState.HELD, SessionState.HELD]
    assert await told(db) == ["SessionMissed", "SessionHeld"]
    with pytest.raises(rules.SessionIsHeld):
        await booking.book_session(db, leader, session.id, BookSession("2026-03-20T10:00"), after)


async def test_a_missed_session_is_moved_not_lost(db: AsyncSession) -> None:
    pairing, [session, _] = await planned(db)
    leader = as_actor(pairing.leader_id)
    await service.wake_session(db, NOW)
    after = session.starts_at + timedelta(hours=1)
    await booking.report_session(db, leader, session.id, ReportSession(held=False), after)

    await booking.book_session(db, leader, session.id, BookSession("2026-03-20T10:00"), after)

    assert (session.state, session.sequence) == (SessionState.INVITED, 1)


@pytest.mark.parametrize("state", [one for one in PairingState if one is not PairingState.ACTIVE])
async def test_only_a_pairing_that_meets_books(db: AsyncSession, state: PairingState) -> None:
    pairing, [session, _] = await planned(db)
    pairing.state = state
    leader = as_actor(pairing.leader_id)

    for attempt in (
        booking.book_session(db, leader, session.id, BookSession(WALL), NOW),
        booking.call_off_session(db, leader, session.id, NOW),
    ):
        with pytest.raises(rules.PairingNotActive):
            await attempt


async def test_a_delegate_books_for_the_leader_and_says_nothing_of_what_was_held(db: AsyncSession) -> None:
    pairing, [session, _] = await planned(db)
    delegate = Actor(id=(await a_person(db)).id, stands_in_for=frozenset({pairing.leader_id}))

    seen = await booking.book_session(db, delegate, session.id, BookSession(WALL), NOW)

    assert (seen.my_role, session.booked_by_id) == ("delegate", delegate.id)
    with pytest.raises(rules.SessionNotFound):
        await booking.report_session(db, delegate, session.id, ReportSession(held=True), NOW + timedelta(days=20))


async def test_a_stranger_and_the_delegate_of_another_do_not_learn_that_the_session_exists(db: AsyncSession) -> None:
    pairing, [session, _] = await planned(db)
    stranger = as_actor(await a_person(db))
    other = Actor(id=stranger.id, stands_in_for=frozenset({pairing.junior_id}))

    for actor in (stranger, other):
        for attempt in (
            booking.read_session(db, actor, session.id),
            booking.read_slots(db, actor, session.id, NOW),
            booking.book_session(db, actor, session.id, BookSession(WALL), NOW),
            booking.call_off_session(db, actor, session.id, NOW),
        ):
            with pytest.raises(rules.SessionNotFound):
                await attempt
