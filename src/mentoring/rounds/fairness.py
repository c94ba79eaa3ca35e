"""How a round treats groups of people: by region, grade band and, where it was given, gender. Only sums leave here.

Gender is read here and nowhere else; the engine's problem never has it.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from matching import Problem, Proposal
from matching.fairness import Fairness, Group
from matching.fairness import fairness as fairness_of
from mentoring.db import Database
from mentoring.directory.models import AuditTrait
from mentoring.identity import Actor
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import Role
from mentoring.rounds.asking import proven
from mentoring.rounds.findings import FairGroup, FairnessReport, FairSide
from mentoring.rounds.models import RoundInputs
from mentoring.rounds.proof import proposal_of
from mentoring.rounds.queries import find_round
from mentoring.rounds.rules import GRADE_BAND

SEED = 0
"""Of the intervals: the same round says the same."""


class _Traits(NamedTuple):
    country: str
    grade_level: int | None
    gender: str | None


def _region(one: _Traits) -> str | None:
    return one.country or None


def _grade(one: _Traits) -> str | None:
    """The lowest level of the band."""
    return None if one.grade_level is None else f"{one.grade_level // GRADE_BAND * GRADE_BAND:03}"


def _gender(one: _Traits) -> str | None:
    return one.gender


TRAITS: dict[str, Callable[[_Traits], str | None]] = {"region": _region, "grade": _grade, "gender": _gender}


async def read_fairness(database: Database, actor: Actor, round_ref: str) -> FairnessReport:
    """Rate, fit and intervals of each group that is large enough to be shown. Raises ``NothingToVerify``."""
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        inputs = await proven(db, round_)
        traits = await _traits(db, round_.programme_id)
    sides = await asyncio.to_thread(_sides, inputs, traits)
    return FairnessReport(round_.id, round_.name, sides)


async def _traits(db: AsyncSession, programme_id: UUID) -> dict[str, _Traits]:
    """By enrolment."""
    rows = await db.execute(
        select(Enrolment.id, Person.country, Person.grade_level, AuditTrait.gender)
        .join(Person, Person.id == Enrolment.person_id)
        .outerjoin(AuditTrait, AuditTrait.person_id == Person.id)
        .where(Enrolment.programme_id == programme_id)
    )
    return {str(row[0]): _Traits(*row[1:]) for row in rows}


def _sides(inputs: RoundInputs, traits: dict[str, _Traits]) -> list[FairSide]:
    problem, proposal = Problem.from_bytes(inputs.problem), proposal_of(inputs.proof or b"")
    nobody = _Traits("", None, None)
    leaders = [traits.get(one, nobody) for one in inputs.leaders]
    juniors = [traits.get(one, nobody) for one in inputs.juniors]
    return [side for trait in TRAITS for side in _of_trait(trait, problem, proposal, leaders, juniors)]


def _of_trait(
    trait: str, problem: Problem, proposal: Proposal, leaders: Sequence[_Traits], juniors: Sequence[_Traits]
) -> Iterator[FairSide]:
    """Both sides; nothing of a trait that nobody gave."""
    ours, theirs = ([TRAITS[trait](one) for one in side] for side in (leaders, juniors))
    labels = sorted({one for one in (*ours, *theirs) if one is not None})
    number = {label: place for place, label in enumerate(labels)}
    numbered = [np.array([number.get(one or "", -1) for one in side], np.int32) for side in (ours, theirs)]
    if not labels:
        return
    for role, found in zip(Role, fairness_of(problem, proposal, numbered[0], numbered[1], SEED), strict=True):
        yield _side(trait, role, found, labels)


def _side(trait: str, role: Role, found: Fairness, labels: Sequence[str]) -> FairSide:
    groups = [_group(one, labels[one.label] if one.label >= 0 else None) for one in found.groups]
    return FairSide(trait, role.value, groups, found.impact_ratio, found.warns)


def _group(one: Group, label: str | None) -> FairGroup:
    quality = one.quality
    return FairGroup(
        label=label,
        hidden=one.hidden,
        people=one.people,
        matched=one.matched,
        rate=one.rate,
        likely=one.interval,
        mean_fit=quality.mean if quality else None,
        likely_fit=quality.interval if quality else None,
        lowest_tenth=quality.lowest_tenth if quality else None,
    )
