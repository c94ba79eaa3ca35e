"""A staff file comes in, whole or not at all."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Base, Database
from mentoring.db import database as opened_for_a_while
from mentoring.directory.contracts import StaffChange, StaffReport, StaffUpload
from mentoring.directory.importing import ManyWouldLeave
from mentoring.directory.models import AuditTrait, LineKind, ReportingLine, StaffImport
from mentoring.directory.queries import read_entry, search_people
from mentoring.directory.rules import ColumnsMissing
from mentoring.directory.service import import_staff
from mentoring.directory.zones import ChooseZone, choose_zone
from mentoring.i18n import Words
from mentoring.identity import MACHINE, Actor
from mentoring.journal import JournalEntry
from mentoring.people.contracts import NewPerson
from mentoring.people.models import Person, SignIn
from mentoring.people.rules import AddressTaken, PersonNotFound
from mentoring.people.service import add_person, open_session
from mentoring.policy import NotYours
from tests.mentoring.directory.staff_files import COLUMNS, a_file, a_row

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


async def imported(database: Database, upload: StaffUpload, now: datetime = NOW) -> StaffReport:
    return await import_staff(database, MACHINE, upload, Words("en"), now)


async def person(database: Database, staff_no: str) -> Person:
    async with database.reading() as db:
        return (await db.scalars(select(Person).where(Person.staff_no == staff_no))).one()


async def count(database: Database, table: type[Base]) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


async def lines(database: Database, kind: LineKind = LineKind.SOLID) -> dict[str, str]:
    async with database.reading() as db:
        numbers = dict((await db.execute(select(Person.id, Person.staff_no))).all())
        rows = await db.scalars(select(ReportingLine).where(ReportingLine.kind == kind))
        return {str(numbers[row.person_id]): str(numbers[row.manager_id]) for row in rows}


async def events(database: Database) -> list[str]:
    async with database.reading() as db:
        return list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))


async def test_a_dry_run_says_what_would_change_and_writes_nothing(database: Database) -> None:
    upload = a_file(a_row("A1"), a_row("A2", manager_staff_no="A1"), apply=False)

    report = await imported(database, upload)

    assert (report.applied, report.added, report.left, report.levels, report.top) == (False, 2, 0, 2, ["A1"])
    assert report.changes == [
        StaffChange("added", "A1", name="Wanjiru A1"),
        StaffChange("added", "A2", name="Wanjiru A2"),
    ]
    assert (await count(database, Person), await events(database)) == (0, [])


async def test_an_applied_file_is_the_directory(database: Database) -> None:
    french = a_row("A2", languages="fr:native|en:basic", email="Fatou@Example.org", manager_staff_no="A1", gender="")

    report = await imported(database, a_file(a_row("A1"), french))

    fatou = await person(database, "A2")
    assert (report.applied, report.added) == (True, 2)
    assert (fatou.email, fatou.languages, fatou.language) == ("fatou@example.org", {"fr": 3, "en": 1}, "fr")
    assert (fatou.grade_level, fatou.time_zone, fatou.country) == (8, "Africa/Nairobi", "KE")
    assert await lines(database) == {"A2": "A1"}
    assert (await count(database, AuditTrait), await events(database)) == (1, ["StaffImported"])


async def test_the_same_file_twice_changes_nothing(database: Database) -> None:
    rows = (a_row("A1", time_zone=""), a_row("A2", manager_staff_no="A1", email="Mixed@Case.example"))
    await imported(database, a_file(*rows))

    again = await imported(database, a_file(*rows), LATER)

    assert (again.added, again.changed, again.left, again.unchanged) == (0, 0, 0, 2)
    assert (await count(database, StaffImport), await events(database)) == (1, ["StaffImported"])


async def test_only_what_differs_is_changed(database: Database) -> None:
    await imported(
        database, a_file(a_row("A1"), a_row("A2", manager_staff_no="A1"), a_row("A3", manager_staff_no="A1"))
    )

    moved = a_row("A3", manager_staff_no="A2", unit="Finance", gender="M")
    report = await imported(database, a_file(a_row("A1"), a_row("A2", manager_staff_no="A1"), moved), LATER)

    assert (report.changed, report.unchanged) == (1, 2)
    [change] = report.changes
    assert (change.what, change.staff_no, change.columns) == (
        "changed",
        "A3",
        ["unit", "manager_staff_no", "gender"],
    )
    assert [one.column for one in change.values] == ["unit", "manager_staff_no"]
    assert (await person(database, "A3")).unit == "Finance"
    assert await lines(database) == {"A2": "A1", "A3": "A2"}


async def test_who_chose_a_time_zone_keeps_it_whatever_the_file_says(database: Database) -> None:
    await imported(database, a_file(a_row("A1"), a_row("A2")))
    me = await person(database, "A1")
    async with database.sessions.begin() as db:
        await choose_zone(db, Actor(id=me.id), ChooseZone("Asia/Bangkok"))

    again = await imported(database, a_file(a_row("A1", unit="Finance"), a_row("A2")), LATER)

    assert [change.columns for change in again.changes] == [["unit"]]
    assert (await person(database, "A1")).time_zone == "Asia/Bangkok"
    assert (await person(database, "A2")).time_zone == "Africa/Nairobi"


async def test_what_the_file_does_not_speak_of_stays(database: Database) -> None:
    await imported(database, a_file(a_row("A1"), a_row("A2", manager_staff_no="A1")))

    short = a_file(a_row("A1", given_name="Njeri"), a_row("A2"), columns=("staff_no", "given_name", "email"))
    report = await imported(database, short, LATER)

    assert [change.columns for change in report.changes] == [["given_name"]]
    assert (await person(database, "A1")).unit == "Field Support"
    assert await lines(database) == {"A2": "A1"}


async def test_who_is_not_in_the_file_has_left_and_is_signed_out(database: Database) -> None:
    await imported(database, a_file(a_row("A1"), a_row("A2", manager_staff_no="A1")))
    async with database.sessions.begin() as db:
        await open_session(db, (await db.scalars(select(Person.id).where(Person.staff_no == "A2"))).one(), NOW)

    report = await imported(database, a_file(a_row("A1")), LATER)

    assert (report.left, report.changes) == (1, [StaffChange("left", "A2", name="Wanjiru A2")])
    assert (await person(database, "A2")).left_on == LATER.date()
    assert (await count(database, SignIn), await lines(database)) == (0, {})
    assert await events(database) == ["StaffImported", "PersonLeft", "StaffImported"]


async def test_who_comes_back_is_the_same_person(database: Database) -> None:
    await imported(database, a_file(a_row("A1"), a_row("A2")))
    before = await person(database, "A2")
    await imported(database, a_file(a_row("A1")))

    report = await imported(database, a_file(a_row("A1"), a_row("A2", unit="Finance", manager_staff_no="A1")), LATER)

    after = await person(database, "A2")
    assert (report.added, report.returned, report.unchanged) == (1, 1, 1)
    assert (after.id, after.left_on, after.unit) == (before.id, None, "Finance")
    assert (await lines(database), await count(database, AuditTrait)) == ({"A2": "A1"}, 2)
    assert (await events(database))[-2:] == ["PersonReturned", "StaffImported"]


async def test_half_an_export_does_not_send_everybody_away(database: Database) -> None:
    everybody = [a_row(f"A{number}") for number in range(40)]
    await imported(database, a_file(*everybody))

    dry = await imported(database, a_file(*everybody[:30], apply=False))
    with pytest.raises(ManyWouldLeave) as refused:
        await imported(database, a_file(*everybody[:30]))
    left = await person(database, "A39")
    allowed = await imported(database, a_file(*everybody[:30], allow_leavers=True))

    assert (dry.left, dry.too_many_leave, refused.value.details) == (10, True, {"left": 10, "known": 40})
    assert (left.left_on, allowed.applied) == (None, True)


async def test_two_who_swap_their_addresses_do(database: Database) -> None:
    await imported(database, a_file(a_row("A1", email="a@example.org"), a_row("A2", email="b@example.org")))

    await imported(database, a_file(a_row("A1", email="b@example.org"), a_row("A2", email="a@example.org")))

    addresses = [(await person(database, staff_no)).email for staff_no in ("A1", "A2")]
    assert addresses == ["b@example.org", "a@example.org"]


async def test_a_newcomer_may_get_the_address_of_somebody_who_left(database: Database) -> None:
    await imported(database, a_file(a_row("A1"), a_row("A2", email="office@example.org")))

    await imported(database, a_file(a_row("A1"), a_row("A3", email="office@example.org")))

    assert (await person(database, "A3")).email == "office@example.org"
    assert (await person(database, "A2")).email.endswith("@moved.invalid")


async def test_who_was_entered_by_hand_is_known_again_by_the_address(database: Database) -> None:
    async with database.sessions.begin() as db:
        by_hand = await add_person(db, MACHINE, NewPerson("Wanjiru", "a1@example.org", administrator=True), NOW)

    report = await imported(database, a_file(a_row("A1")))

    assert (report.added, await count(database, Person)) == (1, 1)
    assert (await person(database, "A1")).id == by_hand.id


async def test_a_file_does_not_take_the_address_of_somebody_whom_it_does_not_know(database: Database) -> None:
    await imported(database, a_file(a_row("A1")))
    async with database.sessions.begin() as db:
        await add_person(db, MACHINE, NewPerson("Root", "root@example.org", administrator=True), NOW)

    with pytest.raises(AddressTaken):
        await imported(database, a_file(a_row("A1", email="root@example.org")))


async def test_one_problem_and_nothing_is_written(database: Database) -> None:
    upload = a_file(a_row("A1"), a_row("A2", manager_staff_no="A9"), a_row("A3", time_zone="Mars/Olympus"))

    report = await imported(database, upload)

    assert (report.applied, await count(database, Person)) == (False, 0)
    assert [(problem.line, problem.code) for problem in report.problems] == [(3, "unknown_manager"), (4, "bad_zone")]
    assert [problem.text for problem in report.problems] == [
        "Line 3: the column manager_staff_no names A9, but nobody in the file has that staff number.",
        "Line 4: “Mars/Olympus” is not a time zone. Write it like Africa/Nairobi, or leave it empty.",
    ]


async def test_dotted_lines_and_appraisers_are_kept_apart(database: Database) -> None:
    columns = (*COLUMNS, "dotted_manager_staff_nos", "appraiser_staff_no")
    extra = {"dotted_manager_staff_nos": "", "appraiser_staff_no": ""}
    rows = [
        a_row("A1") | extra,
        a_row("A2") | extra,
        a_row("A3", manager_staff_no="A1") | {"dotted_manager_staff_nos": "A2", "appraiser_staff_no": "A2"},
    ]

    await imported(database, a_file(*rows, columns=columns))
    again = await imported(database, a_file(*rows, columns=columns))

    assert again.unchanged == 3
    assert [await lines(database, kind) for kind in LineKind] == [{"A3": "A1"}, {"A3": "A2"}, {"A3": "A2"}]


async def test_a_file_without_the_columns_that_must_be_there_is_refused(database: Database) -> None:
    with pytest.raises(ColumnsMissing):
        await imported(database, a_file(a_row("A1"), columns=("staff_no", "unit")))


async def test_a_participant_imports_nobody(database: Database) -> None:
    await imported(database, a_file(a_row("A1")))
    participant = Actor(id=(await person(database, "A1")).id)

    with pytest.raises(NotYours):
        await import_staff(database, participant, a_file(a_row("A1")), Words("en"), NOW)


async def test_two_imports_at_once_follow_each_other(database: Database) -> None:
    """The second compares with what the first has written, so nobody is added twice."""
    uploads = [a_file(a_row("A1"), a_row("A2"), a_row("A3", unit=unit)) for unit in ("Finance", "Field Support")]

    reports = await asyncio.gather(*(imported(database, upload) for upload in uploads))

    assert sorted((report.added, report.changed) for report in reports) == [(0, 1), (3, 0)]
    assert await count(database, Person) == 3


async def test_somebody_is_found_by_any_word_of_name_post_or_address(database: Database) -> None:
    await imported(database, a_file(a_row("A1", family_name="Ñuñez", job_title="100% Budget"), a_row("A2")))

    async with database.reading() as db:
        by_two_words = await search_people(db, MACHINE, "wanjiru budget", 10)
        by_sign = await search_people(db, MACHINE, "100%", 10)
        by_everything = await search_people(db, MACHINE, "", 1)

    assert [[one.staff_no for one in found] for found in (by_two_words, by_sign, by_everything)] == [
        ["A1"],
        ["A1"],
        ["A2"],
    ]


async def test_a_word_is_found_by_its_beginning_in_every_writing(database: Database) -> None:
    names = {"A1": "Карпова", "A2": "محمد", "A3": "O'Karo", "A4": "Makar", "A5": "Kar", "A6": "李"}
    await imported(database, a_file(*(a_row(number, family_name=name) for number, name in names.items())))

    async def found(db: AsyncSession, query: str) -> set[str | None]:
        return {one.staff_no for one in await search_people(db, MACHINE, query, 10)}

    async with database.reading() as db:
        asked = {query: await found(db, query) for query in ("kar", "Карп", "محم", "李", "and", "o'karo", "& | !", "*")}

    everybody = set(names)
    assert asked == {
        "kar": {"A3", "A5"}, "Карп": {"A1"}, "محم": {"A2"}, "李": {"A6"}, "and": set(), "o'karo": {"A3"},
        "& | !": everybody, "*": everybody,
    }  # fmt: skip


async def test_postgresql_finds_people_in_the_index_of_their_words(postgresql_database_url: str) -> None:
    looked = text("SELECT pg_stat_get_xact_numscans('ix_person_words'::regclass)")
    async with opened_for_a_while(postgresql_database_url) as database:
        await imported(database, a_file(a_row("A1", family_name="Karo")))
        async with database.sessions.begin() as db:
            for otherwise in ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan"):
                await db.execute(select(func.set_config(otherwise, "off", True)))
            found = await search_people(db, MACHINE, "kar", 10, left=True)
            times = await db.scalar(looked)

    assert ([one.staff_no for one in found], times) == (["A1"], 1)


async def test_an_entry_shows_the_line_to_the_top_and_the_direct_reports(database: Database) -> None:
    await imported(
        database, a_file(a_row("A1"), a_row("A2", manager_staff_no="A1"), a_row("A3", manager_staff_no="A2"))
    )

    async with database.reading() as db:
        entry = await read_entry(db, MACHINE, "A2")
        below = await read_entry(db, MACHINE, "a3@example.org")
        with pytest.raises(PersonNotFound):
            await read_entry(db, MACHINE, "A9")

    assert ([one.staff_no for one in entry.line_up], [one.staff_no for one in entry.reports]) == (["A1"], ["A3"])
    assert [one.staff_no for one in below.line_up] == ["A2", "A1"]
