"""A round's pairs as a file for a spreadsheet or a program."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import msgspec

from mentoring import journal
from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.rounds.contracts import Export, ExportRow, PairRow, RoundExported
from mentoring.rounds.queries import find_round, show_round
from mentoring.rounds.rules import ExportFormat
from mentoring.sheets import Cell, Sheet, as_text, csv_text, workbook


def at_hand(_content: bytes) -> None:
    """Where the file goes with the answer."""


async def export_round(
    database: Database,
    actor: Actor,
    round_ref: str,
    format: ExportFormat,
    now: datetime,
    put: Callable[[bytes], None] = at_hand,
) -> Export:
    """The pairs as a file, best fit last as on the page. Once it is ``put`` where it goes, the trail says so.

    No transaction is open while the file is written.
    """
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref, Action.ROUND_READ)
        shown = await show_round(db, actor, str(round_.id))
    media_type, write = FORMATS[format]
    content = await asyncio.to_thread(write, [_row(pair) for pair in shown.pairs])
    put(content)
    async with database.sessions.begin() as db:
        journal.record(db, RoundExported(round_.id, format), by=actor.id, at=now)
    name = "".join(letter if letter.isalnum() else "-" for letter in round_.name)
    return Export(content, media_type, f"{name}.{format.value}")


def _row(pair: PairRow) -> ExportRow:
    parts = pair.reasons.parts
    return ExportRow(
        leader_staff_no=pair.leader_staff_no or "",
        leader_name=pair.leader,
        junior_staff_no=pair.junior_staff_no or "",
        junior_name=pair.junior,
        fit=pair.fit,
        need=parts.need,
        time=parts.time,
        wishes=parts.wishes,
        tools=parts.tools,
        language=parts.language,
        across=parts.across,
        pinned=pair.pinned,
    )


def _cells(row: ExportRow) -> list[Cell]:
    values: list[Cell] = [getattr(row, name) for name in ExportRow.__struct_fields__]
    return [as_text(value) if isinstance(value, str) else value for value in values]


def _sheet(rows: list[ExportRow]) -> Sheet:
    return Sheet("", ExportRow.__struct_fields__, [_cells(row) for row in rows])


def _csv(rows: list[ExportRow]) -> bytes:
    """For programs as much as for people: no mark at the beginning, names that stay."""
    return csv_text(_sheet(rows)).encode()


def _json(rows: list[ExportRow]) -> bytes:
    return msgspec.json.encode(rows)


def _xlsx(rows: list[ExportRow]) -> bytes:
    return workbook(_sheet(rows))


FORMATS: dict[ExportFormat, tuple[str, Callable[[list[ExportRow]], bytes]]] = {
    ExportFormat.CSV: ("text/csv; charset=utf-8", _csv),
    ExportFormat.JSON: ("application/json", _json),
    ExportFormat.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
}
