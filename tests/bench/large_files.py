"""Staff files and rounds of large organisations, through the commands that people give."""

from tests.bench.organisations import AGENCY, REVENUE, Shape
from tests.bench.report import Figure, at_most, known
from tests.bench.workshop import PROGRAMME, Workshop, number

IMPORT_SECONDS, IMPORT_MB = 20, 400
AGENCY_SECONDS, AGENCY_MB = 3, 500
REVENUE_SECONDS, REVENUE_MB = 15, 2500


def staff_import(workshop: Workshop) -> list[Figure]:
    """The larger staff file into an empty SQLite database: looked at, written, and given a second time."""
    url, file = workshop.sqlite(REVENUE.code), str(workshop.files(REVENUE).staff)
    dry = workshop.mentoring(url, "staff", "import", file, "--json")
    applied = workshop.mentoring(url, "staff", "import", file, "--apply", "--json")
    workshop.first(f"staff of {REVENUE.code}")
    again = workshop.mentoring(url, "staff", "import", file, "--apply", "--json")
    rows = f"staff import of {number(applied, 'added'):,.0f} rows"
    return [
        at_most(f"{rows}, dry run", dry.seconds, "s", IMPORT_SECONDS),
        at_most(f"{rows}, dry run: peak memory", dry.peak_mb, "MB", IMPORT_MB),
        at_most(f"{rows}, applied", applied.seconds, "s", IMPORT_SECONDS),
        at_most(f"{rows}, applied: peak memory", applied.peak_mb, "MB", IMPORT_MB),
        known(f"{rows}, applied: time of processors", applied.cpu_seconds, "s"),
        at_most(f"{rows}, the same file again", again.seconds, "s", IMPORT_SECONDS),
        at_most(f"{rows}, the same file again: peak memory", again.peak_mb, "MB", IMPORT_MB),
    ]


def agency_round(workshop: Workshop) -> list[Figure]:
    """A round of 809 leaders and 2,856 juniors."""
    return _round(workshop, AGENCY, AGENCY_SECONDS, AGENCY_MB)


def revenue_round(workshop: Workshop) -> list[Figure]:
    """A round of 1,477 leaders and 22,212 juniors."""
    return _round(workshop, REVENUE, REVENUE_SECONDS, REVENUE_MB)


def _round(workshop: Workshop, shape: Shape, seconds: float, megabytes: float) -> list[Figure]:
    url = workshop.enrolled(shape)
    solved = workshop.mentoring(url, "round", "propose", PROGRAMME, "--wait", "--json")
    workshop.first(f"round of {shape.code}")
    what = f"{shape.code} round"
    return [
        at_most(f"{what}, rows in the database to stored proposal", number(solved, "seconds"), "s", seconds),
        at_most(f"{what}, peak memory of command and solver", solved.peak_mb, "MB", megabytes),
        known(f"{what}, the whole command", solved.seconds, "s"),
        known(f"{what}, the whole command: time of processors", solved.cpu_seconds, "s"),
        known(f"{what}, matched", int(number(solved, "matched")), f"of {number(solved, 'leaders'):,.0f} leaders"),
    ]
