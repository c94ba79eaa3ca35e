"""The clock is held, and let go on."""

from datetime import datetime

from sqlalchemy import case, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import heartbeat, journal, policy
from mentoring.checkins.models import CheckIn
from mentoring.db import insert_missing
from mentoring.heartbeat import Hold, HoldReason
from mentoring.identity import Actor
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import OPEN, PairingState
from mentoring.policy import Action
from mentoring.upkeep.contracts import ClockHeld, ClockResumed
from mentoring.upkeep.rules import ClockNotHeld


async def hold_clock(db: AsyncSession, reason: HoldReason, last: datetime, people: int, now: datetime) -> None:
    """Stop every clock until somebody has looked. Two that stop for the same reason make one hold."""
    values = {"reason": reason, "held_at": now, "last_tick_at": last, "people": people}
    await insert_missing(db, Hold, [values])
    hold = await heartbeat.open_hold(db)
    if hold is not None and hold.held_at == now:
        journal.record(db, ClockHeld(hold.id, reason), by=None, at=now)


async def resume_clock(db: AsyncSession, actor: Actor, now: datetime) -> None:
    """Let the clock go on from now, with all that is due. Raises ``ClockNotHeld``."""
    policy.require_right(actor, Action.CLOCK_RESUME)
    holds = list(await db.scalars(select(Hold).where(Hold.resumed_at.is_(None)).with_for_update()))
    if not holds:
        raise ClockNotHeld()
    for hold in holds:
        hold.resumed_at, hold.resumed_by_id = now, actor.id
        journal.record(db, ClockResumed(hold.id), by=actor.id, at=now)
    await heartbeat.note_run(db, heartbeat.TICK, 0, None, now)


async def people_due(db: AsyncSession, now: datetime) -> tuple[int, int]:
    """How many people something is due for, and how many there are in open pairings."""
    turn = case((Pairing.state == PairingState.ASKING_LEADER, Pairing.leader_id), else_=Pairing.junior_id)
    sessions = select(PairSession.pairing_id).where(PairSession.wake_at <= now)
    meeting = Pairing.id.in_(sessions)
    due = union(
        select(CheckIn.person_id.label("who")).where(CheckIn.wake_at <= now),
        select(turn.label("who")).where(Pairing.wake_at <= now),
        select(Pairing.leader_id.label("who")).where(meeting),
        select(Pairing.junior_id.label("who")).where(meeting),
    ).subquery()
    everybody = union(
        select(Pairing.leader_id.label("who")).where(Pairing.state.in_(OPEN)),
        select(Pairing.junior_id.label("who")).where(Pairing.state.in_(OPEN)),
    ).subquery()
    counts = [await db.scalar(select(func.count()).select_from(one)) or 0 for one in (due, everybody)]
    return counts[0], counts[1]
