"""XLSX: looked through before it is believed, then read by calamine.

A workbook is a zip archive, and both can lie. So every part is inflated under count, its XML is walked
(no document types, no cell far outside, which would make a reader lay out all the cells between), and
only what was looked at is packed again and handed on: the reader never sees the archive as it came.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from mentoring.directory.table import (
    LARGEST_UNPACKED,
    MEGABYTE,
    MOST_COLUMNS,
    MOST_ROWS,
    PACKING_FLOOR,
    TIGHTEST_PACKING,
    FileEmpty,
    FileNotATable,
    FilePackedTooTightly,
    FileTooLarge,
    TooManyColumns,
    TooManyParts,
    TooManyRows,
    WorkbookEncrypted,
)

MOST_PARTS = 64
"""Of an archive; honest workbooks have 9 to 20."""

DIRECTORY_ENTRY = b"PK\x01\x02"
ENCRYPTED = 0x1
PIECE = 65_536

KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The only two that workbooks use, and that Python inflates without letting a piece grow."""

MOST_CELLS = MOST_ROWS * MOST_COLUMNS

COUNTS = ("count", "uniqueCount")
"""Attributes that announce how many of something follow. The reader makes room for so many unseen, and where
there is no such room the whole process ends."""

REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

Value = int | float | str | bool | time | date | datetime | timedelta


def workbook_records(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Rows of the first visible sheet, each with its number in the sheet. Raises causes of ``table``."""
    vetted = _vetted(content)
    try:
        for number, row in enumerate(_first_sheet(vetted).iter_rows(), start=1):
            yield number, [_text(value) for value in row]
    except (CalamineError, OSError, ValueError, OverflowError) as broken:
        raise FileNotATable from broken
    except BaseException as broken:
        # A panic in Rust arrives as this class, which cannot be imported and is no Exception.
        if type(broken).__name__ == "PanicException":
            raise FileNotATable from broken
        raise


def _first_sheet(vetted: io.BytesIO) -> CalamineSheet:
    workbook = CalamineWorkbook.from_filelike(vetted)
    for index, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
            return workbook.get_sheet_by_index(index)
    raise FileEmpty


def _text(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _vetted(content: bytes) -> io.BytesIO:
    """Return an archive of the parts that were looked at and found harmless."""
    # Counted in the bytes, because to open an archive is to make an object of every entry.
    if (found := content.count(DIRECTORY_ENTRY)) > MOST_PARTS:
        raise TooManyParts(limit=MOST_PARTS, found=found)
    vetted = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(content)) as source,
            zipfile.ZipFile(vetted, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
        ):
            for part in _parts(source, len(content)):
                _look_through(source, part, target)
    except (zipfile.BadZipFile, zlib.error, expat.ExpatError) as broken:
        raise FileNotATable from broken
    except (EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as broken:
        raise FileNotATable from broken
    vetted.seek(0)
    return vetted


def _parts(source: zipfile.ZipFile, packed: int) -> list[zipfile.ZipInfo]:
    """The parts that hold XML, after a look at what the directory admits."""
    entries = source.infolist()
    if any(entry.flag_bits & ENCRYPTED for entry in entries):
        raise WorkbookEncrypted
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > PACKING_FLOOR and unpacked > TIGHTEST_PACKING * packed:
        raise FilePackedTooTightly(limit=TIGHTEST_PACKING)
    if unpacked > LARGEST_UNPACKED:
        raise FileTooLarge(limit=LARGEST_UNPACKED // MEGABYTE, size=unpacked // MEGABYTE)
    for entry in entries:
        if entry.file_size > max(PACKING_FLOOR, TIGHTEST_PACKING * entry.compress_size):
            raise FilePackedTooTightly(limit=TIGHTEST_PACKING)
    names = {entry.filename.casefold() for entry in entries}
    if "xl/workbook.xml" not in names or len(names) < len(entries):
        raise FileNotATable
    if any(entry.compress_type not in KINDS for entry in entries):
        raise FileNotATable
    return [entry for entry in entries if entry.filename.casefold().endswith((".xml", ".rels"))]


def _look_through(source: zipfile.ZipFile, part: zipfile.ZipInfo, target: zipfile.ZipFile) -> None:
    """Copy one part while walking it. ``zipfile`` stops at the size that was admitted above."""
    cells = _Cells()
    with source.open(part) as packed, target.open(part.filename, "w") as copy:
        while piece := packed.read(PIECE):
            cells.walk(piece)
            copy.write(piece)
        cells.walk(b"", final=True)


class _Cells:
    """Walks XML and keeps to the area that filled cells may span."""

    def __init__(self) -> None:
        self._row = self._column = self._last_row = self._last_column = 0
        # The encoding is fixed here, so that it is the reader's own whatever the part claims.
        self._parser = expat.ParserCreate(encoding="UTF-8")
        self._parser.StartElementHandler = self._enter
        self._parser.StartDoctypeDeclHandler = self._refuse_document_type

    def walk(self, piece: bytes, *, final: bool = False) -> None:
        self._parser.Parse(piece, final)

    def _refuse_document_type(self, *_: object) -> None:
        raise FileNotATable

    def _enter(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if attributes and any(int(attributes.get(count) or 0) > MOST_CELLS for count in COUNTS):
            raise FileNotATable
        if local == "c":
            self._column += 1
            if reference := attributes.get("r"):
                self._row, self._column = _position(reference)
        elif local in {"v", "is", "f"}:
            self._filled()
        elif local == "row":
            self._row, self._column = int(attributes.get("r") or self._row + 1), 0

    def _filled(self) -> None:
        self._last_row = max(self._last_row, self._row)
        self._last_column = max(self._last_column, self._column)
        if self._last_column > MOST_COLUMNS:
            raise TooManyColumns(limit=MOST_COLUMNS, found=self._last_column, line=self._row)
        if self._last_row * self._last_column > MOST_CELLS:
            raise TooManyRows(limit=MOST_ROWS)


def _position(reference: str) -> tuple[int, int]:
    """``"AB12"`` is row 12, column 28."""
    parts = REFERENCE.fullmatch(reference)
    if parts is None:
        raise FileNotATable
    column = 0
    for letter in parts[1]:
        column = column * 26 + ord(letter) - 64
    return int(parts[2]), column
