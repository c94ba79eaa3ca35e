"""A round's pairs as a file for a spreadsheet or a program."""

import io
import unicodedata
from collections.abc import Callable
from csv import writer as csv_writer
from datetime import datetime

import msgspec
import xlsxwriter
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.rounds.contracts import Export, ExportRow, PairRow, RoundExported
from mentoring.rounds.queries import find_round, show_round
from mentoring.rounds.rules import ExportFormat

BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for a formula, in whatever width it is written (a full-width ＝ is one to Excel, too)."""
Cell = str | float | bool


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


def as_text(value: str) -> str:
    """The value as a spreadsheet shows it and never computes it: what may begin a formula gets an apostrophe."""
    plain = unicodedata.normalize("NFKC", value.lstrip(" \u00a0\u3000"))
    return f"'{value}" if plain.startswith(BEGINS_FORMULA) or value.startswith(BEGINS_FORMULA) else value


def _cells(row: ExportRow) -> list[Cell]:
    values: list[Cell] = [getattr(row, name) for name in ExportRow.__struct_fields__]
    return [as_text(value) if isinstance(value, str) else value for value in values]


def _csv(rows: list[ExportRow]) -> bytes:
    text = io.StringIO(newline="")
    sheet = csv_writer(text)
    sheet.writerow(ExportRow.__struct_fields__)
    for row in rows:
        sheet.writerow("yes" if cell is True else "no" if cell is False else cell for cell in _cells(row))
    return text.getvalue().encode()


def _json(rows: list[ExportRow]) -> bytes:
    return msgspec.json.encode(rows)


def _xlsx(rows: list[ExportRow]) -> bytes:
    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ExportRow.__struct_fields__, book.add_format({"bold": True}))
        for line, row in enumerate(rows, 1):
            sheet.write_row(line, 0, _cells(row))
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(ExportRow.__struct_fields__) - 1)
    return content.getvalue()


FORMATS: dict[ExportFormat, tuple[str, Callable[[list[ExportRow]], bytes]]] = {
    ExportFormat.CSV: ("text/csv; charset=utf-8", _csv),
    ExportFormat.JSON: ("application/json", _json),
    ExportFormat.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
}
