"""All that a round needs from the tables, in few queries; ``problem`` makes of it what the engine gets.

People are put in the order of their staff numbers, so that the same data gives the same pairs in any database.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, String, cast, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from mentoring.directory.models import LineKind, ReportingLine
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import OPEN, PairingState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, EnrolmentSkill, Exclusion, Programme, Wish
from mentoring.programmes.rules import EnrolmentState, MatchingRules, MatchingWeights, Role
from mentoring.rounds.models import HeldOut, Override, ProposedPair, Round
from mentoring.rounds.rules import OverrideKind
from mentoring.skills.models import Skill

NO_EARLIER_PAIRING = (PairingState.WITHDRAWN, PairingState.EXPIRED)
"""Neither of the two said no and they never met: such a pairing does not keep them apart."""


Key = str
"""An id as its 32 hexadecimal digits: a quarter of a million of them become no UUID objects here."""


class Enrolled(NamedTuple):
    """A row of the first query: an enrolment with what matching reads of its person."""

    key: Key
    person: Key
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
    person: Key
    manager: Key
    kind: LineKind


@dataclass(frozen=True)
class Rows:
    """What the tables say. ``earlier``, ``excluded``: two people; ``wished``: an enrolment and a person;
    ``pinned``, ``forbidden``, ``published``: two enrolments."""

    rules: MatchingRules
    weights: MatchingWeights
    year: int
    leaders: list[Enrolled]
    juniors: list[Enrolled]
    skills: Mapping[Key, list[tuple[int, str, int]]]
    """By enrolment: position, skill code, level."""
    lines: list[Line]
    wished: list[tuple[Key, Key]]
    excluded: list[tuple[Key, Key]]
    earlier: list[tuple[Key, Key]]
    pinned: list[tuple[Key, Key]]
    forbidden: list[tuple[Key, Key]]
    published: list[tuple[Key, Key]]


def key(column: InstrumentedAttribute[UUID]) -> ColumnElement[Key]:
    """The id in ``column`` as a key, made by the database; in Python it is ``id.hex``."""
    return func.replace(cast(column, String), "-", "", type_=String)


async def read_rows(
    db: AsyncSession,
    programme: Programme,
    year: int,
    round_id: UUID | None = None,
    only: ColumnElement[bool] | None = None,
) -> Rows:
    """Read the tables. With ``only`` these enrolments alone, as if nobody else had signed up.

    Enrolled are those who have not withdrawn or left, juniors once they are prepared, each with the places that their
    open pairings leave; who has none is left out, and so is whoever is held out of this round.
    """
    chosen = [Enrolment.programme_id == programme.id, *([] if only is None else [only])]
    if round_id is not None:
        chosen.append(Enrolment.id.not_in(select(HeldOut.enrolment_id).where(HeldOut.round_id == round_id)))
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
        published=await _read_published(db, programme.id),
    )


async def _read_enrolled(db: AsyncSession, chosen: Sequence[ColumnElement[bool]]) -> list[Enrolled]:
    rows = await db.execute(
        select(
            key(Enrolment.id),
            key(Enrolment.person_id),
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
        select(key(Pairing.leader_enrolment_id), key(Pairing.junior_enrolment_id)).where(
            Pairing.programme_id == programme_id, Pairing.state.in_(OPEN)
        )
    )
    taken = Counter(enrolment for pair in rows for enrolment in pair)
    free = (one._replace(capacity=one.capacity - taken[one.key]) if one.key in taken else one for one in enrolled)
    return [one for one in free if one.capacity > 0]


async def _read_skills(
    db: AsyncSession, chosen: Sequence[ColumnElement[bool]]
) -> dict[Key, list[tuple[int, str, int]]]:
    codes = dict((await db.execute(select(key(Skill.id), Skill.code))).all())
    rows = await db.execute(
        select(
            key(EnrolmentSkill.enrolment_id),
            EnrolmentSkill.position,
            key(EnrolmentSkill.skill_id),
            EnrolmentSkill.level,
        )
        .join(Enrolment, Enrolment.id == EnrolmentSkill.enrolment_id)
        .where(*chosen, Enrolment.state == EnrolmentState.ENROLLED)
    )
    skills: dict[Key, list[tuple[int, str, int]]] = {}
    for enrolment, position, skill, level in rows:
        skills.setdefault(enrolment, []).append((position, codes[skill], level))
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
        select(key(ReportingLine.person_id), key(ReportingLine.manager_id), ReportingLine.kind).join(
            above, ReportingLine.person_id == above.c.id
        )
    )
    return [Line._make(row) for row in rows]


async def _read_wishes(db: AsyncSession, chosen: Sequence[ColumnElement[bool]]) -> list[tuple[Key, Key]]:
    rows = await db.execute(
        select(key(Wish.enrolment_id), key(Wish.person_id))
        .join(Enrolment, Enrolment.id == Wish.enrolment_id)
        .where(*chosen)
    )
    return list(rows)


async def read_exclusions(db: AsyncSession, programme_id: UUID) -> list[tuple[Key, Key]]:
    """Who must not be paired with whom, by person: it holds in whichever role it was said."""
    rows = await db.execute(
        select(key(Enrolment.person_id), key(Exclusion.person_id))
        .join(Enrolment, Enrolment.id == Exclusion.enrolment_id)
        .where(Enrolment.programme_id == programme_id)
    )
    return list(rows)


async def _read_earlier(db: AsyncSession) -> list[tuple[Key, Key]]:
    rows = await db.execute(
        select(key(Pairing.leader_id), key(Pairing.junior_id)).where(Pairing.state.not_in(NO_EARLIER_PAIRING))
    )
    return list(rows)


async def _read_published(db: AsyncSession, programme_id: UUID) -> list[tuple[Key, Key]]:
    """The pairs of which people were told last, whether or not that round was taken back since."""
    last = (
        select(Round.id)
        .where(Round.programme_id == programme_id, Round.published_at.is_not(None))
        .order_by(Round.number.desc())
        .limit(1)
    )
    rows = await db.execute(
        select(key(ProposedPair.leader_enrolment_id), key(ProposedPair.junior_enrolment_id)).where(
            ProposedPair.round_id == last.scalar_subquery(), ProposedPair.pairing_id.is_not(None)
        )
    )
    return list(rows)


async def _read_overrides(db: AsyncSession, round_id: UUID | None) -> dict[OverrideKind, list[tuple[Key, Key]]]:
    rows = await db.execute(
        select(Override.kind, key(Override.leader_enrolment_id), key(Override.junior_enrolment_id)).where(
            Override.round_id == round_id
        )
    )
    overrides: dict[OverrideKind, list[tuple[Key, Key]]] = {kind: [] for kind in OverrideKind}
    for kind, leader, junior in rows:
        overrides[kind].append((leader, junior))
    return overrides
