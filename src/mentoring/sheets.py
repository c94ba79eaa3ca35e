"""Files for spreadsheets: one way to write them, in which nothing that people typed is ever computed."""

import enum
import io
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from csv import writer as csv_writer
from datetime import datetime
from typing import NamedTuple

import xlsxwriter

from mentoring.i18n import Words

BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for a formula, in whatever width it is written (a full-width ＝ is one to Excel, too)."""
BYTE_ORDER_MARK = "\ufeff"
"""By it Excel knows a CSV file for UTF-8; without it accents and other alphabets are garbled."""
Cell = str | float | bool | datetime | None


class SheetFormat(enum.StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class Sheet(NamedTuple):
    """What is in a file: the words at its head, and its lines."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class File(NamedTuple):
    """A file as it leaves the house."""

    name: str
    media_type: str
    content: bytes


def as_text(value: str) -> str:
    """The value as a spreadsheet shows it and never computes it: what may begin a formula gets an apostrophe."""
    plain = unicodedata.normalize("NFKC", value.lstrip(" \u00a0\u3000"))
    return f"'{value}" if plain.startswith(BEGINS_FORMULA) or value.startswith(BEGINS_FORMULA) else value


def write(sheet: Sheet, format: SheetFormat, words: Words) -> File:
    """Write a sheet for a reader: moments on their own clock, and from right to left where they read so."""
    rows = [[_plain(cell, words) for cell in row] for row in sheet.rows]
    media_type, make = FORMATS[format]
    name = "".join(letter if letter.isalnum() else "-" for letter in sheet.title)
    return File(f"{name}.{format.value}", media_type, make(sheet._replace(rows=rows), words))


def _plain(cell: Cell, words: Words) -> Cell:
    if isinstance(cell, str):
        return as_text(cell)
    return cell.astimezone(words.zone).replace(tzinfo=None, microsecond=0) if isinstance(cell, datetime) else cell


def _csv(sheet: Sheet, words: Words) -> bytes:
    return (BYTE_ORDER_MARK + csv_text(sheet, words.text("sheet.yes"), words.text("sheet.no"))).encode()


def csv_text(sheet: Sheet, yes: str = "yes", no: str = "no") -> str:
    """Comma-separated lines, with words for yes and no."""
    text = io.StringIO(newline="")
    lines = csv_writer(text)
    lines.writerow(sheet.header)
    for row in sheet.rows:
        lines.writerow(yes if cell is True else no if cell is False else cell for cell in row)
    return text.getvalue()


def _xlsx(sheet: Sheet, words: Words) -> bytes:
    return workbook(sheet, right_to_left=words.direction == "rtl")


def workbook(sheet: Sheet, *, right_to_left: bool = False) -> bytes:
    """An Excel workbook with one sheet, whose head stays in sight and can be filtered."""
    content = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd hh:mm",
    }
    with xlsxwriter.Workbook(content, options) as book:
        page = book.add_worksheet()
        if right_to_left:
            page.right_to_left()
        page.write_row(0, 0, sheet.header, book.add_format({"bold": True}))
        for line, row in enumerate(sheet.rows, 1):
            page.write_row(line, 0, row)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.header) - 1)
    return content.getvalue()


FORMATS: Mapping[SheetFormat, tuple[str, Callable[[Sheet, Words], bytes]]] = {
    SheetFormat.CSV: ("text/csv; charset=utf-8", _csv),
    SheetFormat.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
}
