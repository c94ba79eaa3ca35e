"""Programmes and their sign-ups from the command line."""

from collections.abc import Iterator
from typing import BinaryIO

import click
import msgspec
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.console import (
    apply_option,
    in_transaction,
    json_option,
    moment,
    reading,
    say,
    with_database,
    words,
)
from mentoring.db import Database
from mentoring.directory.importing import mapping_of
from mentoring.directory.table import LARGEST_FILE
from mentoring.identity import MACHINE
from mentoring.programmes import imports, queries, service
from mentoring.programmes.changes import GROUPS, change_of
from mentoring.programmes.contracts import (
    NewProgramme,
    ProgrammeSummary,
    ProgrammeView,
    RoleCount,
    SignUpsReport,
    SignUpsUpload,
)
from mentoring.programmes.rules import Preset
from mentoring.progress import bar

MOST_LINES = 20
"""Changes that a terminal shows; --json has more."""


@click.group()
def programme() -> None:
    """Programmes: make one from a preset, look at it, change what it decides. PROGRAMME is a name or an id."""


@programme.command("create")
@click.argument("name")
@click.option(
    "--preset",
    type=click.Choice([one.value for one in Preset]),
    default=Preset.STANDARD.value,
    show_default=True,
    help="standard: 7 sessions every 3 weeks; sprint: 6 every 2 weeks; extended: 9 monthly.",
)
@json_option
def create(name: str, preset: str, as_json: bool) -> None:
    """Make a programme called NAME and open it for sign-ups.

    \b
    Example:
      mentoring programme create "Digital leaders" --preset sprint
    """
    try:
        new = msgspec.convert({"name": name, "preset": preset}, NewProgramme)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error

    async def job(db: AsyncSession) -> ProgrammeView:
        return await service.create_programme(db, MACHINE, new, moment())

    _show(in_transaction(job), as_json)


@programme.command("list")
@json_option
def list_all(as_json: bool) -> None:
    """List all programmes."""

    async def job(db: AsyncSession) -> list[ProgrammeSummary]:
        return await queries.list_programmes(db, MACHINE)

    found = reading(job)
    say(as_json, found, (f"{one.id}  {one.name}  {_open_word(one.open)}" for one in found))


def _open_word(is_open: bool) -> str:
    return words().text("programme.open" if is_open else "programme.closed")


@programme.command("show")
@click.argument("ref", metavar="PROGRAMME")
@json_option
def show(ref: str, as_json: bool) -> None:
    """Show what PROGRAMME decides (each line can be set by `programme set`) and how many have signed up.

    \b
    Example:
      mentoring programme show "Digital leaders" --json
    """

    async def job(db: AsyncSession) -> ProgrammeView:
        return await queries.read_programme(db, MACHINE, ref)

    _show(reading(job), as_json)


@programme.command("set")
@click.argument("ref", metavar="PROGRAMME")
@click.argument("pairs", metavar="NAME=VALUE...", nargs=-1, required=True)
@json_option
def change(ref: str, pairs: tuple[str, ...], as_json: bool) -> None:
    """Set what PROGRAMME decides: rules, weights, matching, plan, ladder, open, name. All of the pairs or none.

    \b
    Examples:
      mentoring programme set "Digital leaders" rules.unit=off weights.need=0.5
      mentoring programme set "Digital leaders" plan.sessions=8 ladder.consent_reminders=2,4 ladder.consent_expires=6
      mentoring programme set "Digital leaders" ladder.silence=1.5:junior,2:leader+delegate,3:amber,4:red
      mentoring programme set "Digital leaders" open=no
    """

    async def job(db: AsyncSession) -> ProgrammeView:
        return await service.change_programme(db, MACHINE, ref, change_of(pairs), moment())

    _show(in_transaction(job), as_json)


def _show(view: ProgrammeView, as_json: bool) -> None:
    say(as_json, view, _lines(view))


