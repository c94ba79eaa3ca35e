"""What a programme's rules would do to those who have signed up, before they are changed. Writes nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from msgspec import structs
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from matching import RULE_NAMES
from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.changes import merged
from mentoring.programmes.contracts import ChangeProgramme
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.queries import find_programme
from mentoring.programmes.rules import MatchingRules
from mentoring.rounds.child import run_solver
from mentoring.rounds.findings import Effects, RuleEffect
from mentoring.rounds.problem import build_in_thread
from mentoring.rounds.results import refused_by_engine
from mentoring.rounds.snapshot import read_rows
from mentoring.rounds.solver import Answer, Request
from mentoring.rounds.weighing import Weighed

MOST_WEIGHED = 4_000
"""People whose pairs are all counted: an agency of 12,800 staff answers while somebody looks at the switch. Of more
a sample is drawn, always the same, and what needs everybody is not said."""

MOST_KEPT = 64
"""Answers of some hundred bytes each."""
_KEPT: dict[bytes, Weighed] = {}


async def read_effects(
    database: Database, actor: Actor, programme_ref: str, change: ChangeProgramme, now: datetime
) -> Effects:
    """What the rules as they would be with ``change`` do to the present sign-ups, each by itself and all together.

    While one side is empty there are no pairs to count. Raises ``ProgrammeNotFound``, ``ProblemRefused``,
    ``SolverDied``.
    """
    async with database.reading() as db:
        programme = await find_programme(db, actor, programme_ref, Action.ROUND_READ)
        sample = await _sample(db, programme)
        rows = await read_rows(db, programme, now.year, only=sample)
    found = Effects(programme.name, len(rows.leaders), len(rows.juniors), sampled=sample is not None)
    if not rows.leaders or not rows.juniors:
        return found
    wanted: MatchingRules = merged(programme.rules, change.rules)
    snapshot = await build_in_thread(replace(rows, rules=wanted))
    answer = await _weighed(snapshot.problem.to_bytes())
    if not isinstance(answer, Weighed):
        raise refused_by_engine(answer, snapshot)
    return structs.replace(
        found,
        possible=answer.possible,
        leaders_with_nobody=answer.leaders,
        juniors_with_nobody=answer.juniors,
        rules=_by_name(wanted, answer),
    )


async def _weighed(problem: bytes) -> Answer:
    """Whoever switches to and fro, or opens the page again, asks the same."""
    digest = hashlib.blake2b(problem).digest()
    answer = _KEPT.get(digest) or await run_solver(Request("weigh", problem))
    if isinstance(answer, Weighed):
        _KEPT[digest] = answer
        while len(_KEPT) > MOST_KEPT:
            del _KEPT[next(iter(_KEPT))]
    return answer


async def _sample(db: AsyncSession, programme: Programme) -> ColumnElement[bool] | None:
    """Ids are drawn at random, so the lowest of them are a sample. None where everybody can be counted."""
    mine = Enrolment.programme_id == programme.id
    if (await db.scalar(select(func.count()).select_from(Enrolment).where(mine)) or 0) <= MOST_WEIGHED:
        return None
    return Enrolment.id.in_(select(Enrolment.id).where(mine).order_by(Enrolment.id).limit(MOST_WEIGHED))


def _by_name(wanted: MatchingRules, answer: Weighed) -> Mapping[str, RuleEffect]:
    """Those that can be switched; what people asked for themselves is no setting."""
    return {
        name: RuleEffect(getattr(wanted, name), one.share, one.lonely)
        for name, one in zip(RULE_NAMES, answer.rules, strict=True)
        if hasattr(wanted, name)
    }
