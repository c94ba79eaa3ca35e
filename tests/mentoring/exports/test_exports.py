"""Data leave the house as files: in the reader's words, computing nothing, and never unnoticed."""

import asyncio
import csv
import io
import threading
import zipfile
from datetime import datetime

import pytest
from httpx import AsyncClient
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.rules import CheckInState, Met
from mentoring.db import Database
from mentoring.exports import service
from mentoring.exports.contracts import Table, TakeAway
from mentoring.followups.models import Watch
from mentoring.followups.rules import Finding, Level, Reason
from mentoring.i18n import Words
from mentoring.identity import MACHINE, Actor
from mentoring.journal import JournalEntry
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.programmes.models import Coordinator, Programme
from mentoring.programmes.rules import ProgrammeNotFound
from mentoring.sheets import Sheet, SheetFormat, workbook, write
from mentoring.sqlite import BUSY_TIMEOUT_MS
from tests.builders import NOW, a_check_in, a_pairing, a_person, a_programme, as_actor
from tests.mentoring.visitor import Page, come_in

FRENCH = Words("fr", "Europe/Zurich")
ENGLISH = Words("en", "UTC")


async def a_story(database: Database) -> Programme:
    async with database.sessions.begin() as db:
        return await told(db)


async def told(db: AsyncSession) -> Programme:
    """A pairing at risk with an answered check-in; the leader's name would compute something."""
    programme = await a_programme(db, name="Cab & Co")
    leader = await a_person(db, given_name="=HYPERLINK(1)", family_name="Mensah")
    junior = await a_person(db, given_name="李", family_name="雷")
    pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior, programme=programme)
    await a_check_in(
        db, pairing=pairing, state=CheckInState.ANSWERED, met=Met.YES, usefulness=4, candour=2, answered_at=NOW,
        note="a private line",
    )  # fmt: skip
    db.add(
        Watch(
            programme_id=programme.id, pairing_id=pairing.id, level=Level.AMBER, points=40, changed_at=NOW,
            findings=[Finding(Reason.FIT, 40)],
        )
    )  # fmt: skip
    await db.flush()
    return programme


async def taken(
    database: Database, programme: Programme, table: Table, words: Words = ENGLISH, actor: Actor = MACHINE
) -> list[dict[str, str]]:
    file = await service.export_table(database, actor, str(programme.id), TakeAway(table), words, NOW)
    assert file.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


async def test_sign_ups(database: Database) -> None:
    rows = await taken(database, await a_story(database), Table.SIGN_UPS)

    assert {(row["role"], row["state"], row["prepared"]) for row in rows} == {
        (ENGLISH.text(f"role.{role}"), "takes part", "yes") for role in ("leader", "junior")
    }
    assert {row["name"] for row in rows} == {"'=HYPERLINK(1) Mensah", "李 雷"}


async def test_pairings_in_the_reader_s_words_and_on_their_clock(database: Database) -> None:
    [row] = await taken(database, await a_story(database), Table.PAIRINGS, FRENCH)

    assert row[FRENCH.text("export.column.leader")] == "'=HYPERLINK(1) Mensah"
    assert row[f"{FRENCH.text('export.column.began_at')} (Europe/Zurich)"] == "2026-03-03 10:00:00"
    assert row[FRENCH.text("export.column.state")] == FRENCH.text("pairing.state.active")


async def test_check_ins_give_scores_and_no_notes_and_candour_to_its_own_coordinators_alone(
    database: Database,
) -> None:
    programme = await a_story(database)
    coordinator = as_actor(await somebody(database), coordinates=(programme,))

    [hers], [bosses] = [await taken(database, programme, Table.CHECK_INS, actor=who) for who in (coordinator, MACHINE)]

    candour = ENGLISH.text("export.column.candour")
    assert (hers["how useful (1-5)"], hers["did they meet?"], hers[candour], bosses[candour]) == (
        "4", ENGLISH.text("check_in.met.yes"), "2", "",
    )  # fmt: skip
    assert "a private line" not in str(hers)


