"""Files as people have them, and files that nobody should have: what is read, and what is refused."""

import csv
import gzip
import io
import tracemalloc
import zipfile
from datetime import time

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from mentoring.directory import table
from mentoring.directory.reading import read_table
from mentoring.errors import Invalid

COLUMNS = ("staff_no", "given_name", "email", "unit")
ROW = ("A1", "Zoë", "zoe@example.org", "Field office")


def as_csv(*rows: tuple[str, ...], delimiter: str = ",") -> str:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue()


def as_xlsx(*rows: tuple[str | float | bool | time, ...]) -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        clock = workbook.add_format({"num_format": "hh:mm"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(number, column, value, clock if isinstance(value, time) else None)
    return written.getvalue()


def repacked(workbook: bytes, **parts: bytes) -> bytes:
    """The workbook with some of its parts replaced or added (``__`` for a slash, ``_`` for a point)."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as source:
        content = {name: source.read(name) for name in source.namelist()}
    content |= {name.replace("__", "/").replace("_", "."): part for name, part in parts.items()}
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name, part in content.items():
            target.writestr(name, part)
    return written.getvalue()


def a_sheet(cells: str, prolog: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'{prolog}<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def refusal_of(content: bytes, filename: str = "staff.csv") -> Invalid:
    with pytest.raises(Invalid) as caught:
        read_table(content, filename)
    return caught.value


WESTERN = ["François", "Müller", "Åse", "naïve “quoted” – so", "100 €", "plain", "", " blank ends "]
WORLDWIDE = [*WESTERN, "王小明", "محمد", "Ольга", "สมชาย", "𝒳", "e\u0301"]
PUNCTUATED = ['say "so"', "a,b;c|d\te", "two\nlines", "two\r\nlines", "old\rlines", "=1+1", "'"]
ENCODINGS = {
    "utf-8": WORLDWIDE,
    "utf-8-sig": WORLDWIDE,
    "utf-16": WORLDWIDE,
    "utf-16-le": WORLDWIDE,
    "utf-16-be": WORLDWIDE,
    "cp1252": WESTERN,
}


@given(st.data(), st.sampled_from(sorted(ENCODINGS)), st.sampled_from(",;\t|"), st.booleans())
def test_what_was_written_is_read_whatever_the_delimiter_and_the_encoding(
    data: st.DataObject, encoding: str, delimiter: str, packed: bool
) -> None:
    cell = st.sampled_from(ENCODINGS[encoding] + PUNCTUATED)
    filled = st.tuples(st.sampled_from(["A1", "B2"]), cell, cell, cell)
    rows = data.draw(st.lists(st.one_of(filled, st.just(("", " ", "", ""))), max_size=8))
    rows.append(ROW)
    text = as_csv(COLUMNS, *rows, delimiter=delimiter)
    content = text.encode(encoding)

    read = read_table(gzip.compress(content) if packed else content, "staff.csv")

    before = [as_csv(COLUMNS, *rows[:number], delimiter=delimiter) for number in range(len(rows))]
    lines = [len(io.StringIO(written, newline="").readlines()) + 1 for written in before]
    assert read.columns == COLUMNS
    assert read.rows == [(line, row) for line, row in zip(lines, rows, strict=True) if row[0]]


CSV_AS_PEOPLE_HAVE_IT = {
    "no line end after the last row": b"staff_no,email\nA1,a@b.org",
    "old line ends": b"staff_no,email\rA1,a@b.org\r",
    "the note of a spreadsheet on its delimiter": b"sep=;\r\nstaff_no;email\r\nA1;a@b.org\r\n",
    "columns that were once touched": b"staff_no,email,,\nA1,a@b.org,,\n",
    "blank lines above": b"\n , \nstaff_no,email\nA1,a@b.org\n",
    "a heading with the other delimiters in quotation marks": b'"staff_no",email\nA1,a@b.org\n',
    "a space at the start of the file": b" \nstaff_no,email\nA1,a@b.org\n",
}


@pytest.mark.parametrize("content", CSV_AS_PEOPLE_HAVE_IT.values(), ids=CSV_AS_PEOPLE_HAVE_IT)
def test_csv_is_taken_as_people_have_it(content: bytes) -> None:
    read = read_table(content, "staff.csv")

    assert read.columns == ("staff_no", "email")
    assert [row for _, row in read.rows] == [("A1", "a@b.org")]


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    read = read_table(b'\nstaff_no,job\nA1,"of three\nlines\nor so"\n\n\nA2,x\n', "staff.csv")

    assert read.rows == [(3, ("A1", "of three\nlines\nor so")), (8, ("A2", "x"))]


def test_a_row_of_another_length_is_kept_so_that_it_can_be_spoken_of() -> None:
    read = read_table(b"staff_no,email\nA1\nA2,b@c.org,more\nA3,c@d.org,,,\n", "staff.csv")

    assert read.rows == [(2, ("A1",)), (3, ("A2", "b@c.org", "more")), (4, ("A3", "c@d.org"))]


def test_a_workbook_reads_as_its_text_with_the_numbers_of_its_rows() -> None:
    workbook = as_xlsx((), COLUMNS, ("A1", "Zoë", 1001.0, 1.5), ("", "", "", ""), ("A2", "Ольга", True, time(9, 30)))

    read = read_table(workbook, "staff.xlsx")

    assert read.columns == COLUMNS
    assert read.rows == [(3, ("A1", "Zoë", "1001", "1.5")), (5, ("A2", "Ольга", "TRUE", "09:30"))]


def test_the_first_visible_sheet_counts_and_the_name_of_the_file_does_not() -> None:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as workbook:
        hidden, shown = workbook.add_worksheet("lists"), workbook.add_worksheet("staff")
        hidden.write_row(0, 0, ["wrong"])
        shown.write_row(0, 0, COLUMNS)
        shown.write_row(1, 0, ROW)
        shown.activate()
        hidden.hide()

    assert read_table(written.getvalue(), "staff.csv").rows == [(2, ROW)]


BOOK = as_xlsx(COLUMNS, ROW)
RANDOM = bytes(range(256)) * 40
TEXT = as_csv(COLUMNS, ROW)
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def encrypted(workbook: bytes) -> bytes:
    """The flag of every part says: behind a password."""
    changed = bytearray(workbook)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = changed.find(mark)
        while place >= 0:
            changed[place + offset] |= 1
            place = changed.find(mark, place + 4)
    return bytes(changed)


REFUSED: dict[str, tuple[bytes, type[Invalid]]] = {
    "nothing": (b"", table.FileEmpty),
    "blank lines": (b"\n \r\n\n", table.FileEmpty),
    "blank lines in UTF-16": ("\n\n , \n".encode("utf-16"), table.FileEmpty),
    "names without rows": (b"staff_no,email\n", table.FileHasNoRows),
    "a packed nothing": (gzip.compress(b""), table.FileEmpty),
    "an empty sheet": (as_xlsx(), table.FileEmpty),
    "bytes of every kind": (RANDOM, table.FileNotATable),
    "a picture": (b"\x89PNG\r\n\x1a\n" + RANDOM, table.FileNotATable),
    "a document": (b"%PDF-1.7\n1 0 obj\n", table.FileNotATable),
    "a page": (b"\n<html><table><tr><td>staff_no</td></tr></table>", table.FileNotATable),
    "JSON": (b'[{"staff_no": "A1"}]', table.FileNotATable),
    "half a packed file": (gzip.compress(TEXT.encode())[:-12], table.FileNotATable),
    "a packed file with a wrong sum": (gzip.compress(TEXT.encode())[:-8] + b"\0" * 8, table.FileNotATable),
    "a packed file with something behind": (gzip.compress(TEXT.encode()) + b"more", table.FileNotATable),
    "a packed packed file": (gzip.compress(gzip.compress(RANDOM)), table.FileNotATable),
    "a packed picture": (gzip.compress(RANDOM), table.FileNotATable),
    "half a character of UTF-16": (TEXT.encode("utf-16")[:-1], table.FileNotATable),
    "another code page": ("staff_no,name\nA1,Ольга Петрова\n".encode("cp1251"), table.EncodingUnclear),
    "bytes that mean nothing": (b"staff_no,name\nA1,Zo\x81\n", table.EncodingUnclear),
    "UTF-8 with a foreign byte": (
        "staff_no,name\nA1,François\nA2,".encode() + "Zoë\n".encode("cp1252") + "A3,Müller\n".encode(),
        table.EncodingUnclear,
    ),
    "UTF-8 said and not kept": (b"\xef\xbb\xbfstaff_no,name\nA1,Zo\xeb\n", table.EncodingUnclear),
    "a quotation mark left open": (b'staff_no,email\nA1,"a@b.org\nA2,b@c.org\n', table.QuoteNotClosed),
    "a quotation mark inside": (b'staff_no,email\nA1,"a"b"\n', table.QuoteNotClosed),
    "a field without end": (b"staff_no,email\nA1," + b"x" * 131_073, table.FieldTooLong),
    "a line without end": (b"staff_no,email\n" + b"x," * 500_000, table.FieldTooLong),
    "columns without end": (b"x," * 64 + b"x\n" + b"1," * 64 + b"1\n", table.TooManyColumns),
    "a row without end": (b"staff_no,email\n" + b"1," * 64 + b"1\n", table.TooManyColumns),
    "rows without end": (b"a,b\n" + b"1,2\n" * 200_001, table.TooManyRows),
    "more bytes than allowed": (b"a" * (table.LARGEST_FILE + 1), table.FileTooLarge),
    "a workbook of 1997": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504, table.WorkbookTooOld),
    "a workbook behind a password": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        table.WorkbookEncrypted,
    ),
    "an archive behind a password": (encrypted(BOOK), table.WorkbookEncrypted),
    "half a workbook": (BOOK[: len(BOOK) // 2], table.FileNotATable),
    "an archive that is no workbook": (
        repacked(b"PK\x05\x06" + b"\0" * 18, word__document_xml=b"<document/>"),
        table.FileNotATable,
    ),
    "a part that is no XML": (
        repacked(BOOK, xl__worksheets__sheet1_xml=b"<worksheet><row>"),
        table.FileNotATable,
    ),
    "a workbook of too many parts": (
        repacked(BOOK, **{f"xl__media__image{n}_xml": b"<a/>" for n in range(60)}),
        table.TooManyParts,
    ),
    "entities that grow": (
        repacked(BOOK, xl__sharedStrings_xml=b'<!DOCTYPE s [<!ENTITY a "aaaa">]><sst>&a;&a;</sst>'),
        table.FileNotATable,
    ),
    "a cell in the last row of the sheet": (
        repacked(
            BOOK,
            xl__worksheets__sheet1_xml=a_sheet('<row r="1048576"><c r="BL1048576"><v>1</v></c></row>'),
        ),
        table.TooManyRows,
    ),
    "a cell in the last column of the sheet": (
        repacked(BOOK, xl__worksheets__sheet1_xml=a_sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>')),
        table.TooManyColumns,
    ),
    "a cell nowhere": (
        repacked(BOOK, xl__worksheets__sheet1_xml=a_sheet('<row r="1"><c r="A99999999"><v>1</v></c></row>')),
        table.FileNotATable,
    ),
    "a list of more texts than memory holds": (
        repacked(BOOK, xl__sharedStrings_xml=f'<sst {MAIN} count="99999999999" uniqueCount="99999999999"/>'.encode()),
        table.FileNotATable,
    ),
    "a date before all dates": (
        repacked(
            BOOK,
            xl__styles_xml=f'<styleSheet {MAIN}><cellXfs count="1"><xf numFmtId="14"/></cellXfs></styleSheet>'.encode(),
            xl__worksheets__sheet1_xml=a_sheet('<row r="1"><c r="A1" s="0"><v>-1e300</v></c></row>'),
        ),
        table.FileNotATable,
    ),
    "a text that is not in the list of texts": (
        repacked(BOOK, xl__worksheets__sheet1_xml=a_sheet('<row r="1"><c r="A1" t="s"><v>999</v></c></row>')),
        table.FileNotATable,
    ),
}


@pytest.mark.parametrize(("content", "cause"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_a_table_is_refused_with_its_cause_and_the_name_of_the_file(
    content: bytes, cause: type[Invalid]
) -> None:
    refusal = refusal_of(content, "mine.csv")

    assert type(refusal) is cause
    assert refusal.details["file"] == "mine.csv"


@pytest.mark.parametrize(
    ("name", "line"),
    [("UTF-8 with a foreign byte", 3), ("a quotation mark left open", 2), ("a line without end", 2)],
)
def test_a_refusal_says_the_line_where_there_is_one(name: str, line: int) -> None:
    assert refusal_of(REFUSED[name][0]).details["line"] == line


def test_small_files_of_equal_rows_may_pack_as_tightly_as_they_like() -> None:
    content = b"staff_no,email\n" + b"A1,a@b.org\n" * 50_000
    packed = gzip.compress(content)
    assert len(content) > table.TIGHTEST_PACKING * len(packed)

    assert len(read_table(packed, "staff.csv.gz").rows) == 50_000


def test_a_gzip_bomb_is_refused_before_it_has_grown() -> None:
    bomb = gzip.compress(b"\0" * (100 * table.MEGABYTE))
    tracemalloc.start()

    refusal = refusal_of(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert type(refusal) is table.FilePackedTooTightly
    assert refusal.details == {"limit": table.TIGHTEST_PACKING, "file": "staff.csv"}
    assert most < 32 * table.MEGABYTE


def test_a_workbook_bomb_is_refused_by_its_directory() -> None:
    bomb = repacked(BOOK, xl__worksheets__sheet1_xml=a_sheet("<row></row>" * 1_000_000))
    tracemalloc.start()

    refusal = refusal_of(bomb)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert type(refusal) is table.FilePackedTooTightly
    assert most < table.MEGABYTE


def test_a_workbook_that_lies_about_its_size_is_refused_and_does_not_grow() -> None:
    bomb = bytearray(repacked(BOOK, xl__worksheets__sheet1_xml=a_sheet("<row></row>" * 1_000_000)))
    honest = len(a_sheet("<row></row>" * 1_000_000)).to_bytes(4, "little")
    assert bomb.count(honest) == 2
    lying = bytes(bomb).replace(honest, (900).to_bytes(4, "little"))
    tracemalloc.start()

    refusal = refusal_of(lying)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert type(refusal) is table.FileNotATable
    assert most < 4 * table.MEGABYTE


def test_formatted_but_empty_cells_far_outside_do_no_harm() -> None:
    far = '<row r="1048576"><c r="XFD1048576" s="1"/></row>'
    near = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
    sheet = a_sheet(near + far)

    assert read_table(repacked(BOOK, xl__worksheets__sheet1_xml=sheet), "staff.xlsx").rows == [(2, ("2",))]


def test_a_sheet_may_say_that_it_is_larger_than_it_is() -> None:
    sheet = a_sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>').replace(
        b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'
    )

    assert read_table(repacked(BOOK, xl__worksheets__sheet1_xml=sheet), "staff.xlsx").rows == [(2, ("2",))]


def test_equal_texts_are_kept_once() -> None:
    rows = read_table(as_csv(COLUMNS, ROW, ROW).encode(), "staff.csv").rows

    assert rows[0][1][3] is rows[1][1][3]
