"""A pairing is paused and goes on: its clock stands still, its sessions leave the calendars and are planned anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.failpoints import failpoint
from mentoring.identity import Actor
from mentoring.messages import service as messages
from mentoring.messages.contracts import Intended
from mentoring.pairings import rules
from mentoring.pairings.contracts import (
    PairingPaused,
    PairingResumed,
    PairingView,
    SessionsCancelled,
    SessionsShifted,
)
from mentoring.pairings.life import Pause
from mentoring.pairings.models import Agreement, Pairing, PairSession, PastPause
from mentoring.pairings.planning import closes_at, end_of, plan_again
from mentoring.pairings.queries import begun_pairings, view
from mentoring.pairings.rules import PairingNotFound, PairingState, SessionState
from mentoring.policy import Action


async def pause_pairing(db: AsyncSession, actor: Actor, pairing_id: UUID, pause: Pause, now: datetime) -> PairingView:
    """Let a pairing rest until a day. Whoever pauses says so to nobody but the partner, and gives no reason.

    Raises ``PairingNotFound``, ``PairingNotActive``, ``PauseNotAhead`` or ``PauseTooLong``.
    """
    found = await db.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    pairing = policy.require(actor, Action.PAIRING_PAUSE, found, PairingNotFound)
    if pairing.state is not PairingState.ACTIVE:
        raise rules.PairingNotActive()
    ends_at = rules.end_of_pause(pause.until, actor.zone, now)
    pairing.state, pairing.paused_at, pairing.paused_by_id = PairingState.PAUSED, now, actor.id
    pairing.paused_until = pairing.wake_at = ends_at
    await _hold_sessions(db, pairing, actor.id, now)
    await db.flush()
    failpoint("pause.sessions_held")
    journal.record(db, PairingPaused(pairing.id), by=actor.id, at=now)
    await db.flush()
    return await view(db, actor, pairing)


async def resume_pairing(db: AsyncSession, actor: Actor, pairing_id: UUID, now: datetime) -> PairingView:
    """Go on before the day; only whoever paused it can. Raises ``PairingNotFound``, ``NotPaused``."""
    found = await db.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    pairing = policy.require(actor, Action.PAIRING_RESUME, found, PairingNotFound)
    if pairing.state is not PairingState.PAUSED:
        raise rules.NotPaused()
    await go_on(db, pairing, actor.id, now)
    await db.flush()
    return await view(db, actor, pairing)


async def go_on(db: AsyncSession, pairing: Pairing, by: UUID | None, now: datetime) -> None:
    """End a pause: the time that it took counts for nothing, and what was planned comes that much later."""
    assert pairing.paused_at is not None
    db.add(PastPause(pairing_id=pairing.id, began_at=pairing.paused_at, ended_at=now))
    paused = now - pairing.paused_at
    seconds = int(paused.total_seconds())
    pairing.state, pairing.paused_seconds = PairingState.ACTIVE, pairing.paused_seconds + seconds
    pairing.paused_at = pairing.paused_until = pairing.wake_at = None
    await db.flush()
    failpoint("resume.written")
    journal.record(db, PairingResumed(pairing.id, seconds), by=by, at=now)
    rows = await db.scalars(
        select(PairSession).where(PairSession.pairing_id == pairing.id).order_by(PairSession.number)
    )
    sessions = list(rows)
    planned = [one for one in sessions if one.state is SessionState.PLANNED]
    if planned:
        [begun] = await begun_pairings(db, [pairing.id])
        every_days, minutes = await _rhythm(db, pairing.id) or (begun.plan.every_days, begun.plan.minutes)
        earliest = max(now + rules.SETTLING_IN, planned[0].starts_at + paused)
        plan_again(begun, planned, earliest, every_days, minutes, now)
        for one in planned:
            one.wake_at = rules.invitation_at(one.number if one is not planned[0] else 1, one.starts_at, now)
        journal.record(db, SessionsShifted([one.id for one in planned]), by=by, at=now)
    pairing.wake_at = closes_at(map(end_of, sessions))


async def _rhythm(db: AsyncSession, pairing_id: UUID) -> tuple[int, int] | None:
    """How often and how long they meet, by the agreement in force."""
    row = (
        await db.execute(
            select(Agreement.every_days, Agreement.minutes)
            .where(Agreement.pairing_id == pairing_id, Agreement.agreed_at.is_not(None))
            .order_by(Agreement.version.desc())
            .limit(1)
        )
    ).one_or_none()
    return (row.every_days, row.minutes) if row else None


async def _hold_sessions(db: AsyncSession, pairing: Pairing, by: UUID | None, now: datetime) -> None:
    """What lies ahead is planned again later. What stands in calendars is taken out of them, with a higher sequence."""
    ahead = await db.scalars(
        select(PairSession)
        .where(PairSession.pairing_id == pairing.id, PairSession.starts_at > now)
        .where(PairSession.state.in_((SessionState.PLANNED, SessionState.INVITED)))
    )
    taken_out = []
    for session in ahead:
        if session.state is SessionState.INVITED:
            session.sequence = rules.next_sequence(session.state, session.sequence)
            taken_out.append(session.id)
        session.state, session.wake_at = SessionState.PLANNED, None
        session.booked_at = session.booked_by_id = None
    if taken_out:
        journal.record(db, SessionsCancelled(taken_out), by=by, at=now)


async def tell_paused(db: AsyncSession, events: Sequence[PairingPaused], now: datetime) -> None:
    """Reaction: the partner of whoever paused learns until when. Nobody else does."""
    rows = await db.scalars(select(Pairing).where(Pairing.id.in_([event.pairing_id for event in events])))
    await messages.enqueue(
        db,
        [
            Intended("pairing_paused", one.id, _partner(one), now, one.paused_seconds)
            for one in rows
            if one.state is PairingState.PAUSED
        ],
    )


async def tell_resumed(db: AsyncSession, events: Sequence[PairingResumed], now: datetime) -> None:
    """Reaction: both learn that it goes on; the sessions follow by themselves."""
    rows = await db.scalars(select(Pairing).where(Pairing.id.in_([event.pairing_id for event in events])))
    await messages.enqueue(
        db,
        [
            Intended("pairing_resumed", one.id, person_id, now, one.paused_seconds)
            for one in rows
            if one.state is PairingState.ACTIVE
            for person_id in (one.leader_id, one.junior_id)
        ],
    )


def _partner(pairing: Pairing) -> UUID:
    return pairing.junior_id if pairing.paused_by_id == pairing.leader_id else pairing.leader_id