async def test_the_at_risk_queue(database: Database) -> None:
    [row] = await taken(database, await a_story(database), Table.AT_RISK)

    assert (row["points"], row["reasons"]) == ("40", ENGLISH.text("risk.reason.fit"))


async def test_each_is_written_down(database: Database) -> None:
    programme = await a_story(database)
    for table in Table:
        await taken(database, programme, table)

    async with database.reading() as db:
        noted = list(await db.scalars(select(JournalEntry.details).where(JournalEntry.event == "DataExported")))
    assert [(one["table"], one["programme_id"]) for one in noted] == [
        (table.value, str(programme.id)) for table in Table
    ]


async def test_a_programme_of_others_is_not_there(database: Database) -> None:
    programme = await a_story(database)

    with pytest.raises(ProgrammeNotFound):
        await taken(database, programme, Table.PAIRINGS, actor=as_actor(await somebody(database)))


class SlowWords(Words):
    """Of a reader whose file takes as long to write as they like: it is begun, then waits to be let go on."""

    def __init__(self) -> None:
        super().__init__("en", "UTC")
        self.begun, self.go_on = threading.Event(), threading.Event()

    def text(self, key: str, **details: object) -> str:
        if key == "sheet.yes":
            self.begun.set()
            assert self.go_on.wait(30)
        return super().text(key, **details)


async def test_while_a_file_is_written_nobody_waits_for_the_database(database: Database) -> None:
    programme, person = await a_story(database), await somebody(database)
    words = SlowWords()
    exporting = asyncio.create_task(
        service.export_table(database, MACHINE, str(programme.id), TakeAway(Table.PAIRINGS), words, NOW)
    )
    try:
        assert await asyncio.to_thread(words.begun.wait, 30)

        assert database.engine.sync_engine.pool.checkedout() == 0  # type: ignore[attr-defined]  # that of a queue has it
        async with asyncio.timeout(BUSY_TIMEOUT_MS / 2000), database.sessions.begin() as db:
            await db.execute(update(Person).where(Person.id == person.id).values(unit="Finance"))
    finally:
        words.go_on.set()

    assert (await exporting).name.endswith(".csv")


async def somebody(database: Database) -> Person:
    async with database.sessions.begin() as db:
        return await a_person(db)


async def test_the_pages_hand_out_files(client: AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as db:
        programme, person = await told(db), await a_person(db)
        db.add(Coordinator(programme_id=programme.id, person_id=person.id))
    await come_in(client, database, person)
    path = f"/programmes/{programme.id}/exports"

    listed = Page(await client.get(path))
    excel = await client.post(path, data={"table": "pairings", "format": "xlsx"})
    program = await client.post(f"/api/v1{path}", json={"table": "at_risk", "format": "csv"})
    messages = await client.post("/messages/export", data={"box": "all", "search": "", "format": "csv"})
    wrong = await client.post(path, data={"table": "passwords", "format": "csv"})

    assert "pairings" in listed.fields["table"]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(excel.content)).get_sheet_by_index(0).to_python()
    assert (sheet[1][0], isinstance(sheet[1][5], datetime)) == ("'=HYPERLINK(1) Mensah", True)
    assert program.headers["content-disposition"].startswith("attachment; filename*=UTF-8''Cab")
    assert (messages.status_code, wrong.status_code) == (200, 422)


def test_a_workbook_reads_from_right_to_left_where_its_reader_does() -> None:
    sheet = Sheet("x", ["a"], [["b"]])

    assert b'rightToLeft="1"' in unzipped(workbook(sheet, right_to_left=True))
    assert b"rightToLeft" not in unzipped(write(sheet, SheetFormat.XLSX, ENGLISH).content)


def unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return book.read("xl/worksheets/sheet1.xml")