def _lines(view: ProgrammeView) -> Iterator[str]:
    yield f"{view.name}  ({view.preset.value})  {_open_word(view.open)}"
    yield f"  {view.id}"
    yield "  " + words().text("programme.leaders", **_count(view.leaders))
    yield "  " + words().text("programme.juniors", **_count(view.juniors))
    if view.coordinators:
        yield "  " + words().text("programme.coordinators", names=", ".join(one.name for one in view.coordinators))
    for group in GROUPS:
        values: msgspec.Struct = getattr(view, group)
        for name, value in structs.asdict(values).items():
            yield f"  {group}.{name}={_written(value)}"


def _count(count: RoleCount) -> dict[str, str]:
    return {name: words().number(number) for name, number in structs.asdict(count).items()}


def _written(value: object) -> str:
    """As `programme set` reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


@programme.group("coordinator")
def coordinator() -> None:
    """Who runs a programme."""


@coordinator.command("add")
@click.argument("ref", metavar="PROGRAMME")
@click.argument("person")
@json_option
def add_coordinator(ref: str, person: str, as_json: bool) -> None:
    """Let PERSON (staff number, address or id) run PROGRAMME.

    \b
    Example:
      mentoring programme coordinator add "Digital leaders" CA000161
    """

    async def job(db: AsyncSession) -> ProgrammeView:
        return await service.add_coordinator(db, MACHINE, ref, person, moment())

    _show(in_transaction(job), as_json)


@coordinator.command("remove")
@click.argument("ref", metavar="PROGRAMME")
@click.argument("person")
@json_option
def remove_coordinator(ref: str, person: str, as_json: bool) -> None:
    """Take PROGRAMME out of the hands of PERSON (staff number, address or id)."""

    async def job(db: AsyncSession) -> ProgrammeView:
        return await service.remove_coordinator(db, MACHINE, ref, person, moment())

    _show(in_transaction(job), as_json)


@click.group()
def signups() -> None:
    """Sign-ups for a programme."""


@signups.command("import")
@click.argument("ref", metavar="PROGRAMME")
@click.argument("file", type=click.File("rb"))
@apply_option
@click.option(
    "--map",
    "pairs",
    multiple=True,
    metavar="OURS=THEIRS",
    help="A column that has another name in the file, as in --map staff_no=PersonnelNo. May be given many times.",
)
@json_option
def import_file(ref: str, file: BinaryIO, apply: bool, pairs: tuple[str, ...], as_json: bool) -> None:
    """Compare the sign-ups in FILE with those of PROGRAMME and say what would change; --apply writes it.

    FILE is CSV, gzipped CSV or XLSX with the columns staff_no, role (leader or junior), skills (code:level|..., a
    leader's most urgent first with the level held, a junior's with the level offered) and hours
    (mon:15:00-18:00|..., in the person's own time zone); it may have tools, capacity, wishes and exclusions
    (staff numbers|...). Whoever is not in it stays as they are. An imported junior counts as prepared.

    \b
    Example:
      mentoring signups import "Digital leaders" signups.csv --apply
    """

    async def job(database: Database) -> SignUpsReport:
        upload = SignUpsUpload(file.read(LARGEST_FILE + 1), file.name, mapping_of(pairs), apply)
        with bar("signups.import.stage") as tell:
            return await imports.import_sign_ups(database, MACHINE, ref, upload, words(), moment(), tell)

    report = with_database(job)
    say(as_json, report, _report_lines(report, asked=apply))
    raise SystemExit(1 if report.problems else 0)


def _report_lines(report: SignUpsReport, *, asked: bool) -> Iterator[str]:
    text, number = words().text, words().number
    counts = {name: number(getattr(report, name)) for name in ("leaders", "juniors", "added", "changed", "unchanged")}
    yield text("signups.import.counts", **counts)
    for one in report.changes[:MOST_LINES]:
        sign = "+" if one.what == "added" else "~"
        yield f"  {sign} {one.staff_no}  {one.role.value}  {', '.join(one.columns)}".rstrip()
    if report.changes_total > MOST_LINES:
        yield text("staff.import.more", number=number(report.changes_total - MOST_LINES))
    yield from (f"  {problem.text}" for problem in report.problems)
    yield text(f"staff.import.{_outcome(report, asked=asked)}")


def _outcome(report: SignUpsReport, *, asked: bool) -> str:
    if report.problems:
        return "refused"
    if not report.changes_total:
        return "same"
    return "applied" if asked else "dry"
