"""A file of sign-ups comes in, whole or not at all."""

import pytest
from sqlalchemy import func, select

from mentoring.db import Base, Database
from mentoring.directory.table import FileNotATable
from mentoring.i18n import Words
from mentoring.identity import MACHINE, Actor
from mentoring.journal import JournalEntry
from mentoring.people.models import Person
from mentoring.programmes.contracts import SignUp, SignUpChange, SignUpsReport, SignUpsUpload, SignUpView, SkillLevel
from mentoring.programmes.imports import import_sign_ups
from mentoring.programmes.models import Enrolment, EnrolmentSkill, Exclusion, Programme, Wish
from mentoring.programmes.queries import read_sign_up
from mentoring.programmes.rules import EnrolmentState, ProgrammeNotFound, Role
from mentoring.programmes.sign_ups import sign_up, withdraw
from mentoring.skills.service import ensure_catalogue
from tests.builders import NOW, a_person, a_programme, as_actor

HEADER = "staff_no,role,skills,tools,hours,capacity"
LEADER = "A1,leader,2.6:1|3.1:0,LinkedIn,mon:09:00-12:00|tue:09:00-10:30,1"
JUNIOR = "A2,junior,2.6:3,LinkedIn|Canva,mon:10:00-12:00,2"


async def an_organisation(database: Database) -> tuple[Programme, dict[str, Person]]:
    """A programme and four people, of whom the last has left."""
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        gone = {"A4": NOW.date()}
        people = {no: await a_person(db, staff_no=no, left_on=gone.get(no)) for no in ("A1", "A2", "A3", "A4")}
        return await a_programme(db, name="Pilot"), people


async def imported(
    database: Database, *lines: str, header: str = HEADER, apply: bool = True, actor: Actor = MACHINE
) -> SignUpsReport:
    upload = SignUpsUpload("\n".join([header, *lines]).encode(), "sign-ups.csv", {}, apply)
    return await import_sign_ups(database, actor, "Pilot", upload, Words("en"), NOW)


async def count(database: Database, table: type[Base]) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


async def seen(database: Database, person: Person, role: Role) -> SignUpView:
    async with database.reading() as db:
        return await read_sign_up(db, as_actor(person), "Pilot", role)


async def test_a_dry_run_says_what_would_change_and_writes_nothing(database: Database) -> None:
    await an_organisation(database)

    report = await imported(database, LEADER, JUNIOR, apply=False)

    assert (report.applied, report.leaders, report.juniors, report.added) == (False, 1, 1, 2)
    assert report.changes == [SignUpChange("added", "A1", Role.LEADER), SignUpChange("added", "A2", Role.JUNIOR)]
    assert (await count(database, Enrolment), await count(database, JournalEntry)) == (0, 0)


async def test_an_imported_junior_counts_as_prepared(database: Database) -> None:
    _, people = await an_organisation(database)

    report = await imported(database, LEADER, JUNIOR)

    leader = await seen(database, people["A1"], Role.LEADER)
    junior = await seen(database, people["A2"], Role.JUNIOR)
    assert (report.applied, report.added) == (True, 2)
    assert leader.skills == [SkillLevel("2.6", 1), SkillLevel("3.1", 0)]
    assert leader.hours == [(0, 540, 720), (1, 540, 630)]
    assert (junior.prepared, junior.capacity, junior.tools) == (True, 2, ["LinkedIn", "Canva"])


async def test_the_same_file_twice_changes_nothing(database: Database) -> None:
    await an_organisation(database)
    await imported(database, LEADER, JUNIOR)

    again = await imported(database, LEADER, JUNIOR)

    assert (again.added, again.changed, again.unchanged, again.changes) == (0, 0, 2, [])
    assert (await count(database, JournalEntry), await count(database, EnrolmentSkill)) == (1, 3)


async def test_what_differs_is_changed_and_who_is_not_in_the_file_stays(database: Database) -> None:
    _, people = await an_organisation(database)
    await imported(database, LEADER, JUNIOR)

    report = await imported(database, "A1,leader,3.1:0|2.6:1,LinkedIn,mon:09:00-12:00|tue:09:00-10:30,1")

    assert report.changes == [SignUpChange("changed", "A1", Role.LEADER, ["skills"])]
    leader = await seen(database, people["A1"], Role.LEADER)
    assert leader.skills == [SkillLevel("3.1", 0), SkillLevel("2.6", 1)]
    assert (await seen(database, people["A2"], Role.JUNIOR)).state is EnrolmentState.ENROLLED


async def test_columns_that_the_file_does_not_have_keep_what_was_said(database: Database) -> None:
    _, people = await an_organisation(database)
    with_people = f"{HEADER},wishes,exclusions"
    await imported(database, f"{LEADER},A2,A3", header=with_people)

    kept = await imported(database, LEADER)
    cleared = await imported(database, f"{LEADER},,A2", header=with_people)

    assert (kept.unchanged, cleared.changes[0].columns) == (1, ["wishes", "exclusions"])
    assert (await count(database, Wish), await count(database, Exclusion)) == (0, 1)
    assert (await seen(database, people["A1"], Role.LEADER)).exclusions == 1


async def test_who_withdrew_or_was_not_prepared_is_ready_after_the_import(database: Database) -> None:
    _, people = await an_organisation(database)
    await imported(database, LEADER)
    async with database.sessions.begin() as db:
        await withdraw(db, as_actor(people["A1"]), "Pilot", Role.LEADER, NOW)
        offer = SignUp([SkillLevel("2.6", 3)], [(0, 600, 720)], ["LinkedIn", "Canva"], capacity=2)
        await sign_up(db, as_actor(people["A2"]), "Pilot", Role.JUNIOR, offer, NOW)

    report = await imported(database, LEADER, JUNIOR)

    assert [change.columns for change in report.changes] == [["role"], ["role"]]
    assert (await seen(database, people["A1"], Role.LEADER)).state is EnrolmentState.ENROLLED
    assert (await seen(database, people["A2"], Role.JUNIOR)).prepared


async def test_everybody_unknown_is_reported_by_line_and_nothing_is_written(database: Database) -> None:
    await an_organisation(database)
    lines = [f"{LEADER},A9,", f"{JUNIOR.replace('A2', 'A4')},,", f"{JUNIOR.replace('2.6', '9.9')},,"]

    report = await imported(database, *lines, header=f"{HEADER},wishes,exclusions")

    assert [(one.line, one.code, one.value) for one in report.problems] == [
        (2, "unknown_staff_no", "A9"),
        (3, "person_left", "A4"),
        (4, "unknown_skill", "9.9"),
    ]
    assert report.problems[1].text == (
        "Line 3: the person with the staff number A4 (column staff_no) has left the organisation."
    )
    assert (report.applied, await count(database, Enrolment)) == (False, 0)


async def test_only_the_programme_s_coordinator_imports(database: Database) -> None:
    programme, people = await an_organisation(database)

    report = await imported(database, LEADER, actor=as_actor(people["A3"], coordinates=(programme,)))
    with pytest.raises(ProgrammeNotFound):
        await imported(database, LEADER, actor=as_actor(people["A3"]))

    assert report.applied


async def test_what_is_no_table_is_refused(database: Database) -> None:
    await an_organisation(database)

    with pytest.raises(FileNotATable):
        await imported(database, header="<html><body>Sign in to continue</body></html>")
