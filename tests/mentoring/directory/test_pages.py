"""People found as one types; the staff file on its page: looked at first, written when asked."""

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.people.models import Person
from tests.builders import a_person
from tests.mentoring.directory.staff_files import a_row, csv_of
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")
ONE = csv_of(a_row(staff_no="N1", email="n1@example.org"))


async def sent(client: AsyncClient, database: Database, content: bytes, **form: str) -> Response:
    async with database.sessions.begin() as db:
        administrator = await a_person(db, staff_no=None)
    await come_in(client, database, administrator, administrator=True)
    return await client.post("/staff/import", data=form, files={"file": ("staff.csv", content)})


async def known(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(Person).where(Person.staff_no == "N1")) or 0


@pytest.mark.parametrize("apply, key, stored", [("false", "page.import.dry", 0), ("true", "page.import.applied", 1)])
async def test_a_file_is_checked_or_applied(
    client: AsyncClient, database: Database, apply: str, key: str, stored: int
) -> None:
    answer = await sent(client, database, ONE, apply=apply)

    assert WORDS.text(key) in Page(answer).text
    assert await known(database) == stored


async def test_a_mistake_is_shown_by_its_line_and_nothing_is_written(client: AsyncClient, database: Database) -> None:
    rows = [a_row(staff_no="N1", email="n1@example.org"), a_row(staff_no="N1", email="n2@example.org")]

    answer = await sent(client, database, csv_of(*rows), apply="true")

    assert WORDS.plural("page.import.problems", 1) in Page(answer).text
    assert await known(database) == 0


async def test_the_problems_come_as_a_file_to_mend_by_and_nothing_is_written(
    client: AsyncClient, database: Database
) -> None:
    rows = [a_row(staff_no="N1", email="=1+1"), a_row(staff_no="N2", time_zone="Mars/Base")]
    await sent(client, database, ONE, apply="false")

    answer = await client.post("/staff/import/problems", files={"file": ("staff.csv", csv_of(*rows))})

    head, first, second = answer.text.removeprefix("\ufeff").splitlines()
    assert "attachment" in answer.headers["content-disposition"]
    assert head == ",".join(WORDS.text(f"page.import.{name}") for name in ("line", "column", "value", "problem"))
    assert first.startswith("2,email,'=1+1,")
    assert second.startswith("3,time_zone,Mars/Base,")
    assert await known(database) == 0


async def test_a_dry_run_shows_who_leaves_and_what_changes_from_what_to_what(
    client: AsyncClient, database: Database
) -> None:
    await sent(client, database, csv_of(a_row("N1", unit="Finance"), a_row("N2")), apply="true")

    changed = csv_of(a_row("N1", unit="Field", gender="X"))
    page = Page(await client.post("/staff/import", data={"apply": "false"}, files={"file": ("staff.csv", changed)}))

    assert f"{WORDS.text('page.import.what.left')} Wanjiru N2 N2" in page.text
    assert "Wanjiru N1 N1 unit Finance → Field" in page.text
    assert "gender" not in page.text


async def test_what_is_no_staff_file_is_refused_on_the_same_page(client: AsyncClient, database: Database) -> None:
    answer = await sent(client, database, b"given_name,family_name\nAma,Mensah\n", apply="true")

    assert answer.status_code == 422
    assert "staff_no" in Page(answer).text
    assert WORDS.text("page.staff.text") in Page(answer).text


@pytest.mark.parametrize(
    "typed, found",
    [
        ("nun", ["Ñuñez"]),
        ("ÑUÑ ines", ["Ñuñez"]),
        ("a-2 fie", ["王"]),
        ("王伟", ["王"]),
        ("oyv", ["Ødegård"]),
        ("ines.nu@exam", ["Ñuñez"]),
        ("ez", []),
        ("nun finance", []),
        ("%", ["Ñuñez", "Ødegård", "王"]),
    ],
)
async def test_people_are_found_by_the_beginning_of_any_word_whatever_its_accents(
    client: AsyncClient, database: Database, typed: str, found: list[str]
) -> None:
    rows = [
        a_row("A-1", given_name="Inés", family_name="Ñuñez", email="ines.nunez@example.org"),
        a_row("A-2", given_name="伟", family_name="王"),
        a_row("A-3", given_name="Øyvind", family_name="Ødegård", unit="Finance"),
    ]
    await sent(client, database, csv_of(*rows), apply="true")

    answer = Page(await client.get("/staff", params={"query": typed}))

    assert answer.value("query") == typed
    assert [name for name in ("Ñuñez", "Ødegård", "王") if name in answer.text] == found


async def test_who_gets_another_name_is_found_by_it_and_no_longer_by_the_old(
    client: AsyncClient, database: Database
) -> None:
    await sent(client, database, csv_of(a_row("A1", family_name="Before")), apply="true")
    renamed = csv_of(a_row("A1", family_name="After"))
    await client.post("/staff/import", data={"apply": "true"}, files={"file": ("staff.csv", renamed)})

    old, new = [Page(await client.get("/staff", params={"query": name})).text for name in ("before", "after")]

    assert WORDS.text("page.people.nobody") in old
    assert "Wanjiru After" in new
