"""All that a round needs from the tables, in few queries; ``problem`` makes of it what the engine gets.

People are put in the order of their staff numbers, so that the same data gives the same pairs in any database.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.directory.models import LineKind, ReportingLine
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import OPEN, PairingState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, EnrolmentSkill, Exclusion, Programme, Wish
from mentoring.programmes.rules import EnrolmentState, MatchingRules, MatchingWeights, Role
from mentoring.rounds.models import Override
from mentoring.rounds.rules import OverrideKind
from mentoring.skills.models import Skill

NO_EARLIER_PAIRING = (PairingState.WITHDRAWN, PairingState.EXPIRED)
"""Neither of the two said no and they never met: such a pairing does not keep them apart."""


class Enrolled(NamedTuple):
    """A row of the first query: an enrolment with what matching reads of its person."""

    id: UUID
    person_id: UUID
    role: Role
    capacity: int
    waited_rounds: int
    tools: list[str]
    hours: list[tuple[int, int, int]]
    staff_no: str | None
    email: str
    grade_level: int | None
    unit: str
    country: str
    time_zone: str
    languages: dict[str, int]


class Line(NamedTuple):
    person_id: UUID
    manager_id: UUID
    kind: LineKind


@dataclass(frozen=True)
class Rows:
    """What the tables say. ``earlier``, ``excluded``: two people; ``wished``: an enrolment and a person;
    ``pinned``, ``forbidden``: two enrolments."""

    rules: MatchingRules
    weights: MatchingWeights
    year: int
    leaders: list[Enrolled]
    juniors: list[Enrolled]
    skills: Mapping[UUID, list[tuple[int, str, int]]]
    """By enrolment: position, skill code, level."""
    lines: list[Line]
    wished: list[tuple[UUID, UUID]]
    excluded: list[tuple[UUID, UUID]]
    earlier: list[tuple[UUID, UUID]]
    pinned: list[tuple[UUID, UUID]]
    forbidden: list[tuple[UUID, UUID]]


async def read_rows(
    db: AsyncSession, programme: Programme, year: int, round_id: UUID | None = None, only: Collection[UUID] = ()
) -> Rows:
    """Read the tables. With ``only`` these enrolments alone, as if nobody else had signed up.

    Enrolled are those who have not withdrawn or left, juniors once they are prepared, each with the places that their
    open pairings leave; who has none is left out.
    """
    chosen = [Enrolment.programme_id == programme.id, *([Enrolment.id.in_(only)] if only else [])]
    enrolled = await _read_enrolled(db, chosen)
    free = await _with_free_places(db, programme.id, enrolled)
    overrides = await _read_overrides(db, round_id)
    return Rows(
        rules=programme.rules,
        weights=programme.weights,
        year=year,
        leaders=[one for one in free if one.role is Role.LEADER],
        juniors=[one for one in free if one.role is Role.JUNIOR],
        skills=await _read_skills(db, chosen),
        lines=await _read_lines(db, chosen),
        wished=await _read_wishes(db, chosen),
        excluded=await read_exclusions(db, programme.id),
        earlier=await _read_earlier(db),
        pinned=overrides[OverrideKind.PIN],
        forbidden=overrides[OverrideKind.FORBID],
    )


async def _read_enrolled(db: AsyncSession, chosen: Sequence[ColumnElement[bool]]) -> list[Enrolled]:
    rows = await db.execute(
        select(
            Enrolment.id,
            Enrolment.person_id,
            Enrolment.role,
            Enrolment.capacity,
            Enrolment.waited_rounds,
            Enrolment.tools,
            type_coerce(Enrolment.hours, JSON()),  # checked when it was written; checking 22,000 again costs a second
            Person.staff_no,
            Person.email,
            Person.grade_level,
            Person.unit,
            Person.country,
            Person.time_zone,
            Person.languages,
        )
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            *chosen,
            Enrolment.state == EnrolmentState.ENROLLED,
            Person.left_on.is_(None),
            or_(Enrolment.role == Role.LEADER, Enrolment.prepared_at.is_not(None)),
        )
    )
    return sorted((Enrolled._make(row) for row in rows), key=_place)


def _place(one: Enrolled) -> tuple[bool, str, str]:
    return one.staff_no is None, one.staff_no or "", one.email


async def _with_free_places(db: AsyncSession, programme_id: UUID, enrolled: list[Enrolled]) -> list[Enrolled]:
    rows = await db.execute(
        select(Pairing.leader_enrolment_id, Pairing.junior_enrolment_id).where(
            Pairing.programme_id == programme_id, Pairing.state.in_(OPEN)
        )
    )
    taken: dict[UUID, int] = {}
    for pair in rows:
        for enrolment_id in pair:
            taken[enrolment_id] = taken.get(enrolment_id, 0) + 1
    free = (one._replace(capacity=one.capacity - taken.get(one.id, 0)) for one in enrolled)
    return [one for one in free if one.capacity > 0]


async def _read_skills(
    db: AsyncSession, chosen: Sequence[ColumnElement[bool]]
) -> dict[UUID, list[tuple[int, str, int]]]:
    codes = {skill_id: code for skill_id, code in await db.execute(select(Skill.id, Skill.code))}  # noqa: C416  # rows
    rows = await db.execute(
        select(EnrolmentSkill.enrolment_id, EnrolmentSkill.position, EnrolmentSkill.skill_id, EnrolmentSkill.level)
        .join(Enrolment, Enrolment.id == EnrolmentSkill.enrolment_id)
        .where(*chosen, Enrolment.state == EnrolmentState.ENROLLED)
    )
    skills: dict[UUID, list[tuple[int, str, int]]] = {}
    for enrolment_id, position, skill_id, level in rows:
        skills.setdefault(enrolment_id, []).append((position, codes[skill_id], level))
    return skills


async def _read_lines(db: AsyncSession, chosen: Sequence[ColumnElement[bool]]) -> list[Line]:
    """The reporting lines of the enrolled and of everybody above them; who is on a loop is met once."""
    above = select(Enrolment.person_id.label("id")).where(*chosen).cte("above", recursive=True)
    above = above.union(
        select(ReportingLine.manager_id)
        .join(above, ReportingLine.person_id == above.c.id)
        .where(ReportingLine.kind != LineKind.APPRAISER)
    )
    rows = await db.execute(
        select(ReportingLine.person_id, ReportingLine.manager_id, ReportingLine.kind).join(
            above, ReportingLine.person_id == above.c.id
        )
    )
    return [Line(*row) for row in rows]


async def _read_wishes(db: AsyncSession, chosen: Sequence[ColumnElement[bool]]) -> list[tuple[UUID, UUID]]:
    rows = await db.execute(
        select(Wish.enrolment_id, Wish.person_id).join(Enrolment, Enrolment.id == Wish.enrolment_id).where(*chosen)
    )
    return [(enrolment_id, person_id) for enrolment_id, person_id in rows]


async def read_exclusions(db: AsyncSession, programme_id: UUID) -> list[tuple[UUID, UUID]]:
    """Who must not be paired with whom, by person: it holds in whichever role it was said."""
    rows = await db.execute(
        select(Enrolment.person_id, Exclusion.person_id)
        .join(Enrolment, Enrolment.id == Exclusion.enrolment_id)
        .where(Enrolment.programme_id == programme_id)
    )
    return [(one, other) for one, other in rows]


async def _read_earlier(db: AsyncSession) -> list[tuple[UUID, UUID]]:
    rows = await db.execute(
        select(Pairing.leader_id, Pairing.junior_id).where(Pairing.state.not_in(NO_EARLIER_PAIRING))
    )
    return [(leader, junior) for leader, junior in rows]


async def _read_overrides(db: AsyncSession, round_id: UUID | None) -> dict[OverrideKind, list[tuple[UUID, UUID]]]:
    rows = await db.execute(
        select(Override.kind, Override.leader_enrolment_id, Override.junior_enrolment_id).where(
            Override.round_id == round_id
        )
    )
    overrides: dict[OverrideKind, list[tuple[UUID, UUID]]] = {kind: [] for kind in OverrideKind}
    for kind, leader, junior in rows:
        overrides[kind].append((leader, junior))
    return overrides
