"""A pairing ends: early, by somebody's leaving, or when it has gone its whole way; and what it takes with it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.db import among, insert_missing
from mentoring.failpoints import failpoint
from mentoring.identity import Actor
from mentoring.messages import service as messages
from mentoring.messages.contracts import Intended
from mentoring.pairings import rules
from mentoring.pairings.contracts import (
    PairingEnded,
    PairingView,
    RematchRequested,
    RematchWaits,
    SessionsCancelled,
)
from mentoring.pairings.life import EndPairing, LeaveProgramme
from mentoring.pairings.models import Pairing, PairSession, PastPause, Rematch
from mentoring.pairings.queries import view
from mentoring.pairings.rules import Ending, PairingNotFound, PairingState, SessionState
from mentoring.policy import Action
from mentoring.programmes.contracts import PersonWithdrew
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import EnrolmentState


async def end_pairing(db: AsyncSession, actor: Actor, pairing_id: UUID, end: EndPairing, now: datetime) -> PairingView:
    """End a pairing: before its time, or, when no session lies ahead, as one that has gone its whole way.

    The partner learns that it is over and not why. Raises ``PairingNotFound``, ``PairingNotUnderWay``.
    """
    pairing = await _to_end(db, actor, pairing_id)
    whole = await _went_its_way(db, pairing, now)
    pairing.end_reason = end.reason.strip() or None
    await conclude(db, pairing, Ending.COMPLETED if whole else Ending.EARLY, actor.id, now)
    if end.rematch and not whole:
        await _ask_for_rematch(db, actor, pairing, now)
    await db.flush()
    return await view(db, actor, pairing)


async def leave_programme(
    db: AsyncSession, actor: Actor, pairing_id: UUID, leave: LeaveProgramme, now: datetime
) -> PairingView:
    """End all that one has in the programme of a pairing, in that role, and take the sign-up back.

    Raises ``PairingNotFound``, ``PairingNotUnderWay``.
    """
    pairing = await _to_end(db, actor, pairing_id)
    mine = pairing.leader_enrolment_id if actor.id == pairing.leader_id else pairing.junior_enrolment_id
    enrolment = await db.get_one(Enrolment, mine, with_for_update=True, populate_existing=True)
    pairing.end_reason = leave.reason.strip() or None
    theirs = or_(Pairing.leader_enrolment_id == mine, Pairing.junior_enrolment_id == mine)
    under_way = select(Pairing).where(theirs, Pairing.state.in_(rules.UNDER_WAY)).with_for_update()
    for one in await db.scalars(under_way):
        await conclude(db, one, Ending.WITHDREW, actor.id, now)
    if enrolment.state is EnrolmentState.ENROLLED:
        enrolment.state = EnrolmentState.WITHDRAWN
        journal.record(db, PersonWithdrew(enrolment.id), by=actor.id, at=now)
    await db.flush()
    return await view(db, actor, pairing)


async def _to_end(db: AsyncSession, actor: Actor, pairing_id: UUID) -> Pairing:
    found = await db.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    pairing = policy.require(actor, Action.PAIRING_END, found, PairingNotFound)
    if pairing.state not in rules.UNDER_WAY:
        raise rules.PairingNotUnderWay()
    return pairing


async def _went_its_way(db: AsyncSession, pairing: Pairing, now: datetime) -> bool:
    """Whether sessions were held and none lies ahead."""
    rows = await db.execute(
        select(PairSession.state, PairSession.starts_at).where(PairSession.pairing_id == pairing.id)
    )
    return rules.went_its_way([(row.state, row.starts_at) for row in rows], now)


async def conclude(db: AsyncSession, pairing: Pairing, ending: Ending, by: UUID | None, now: datetime) -> None:
    """End a pairing that is under way, with the sessions that lie ahead."""
    pairing.state, pairing.over_at, pairing.wake_at = PairingState.ENDED, now, None
    pairing.ending, pairing.ended_by_id = ending, by
    if pairing.paused_at is not None:
        db.add(PastPause(pairing_id=pairing.id, began_at=pairing.paused_at, ended_at=now))
        pairing.paused_seconds += int((now - pairing.paused_at).total_seconds())
        pairing.paused_at = pairing.paused_until = None
    await db.flush()
    failpoint("end.written")
    actor_id = None if ending is Ending.LEFT else by  # who left the organisation did not do this
    await cancel_sessions(db, [pairing.id], actor_id, now)
    journal.record(db, PairingEnded(pairing.id, by, ending), by=actor_id, at=now)


async def request_rematch(db: AsyncSession, actor: Actor, pairing_id: UUID, now: datetime) -> PairingView:
    """Ask for somebody else after a pairing that ended before its time; twice is the same as once.

    Raises ``PairingNotFound``, ``RematchNotPossible``.
    """
    found = await db.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    pairing = policy.require(actor, Action.REMATCH, found, PairingNotFound)
    if not rules.may_rematch(pairing.state, pairing.ending):
        raise rules.RematchNotPossible()
    await _ask_for_rematch(db, actor, pairing, now)
    await db.flush()
    return await view(db, actor, pairing)


async def _ask_for_rematch(db: AsyncSession, actor: Actor, pairing: Pairing, now: datetime) -> None:
    assert actor.id is not None
    mine = pairing.leader_enrolment_id if actor.id == pairing.leader_id else pairing.junior_enrolment_id
    if (await db.get_one(Enrolment, mine)).state is not EnrolmentState.ENROLLED:
        raise rules.RematchNotPossible()
    if await db.get(Rematch, (pairing.id, actor.id)) is None:
        row = {"pairing_id": pairing.id, "person_id": actor.id, "requested_at": now}
        await insert_missing(db, Rematch, [row])
        failpoint("rematch.asked")
        journal.record(db, RematchRequested(pairing.id, actor.id), by=actor.id, at=now)


async def cancel_sessions(db: AsyncSession, pairing_ids: Sequence[UUID], by: UUID | None, now: datetime) -> None:
    """Cancel what was planned. What was invited to already gets a higher sequence, by which calendars drop it."""
    chosen = update(PairSession).where(among(PairSession.pairing_id, pairing_ids))
    await db.execute(
        chosen.where(PairSession.state == SessionState.PLANNED).values(state=SessionState.CANCELLED, wake_at=None)
    )
    invited = await db.scalars(
        chosen.where(PairSession.state == SessionState.INVITED)
        .values(state=SessionState.CANCELLED, wake_at=None, sequence=PairSession.sequence + 1)
        .returning(PairSession.id)
    )
    if cancelled := list(invited):
        journal.record(db, SessionsCancelled(cancelled), by=by, at=now)


async def tell_cancelled(db: AsyncSession, events: Sequence[SessionsCancelled], now: datetime) -> None:
    """Reaction: what stands in two calendars and will not be held is taken out of them."""
    rows = await db.execute(
        select(PairSession.id, PairSession.sequence, Pairing.leader_id, Pairing.junior_id)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .where(among(PairSession.id, [one for event in events for one in event.session_ids]))
        .where(PairSession.starts_at > now, PairSession.sequence > 0)
    )
    await messages.enqueue(
        db,
        [
            Intended("session_cancelled", row.id, person_id, now, row.sequence)
            for row in rows
            for person_id in (row.leader_id, row.junior_id)
        ],
    )


async def tell_ended(db: AsyncSession, events: Sequence[PairingEnded], now: datetime) -> None:
    """Reaction: whoever did not end it, or has not left, learns that it is over; both, where it went its whole way."""
    ended = {event.pairing_id: event for event in events}
    rows = await db.execute(select(Pairing.id, Pairing.leader_id, Pairing.junior_id).where(Pairing.id.in_(ended)))
    await messages.enqueue(
        db,
        [
            Intended("pairing_ended", row.id, person_id, now)
            for row in rows
            for person_id in (row.leader_id, row.junior_id)
            if ended[row.id].ending is Ending.COMPLETED or person_id != ended[row.id].left_id
        ],
    )


async def tell_waiting(db: AsyncSession, events: Sequence[RematchWaits], now: datetime) -> None:
    """Reaction: whoever asked for somebody else learns that nobody is free now, and that they come first next time."""
    await messages.enqueue(db, [Intended("rematch_waits", one.pairing_id, one.person_id, now) for one in events])
