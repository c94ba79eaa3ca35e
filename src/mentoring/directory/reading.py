"""From the bytes of a file to a table. What kind it is, the content says and not the name."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator

from mentoring.directory import table
from mentoring.directory.encoding import encoding_of
from mentoring.directory.table import (
    LARGEST_FILE,
    LARGEST_UNPACKED,
    LONGEST_FIELD,
    MEGABYTE,
    PACKING_FLOOR,
    TIGHTEST_PACKING,
    FieldTooLong,
    FileEmpty,
    FileNotATable,
    FilePackedTooTightly,
    FileTooLarge,
    QuoteNotClosed,
    Table,
    WorkbookEncrypted,
    WorkbookTooOld,
)
from mentoring.directory.workbook import workbook_records
from mentoring.errors import Invalid

GZIP = b"\x1f\x8b\x08"
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""The container of XLS, and of an XLSX behind a password."""

ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")

DELIMITERS = ",;\t|"

LONGEST_LINE = 1_000_000
"""Characters. Without it a file of one line would be taken into memory whole, at up to 4 bytes each."""

MOST_MEMBERS = 10_000
"""Parts of a gzip file one after the other; block-wise writers make 4,000 of the largest we take."""


def read_table(content: bytes, filename: str) -> Table:
    """Read CSV (plain or gzipped) or XLSX. Raises a cause of ``table``, with the name of the file."""
    try:
        return table.gathered(_records(content))
    except Invalid as refusal:
        raise type(refusal)(**{"file": filename, **refusal.details}) from refusal


def _records(content: bytes) -> Iterator[tuple[int, list[str]]]:
    if len(content) > LARGEST_FILE:
        raise FileTooLarge(limit=LARGEST_FILE // MEGABYTE, size=len(content) // MEGABYTE)
    if content.startswith(ZIP):
        return workbook_records(content)
    if content.startswith(OLE):
        raise WorkbookEncrypted if ENCRYPTED_PACKAGE in content else WorkbookTooOld
    return _csv_records(_unpacked(content) if content.startswith(GZIP) else content)


def _unpacked(content: bytes) -> bytes:
    """Inflate piece by piece and count: what the file says of its size is not believed."""
    if content.count(GZIP) > MOST_MEMBERS:
        raise FileNotATable
    limit = min(LARGEST_UNPACKED, max(PACKING_FLOOR, TIGHTEST_PACKING * len(content)))
    unpacked = bytearray()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            while piece := packed.read(MEGABYTE):
                unpacked += piece
                if len(unpacked) > limit:
                    break
    except (OSError, EOFError, zlib.error) as broken:
        raise FileNotATable from broken
    if len(unpacked) <= limit:
        return bytes(unpacked)
    if limit == LARGEST_UNPACKED:
        raise FileTooLarge(limit=LARGEST_UNPACKED // MEGABYTE, size=len(unpacked) // MEGABYTE)
    raise FilePackedTooTightly(limit=TIGHTEST_PACKING)


def _csv_records(content: bytes) -> Iterator[tuple[int, list[str]]]:
    if not content.strip():
        raise FileEmpty
    encoding = encoding_of(content)
    # UTF-16 that is broken far down is noticed only there.
    with io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="") as text:
        beginning = text.read(LONGEST_FIELD)
        text.seek(0)
        reader = csv.reader(_lines(text), delimiter=_delimiter_of(beginning), strict=True)
        if beginning[:4].casefold() == "sep=":  # written by and for one spreadsheet, as a first line
            next(reader)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as broken:
                if "field limit" in str(broken):
                    raise FieldTooLong(limit=LONGEST_FIELD, line=line) from broken
                raise QuoteNotClosed(line=line) from broken
            except UnicodeDecodeError as broken:
                raise FileNotATable from broken
            yield line, cells


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise FieldTooLong(limit=LONGEST_LINE, line=number)
        yield line


def _delimiter_of(beginning: str) -> str:
    """The one that stands most often, outside of quotation marks, in the first line that has any."""
    if beginning[:4].casefold() == "sep=" and beginning[4:5] in DELIMITERS:
        return beginning[4:5] or ","
    counts = dict.fromkeys(DELIMITERS, 0)
    quoted = False
    for character in beginning:
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character in counts:
            counts[character] += 1
        elif character in "\r\n" and any(counts.values()):
            break
    return max(DELIMITERS, key=lambda delimiter: counts[delimiter])
