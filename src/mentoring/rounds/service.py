"""Rounds are asked for, and coordinators decide on single pairs. What follows has files of its own: ``solving``,
``publishing``, ``alternates``; their doors stand here too, so that whoever comes from outside finds all in one place.
"""

from datetime import datetime
from time import perf_counter
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

import matching
from mentoring import journal
from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.changes import merged
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.queries import find_programme
from mentoring.programmes.rules import Matching, Role
from mentoring.rounds import rules
from mentoring.rounds.child import run_solver
from mentoring.rounds.contracts import (
    NamedPair,
    OverrideCleared,
    OverridePair,
    PairOverridden,
    Propose,
    Replay,
    RoundRequested,
    RoundSummary,
)
from mentoring.rounds.findings import Decide
from mentoring.rounds.models import Override, Round, RoundInputs
from mentoring.rounds.problem import build
from mentoring.rounds.publishing import publish_round, undo_round
from mentoring.rounds.queries import find_enrolment, find_round, summary
from mentoring.rounds.results import result_of
from mentoring.rounds.rules import OverrideKind, RoundState
from mentoring.rounds.snapshot import read_rows
from mentoring.rounds.solver import Request, Solved
from mentoring.rounds.solving import solve_next, solve_now

__all__ = [
    "clear_override",
    "decide_pairs",
    "forbid_pair",
    "pin_pair",
    "propose_round",
    "publish_round",
    "replay_round",
    "solve_next",
    "solve_now",
    "undo_round",
]


