"""Pairs leave the house as files that a spreadsheet shows and never computes."""

import csv
import io
from pathlib import Path

import msgspec
import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.rounds.contracts import Export
from mentoring.rounds.exporting import export_round
from mentoring.rounds.rules import ExportFormat
from mentoring.sheets import as_text
from tests.builders import NOW, a_programme
from tests.mentoring.rounds.worlds import World, a_junior, a_leader, proposed

COLUMNS = [
    "leader_staff_no", "leader_name", "junior_staff_no", "junior_name", "fit", "need", "time", "wishes", "tools",
    "language", "across", "pinned",
]  # fmt: skip


async def exported(database: Database, format: ExportFormat) -> Export:
    """A round of one pair; the leader's name would compute something."""
    async with database.sessions.begin() as db:
        world = World(await a_programme(db, name="Cab & Co"))
        await a_leader(db, world, "L1", given_name="=HYPERLINK(1)", family_name="Mensah")
        await a_junior(db, world, "J1", given_name="李", family_name="雷")
    round_id = await proposed(database, world)
    return await export_round(database, MACHINE, str(round_id), format, NOW)


async def trail(db: AsyncSession) -> list[str]:
    return list(await db.scalars(select(JournalEntry.event).where(JournalEntry.event == "RoundExported")))


@pytest.mark.parametrize(
    "value", ["=1+1", "+1", "-1", "@SUM", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x", " =1", "\n=1"]
)
def test_what_may_compute_is_written_as_text(value: str) -> None:
    assert as_text(value) == f"'{value}"


@pytest.mark.parametrize("value", ["", "Ama Mensah", "O'Neill", "L-1", "李雷", "12"])
def test_what_computes_nothing_is_left_as_it_is(value: str) -> None:
    assert as_text(value) == value


async def test_as_csv(database: Database) -> None:
    written = await exported(database, ExportFormat.CSV)

    columns, row = csv.reader(io.StringIO(written.content.decode()))
    found = dict(zip(columns, row, strict=True))
    assert (columns, written.filename) == (COLUMNS, "Cab---Co-1.csv")
    assert (found["leader_name"], found["junior_name"], found["pinned"]) == ("'=HYPERLINK(1) Mensah", "李 雷", "no")
    assert float(found["fit"]) == pytest.approx(0.45 + 0.15 + 0.10)
    async with database.reading() as db:
        assert await trail(db) == ["RoundExported"]


async def test_as_json(database: Database) -> None:
    written = await exported(database, ExportFormat.JSON)

    [row] = msgspec.json.decode(written.content, type=list[dict[str, object]])
    assert (list(row), row["leader_name"], row["pinned"]) == (COLUMNS, "=HYPERLINK(1) Mensah", False)


async def test_as_a_workbook_without_formulas(database: Database, tmp_path: Path) -> None:
    written = await exported(database, ExportFormat.XLSX)

    book = tmp_path / written.filename
    book.write_bytes(written.content)
    columns, row = CalamineWorkbook.from_path(str(book)).get_sheet_by_index(0).to_python()
    found = dict(zip(columns, row, strict=True))
    assert columns == COLUMNS
    assert (found["leader_name"], found["junior_staff_no"]) == ("'=HYPERLINK(1) Mensah", "J1")
    assert b"<f>" not in written.content
