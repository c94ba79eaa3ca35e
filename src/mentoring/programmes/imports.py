"""The use case that writes a file of sign-ups into a programme, whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID, uuid4

from anyio import to_thread
from sqlalchemy import Executable, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.db import Database
from mentoring.directory.contracts import Progress, untold
from mentoring.directory.reports import MOST_CHANGES, line_problems
from mentoring.directory.rules import Problem
from mentoring.failpoints import failpoint
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.people.models import Person
from mentoring.policy import Action
from mentoring.programmes import importing
from mentoring.programmes.contracts import SignUpChange, SignUpsImported, SignUpsReport, SignUpsUpload
from mentoring.programmes.importing import Change, Plan, Stored, Wanted
from mentoring.programmes.models import Enrolment, EnrolmentSkill, Exclusion, Programme, Wish
from mentoring.programmes.queries import find_programme
from mentoring.programmes.rules import EnrolmentState, Role
from mentoring.programmes.signup_file import SignUpFile, SignUpRow, read_sign_ups
from mentoring.skills.models import Skill

Item = TypeVar("Item")
CHUNK = 4_000
"""Rows that are written, or read, in one go."""


async def import_sign_ups(
    database: Database,
    actor: Actor,
    ref: str,
    upload: SignUpsUpload,
    words: Words,
    now: datetime,
    progress: Progress = untold,
) -> SignUpsReport:
    """Say what a file of sign-ups would change, and write it where that is asked and nothing is wrong with it.

    An imported junior counts as prepared. The file is read before the transaction that writes begins.
    Raises ``ProgrammeNotFound`` and causes of the directory's ``table`` and ``rules`` for what is no such file.
    """
    async with database.reading() as db:
        await find_programme(db, actor, ref, Action.SIGN_UPS_IMPORT)
        codes = set(await db.scalars(select(Skill.code)))
    progress("read", 0)
    read = partial(read_sign_ups, upload.content, upload.filename, upload.mapping, codes)
    file = await to_thread.run_sync(read)
    sessions = database.sessions if upload.apply and not file.problems else database.reading
    async with sessions.begin() as db:
        programme = await find_programme(db, actor, ref, Action.SIGN_UPS_IMPORT, lock=sessions is database.sessions)
        progress("compare", 0)
        plan, problems = await _plan(db, programme.id, file)
        applied = upload.apply and not problems
        if applied and (plan.added or plan.changed):
            await _write(db, programme, plan, now, progress)
            event = SignUpsImported(programme.id, len(plan.added), len(plan.changed))
            journal.record(db, event, by=actor.id, at=now)
            failpoint("signups.before_commit")
    return _report(file.rows, plan, problems, words, applied=applied)


async def _plan(db: AsyncSession, programme_id: UUID, file: SignUpFile) -> tuple[Plan, list[Problem]]:
    people = (await db.execute(select(Person.staff_no, Person.id, Person.left_on))).all()
    ids = {staff_no: person_id for staff_no, person_id, left_on in people if staff_no and left_on is None}
    gone = {staff_no for staff_no, _, left_on in people if staff_no and left_on is not None}
    unknown = importing.unknown_people(file.rows, ids, gone)
    problems = sorted([*file.problems, *unknown], key=lambda problem: problem.line)
    lines = {problem.line for problem in unknown}
    skills = dict((await db.execute(select(Skill.code, Skill.id))).all())
    stored = await _stored(db, programme_id)
    wanted = (importing.wanted_of(row, ids, skills) for row in file.rows if row.line not in lines)
    return importing.plan_import(stored, wanted, file.columns), problems


async def _stored(db: AsyncSession, programme_id: UUID) -> dict[tuple[UUID, Role], Stored]:
    rows = await db.execute(
        select(
            Enrolment.id,
            Enrolment.person_id,
            Enrolment.role,
            Enrolment.state,
            Enrolment.prepared_at,
            Enrolment.capacity,
            Enrolment.tools,
            Enrolment.hours,
        ).where(Enrolment.programme_id == programme_id)
    )
    by_id: dict[UUID, Stored] = {}
    found: dict[tuple[UUID, Role], Stored] = {}
    for row in rows:
        active = row.state is EnrolmentState.ENROLLED and (row.role is Role.LEADER or row.prepared_at is not None)
        one = Stored(row.id, active, row.capacity, row.tools, row.hours, [], set(), set())
        by_id[row.id] = found[row.person_id, row.role] = one
    of_programme = Enrolment.programme_id == programme_id
    needs = await db.execute(
        select(EnrolmentSkill.enrolment_id, EnrolmentSkill.skill_id, EnrolmentSkill.level)
        .join(Enrolment, Enrolment.id == EnrolmentSkill.enrolment_id)
        .where(of_programme)
        .order_by(EnrolmentSkill.enrolment_id, EnrolmentSkill.position)
    )
    for enrolment_id, skill_id, level in needs:
        by_id[enrolment_id].skills.append((skill_id, level))
    for table, name in ((Wish, "wishes"), (Exclusion, "exclusions")):
        named = select(table.enrolment_id, table.person_id).join(Enrolment, Enrolment.id == table.enrolment_id)
        for enrolment_id, person_id in await db.execute(named.where(of_programme)):
            getattr(by_id[enrolment_id], name).add(person_id)
    return found


async def _write(db: AsyncSession, programme: Programme, plan: Plan, now: datetime, progress: Progress) -> None:
    fresh = [Change(uuid4(), one, ("skills", "wishes", "exclusions")) for one in plan.added]
    total = len(fresh) + len(plan.changed)
    done = 0
    for some in _chunks(fresh):
        await _run(db, insert(Enrolment), [_new_row(programme.id, one, now) for one in some])
        failpoint("signups.half_written")
        await _insert_details(db, some)
        done += len(some)
        progress("write", done / total)
    for some in _chunks(plan.changed):
        await _update(db, some, now)
        for column, table in DETAILS.items():
            gone = [{"which": one.enrolment_id} for one in some if column in one.columns]
            await _run(db, delete(table).where(table.enrolment_id == bindparam("which")), gone)
        await _insert_details(db, some)
        done += len(some)
        progress("write", done / total)


DETAILS: dict[str, type[EnrolmentSkill] | type[Wish] | type[Exclusion]] = {
    "skills": EnrolmentSkill,
    "wishes": Wish,
    "exclusions": Exclusion,
}


def _new_row(programme_id: UUID, change: Change, now: datetime) -> dict[str, object]:
    wanted = change.wanted
    return {
        "id": change.enrolment_id,
        "programme_id": programme_id,
        "person_id": wanted.person_id,
        "role": wanted.row.role,
        "enrolled_at": now,
        "prepared_at": now if wanted.row.role is Role.JUNIOR else None,
        "capacity": wanted.row.capacity,
        "tools": wanted.tools,
        "hours": wanted.hours,
        "checklist": [],
    }


async def _update(db: AsyncSession, some: Sequence[Change], now: datetime) -> None:
    """Values, for those whose values differ; then the state, for those who come back or become prepared."""
    for column in ("capacity", "tools", "hours"):
        statement = update(Enrolment).where(Enrolment.id == bindparam("which")).values({column: bindparam("value")})
        rows = [
            {"which": one.enrolment_id, "value": _value(one.wanted, column)} for one in some if column in one.columns
        ]
        await _run(db, statement, rows)
    active = {"state": EnrolmentState.ENROLLED, "enrolled_at": now}
    for role, values in ((Role.LEADER, active), (Role.JUNIOR, {**active, "prepared_at": now})):
        back = [{"which": one.enrolment_id} for one in some if "role" in one.columns and one.wanted.row.role is role]
        await _run(db, update(Enrolment).where(Enrolment.id == bindparam("which")).values(**values), back)


def _value(wanted: Wanted, column: str) -> object:
    return {"capacity": wanted.row.capacity, "tools": wanted.tools, "hours": wanted.hours}[column]


async def _insert_details(db: AsyncSession, some: Sequence[Change]) -> None:
    skills = (
        {"enrolment_id": one.enrolment_id, "skill_id": skill_id, "position": position, "level": level}
        for one in some
        if "skills" in one.columns
        for position, (skill_id, level) in enumerate(one.wanted.skills, start=1)
    )
    await _run(db, insert(EnrolmentSkill), list(skills))
    await _run(db, insert(Wish), _named(some, "wishes"))
    await _run(db, insert(Exclusion), _named(some, "exclusions"))


def _named(some: Iterable[Change], column: str) -> list[dict[str, UUID]]:
    return [
        {"enrolment_id": one.enrolment_id, "person_id": person_id}
        for one in some
        if column in one.columns
        for person_id in (one.wanted.wishes if column == "wishes" else one.wanted.exclusions)
    ]


async def _run(db: AsyncSession, statement: Executable, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        await (await db.connection()).execute(statement, list(rows))


def _chunks(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def _report(
    rows: Sequence[SignUpRow], plan: Plan, problems: Sequence[Problem], words: Words, *, applied: bool
) -> SignUpsReport:
    changes = [*map(_changed, plan.changed[:MOST_CHANGES]), *map(_added, plan.added[:MOST_CHANGES])]
    leaders = sum(row.role is Role.LEADER for row in rows)
    return SignUpsReport(
        applied=applied,
        rows=len(rows),
        leaders=leaders,
        juniors=len(rows) - leaders,
        added=len(plan.added),
        changed=len(plan.changed),
        unchanged=plan.unchanged,
        problems=line_problems(problems, words),
        changes=changes,
        changes_total=len(plan.added) + len(plan.changed),
    )


def _changed(change: Change) -> SignUpChange:
    return SignUpChange("changed", change.wanted.row.staff_no, change.wanted.row.role, list(change.columns))


def _added(wanted: Wanted) -> SignUpChange:
    return SignUpChange("added", wanted.row.staff_no, wanted.row.role)
