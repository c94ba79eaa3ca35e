"""A pairing that began gets its sessions, and each its invitation in time."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.pairings import queries, service
from mentoring.pairings.contracts import PairingBegan
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingNotFound, PairingState, SessionState
from mentoring.programmes.rules import Plan
from tests.builders import NOW, a_pairing, a_person, a_programme, as_actor

wall = datetime.fromisoformat


async def planned(db: AsyncSession, **plan: int) -> tuple[Pairing, list[PairSession]]:
    pairing = await a_pairing(db, PairingState.ACTIVE, programme=await a_programme(db, plan=Plan(**plan)))
    await service.plan_sessions(db, [PairingBegan(pairing.id)], NOW)
    return pairing, await sessions_of(db, pairing)


async def sessions_of(db: AsyncSession, pairing: Pairing) -> list[PairSession]:
    chosen = select(PairSession).where(PairSession.pairing_id == pairing.id).order_by(PairSession.number)
    return list(await db.scalars(chosen))


async def test_a_standard_pairing_gets_seven_sessions_three_weeks_apart(db: AsyncSession) -> None:
    _, sessions = await planned(db)

    assert [one.number for one in sessions] == [1, 2, 3, 4, 5, 6, 7]
    assert sessions[0].local_start == wall("2026-03-10 10:00")
    assert (sessions[0].time_zone, sessions[0].minutes) == ("Europe/Zurich", 45)
    assert sessions[0].starts_at == NOW + timedelta(days=7)
    assert sessions[1].local_start == wall("2026-03-31 11:00")


async def test_planning_twice_is_planning_once(db: AsyncSession) -> None:
    pairing, _ = await planned(db)

    await service.plan_sessions(db, [PairingBegan(pairing.id)], NOW)

    assert await db.scalar(select(func.count()).select_from(PairSession)) == 7


async def test_a_pairing_that_is_over_by_then_gets_no_sessions(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.WITHDRAWN)

    await service.plan_sessions(db, [PairingBegan(pairing.id)], NOW)

    assert await sessions_of(db, pairing) == []


async def test_the_first_invitation_goes_out_at_once_and_the_others_a_week_ahead(db: AsyncSession) -> None:
    _, sessions = await planned(db, sessions=3)

    assert [one.wake_at for one in sessions] == [
        NOW, sessions[1].starts_at - timedelta(days=7), sessions[2].starts_at - timedelta(days=7),
    ]  # fmt: skip


LATE = {
    "too early": (timedelta(seconds=-1), SessionState.PLANNED, True),
    "in time": (timedelta(0), SessionState.INVITED, False),
    "late, but before it begins": (timedelta(days=6), SessionState.INVITED, False),
    "when it is over": (timedelta(days=8), SessionState.PLANNED, False),
}


@pytest.mark.parametrize("late, state, waits", LATE.values(), ids=LATE)
async def test_nobody_is_invited_to_what_is_over(
    db: AsyncSession, late: timedelta, state: SessionState, waits: bool
) -> None:
    _, [session] = await planned(db, sessions=1)

    await service.wake_session(db, NOW + late)

    assert (session.state, session.wake_at is not None) == (state, waits)


async def test_both_see_their_sessions_and_a_stranger_none(db: AsyncSession) -> None:
    pairing, _ = await planned(db, sessions=2)
    leader, junior, stranger = as_actor(pairing.leader_id), as_actor(pairing.junior_id), as_actor(await a_person(db))

    seen = [[one.number for one in await queries.my_sessions(db, actor)] for actor in (leader, junior, stranger)]

    assert seen == [[1, 2], [1, 2], []]
    with pytest.raises(PairingNotFound):
        await queries.pairing_sessions(db, stranger, pairing.id)


async def test_what_one_of_the_two_saw_held_stays_held(db: AsyncSession) -> None:
    pairing, [session] = await planned(db, sessions=1)

    states = []
    for held in (False, True, False):
        await service.mark_session(db, pairing.id, 1, held=held, by=None, now=NOW)
        await db.refresh(session)
        states.append(session.state)

    assert states == [SessionState.MISSED, SessionState.HELD, SessionState.HELD]
