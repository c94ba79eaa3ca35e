"""Whom to recruit: which skill's next junior would be worth most to a round, by what its leaders would pay."""

from uuid import UUID

from msgspec import Struct

from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.rounds.asking import proven
from mentoring.rounds.child import run_solver
from mentoring.rounds.queries import find_round
from mentoring.rounds.results import refusal_of
from mentoring.rounds.solver import Request
from mentoring.rounds.trying import Recruited


class WantedSkill(Struct, frozen=True):
    """What the first junior who offers this skill at level 3 would bring at most, on average.

    ``useful``: the share of such juniors by whom anything would be gained. ``leaders`` more matched; ``fit`` more.
    """

    code: str
    useful: float
    leaders: float
    fit: float


class Recruiting(Struct, frozen=True):
    round: UUID
    name: str
    skills: list[WantedSkill]
    """The most wanted first."""


async def whom_to_recruit(database: Database, actor: Actor, round_ref: str) -> Recruiting:
    """Raises ``NothingToVerify``, ``SolverDied``."""
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        inputs = await proven(db, round_)
    answer = await run_solver(Request("recruit", inputs.problem, proof=inputs.proof or b""))
    if not isinstance(answer, Recruited):
        raise refusal_of(answer, list(map(UUID, inputs.leaders)), list(map(UUID, inputs.juniors)))
    codes = inputs.vocabulary.skills
    skills = [WantedSkill(codes[one.skill], one.useful, one.leaders, one.fit) for one in answer.skills]
    return Recruiting(round_.id, round_.name, skills)
