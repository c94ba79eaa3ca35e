"""A round's pairs as a file for a spreadsheet or a program."""

from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.rounds.contracts import Export, ExportRow, PairRow, RoundExported
from mentoring.rounds.queries import find_round, show_round
from mentoring.rounds.rules import ExportFormat
from mentoring.sheets import Cell, Sheet, as_text, csv_text, workbook


async def export_round(db: AsyncSession, actor: Actor, round_ref: str, format: ExportFormat, now: datetime) -> Export:
    """The pairs as a file, best fit last as on the page. That somebody took them is written down."""
    round_ = await find_round(db, actor, round_ref, Action.ROUND_READ)
    shown = await show_round(db, actor, str(round_.id))
    journal.record(db, RoundExported(round_.id, format), by=actor.id, at=now)
    media_type, write = FORMATS[format]
    name = "".join(letter if letter.isalnum() else "-" for letter in round_.name)
    return Export(write([_row(pair) for pair in shown.pairs]), media_type, f"{name}.{format.value}")


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
