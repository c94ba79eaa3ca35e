"""Check-ins go where their pairing goes: with sessions that move, into a pause, and out of it again."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import following, service
from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.pairings import booking
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import PairingBegan, SessionBooked, SessionsCancelled
from mentoring.pairings.life import BookSession
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState
from mentoring.programmes.rules import Plan
from tests.builders import NOW, a_pairing, a_programme, as_actor

LATER = "2026-03-12T14:30"
THEN = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)


async def begun(db: AsyncSession) -> tuple[Pairing, PairSession]:
    """A pairing of two sessions with all that it is asked, and its first session."""
    pairing = await a_pairing(db, PairingState.ACTIVE, programme=await a_programme(db, plan=Plan(sessions=2)))
    await pairings.plan_sessions(db, [PairingBegan(pairing.id)], NOW)
    await service.schedule_check_ins(db, [PairingBegan(pairing.id)], NOW)
    return pairing, await session_of(db, pairing, 1)


async def session_of(db: AsyncSession, pairing: Pairing, number: int) -> PairSession:
    chosen = select(PairSession).where(PairSession.pairing_id == pairing.id, PairSession.number == number)
    return (await db.scalars(chosen)).one()


async def asked(db: AsyncSession, person_id: object) -> dict[str, CheckIn]:
    rows = await db.scalars(select(CheckIn).where(CheckIn.person_id == person_id))
    return {one.moment: one for one in rows}


async def booked(db: AsyncSession, session: PairSession, pairing: Pairing, now: datetime = NOW) -> None:
    """The leader books, and what follows from it follows, twice."""
    await booking.book_session(db, as_actor(pairing.leader_id), session.id, BookSession(LATER), now)
    for _ in range(2):
        await following.follow_sessions(db, [SessionBooked(session.id, session.sequence)], now)
        await db.flush()


async def test_who_was_not_asked_yet_is_asked_when_the_session_ends_now(db: AsyncSession) -> None:
    pairing, session = await begun(db)

    await booked(db, session, pairing)

    for person_id in (pairing.leader_id, pairing.junior_id):
        one = (await asked(db, person_id))["session_1"]
        assert one.due_at == one.wake_at == THEN + timedelta(minutes=45)
    assert await db.scalar(select(func.count()).select_from(CheckIn)) == 2 * 6


async def test_who_was_asked_already_is_asked_once_more_and_what_they_said_stays(db: AsyncSession) -> None:
    pairing, session = await begun(db)
    before = await asked(db, pairing.leader_id), await asked(db, pairing.junior_id)
    before[0]["session_1"].state, before[0]["session_1"].wake_at = CheckInState.ANSWERED, None
    before[1]["session_1"].state = CheckInState.OPEN
    after = session.starts_at + timedelta(hours=1)

    await booked(db, session, pairing, after)

    leader, junior = await asked(db, pairing.leader_id), await asked(db, pairing.junior_id)
    again = f"session_1_{session.sequence}"
    assert (leader["session_1"].state, junior["session_1"].state) == (CheckInState.ANSWERED, CheckInState.CANCELLED)
    assert leader[again].wake_at == junior[again].wake_at == THEN + timedelta(minutes=45)
    assert len(leader) == len(junior) == 7


async def test_a_question_that_was_put_for_this_time_stays_however_often_it_is_told(db: AsyncSession) -> None:
    pairing, session = await begun(db)
    await booked(db, session, pairing)
    asked_now = (await asked(db, pairing.leader_id))["session_1"]
    asked_now.state, asked_now.wake_at = CheckInState.OPEN, None

    await following.follow_sessions(db, [SessionBooked(session.id, session.sequence)], THEN)

    mine = await asked(db, pairing.leader_id)
    assert (mine["session_1"].state, len(mine)) == (CheckInState.OPEN, 6)


async def test_what_is_asked_at_the_end_goes_with_the_last_session(db: AsyncSession) -> None:
    pairing, _ = await begun(db)
    last = await session_of(db, pairing, 2)

    await booked(db, last, pairing)

    mine = await asked(db, pairing.leader_id)
    end = THEN + timedelta(minutes=45)
    assert (mine["end"].due_at, mine["midpoint"].due_at) == (end, end)
    assert timedelta(0) < mine["look_back"].due_at - end - timedelta(days=89) < timedelta(days=4)
    assert mine["day_30"].due_at - NOW > timedelta(days=29)


async def test_nobody_is_asked_about_what_was_called_off_until_it_is_booked_again(db: AsyncSession) -> None:
    pairing, session = await begun(db)
    await booking.call_off_session(db, as_actor(pairing.leader_id), session.id, NOW)
    for _ in range(2):
        await following.forget_called_off(db, [SessionsCancelled([session.id])], NOW)
        await db.flush()
    called_off = (await asked(db, pairing.leader_id))["session_1"].state

    await booked(db, session, pairing)

    states = {moment: one.state for moment, one in (await asked(db, pairing.leader_id)).items()}
    assert called_off is CheckInState.CANCELLED
    assert (states["session_1"], states["session_1_0"]) == (CheckInState.CANCELLED, CheckInState.SCHEDULED)
