"""A table as it came from a file: text only, and refused early when it cannot be one."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from mentoring.errors import Invalid

MEGABYTE = 1024 * 1024

LARGEST_FILE = 64 * MEGABYTE
"""A hundred thousand people need about 25 MB of CSV; whoever opens a file looks at its size first."""

LARGEST_UNPACKED = 256 * MEGABYTE
"""What a packed file may hold, all of its parts together."""

TIGHTEST_PACKING = 100
"""Honest exports pack 10 to 20 to 1; the bombs that were tried packed 490 to 1 and more."""

PACKING_FLOOR = MEGABYTE
"""Below this nothing can hurt, and a small file of equal rows may pack as tightly as it likes."""

MOST_ROWS = 200_000
"""Twice the largest organisation that this is made for."""

MOST_COLUMNS = 64
"""Four times the columns that are known; exports carry others along."""

LONGEST_FIELD = 131_072
"""The limit of the ``csv`` module, kept for every kind of file."""

MOST_SHARED = 500_000
"""Equal texts are kept once; beyond this many different ones the search would cost more than it saves."""


class FileEmpty(Invalid):
    """No bytes, or nothing but blank lines."""


class FileHasNoRows(Invalid):
    """A line of column names and nothing below it. To import it would be to send everybody away."""


class FileTooLarge(Invalid):
    """More bytes than ``limit``, as it came or unpacked."""


class FileNotATable(Invalid):
    """Neither CSV nor XLSX, or damaged: a picture, a page, half an archive."""


class FilePackedTooTightly(Invalid):
    """Unpacks to more than ``limit`` times its size: an accident at best."""


class TooManyParts(Invalid):
    """An archive of more parts than a workbook has."""


class TooManyRows(Invalid):
    """More rows than ``limit``."""


class TooManyColumns(Invalid):
    """More columns than ``limit``."""


class FieldTooLong(Invalid):
    """One field, or one line, longer than ``limit`` characters: mostly a quotation mark left open."""


class QuoteNotClosed(Invalid):
    """From ``line`` on the quotation marks do not match, so nobody can say where a field ends."""


class EncodingUnclear(Invalid):
    """Not one of UTF-8, UTF-16 and Windows-1252, or two of them mixed; ``line`` is the first doubt."""


class WorkbookEncrypted(Invalid):
    """A workbook behind a password."""


class WorkbookTooOld(Invalid):
    """The XLS of before 2007."""


class Table(Struct, frozen=True, gc=False):
    """Column names as they stand in the file, and rows with the line on which a person finds them.

    A row of another length than ``columns`` is kept as it is: to say so is up to who checks rows.
    """

    columns: tuple[str, ...]
    rows: list[tuple[int, tuple[str, ...]]]


def gathered(records: Iterable[tuple[int, Sequence[str]]]) -> Table:
    """Take the first record that is not blank as column names and the others as rows.

    Raises ``FileEmpty``, ``FileHasNoRows``, ``TooManyRows``, ``TooManyColumns``, ``FieldTooLong``.
    """
    filled = _not_blank(records)
    _, names = next(filled, (0, ()))
    columns = _without_blank_end(names, at_least=0)
    if not columns:
        raise FileEmpty
    if len(columns) > MOST_COLUMNS:
        raise TooManyColumns(limit=MOST_COLUMNS, found=len(columns))
    rows = list(_rows(filled, len(columns)))
    if not rows:
        raise FileHasNoRows
    return Table(columns, rows)


def _not_blank(records: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, Sequence[str]]]:
    return ((line, cells) for line, cells in records if any(map(str.strip, cells)))


def _rows(records: Iterable[tuple[int, Sequence[str]]], width: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    shared: dict[str, str] = {}
    for count, (line, cells) in enumerate(records, start=1):
        if count > MOST_ROWS:
            raise TooManyRows(limit=MOST_ROWS)
        if len(cells) != width:
            cells = _without_blank_end(cells, at_least=width)
            if len(cells) > MOST_COLUMNS:
                raise TooManyColumns(limit=MOST_COLUMNS, found=len(cells), line=line)
        if max(map(len, cells)) > LONGEST_FIELD:
            raise FieldTooLong(limit=LONGEST_FIELD, line=line)
        # The same few thousand units, posts and stations come back in every row.
        if len(shared) < MOST_SHARED:
            yield line, tuple([shared.setdefault(cell, cell) for cell in cells])
        else:
            yield line, tuple([shared.get(cell, cell) for cell in cells])


def _without_blank_end(cells: Sequence[str], at_least: int) -> tuple[str, ...]:
    """Spreadsheets write a delimiter for every column that was ever touched."""
    end = len(cells)
    while end > at_least and not cells[end - 1].strip():
        end -= 1
    return tuple(cells[:end])