async def propose_round(
    db: AsyncSession, actor: Actor, programme_ref: str, data: Propose, now: datetime
) -> RoundSummary:
    """Ask for the programme's one unpublished round to be solved, making it if there is none.

    The solving is somebody else's (``solve_next``, ``solve_now``). Raises ``RoundSolving``.
    """
    programme = await find_programme(db, actor, programme_ref, Action.ROUND_WRITE)
    round_ = await db.scalar(
        select(Round)
        .where(Round.programme_id == programme.id, Round.state.in_(rules.UNPUBLISHED))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    matching_ = merged(programme.matching, data.matching)
    if round_ is None:
        round_ = await _new_round(db, programme, data.year or now.year, matching_, now)
    else:
        rules.ensure_editable(round_.state)
        round_.year, round_.matching, round_.revision = data.year or now.year, matching_, round_.revision + 1
    _ask_for_solving(db, round_, actor, now)
    try:
        await db.flush()
    except IntegrityError as race:  # somebody made this very round in the same moment
        raise rules.RoundSolving() from race
    return summary(round_)


async def _new_round(db: AsyncSession, programme: Programme, year: int, matching_: Matching, now: datetime) -> Round:
    last = await db.scalar(select(func.max(Round.number)).where(Round.programme_id == programme.id))
    number = (last or 0) + 1
    round_ = Round(
        programme_id=programme.id,
        number=number,
        name=f"{programme.name} {number}",
        state=RoundState.SOLVING,
        year=year,
        matching=matching_,
        requested_at=now,
    )
    db.add(round_)
    try:
        await db.flush()
    except IntegrityError as race:
        raise rules.RoundSolving() from race
    return round_


def _ask_for_solving(db: AsyncSession, round_: Round, actor: Actor, now: datetime) -> None:
    round_.state, round_.stage, round_.progress, round_.failure = RoundState.SOLVING, None, 0.0, None
    round_.lease_until, round_.attempts = None, 0
    round_.requested_at, round_.requested_by_id = now, actor.id
    journal.record(db, RoundRequested(round_.id, round_.revision), by=actor.id, at=now)


async def pin_pair(db: AsyncSession, actor: Actor, round_ref: str, data: OverridePair, now: datetime) -> RoundSummary:
    """Have this pair in the round whatever else is better, and solve again.

    Raises ``PairRefused`` with the rules that it breaks, ``PinTaken`` where a capacity is used up, ``NotEnrolled``.
    """
    round_ = await _editable(db, actor, round_ref)
    pair = await _pair(db, round_, data.leader, data.junior)
    await _check_pin(db, round_, pair, data)
    return await _override(db, actor, round_, pair, OverrideKind.PIN, data.reason, now)


async def forbid_pair(
    db: AsyncSession, actor: Actor, round_ref: str, data: OverridePair, now: datetime
) -> RoundSummary:
    """Never have this pair in the round, pinned or not, and solve again. Raises ``NotEnrolled``."""
    round_ = await _editable(db, actor, round_ref)
    pair = await _pair(db, round_, data.leader, data.junior)
    return await _override(db, actor, round_, pair, OverrideKind.FORBID, data.reason, now)


async def clear_override(
    db: AsyncSession, actor: Actor, round_ref: str, data: NamedPair, now: datetime
) -> RoundSummary:
    """Leave this pair to the engine again, and solve again. Raises ``OverrideNotFound``."""
    round_ = await _editable(db, actor, round_ref)
    leader, junior = await _pair(db, round_, data.leader, data.junior)
    override = await db.get(Override, (round_.id, leader.id, junior.id))
    if override is None:
        raise rules.OverrideNotFound()
    await db.delete(override)
    journal.record(db, OverrideCleared(round_.id, leader.id, junior.id), by=actor.id, at=now)
    return await _solve_again(db, round_, actor, now)


async def _editable(db: AsyncSession, actor: Actor, round_ref: str) -> Round:
    """The round, locked. Raises ``RoundSolving`` or ``RoundIsPublished``."""
    round_ = await find_round(db, actor, round_ref, Action.ROUND_WRITE)
    await db.refresh(round_, with_for_update=True)
    rules.ensure_editable(round_.state)
    return round_


async def _pair(db: AsyncSession, round_: Round, leader: str, junior: str) -> tuple[Enrolment, Enrolment]:
    return (
        await find_enrolment(db, round_.programme_id, leader, Role.LEADER),
        await find_enrolment(db, round_.programme_id, junior, Role.JUNIOR),
    )


async def _check_pin(
    db: AsyncSession, round_: Round, pair: tuple[Enrolment, Enrolment], named: OverridePair | NamedPair
) -> None:
    leader, junior = pair
    if junior.prepared_at is None:
        raise rules.PairRefused(rules="consent")
    programme = await db.get_one(Programme, round_.programme_id)
    rows = await read_rows(db, programme, round_.year, only=Enrolment.id.in_((leader.id, junior.id)))
    for who, found, enrolment in ((named.leader, rows.leaders, leader), (named.junior, rows.juniors, junior)):
        pins = await _other_pins(db, round_.id, pair, enrolment)
        if pins >= sum(one.capacity for one in found):  # nobody is found where open pairings take all places
            raise rules.PinTaken(who=who)
    refused = int(matching.refusals(build(rows).problem, slice(None), slice(None))[0, 0])
    if refused:
        broken = [name for rule, name in zip(matching.RULES, matching.RULE_NAMES, strict=True) if rule & refused]
        raise rules.PairRefused(rules=", ".join(broken))


async def _other_pins(db: AsyncSession, round_id: UUID, pair: tuple[Enrolment, Enrolment], enrolment: Enrolment) -> int:
    leader, junior = pair
    pins = await db.execute(
        select(Override.leader_enrolment_id, Override.junior_enrolment_id).where(
            Override.round_id == round_id, Override.kind == OverrideKind.PIN
        )
    )
    return sum(enrolment.id in pin for pin in map(tuple, pins) if pin != (leader.id, junior.id))


async def decide_pairs(db: AsyncSession, actor: Actor, round_ref: str, data: Decide, now: datetime) -> RoundSummary:
    """Pin and forbid several pairs at once, and solve again once. Raises as ``pin_pair`` and ``forbid_pair``."""
    round_ = await _editable(db, actor, round_ref)
    for kind, named in ((OverrideKind.FORBID, data.forbids), (OverrideKind.PIN, data.pins)):
        for one in named:
            pair = await _pair(db, round_, one.leader, one.junior)
            if kind is OverrideKind.PIN:
                await _check_pin(db, round_, pair, one)
            await _put_override(db, actor, round_, pair, kind, data.reason, now)
    return await _solve_again(db, round_, actor, now)


async def _override(
    db: AsyncSession,
    actor: Actor,
    round_: Round,
    pair: tuple[Enrolment, Enrolment],
    kind: OverrideKind,
    reason: str,
    now: datetime,
) -> RoundSummary:
    await _put_override(db, actor, round_, pair, kind, reason, now)
    return await _solve_again(db, round_, actor, now)


async def _put_override(
    db: AsyncSession,
    actor: Actor,
    round_: Round,
    pair: tuple[Enrolment, Enrolment],
    kind: OverrideKind,
    reason: str,
    now: datetime,
) -> None:
    leader, junior = pair
    override = await db.get(Override, (round_.id, leader.id, junior.id))
    if override is None:
        override = Override(round_id=round_.id, leader_enrolment_id=leader.id, junior_enrolment_id=junior.id)
        db.add(override)
    override.kind, override.reason, override.by_id, override.at = kind, reason, actor.id, now
    journal.record(db, PairOverridden(round_.id, leader.id, junior.id, kind), by=actor.id, at=now)
    await db.flush()


async def _solve_again(db: AsyncSession, round_: Round, actor: Actor, now: datetime) -> RoundSummary:
    round_.revision += 1
    _ask_for_solving(db, round_, actor, now)
    await db.flush()
    return summary(round_)


async def replay_round(database: Database, actor: Actor, round_ref: str) -> Replay:
    """Solve the stored inputs again and say whether the result is the same. Nothing is written.

    Raises ``NothingToReplay``, ``SolverDied``.
    """
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        inputs = await db.get(RoundInputs, round_.id)
        programme = await db.get_one(Programme, round_.programme_id)
    if inputs is None:
        raise rules.NothingToReplay()
    began = perf_counter()
    solved = await run_solver(Request("solve", inputs.problem, programme.plan.minutes, inputs.aim))
    if not isinstance(solved, Solved):
        raise rules.NothingToReplay()
    return Replay(
        round=round_.id,
        name=round_.name,
        same=result_of(solved) == inputs.result,
        matched=solved.matched,
        total_fit=solved.total_fit,
        seconds=perf_counter() - began,
        engine=matching.VERSION,
        stored_engine=inputs.engine,
    )
