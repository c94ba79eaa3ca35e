"""What is known of pairings under way, read a batch at a time for the pure rules to judge."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import takewhile
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.followups.rules import LOW_ANSWER, Facts, Pauses
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import SessionState
from mentoring.programmes.models import Programme

OVER = (CheckInState.ANSWERED, CheckInState.LAPSED)
ARRANGED = (SessionState.INVITED, SessionState.HELD, SessionState.MISSED)
STANDS = (SessionState.PLANNED, *ARRANGED)
FELL_THROUGH = (SessionState.MISSED, SessionState.CANCELLED)


async def facts_of(db: AsyncSession, pairings: Sequence[Pairing]) -> dict[UUID, Facts]:
    """The facts of those pairings that have begun."""
    ids = [one.id for one in pairings]
    cadences = await _cadences(db, {one.programme_id for one in pairings})
    sessions, check_ins = await _sessions(db, ids), await _check_ins(db, ids)
    pauses, unsigned = await pauses_of(db, ids), await unsigned_by(db, ids)
    return {
        one.id: Facts(
            began_at=one.began_at,
            cadence=cadences[one.programme_id],
            booked=any(session.state in ARRANGED for session in sessions[one.id]),
            held=[session.starts_at for session in sessions[one.id] if session.state is SessionState.HELD],
            answered_at=max((at for asked in check_ins[one.id] if (at := asked.answered_at)), default=None),
            cancelled=_running(sessions[one.id]),
            fit=min((asked.good_fit for asked in _latest(check_ins[one.id]) if asked.good_fit), default=None),
            unsafe=frozenset(_unsafe(check_ins[one.id])),
            unanswered=_unanswered(check_ins[one.id]),
            unsigned=unsigned.get(one.id, frozenset()),
            ends_at=max((session.starts_at for session in sessions[one.id] if session.state in STANDS), default=None),
            pauses=pauses.get(one.id, ()),
        )
        for one in pairings
        if one.began_at is not None
    }


async def pauses_of(_db: AsyncSession, _ids: Sequence[UUID]) -> Mapping[UUID, Pauses]:
    """When pairings were paused. No table says so: a pairing is under way or over."""
    return {}


async def unsigned_by(_db: AsyncSession, _ids: Sequence[UUID]) -> Mapping[UUID, frozenset[UUID]]:
    """Who of a pairing has still to sign its agreement. No table asks anybody to."""
    return {}


async def delegates_of(_db: AsyncSession, _leader_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    """Who books and moves sessions for a leader. No table names anybody."""
    return {}


async def _cadences(db: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, timedelta]:
    programmes = await db.scalars(select(Programme).where(Programme.id.in_(set(ids))))
    return {one.id: timedelta(days=one.plan.every_days) for one in programmes}


async def _sessions(db: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[PairSession]]:
    found: dict[UUID, list[PairSession]] = defaultdict(list)
    rows = (
        select(PairSession).where(PairSession.pairing_id.in_(ids)).order_by(PairSession.starts_at, PairSession.number)
    )
    for session in await db.scalars(rows):
        found[session.pairing_id].append(session)
    return found


async def _check_ins(db: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[CheckIn]]:
    """Those that were answered or lapsed, the latest first."""
    found: dict[UUID, list[CheckIn]] = defaultdict(list)
    rows = select(CheckIn).where(CheckIn.pairing_id.in_(ids), CheckIn.state.in_(OVER))
    for check_in in await db.scalars(rows.order_by(CheckIn.due_at.desc(), CheckIn.moment)):
        found[check_in.pairing_id].append(check_in)
    return found


def _running(sessions: Sequence[PairSession]) -> int:
    """How many of the latest sessions fell through, one after the other."""
    past = [one for one in reversed(sessions) if one.state in (SessionState.HELD, *FELL_THROUGH)]
    return sum(1 for _ in takewhile(lambda one: one.state in FELL_THROUGH, past))


def _latest(check_ins: Sequence[CheckIn]) -> list[CheckIn]:
    """The latest answer of each to the four questions of a pulse."""
    answered = {one.person_id: one for one in reversed(check_ins) if one.candour is not None}
    return list(answered.values())


def _unsafe(check_ins: Sequence[CheckIn]) -> list[UUID]:
    return [one.person_id for one in _latest(check_ins) if one.candour is not None and one.candour <= LOW_ANSWER]


def _unanswered(check_ins: Sequence[CheckIn]) -> int:
    runs = []
    for person_id in {one.person_id for one in check_ins}:
        states = [one.state for one in check_ins if one.person_id == person_id]
        runs.append(sum(1 for _ in takewhile(lambda state: state is CheckInState.LAPSED, states)))
    return max(runs, default=0)
