"""Check-ins follow their pairing: sessions that move, a pause that freezes them, and what goes on after it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import rules
from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState
from mentoring.checkins.service import ALIVE, asked_of
from mentoring.db import among, insert_missing
from mentoring.pairings.booking import STANDING
from mentoring.pairings.contracts import (
    PairingPaused,
    PairingResumed,
    SessionBooked,
    SessionsCancelled,
    SessionsShifted,
)
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.planning import end_of
from mentoring.pairings.queries import Begun, begun_pairings
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.programmes.models import Programme

AT_SESSIONS = ("midpoint", "end", "look_back")
"""Pulses that are due with a session, or so long after one; the first one keeps its day."""


async def follow_sessions(db: AsyncSession, events: Sequence[SessionBooked | SessionsShifted], _now: datetime) -> None:
    """Reaction: what is asked after a session is asked when it ends now; who was asked already is asked once more."""
    ids = {one for event in events for one in _about(event)}
    moved = list(
        await db.scalars(select(PairSession).where(among(PairSession.id, ids), PairSession.state.in_(STANDING)))
    )
    begun = await begun_pairings(db, [*{one.pairing_id for one in moved}])
    questions = await _questions(db, [one.pairing.id for one in begun])
    for one in begun:
        mine = questions[one.pairing.id]
        again = [
            row for session in moved if session.pairing_id == one.pairing.id for row in _follow(session, one, mine)
        ]
        await insert_missing(db, CheckIn, again)
        await _move_pulses(db, one, mine)


def _about(event: SessionBooked | SessionsShifted) -> Sequence[UUID]:
    return event.session_ids if isinstance(event, SessionsShifted) else [event.session_id]


async def _questions(db: AsyncSession, pairing_ids: Sequence[UUID]) -> Mapping[UUID, list[CheckIn]]:
    found = defaultdict(list)
    for check_in in await db.scalars(select(CheckIn).where(among(CheckIn.pairing_id, pairing_ids))):
        found[check_in.pairing_id].append(check_in)
    return found


def _follow(session: PairSession, begun: Begun, questions: Iterable[CheckIn]) -> Iterable[dict[str, object]]:
    """Move the questions that wait; return those that must be put once more, because they were put already."""
    end = end_of(session)
    for place in (begun.leader, begun.junior):
        mine = [
            one
            for one in questions
            if one.person_id == place.person_id
            and one.kind is CheckInKind.SESSION
            and rules.session_number(one.moment) == session.number
        ]
        waiting = [one for one in mine if one.state is CheckInState.SCHEDULED]
        put_for_this_time = [one for one in mine if one.due_at == end and one.state is not CheckInState.CANCELLED]
        for one in waiting:
            one.due_at = one.wake_at = end
        for one in mine:
            if one.state is CheckInState.OPEN and one not in put_for_this_time:
                one.state, one.wake_at = CheckInState.CANCELLED, None
        if mine and not waiting and not put_for_this_time:
            yield {
                "programme_id": begun.pairing.programme_id,
                "pairing_id": begun.pairing.id,
                "person_id": place.person_id,
                "kind": CheckInKind.SESSION,
                "moment": rules.MOVED_MOMENT.format(number=session.number, sequence=session.sequence),
                "due_at": end,
                "wake_at": end,
            }


async def _move_pulses(db: AsyncSession, begun: Begun, questions: Iterable[CheckIn]) -> None:
    rows = await db.scalars(
        select(PairSession)
        .where(PairSession.pairing_id == begun.pairing.id, PairSession.state != SessionState.CANCELLED)
        .order_by(PairSession.starts_at, PairSession.number)
    )
    ends = [(one.number, end_of(one)) for one in rows]
    for place in (begun.leader, begun.junior):
        due = {row["moment"]: row["due_at"] for row in asked_of(begun, ends, place)}
        for one in questions:
            at = due.get(one.moment)
            waits = one.person_id == place.person_id and one.state is CheckInState.SCHEDULED
            if one.moment in AT_SESSIONS and waits and isinstance(at, datetime):
                one.due_at = one.wake_at = at


async def forget_called_off(db: AsyncSession, events: Sequence[SessionsCancelled], _now: datetime) -> None:
    """Reaction: nobody is asked about a session that was called off."""
    ids = [one for event in events for one in event.session_ids]
    called_off = await db.execute(
        select(PairSession.pairing_id, PairSession.number).where(
            among(PairSession.id, ids), PairSession.state == SessionState.CANCELLED
        )
    )
    numbers = {(pairing_id, number) for pairing_id, number in called_off}
    waiting = select(CheckIn).where(
        among(CheckIn.pairing_id, {pairing_id for pairing_id, _ in numbers}),
        CheckIn.kind == CheckInKind.SESSION,
        CheckIn.state == CheckInState.SCHEDULED,
    )
    for one in await db.scalars(waiting):
        if (one.pairing_id, rules.session_number(one.moment)) in numbers:
            one.state, one.wake_at = CheckInState.CANCELLED, None


async def freeze(db: AsyncSession, events: Sequence[PairingPaused], _now: datetime) -> None:
    """Reaction: while a pairing is paused nobody is asked, nor asked again; what is open can still be answered."""
    paused = select(Pairing.id).where(
        Pairing.id.in_([event.pairing_id for event in events]), Pairing.state == PairingState.PAUSED
    )
    await db.execute(
        update(CheckIn)
        .where(CheckIn.pairing_id.in_(paused), CheckIn.state.in_(ALIVE))
        .values(wake_at=None)
        .execution_options(synchronize_session=False)
    )


async def thaw(db: AsyncSession, events: Sequence[PairingResumed], now: datetime) -> None:
    """Reaction: what was frozen goes on as if the pause had not been; what wakes already was thawed before."""
    for event in events:
        paused = timedelta(seconds=event.seconds)
        rows = await db.execute(
            select(CheckIn, Programme)
            .join(Programme, Programme.id == CheckIn.programme_id)
            .join(Pairing, Pairing.id == CheckIn.pairing_id)
            .where(CheckIn.pairing_id == event.pairing_id, Pairing.state == PairingState.ACTIVE)
            .where(CheckIn.state.in_(ALIVE), CheckIn.wake_at.is_(None))
        )
        for check_in, programme in rows.all():
            if check_in.fired_at is None:
                check_in.due_at = check_in.wake_at = check_in.due_at + paused
                continue
            check_in.fired_at += paused
            days = (*programme.ladder.check_in_follow_ups[check_in.follow_ups :], programme.ladder.check_in_lapses)
            check_in.wake_at = max(now, check_in.fired_at + timedelta(days=days[0]))
