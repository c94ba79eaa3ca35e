"""What is known of pairings under way, read a batch at a time for the pure rules to judge."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.db import among
from mentoring.followups.rules import LOW_ANSWER, Facts, Pauses
from mentoring.pairings.models import Agreement, Delegate, Pairing, PairSession, PastPause
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
    pauses, unsigned = await pauses_of(db, pairings), await unsigned_by(db, pairings)
    return {
        one.id: Facts(
            began_at=one.began_at,
            cadence=cadences[one.programme_id],
            booked=any(session.state in ARRANGED for session in sessions[one.id]),
            chosen_at=max((at for session in sessions[one.id] if (at := session.booked_at)), default=None),
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


async def unsafe_in(db: AsyncSession, pairing_ids: Sequence[UUID]) -> Mapping[UUID, frozenset[UUID]]:
    """Who said in confidence, and has not said otherwise since, that they cannot speak freely."""
    return {one: frozenset(_unsafe(asked)) for one, asked in (await _check_ins(db, pairing_ids)).items()}


async def pauses_of(db: AsyncSession, pairings: Sequence[Pairing]) -> Mapping[UUID, Pauses]:
    """When pairings were paused, and those that are: since when."""
    found: dict[UUID, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    past = select(PastPause).where(among(PastPause.pairing_id, [one.id for one in pairings]))
    for pause in await db.scalars(past.order_by(PastPause.began_at)):
        found[pause.pairing_id].append((pause.began_at, pause.ended_at))
    for one in pairings:
        if one.paused_at is not None:
            found[one.id].append((one.paused_at, None))
    return found


async def unsigned_by(db: AsyncSession, pairings: Sequence[Pairing]) -> Mapping[UUID, frozenset[UUID]]:
    """Who of a pairing has still to sign its first agreement; both, where nobody has written one.

    What is changed or looked at again later hurries nobody: the one in force goes on until the new one is.
    """
    rows = select(Agreement).where(among(Agreement.pairing_id, [one.id for one in pairings]))
    latest: dict[UUID, Agreement] = {}
    agreed = set()
    for one in await db.scalars(rows.order_by(Agreement.version)):
        latest[one.pairing_id] = one
        if one.agreed_at is not None:
            agreed.add(one.pairing_id)
    return {one.id: _has_to_sign(one, latest.get(one.id)) for one in pairings if one.id not in agreed}


def _has_to_sign(pairing: Pairing, agreement: Agreement | None) -> frozenset[UUID]:
    signed = {
        pairing.leader_id: agreement.leader_signed_at if agreement else None,
        pairing.junior_id: agreement.junior_signed_at if agreement else None,
    }
    return frozenset(person_id for person_id, at in signed.items() if at is None)


async def delegates_of(db: AsyncSession, leader_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    """Who books and moves sessions for a leader, the longest first."""
    found: dict[UUID, list[UUID]] = defaultdict(list)
    rows = select(Delegate).where(among(Delegate.leader_id, leader_ids)).order_by(Delegate.named_at, Delegate.person_id)
    for one in await db.scalars(rows):
        found[one.leader_id].append(one.person_id)
    return found


async def _cadences(db: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, timedelta]:
    programmes = await db.scalars(select(Programme).where(among(Programme.id, set(ids))))
    return {one.id: timedelta(days=one.plan.every_days) for one in programmes}


async def _sessions(db: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[PairSession]]:
    found: dict[UUID, list[PairSession]] = defaultdict(list)
    rows = (
        select(PairSession)
        .where(among(PairSession.pairing_id, ids))
        .order_by(PairSession.starts_at, PairSession.number)
    )
    for session in await db.scalars(rows):
        found[session.pairing_id].append(session)
    return found


async def _check_ins(db: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, list[CheckIn]]:
    """Those that were answered or lapsed, the latest first."""
    found: dict[UUID, list[CheckIn]] = defaultdict(list)
    rows = select(CheckIn).where(among(CheckIn.pairing_id, ids), CheckIn.state.in_(OVER))
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
