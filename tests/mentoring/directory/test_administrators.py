"""A staff file in a coordinator's hands reaches no administrator, and no other coordinator's address or stay."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from mentoring.db import Database
from mentoring.directory.contracts import StaffReport, StaffUpload
from mentoring.directory.importing import AdministratorTouched
from mentoring.directory.service import import_staff
from mentoring.i18n import Words
from mentoring.identity import MACHINE, Actor
from mentoring.people import service
from mentoring.people.contracts import NewPassword, NewPerson
from mentoring.people.models import Person
from mentoring.people.queries import find_person
from mentoring.people.rules import LinkNotUsable, LinkPurpose
from mentoring.programmes.models import Coordinator
from mentoring.programmes.queries import coordinators_of_all
from tests.builders import a_programme
from tests.mentoring.directory.staff_files import a_file, a_row
from tests.mentoring.visitor import Page, come_in

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
COORDINATOR = Actor(id=uuid4(), coordinates=frozenset({uuid4()}))
PROGRAM = Actor(id=uuid4(), administrator=True, scopes=frozenset({"staff"}))
ADMINISTRATOR = Actor(id=uuid4(), administrator=True)
REACHING = {
    "adopted": [a_row("A1"), a_row("A2"), a_row("A3", email="root@example.org")],
    "readdressed": [a_row("A1", email="mine@example.org"), a_row("A2")],
    "removed": [a_row("A2")],
    "address given to another": [a_row("A1", email="a2@example.org"), a_row("A2", email="a1@example.org")],
}


async def imported(database: Database, actor: Actor, upload: StaffUpload) -> StaffReport:
    return await import_staff(database, actor, upload, Words("en"), NOW)


async def an_organisation(database: Database) -> None:
    """A1 and Root, who is in no file, are administrators; A2 is not."""
    await imported(database, MACHINE, a_file(a_row("A1"), a_row("A2")))
    async with database.sessions.begin() as db:
        await service.change_administrator(db, MACHINE, "A1", True, NOW)
        await service.add_person(db, MACHINE, NewPerson("Root", "root@example.org", administrator=True), NOW)


async def directory(database: Database) -> Sequence[tuple[UUID, str | None, str, bool]]:
    async with database.reading() as db:
        rows = await db.scalars(select(Person).order_by(Person.id))
        return [(row.id, row.staff_no, row.email, row.left_on is None) for row in rows]


@pytest.mark.parametrize("apply", [True, False])
@pytest.mark.parametrize("rows", REACHING.values(), ids=REACHING)
@pytest.mark.parametrize("actor", [COORDINATOR, PROGRAM], ids=["coordinator", "program"])
async def test_a_file_that_reaches_an_administrator_is_refused_whole(
    database: Database, actor: Actor, rows: list[dict[str, str]], apply: bool
) -> None:
    await an_organisation(database)
    before = await directory(database)

    with pytest.raises(AdministratorTouched):
        await imported(database, actor, a_file(*rows, apply=apply, allow_leavers=True))

    assert await directory(database) == before


@pytest.mark.parametrize("actor", [MACHINE, ADMINISTRATOR], ids=["machine", "administrator"])
async def test_an_administrator_may_do_all_of_that(database: Database, actor: Actor) -> None:
    await an_organisation(database)

    report = await imported(
        database, actor, a_file(a_row("A1", email="new@example.org"), a_row("A3", email="root@example.org"))
    )

    assert (report.applied, report.changed, report.left) == (True, 1, 1)


async def test_an_administrator_who_left_comes_back_by_no_coordinators_file(database: Database) -> None:
    await an_organisation(database)
    await imported(database, MACHINE, a_file(a_row("A2")))

    with pytest.raises(AdministratorTouched) as refused:
        await imported(database, COORDINATOR, a_file(a_row("A1"), a_row("A2")))

    assert refused.value.details == {"who": "a1@example.org"}


async def test_a_coordinator_imports_what_leaves_administrators_as_they_are(database: Database) -> None:
    await an_organisation(database)

    report = await imported(database, COORDINATOR, a_file(a_row("A1", unit="Finance"), a_row("A3")))

    assert (report.applied, report.added, report.changed, report.left) == (True, 1, 1, 1)


async def test_links_that_went_to_the_old_address_let_nobody_in(database: Database) -> None:
    await imported(database, MACHINE, a_file(a_row("A1"), a_row("A2")))
    async with database.sessions.begin() as db:
        people = [(await find_person(db, number)).id for number in ("A1", "A2")]
        moved, stayed = [await service.make_link(db, one, LinkPurpose.SIGN_IN, NOW) for one in people]

    await imported(database, MACHINE, a_file(a_row("A1", email="new@example.org"), a_row("A2", unit="Finance")))

    with pytest.raises(LinkNotUsable):
        await service.use_link(database, moved, NewPassword(), NOW)
    assert await service.use_link(database, stayed, NewPassword(), NOW)


REACHING_A_COORDINATOR = {
    "readdressed": ([a_row("A1"), a_row("A2", email="mine@example.org")], "a2@example.org"),
    "address given to another": (
        [a_row("A1"), a_row("A2", email="away@example.org"), a_row("A3", email="a2@example.org")],
        "a2@example.org",
    ),
    "swapped": ([a_row("A1", email="a2@example.org"), a_row("A2", email="a1@example.org")], "a2@example.org"),
}


async def a_second_coordinator(database: Database) -> tuple[Actor, frozenset[UUID]]:
    """A1 brings files; A1 and A2 coordinate a programme."""
    await imported(database, MACHINE, a_file(a_row("A1"), a_row("A2")))
    async with database.sessions.begin() as db:
        programme = await a_programme(db)
        people = [(await find_person(db, number)).id for number in ("A1", "A2")]
        db.add_all([Coordinator(programme_id=programme.id, person_id=one) for one in people])
    return Actor(id=people[0], coordinates=frozenset({programme.id})), await coordinators_of_all(database)


@pytest.mark.parametrize("apply", [True, False])
@pytest.mark.parametrize(("rows", "whose"), REACHING_A_COORDINATOR.values(), ids=REACHING_A_COORDINATOR)
async def test_a_coordinators_file_does_not_change_the_address_of_another(
    database: Database, rows: list[dict[str, str]], whose: str, apply: bool
) -> None:
    coordinator, guarded = await a_second_coordinator(database)
    before = await directory(database)

    upload = a_file(*rows, apply=apply)
    report = await import_staff(database, coordinator, upload, Words("en"), NOW, guarded=guarded)

    assert not report.applied
    assert {one.code for one in report.problems} == {"address_guarded"}
    assert all(whose in one.text for one in report.problems)
    assert await directory(database) == before


@pytest.mark.parametrize("apply", [True, False])
@pytest.mark.parametrize("rows", [[a_row("A1")], [a_row("A1"), a_row("A3")]], ids=["left out", "another instead"])
async def test_a_coordinators_file_ends_no_other_coordinator(
    database: Database, rows: list[dict[str, str]], apply: bool
) -> None:
    coordinator, guarded = await a_second_coordinator(database)
    before = await directory(database)

    upload = a_file(*rows, apply=apply, allow_leavers=True)
    report = await import_staff(database, coordinator, upload, Words("en"), NOW, guarded=guarded)

    assert not report.applied
    assert [(one.line, one.code, one.value) for one in report.problems] == [(0, "leaver_guarded", "A2")]
    assert "a2@example.org coordinates a programme and is on no line of the file" in report.problems[0].text
    assert await directory(database) == before


async def test_a_new_number_for_a_coordinator_is_no_way_round(database: Database) -> None:
    coordinator, guarded = await a_second_coordinator(database)
    before = await directory(database)
    upload = a_file(a_row("A1"), a_row("A9", email="a2@example.org"))

    report = await import_staff(database, coordinator, upload, Words("en"), NOW, guarded=guarded)

    assert {one.code for one in report.problems} == {"address_guarded", "leaver_guarded"}
    assert await directory(database) == before


async def test_coordinators_leave_by_a_file_of_their_own_or_of_an_administrator(database: Database) -> None:
    coordinator, guarded = await a_second_coordinator(database)

    own = await import_staff(database, coordinator, a_file(a_row("A2")), Words("en"), NOW, guarded=guarded)
    other = await import_staff(database, ADMINISTRATOR, a_file(a_row("A3")), Words("en"), NOW, guarded=guarded)

    assert ((own.applied, own.left), (other.applied, other.left)) == ((True, 1), (True, 1))


async def test_a_coordinators_file_changes_their_own_address_and_those_of_others(database: Database) -> None:
    coordinator, guarded = await a_second_coordinator(database)
    rows = [a_row("A1", email="me@example.org"), a_row("A2", unit="Finance"), a_row("A3")]

    report = await import_staff(database, coordinator, a_file(*rows), Words("en"), NOW, guarded=guarded)

    assert (report.applied, report.added, report.changed) == (True, 1, 2)


@pytest.mark.parametrize("actor", [MACHINE, ADMINISTRATOR], ids=["machine", "administrator"])
async def test_an_administrator_readdresses_a_coordinator(database: Database, actor: Actor) -> None:
    _, guarded = await a_second_coordinator(database)
    upload = a_file(a_row("A1"), a_row("A2", email="new@example.org"))

    report = await import_staff(database, actor, upload, Words("en"), NOW, guarded=guarded)

    assert report.applied


async def test_the_page_refuses_the_line(client: AsyncClient, database: Database) -> None:
    coordinator, _ = await a_second_coordinator(database)
    async with database.reading() as db:
        person = await find_person(db, str(coordinator.id))
    await come_in(client, database, person)
    content = a_file(a_row("A1"), a_row("A2", email="mine@example.org")).content

    answer = await client.post("/staff/import", files={"file": ("staff.csv", content)}, data={"apply": "true"})

    assert "a2@example.org coordinates a programme" in Page(answer).text
    async with database.reading() as db:
        assert (await find_person(db, "A2")).email == "a2@example.org"


async def test_the_page_says_which_line_is_missing(client: AsyncClient, database: Database) -> None:
    coordinator, _ = await a_second_coordinator(database)
    async with database.reading() as db:
        person = await find_person(db, str(coordinator.id))
    await come_in(client, database, person)
    upload = {"file": ("staff.csv", a_file(a_row("A1")).content)}

    answer = await client.post("/staff/import", files=upload, data={"apply": "false"})
    to_mend = await client.post("/staff/import/problems", files=upload)

    assert "Please add the line with the staff number A2" in Page(answer).text
    assert ",staff_no,A2,a2@example.org coordinates a programme" in to_mend.text
