"""Who is in the directory, and who answers to whom."""

import sys
from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy import Row, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mentoring import policy
from mentoring.directory.contracts import Colleague, DirectoryEntry, PersonSummary
from mentoring.directory.graph import DEEPEST_LINE
from mentoring.directory.importing import Known
from mentoring.directory.models import AuditTrait, LineKind, ReportingLine
from mentoring.directory.rules import StaffRow
from mentoring.identity import Actor
from mentoring.people.finding import begins_a_word
from mentoring.people.models import Person
from mentoring.people.queries import by_name, find_person, full_name
from mentoring.people.rules import PersonNotFound, words_of
from mentoring.policy import Action

MOST_REPORTS = 200
"""Direct reports that are listed; who has more has a file with a mistake in it."""

MOST_WORDS = 8
"""Each is looked for in everybody's words."""
BY_NAME = (Person.family_name, Person.given_name, Person.id)

BATCH = 5_000
"""Rows that are held at once while the whole directory is read."""

UNREAD = ("languages", "language", "known_by")
"""Of a person, what no staff file is compared with; languages are read as text."""

Answers = dict[str | None, dict[LineKind, tuple[str, ...]]]


async def known_staff(db: AsyncSession) -> Known:
    """Everybody with a staff number as the staff file would say it, and who has which address."""
    known = Known()
    answers = await _answers(db)
    spoken: dict[str, Mapping[str, int]] = {}
    columns = [column for column in Person.__table__.columns if column.name not in UNREAD]
    statement = select(*columns, cast(Person.languages, Text).label("spoken"), AuditTrait.gender)
    statement = statement.outerjoin(AuditTrait, AuditTrait.person_id == Person.id)
    async for rows in (await db.stream(statement)).partitions(BATCH):
        for row in rows:
            if row.spoken not in spoken:
                spoken[row.spoken] = msgspec.json.decode(row.spoken, type=dict[str, int])
            if _noted(known, row):
                said = _staff_row(row, spoken[row.spoken], answers.get(row.staff_no, {}))
                known.current[said.staff_no] = said
    return known


def _noted(known: Known, row: Row[*tuple[object, ...]]) -> bool:
    """Note who somebody is; whether a staff file should speak of them."""
    known.holders[row.email] = row.id
    if row.staff_no is None:
        known.unnumbered.add(row.id)
        return False
    known.ids[row.staff_no] = row.id
    if row.zone_chosen:
        known.zones[row.staff_no] = row.time_zone
    if row.left_on is not None:
        known.gone.add(row.staff_no)
    return row.left_on is None


async def _answers(db: AsyncSession) -> Answers:
    """The staff numbers to whom each staff number answers, by kind of line."""
    manager = aliased(Person)
    statement = (
        select(Person.staff_no, ReportingLine.kind, manager.staff_no)
        .join(ReportingLine, ReportingLine.person_id == Person.id)
        .join(manager, manager.id == ReportingLine.manager_id)
        .where(Person.staff_no.is_not(None), manager.staff_no.is_not(None))
    )
    found: Answers = {}
    async for rows in (await db.stream(statement)).partitions(BATCH):
        for staff_no, kind, above in rows:
            kinds = found.setdefault(staff_no, {})
            kinds[kind] = (*kinds.get(kind, ()), str(above))
    return found


def _staff_row(
    row: Row[*tuple[object, ...]],
    languages: Mapping[str, int],
    answers: Mapping[LineKind, tuple[str, ...]],
) -> StaffRow:
    return StaffRow(
        line=0,
        staff_no=row.staff_no,
        given_name=row.given_name,
        family_name=row.family_name,
        email=row.email,
        # The same few thousand posts, units and stations come back in every row.
        job_title=sys.intern(row.job_title),
        grade=sys.intern(row.grade),
        grade_level=row.grade_level,
        unit=sys.intern(row.unit),
        duty_station=sys.intern(row.duty_station),
        country=sys.intern(row.country),
        time_zone=sys.intern(row.time_zone),
        languages=languages,
        manager_staff_no=next(iter(answers.get(LineKind.SOLID, ())), ""),
        gender=sys.intern(row.gender or ""),
        dotted_manager_staff_nos=answers.get(LineKind.DOTTED, ()),
        appraiser_staff_no=next(iter(answers.get(LineKind.APPRAISER, ())), ""),
    )


async def search_people(
    db: AsyncSession, actor: Actor, query: str, limit: int, offset: int = 0, *, left: bool = False
) -> list[PersonSummary]:
    """People of whom every word of ``query`` begins a word of name, address, number, post or unit; by family name.

    Who is meant is found in an index alone; the few who are shown stand in the reader's order.
    """
    policy.require_right(actor, Action.PEOPLE_READ)
    found = select(Person.id).limit(limit).offset(offset)
    if not left:
        found = found.where(Person.left_on.is_(None))
    for word in words_of(query)[:MOST_WORDS]:
        found = found.where(begins_a_word(word))
    people = select(Person).where(Person.id.in_(found.order_by(*BY_NAME)))
    return [summary(person) for person in by_name(await db.scalars(people), actor.language)]


async def read_entry(db: AsyncSession, actor: Actor, ref: str) -> DirectoryEntry:
    """A person, found by id, staff number or address, and the lines around them. Raises ``PersonNotFound``."""
    policy.require_right(actor, Action.PEOPLE_READ)
    person = policy.require(actor, Action.PEOPLE_READ, await find_person(db, ref), PersonNotFound)
    return DirectoryEntry(
        person=summary(person),
        grade=person.grade,
        grade_level=person.grade_level,
        time_zone=person.time_zone,
        languages=person.languages,
        line_up=await _line_up(db, person.id),
        dotted=await _managers(db, person.id, LineKind.DOTTED),
        appraisers=await _managers(db, person.id, LineKind.APPRAISER),
        reports=await _reports(db, person.id, actor.language),
    )


async def _line_up(db: AsyncSession, person_id: UUID) -> list[Colleague]:
    """One step a statement: lines are a dozen long. Bears loops of another day's rows."""
    line: list[Colleague] = []
    seen = {person_id}
    while len(line) < DEEPEST_LINE and (above := await _managers(db, person_id, LineKind.SOLID)):
        person_id = above[0].id
        if person_id in seen:
            break
        seen.add(person_id)
        line += above
    return line


async def _managers(db: AsyncSession, person_id: UUID, kind: LineKind) -> list[Colleague]:
    statement = (
        select(Person)
        .join(ReportingLine, ReportingLine.manager_id == Person.id)
        .where(ReportingLine.person_id == person_id, ReportingLine.kind == kind)
        .order_by(Person.staff_no)
    )
    return [_colleague(person) for person in await db.scalars(statement)]


async def _reports(db: AsyncSession, person_id: UUID, language: str) -> list[Colleague]:
    statement = (
        select(Person)
        .join(ReportingLine, ReportingLine.person_id == Person.id)
        .where(ReportingLine.manager_id == person_id, ReportingLine.kind == LineKind.SOLID)
        .order_by(Person.family_name, Person.given_name, Person.id)
        .limit(MOST_REPORTS)
    )
    return [_colleague(person) for person in by_name(await db.scalars(statement), language)]


def _colleague(person: Person) -> Colleague:
    return Colleague(person.id, person.staff_no, full_name(person), person.job_title)


def summary(person: Person) -> PersonSummary:
    return PersonSummary(
        id=person.id,
        staff_no=person.staff_no,
        name=full_name(person),
        email=person.email,
        job_title=person.job_title,
        unit=person.unit,
        duty_station=person.duty_station,
        country=person.country,
        left_on=person.left_on,
    )
