"""`mentoring staff`, as an administrator types it: what is taken, and the words of what is refused."""

import gzip
import io
import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from mentoring.__main__ import main
from mentoring.db import database
from mentoring.directory.models import ReportingLine, StaffImport
from mentoring.directory.table import MEGABYTE
from mentoring.people.models import Person
from tests.harness.server import PROGRAM
from tests.mentoring.directory.staff_files import COLUMNS, a_row, csv_of

Mentoring = Callable[..., Result]
STAFF = (a_row("A1", given_name="Zoë"), a_row("A2", given_name="Łucja", manager_staff_no="A1"))


@pytest.fixture
def mentoring(sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Mentoring:
    """Run ``mentoring`` with the given words."""
    monkeypatch.setenv("MENTORING_DATABASE_URL", sqlite_database_url)
    return lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def as_xlsx() -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate([dict(zip(COLUMNS, COLUMNS, strict=True)), *STAFF]):
            sheet.write_row(number, 0, [row[name] for name in COLUMNS])
    return written.getvalue()


TEXT = csv_of(*STAFF).decode()
WESTERN = TEXT.replace("Łucja", "Chloé")
TAKEN = {
    "comma.csv": TEXT.encode(),
    "semicolon.csv": TEXT.replace(",", ";").encode(),
    "tab.txt": TEXT.replace(",", "\t").encode(),
    "marked.csv": TEXT.encode("utf-8-sig"),
    "wide.csv": TEXT.encode("utf-16"),
    "western.csv": WESTERN.encode("windows-1252"),
    "packed.csv.gz": gzip.compress(TEXT.encode()),
    "workbook.xlsx": as_xlsx(),
}


@pytest.mark.parametrize("name", TAKEN)
def test_files_are_taken_as_people_have_them(mentoring: Mentoring, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(TAKEN[name])

    applied = mentoring("staff", "import", file, "--apply", "--json")
    shown = mentoring("staff", "show", "A2", "--json")

    assert (applied.exit_code, json.loads(applied.stdout)["added"]) == (0, 2)
    entry = json.loads(shown.stdout)
    assert entry["person"]["name"].split()[0] in ("Łucja", "Chloé")
    assert [one["name"] for one in entry["line_up"]] == ["Zoë A1"]


PROBLEMS = {
    "doubled number": (
        a_row("A2"),
        "Line 4: the staff number A2 is already on line 3. Each person may stand in the file once.",
    ),
    "unknown manager": (
        a_row("A3", manager_staff_no="A9"),
        "Line 4: the column manager_staff_no names A9, but nobody in the file has that staff number.",
    ),
    "reporting loop": (
        a_row("A3", manager_staff_no="A3"),
        "Line 4: these people report to each other in a circle: A3 > A3 (1 in all). One of the lines must be wrong.",
    ),
    "bad zone": (
        a_row("A3", time_zone="Nairobi"),
        "Line 4: “Nairobi” is not a time zone. Write it like Africa/Nairobi, or leave it empty.",
    ),
    "bad address": (
        a_row("A3", email="a3 at example.org"),
        "Line 4: “a3 at example.org” is not an e-mail address.",
    ),
    "bad language": (
        a_row("A3", languages="en:fluent"),
        "Line 4: the languages “en:fluent” cannot be read. Write each as code:fluency, like en:native, "
        "with upright bars between them; fluency is basic, professional or native.",
    ),
}


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_problem_is_told_by_line_and_nothing_is_written(mentoring: Mentoring, tmp_path: Path, kind: str) -> None:
    row, sentence = PROBLEMS[kind]
    file = tmp_path / "staff.csv"
    file.write_bytes(csv_of(*STAFF, row))

    refused = mentoring("staff", "import", file, "--apply")
    found = mentoring("staff", "find", "A", "--json")

    assert refused.exit_code == 1
    assert refused.stdout.splitlines()[-2:] == [
        f"  {sentence}",
        "Nothing was written, because the file has problems.",
    ]
    assert json.loads(found.stdout) == []


NO_TABLE = (
    "FileNotATable: The file {file} cannot be read as a table. It must be CSV (plain or gzipped) or XLSX, and whole."
)
REFUSED = {
    "bomb.csv.gz": (
        gzip.compress(b"\0" * 64 * MEGABYTE),
        "FilePackedTooTightly: The file {file} grows to more than 100 times its size when it is unpacked. "
        "It was not opened. Please save it again as CSV.",
    ),
    "page.csv": (b"<!doctype html><title>Sign in</title>", NO_TABLE),
    "picture.csv": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, NO_TABLE),
    "half.xlsx": (as_xlsx()[:2000], NO_TABLE),
    "empty.csv": (b"\n\n", "FileEmpty: The file {file} is empty."),
    "heading.csv": (csv_of(), "FileHasNoRows: The file {file} has column names but no rows below them."),
    "other.csv": (
        b"name,room\nZoe,12\n",
        "ColumnsMissing: These columns are missing: staff_no, given_name, email. The file has: name, room. "
        "If a column has another name, say so in the mapping.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_staff_file_is_refused_with_a_sentence(mentoring: Mentoring, tmp_path: Path, name: str) -> None:
    content, sentence = REFUSED[name]
    file = tmp_path / name
    file.write_bytes(content)

    refused = mentoring("staff", "import", file, "--apply")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == sentence.format(file=file) + "\n"


def test_columns_of_another_name_are_mapped(mentoring: Mentoring, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    file.write_text("Personnel No;Vorname;Mail\n00017;Jürgen;j@example.org\n", encoding="utf-8")
    maps = ["--map", "staff_no=Personnel No", "--map", "given_name=vorname", "--map", "email=MAIL"]

    applied = mentoring("staff", "import", file, "--apply", "--json", *maps)
    wrong = mentoring("staff", "import", file, "--map", "staff_no")

    assert (applied.exit_code, json.loads(applied.stdout)["changes"][0]["staff_no"]) == (0, "00017")
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith("MappingUnreadable: “staff_no” does not say which column is which.")


def test_a_dry_run_says_how_to_write_it_and_the_same_file_twice_says_so(mentoring: Mentoring, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    file.write_bytes(csv_of(*STAFF))

    dry, applied, again = [
        mentoring("staff", "import", file, *words).stdout.splitlines() for words in ((), ("--apply",), ("--apply",))
    ]

    assert dry == [
        "Added: 2 (of whom came back: 0). Changed: 0. Left: 0. Unchanged: 0.",
        "Levels of the organisation: 2. At the top: A1.",
        "  + A1",
        "  + A2",
        "This was a dry run: nothing was written. Add --apply to write it.",
    ]
    assert applied[-1] == "All of it was written."
    assert again[-1] == "There is nothing to write: all of it is there already."


@pytest.mark.parametrize("words", [("staff", "import", "no-such-file.csv"), ("staff", "import"), ("staff", "look")])
def test_wrong_use_ends_with_2(mentoring: Mentoring, words: tuple[str, ...]) -> None:
    assert mentoring(*words).exit_code == 2


async def written(url: str) -> list[int]:
    """How many people, reporting lines and imports the database has."""
    async with database(url) as opened, opened.reading() as db:
        tables = (Person, ReportingLine, StaffImport)
        return [await db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


async def test_a_kill_in_the_middle_leaves_nothing_half_and_the_next_run_does_it_all(
    database_url: str, tmp_path: Path
) -> None:
    people = 6_000
    file = tmp_path / "staff.csv"
    rows = (a_row(f"A{number}", manager_staff_no="A0" if number else "") for number in range(people))
    file.write_bytes(csv_of(*rows))
    words = [str(PROGRAM), "staff", "import", str(file), "--apply", "--json"]
    environment = {**os.environ, "MENTORING_DATABASE_URL": database_url, "TERM": "xterm", "COLUMNS": "100"}

    _kill_while_writing(words, environment)
    after_the_kill = await written(database_url)
    again = subprocess.run(words, env=environment, capture_output=True, check=False)  # nothing else runs

    assert after_the_kill == [0, 0, 0]
    assert (again.returncode, json.loads(again.stdout)["added"]) == (0, people)
    assert await written(database_url) == [people, people - 1, 1]


def _kill_while_writing(words: list[str], environment: dict[str, str]) -> None:
    """Look on through a terminal, and kill as soon as the progress bar says that it writes."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"Writing" not in shown:
        shown += os.read(ours, 4096)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    os.close(ours)
