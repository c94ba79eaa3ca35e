"""Staff files and the directory, from the command line."""

from collections.abc import Iterator
from typing import BinaryIO

import click
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.console import apply_option, json_option, moment, reading, say, with_database, words
from mentoring.db import Database
from mentoring.directory import queries
from mentoring.directory.contracts import Colleague, DirectoryEntry, PersonSummary, StaffReport, StaffUpload
from mentoring.directory.importing import mapping_of
from mentoring.directory.service import import_staff
from mentoring.directory.table import LARGEST_FILE
from mentoring.identity import MACHINE
from mentoring.progress import bar

SIGNS = {"added": "+", "returned": "+", "changed": "~", "left": "-"}
COUNTS = ("added", "returned", "changed", "left", "unchanged")
MOST_LINES = 20
"""Changes that a terminal shows; --json has more."""


@click.group()
def staff() -> None:
    """The staff directory: import a staff file, look somebody up."""


@staff.command("import")
@click.argument("file", type=click.File("rb"))
@apply_option
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="OURS=THEIRS",
    help="A column that has another name in the file, as in --map staff_no=PersonnelNo. May be given many times.",
)
@click.option("--allow-leavers", is_flag=True, help="Apply the file even when more than a fifth of the staff leave.")
@json_option
def import_file(file: BinaryIO, apply: bool, pairs: tuple[str, ...], allow_leavers: bool, as_json: bool) -> None:
    """Compare FILE with the directory and say what it would change; --apply writes it.

    FILE is CSV with any common delimiter and encoding, gzipped CSV, or XLSX ("-" reads standard input). It needs the
    columns staff_no, given_name and email, and may have family_name, job_title, grade, grade_level, unit,
    duty_station, country, time_zone, languages, manager_staff_no, dotted_manager_staff_nos, appraiser_staff_no, gender.
    It is the whole staff: whoever is not in it has left. All of it is written or nothing.

    \b
    Example:
      mentoring staff import staff.csv                 # what would change
      mentoring staff import staff.csv --apply         # change it
      mentoring staff import export.xlsx --map staff_no="Personnel No" --json
    """

    async def job(database: Database) -> StaffReport:
        upload = StaffUpload(file.read(LARGEST_FILE + 1), file.name, mapping_of(pairs), apply, allow_leavers)
        with bar("staff.import.stage") as tell:
            return await import_staff(database, MACHINE, upload, words(), moment(), tell)

    report = with_database(job)
    say(as_json, report, _lines(report, asked=apply))
    raise SystemExit(1 if report.problems else 0)


def _lines(report: StaffReport, *, asked: bool) -> Iterator[str]:
    text = words().text
    yield text(
        "staff.import.counts",
        **{
            name: words().number(getattr(report, name))
            for name in ("added", "returned", "changed", "left", "unchanged")
        },
    )
    yield text("staff.import.shape", levels=report.levels, top=", ".join(report.top))
    for change in report.changes[:MOST_LINES]:
        yield f"  {SIGNS[change.what]} {change.staff_no}  {', '.join(change.columns)}".rstrip()
    if report.changes_total > MOST_LINES:
        yield text("staff.import.more", number=words().number(report.changes_total - MOST_LINES))
    for problem in report.problems:
        yield f"  {problem.text}"
    if report.too_many_leave and not report.applied:
        yield text("staff.import.many_leave")
    yield text(f"staff.import.{_outcome(report, asked=asked)}")


def _outcome(report: StaffReport, *, asked: bool) -> str:
    if report.problems:
        return "refused"
    if not report.changes_total:
        return "same"
    return "applied" if asked else "dry"


@staff.command("show")
@click.argument("person")
@json_option
def show(person: str, as_json: bool) -> None:
    """Show PERSON (staff number, address or id), the line up to the top, and who reports to them.

    \b
    Example:
      mentoring staff show CA000161
    """
    entry = reading(lambda db: queries.read_entry(db, MACHINE, person))
    say(as_json, entry, _entry_lines(entry))


def _entry_lines(entry: DirectoryEntry) -> Iterator[str]:
    person = entry.person
    yield f"{person.staff_no or '-'}  {person.name} <{person.email}>"
    yield "  " + " · ".join(filter(None, (person.job_title, person.unit, person.duty_station, person.country)))
    if person.left_on:
        yield "  " + words().text("staff.show.left", day=words().day(person.left_on))
    for key, people in (
        ("line_up", entry.line_up),
        ("dotted", entry.dotted),
        ("appraisers", entry.appraisers),
        ("reports", entry.reports),
    ):
        if people:
            yield words().text(f"staff.show.{key}")
            yield from map(_colleague_line, people)


def _colleague_line(colleague: Colleague) -> str:
    return f"  {colleague.staff_no or '-'}  {colleague.name}  {colleague.job_title}".rstrip()


@staff.command("find")
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True)
@json_option
def find(query: str, limit: int, as_json: bool) -> None:
    """Find people whose name, address, number or post holds every word of QUERY.

    \b
    Example:
      mentoring staff find "maría finance"
    """

    async def job(db: AsyncSession) -> list[PersonSummary]:
        return await queries.search_people(db, MACHINE, query, limit)

    people = reading(job)
    say(as_json, people, (f"{one.staff_no or '-'}  {one.name} <{one.email}>  {one.job_title}" for one in people))
