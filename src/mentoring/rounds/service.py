"""Rounds are asked for and solved again. What follows has files of its own: ``deciding``, ``solving``, ``publishing``,
``alternates``; their doors stand here too, so that whoever comes from outside finds all in one place.
"""

from datetime import datetime
from time import perf_counter

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

import matching
from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.changes import merged
from mentoring.programmes.models import Programme
from mentoring.programmes.queries import find_programme
from mentoring.programmes.rules import Matching
from mentoring.rounds import rules
from mentoring.rounds.child import run_solver
from mentoring.rounds.contracts import Propose, Replay, RoundSummary
from mentoring.rounds.deciding import (
    ask_for_solving,
    clear_override,
    decide_pairs,
    forbid_pair,
    pin_pair,
    readmit,
)
from mentoring.rounds.models import Round, RoundInputs
from mentoring.rounds.publishing import publish_round, undo_round
from mentoring.rounds.queries import find_round, summary
from mentoring.rounds.results import result_of
from mentoring.rounds.rules import RoundState
from mentoring.rounds.solver import Request, Solved
from mentoring.rounds.solving import solve_next, solve_now

__all__ = [
    "clear_override",
    "decide_pairs",
    "forbid_pair",
    "pin_pair",
    "propose_round",
    "publish_round",
    "readmit",
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
    ask_for_solving(db, round_, actor, now)
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
