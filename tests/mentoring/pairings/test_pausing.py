"""While a pairing is paused nothing happens to it; afterwards it goes on as if the time had not been."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import reactions
from mentoring.checkins import service as checkins
from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.messages.models import Message
from mentoring.pairings import pausing, rules, service
from mentoring.pairings.contracts import PairingBegan
from mentoring.pairings.life import Pause
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState, SessionState, running_for
from mentoring.programmes.rules import Plan
from tests.builders import NOW, a_pairing, a_programme, as_actor

APRIL = Pause(date(2026, 4, 1))
BACK = datetime(2026, 4, 1, 8, tzinfo=UTC)


async def begun(db: AsyncSession) -> Pairing:
    """A pairing of three sessions, invited to the first, with all that it is asked."""
    pairing = await a_pairing(db, PairingState.ACTIVE, programme=await a_programme(db, plan=Plan(sessions=3)))
    await service.plan_sessions(db, [PairingBegan(pairing.id)], NOW)
    await checkins.schedule_check_ins(db, [PairingBegan(pairing.id)], NOW)
    assert await service.wake_session(db, NOW) is not None
    return pairing


async def sessions_of(db: AsyncSession, pairing: Pairing) -> list[PairSession]:
    chosen = select(PairSession).where(PairSession.pairing_id == pairing.id).order_by(PairSession.number)
    return list(await db.scalars(chosen))


async def delivered(database: Database, now: datetime) -> None:
    while await reactions.deliver_next(database, now):
        pass


async def test_a_pause_takes_sessions_out_of_calendars_and_wakes_on_its_day(db: AsyncSession) -> None:
    pairing = await begun(db)

    seen = await pausing.pause_pairing(db, as_actor(pairing.leader_id), pairing.id, APRIL, NOW)

    sessions = await sessions_of(db, pairing)
    assert (pairing.state, pairing.paused_at, pairing.wake_at) == (PairingState.PAUSED, NOW, BACK)
    assert (seen.paused_by_me, seen.paused_until, seen.state.value) == (True, BACK, "paused")
    assert [(one.state, one.sequence, one.wake_at) for one in sessions] == [
        (SessionState.PLANNED, 1, None), (SessionState.PLANNED, 0, None), (SessionState.PLANNED, 0, None),
    ]  # fmt: skip


UNTIL = {
    "today": (date(2026, 3, 3), rules.PauseNotAhead),
    "long ago": (date(2020, 1, 1), rules.PauseNotAhead),
    "next year": (date(2027, 1, 1), rules.PauseTooLong),
}


@pytest.mark.parametrize("until, cause", UNTIL.values(), ids=UNTIL)
async def test_a_pause_has_an_end_that_lies_ahead_and_not_too_far(
    db: AsyncSession, until: date, cause: type[Exception]
) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)

    with pytest.raises(cause):
        await pausing.pause_pairing(db, as_actor(pairing.leader_id), pairing.id, Pause(until), NOW)


async def test_only_whoever_paused_goes_on_before_the_day(db: AsyncSession) -> None:
    pairing = await begun(db)
    leader, junior = as_actor(pairing.leader_id), as_actor(pairing.junior_id)
    await pausing.pause_pairing(db, leader, pairing.id, APRIL, NOW)

    with pytest.raises(rules.PairingNotActive):
        await pausing.pause_pairing(db, junior, pairing.id, APRIL, NOW)
    with pytest.raises(rules.PairingNotFound):
        await pausing.resume_pairing(db, junior, pairing.id, NOW)
    await pausing.resume_pairing(db, leader, pairing.id, NOW + timedelta(days=3))
    with pytest.raises(rules.NotPaused):
        await pausing.resume_pairing(db, leader, pairing.id, NOW + timedelta(days=3))

    assert (pairing.state, pairing.paused_at) == (PairingState.ACTIVE, None)
    assert pairing.paused_seconds == timedelta(days=3).total_seconds()


WAKES = {"before": -1, "at": 0, "long after": 60 * 60 * 24 * 40}


@pytest.mark.parametrize("late", WAKES.values(), ids=WAKES)
async def test_it_goes_on_by_itself_however_late_the_clock_is(db: AsyncSession, late: int) -> None:
    pairing = await begun(db)
    await pausing.pause_pairing(db, as_actor(pairing.leader_id), pairing.id, APRIL, NOW)
    now = BACK + timedelta(seconds=late)

    woken = await service.wake_pairing(db, now)

    if late < 0:
        assert (woken, pairing.state) == (None, PairingState.PAUSED)
        return
    sessions = await sessions_of(db, pairing)
    assert (woken, pairing.state) == (pairing.id, PairingState.ACTIVE)
    assert running_for(NOW, now, pairing.paused_at, pairing.paused_seconds) == timedelta(0)
    assert all(one.starts_at >= now + rules.SETTLING_IN for one in sessions)
    assert [later.starts_at > one.starts_at for one, later in pairwise(sessions)] == [True] * 2
    assert pairing.wake_at == sessions[-1].starts_at + timedelta(minutes=45) + rules.CLOSING_AFTER
    assert sessions[0].wake_at == now


async def test_the_next_invitation_outranks_the_withdrawal(db: AsyncSession) -> None:
    pairing = await begun(db)
    leader = as_actor(pairing.leader_id)
    await pausing.pause_pairing(db, leader, pairing.id, APRIL, NOW)
    await pausing.resume_pairing(db, leader, pairing.id, NOW + timedelta(days=1))

    await service.wake_session(db, NOW + timedelta(days=1))

    [first, second, _] = await sessions_of(db, pairing)
    assert (first.state, first.sequence) == (SessionState.INVITED, 2)
    assert (second.state, second.sequence) == (SessionState.PLANNED, 0)


async def test_nobody_is_asked_or_written_to_during_a_pause_and_all_comes_that_much_later(
    database: Database,
) -> None:
    async with database.sessions.begin() as db:
        pairing = await begun(db)
        planned = {one.id: (one.moment, one.due_at) for one in await db.scalars(select(CheckIn))}
        leader = Actor(id=pairing.leader_id)
        await pausing.pause_pairing(db, leader, pairing.id, APRIL, NOW)
    await delivered(database, NOW)
    async with database.sessions.begin() as db:
        asked = await checkins.wake_check_ins(db, BACK - timedelta(minutes=1))
        invited = await service.wake_session(db, BACK - timedelta(minutes=1))
        assert (asked, invited) == (0, None)

    async with database.sessions.begin() as db:
        await service.wake_pairing(db, BACK)
    for _ in range(2):
        await delivered(database, BACK)

    async with database.reading() as db:
        ends = {one.number: one.starts_at + timedelta(minutes=45) for one in await sessions_of(db, pairing)}
        check_ins = list(await db.scalars(select(CheckIn)))
        kinds = list(await db.scalars(select(Message.kind).order_by(Message.kind)))
    for one in check_ins:
        moment, due_at = planned[one.id]
        assert (one.state, one.wake_at) == (CheckInState.SCHEDULED, one.due_at)
        if moment.startswith("session_"):
            assert one.due_at == ends[int(moment[-1])]
        if moment == "day_30":
            assert one.due_at == due_at + (BACK - NOW)
    assert kinds == [
        "pairing_paused", "pairing_resumed", "pairing_resumed", "session_cancelled", "session_cancelled",
        "session_invitation", "session_invitation",
    ]  # fmt: skip


async def test_an_open_question_waits_for_the_end_of_the_pause(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await begun(db)
        check_in = (await db.scalars(select(CheckIn).where(CheckIn.moment == "day_30").limit(1))).one()
        check_in.state, check_in.fired_at, check_in.wake_at = CheckInState.OPEN, NOW, NOW + timedelta(days=1)
        await pausing.pause_pairing(db, Actor(id=pairing.leader_id), pairing.id, APRIL, NOW + timedelta(hours=1))
    async with database.sessions.begin() as db:  # the clock is faster than what follows from the pause
        await checkins.wake_check_ins(db, NOW + timedelta(days=2))
    await delivered(database, NOW + timedelta(days=2))
    async with database.sessions.begin() as db:
        await service.wake_pairing(db, BACK)
    await delivered(database, BACK)

    async with database.reading() as db:
        waits = await db.get_one(CheckIn, check_in.id)
        assert (waits.state, waits.follow_ups) == (CheckInState.OPEN, 0)
        assert waits.wake_at == BACK + timedelta(hours=23)
