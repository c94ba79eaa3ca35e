"""``make bench-match``: the engine beside what others offer, on the same problems, each alone in a process.

All are to make the total of points as large as they can, on made organisations of growing size and on those of an
agency and a revenue service. Whoever takes longer than the limit is ended and not tried at larger sizes; the table
says so.
"""

import argparse
import csv
import gzip
import io
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from tests.bench.arena import CONTESTANTS, Outcome
from tests.bench.organisations import AGENCY, REVENUE, Row, files_of
from tests.bench.peers import PEERS
from tests.bench.picture import Point, drawn
from tests.bench.processes import CommandFailed, ran
from tests.bench.report import Figure, at_least, at_most, exactly, known, show, surroundings, write
from tests.bench.workshop import BUILD, end_in_order, workshop
from tests.harness.run import REPOSITORY
from tests.matching.cabinet import read_problem

SIZES = (500, 1_000, 2_000, 5_000, 14_000)
ALONE = (50_000, 100_000)
LIMIT, LARGE_LIMIT = 120.0, 600.0
"""Seconds: beside others; ours alone. How far we get with more people than that, ``reach`` tells."""

MOST_MB = 12_000
SETTING_UP = 30.0
"""Seconds more for what is not measured: start, imports, the problem, the small one before it."""

PACKAGES = ("mentoring", "numpy", "scipy", "numba", "networkx", "lapx", "ortools", "munkres")
"""Whose versions belong to a figure; those of others are there only where they were installed to be measured."""

KINDS = ("real", "ties", "capacities", AGENCY.code, REVENUE.code)
OURS = ("ours", "ours, leaders first")
PLAIN, VERIFYING, EDITING = "ours, without numba", "ours, verifying", "ours, an edit"
BASE = "scipy dense"


class Bout(Struct, frozen=True):
    """A problem and who is to solve it. Who gave up at a smaller size of a kind is not tried at a larger one."""

    kind: str
    people: int
    problem: str
    contestants: tuple[str, ...]
    limit: float = LIMIT
    setting_up: float = SETTING_UP

    @property
    def name(self) -> str:
        return self.kind if self.kind in (AGENCY.code, REVENUE.code) else f"{self.kind} {self.people:,}"


class Entry(Struct, frozen=True):
    """A contestant in a bout. behind: share of the best total missed. exact: whether the method promises the best."""

    kind: str
    people: int
    contestant: str
    exact: bool
    seconds: float | None = None
    solving: float | None = None
    peak_mb: float | None = None
    total: int | None = None
    behind: float | None = None
    slowest: float | None = None
    why_not: str = ""


class Record(Struct, frozen=True):
    entries: Sequence[Entry]
    figures: Sequence[Figure]


BOUNDS: Mapping[tuple[str, int], tuple[float, float]] = {
    ("real", 14_000): (1.5, 350),
    ("ties", 14_000): (2.0, 350),
    ("capacities", 14_000): (2.5, 350),
    ("real", 50_000): (12, 600),
    ("real", 100_000): (45, 1000),
}
"""Seconds and MB of ours that were to be reached, on two cores with nothing else to do."""

TIMES_FASTER = 30

OTHER_BOUNDS: Mapping[tuple[str, int], tuple[float, float | None]] = {
    (PLAIN, 14_000): (6, None),
    (VERIFYING, 14_000): (0.5, None),
    (VERIFYING, 100_000): (20, None),
    (EDITING, 14_000): (0.005, 0.010),
    (EDITING, 100_000): (0.100, None),
}
"""Seconds that what else we do was to take, and that of one in twenty; of real organisations alone."""


def main(arguments: Sequence[str] | None = None, bouts: Sequence[Bout] = ()) -> int:
    """Return 1 where a contestant broke in another way than by being slow or large."""
    chosen = _parser().parse_args(arguments)
    with workshop(chosen.data) as shop:
        entries = held(bouts or list(asked(chosen, shop.folder)), shop.folder, chosen.limit)
    figures = [*figures_of(entries), *surroundings(packages=installed())]
    write(Record(entries, figures), chosen.output)
    chosen.output.with_suffix(".svg").write_text(drawn(points(entries)), encoding="utf-8")
    show_entries(entries)
    show(figures, "Figures of the engine")
    return int(any(entry.why_not.startswith("broke") for entry in entries))


def installed() -> list[str]:
    names = {str(one.name) for one in distributions()}
    return [name for name in PACKAGES if name in names]


def asked(chosen: argparse.Namespace, folder: Path) -> Iterator[Bout]:
    yield from made(chosen.sizes, chosen.alone, chosen.only)
    yield from given(chosen.data, folder, chosen.only)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-match", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with agency-staff.csv, agency-signups.csv and revenue-*")
    parser.add_argument("--only", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="people of each side, beside others")
    parser.add_argument("--alone", type=int, nargs="*", default=ALONE, help="people of each side, ours alone")
    parser.add_argument("--limit", type=float, help="seconds for each contestant; not told: 120, ours alone 600")
    parser.add_argument("--output", type=Path, default=BUILD / "bench-match.json")
    return parser


def made(sizes: Sequence[int], alone: Sequence[int], kinds: Sequence[str]) -> Iterator[Bout]:
    """Everybody on made organisations; with ties and capacities only at the two largest sizes that others take."""
    everybody = tuple(CONTESTANTS)
    for kind, some in (("real", sorted(sizes)), ("ties", sorted(sizes)[-2:]), ("capacities", sorted(sizes)[-2:])):
        for people in some if kind in kinds else ():
            yield Bout(kind, people, f"{kind}:{people}x{people}", everybody)
    for people in sorted(alone) if "real" in kinds else ():
        yield Bout("real", people, f"real:{people}x{people}", (*OURS, VERIFYING, EDITING, "bare pass"), LARGE_LIMIT)


def given(data: Path | None, folder: Path, kinds: Sequence[str]) -> Iterator[Bout]:
    """The agency's and the revenue service's round, from files that are given or else made."""
    for shape in (AGENCY, REVENUE):
        if shape.code in kinds:
            files = files_of(shape, data, folder)
            problem = read_problem(_rows(files.staff), _rows(files.sign_ups))
            path = folder / f"{shape.code}.problem"
            path.write_bytes(problem.to_bytes())
            yield Bout(shape.code, problem.juniors, str(path), tuple(CONTESTANTS))


def _rows(path: Path) -> Iterator[Row]:
    packed = path.read_bytes()
    text = (gzip.decompress(packed) if path.suffix == ".gz" else packed).decode("utf-8")
    return csv.DictReader(io.StringIO(text, newline=""))


def held(bouts: Sequence[Bout], folder: Path, limit: float | None) -> list[Entry]:
    entries: list[Entry] = []
    gave_up: set[tuple[str, str]] = set()
    for bout in bouts:
        of_bout = []
        for contestant in bout.contestants:
            entry = _entry(bout, contestant, (bout.kind, contestant) in gave_up)
            if not entry.why_not:
                entry = _tried(entry, bout, folder, limit or bout.limit)
                print(f"{bout.name}, {contestant}: {_said(entry)}", file=sys.stderr, flush=True)
            if entry.why_not:
                gave_up.add((bout.kind, contestant))
            of_bout.append(entry)
        entries += judged(of_bout)
    return entries


def _entry(bout: Bout, contestant: str, gave_up: bool) -> Entry:
    peer = PEERS.get(contestant)
    large = peer is not None and bout.people > peer.most
    why_not = "gave up at a smaller size" if gave_up else "not tried so large" if large else ""
    return Entry(bout.kind, bout.people, contestant, peer is None or peer.exact, why_not=why_not)


def _said(entry: Entry) -> str:
    return entry.why_not or f"{entry.seconds:.2f} s, {entry.peak_mb:,.0f} MB, {entry.total:,}"


def _tried(entry: Entry, bout: Bout, folder: Path, limit: float) -> Entry:
    environment = {"PYTHONPATH": str(REPOSITORY)}
    arguments = ("-m", "tests.bench.arena", entry.contestant, bout.problem, str(MOST_MB))
    python = Path(sys.executable)
    try:
        done = ran(
            *arguments, environment=environment, directory=folder, within=limit + bout.setting_up, program=python
        )
    except CommandFailed as failure:
        return msgspec.structs.replace(entry, why_not=_why(str(failure), limit))
    outcome = msgspec.json.decode(done.output, type=Outcome)
    numbers = {name: getattr(outcome, name) for name in ("seconds", "solving", "peak_mb", "total", "slowest")}
    return msgspec.structs.replace(entry, **numbers)


def _why(failure: str, limit: float) -> str:
    if "ended with -9" in failure:
        return f"more than {limit:.0f} s"
    if "MemoryError" in failure or "bad_alloc" in failure or "ended with -6" in failure:
        return f"more than {MOST_MB:,} MB"
    return f"broke: {failure.strip().splitlines()[-1][:80]}"


def judged(entries: Sequence[Entry]) -> list[Entry]:
    """Say how far each is behind the best total of the bout. Who puts leaders first is not after it."""
    best = max((entry.total or 0 for entry in entries), default=0)
    return [
        msgspec.structs.replace(entry, behind=(best - entry.total) / best) if entry.total and best else entry
        for entry in entries
    ]


def points(entries: Sequence[Entry]) -> list[Point]:
    """What the picture shows: the made organisations without particulars."""
    return [
        (entry.contestant, entry.people, entry.seconds, entry.peak_mb)
        for entry in entries
        if entry.kind == "real" and entry.seconds is not None and entry.peak_mb is not None
    ]


def figures_of(entries: Sequence[Entry]) -> Iterator[Figure]:
    found = {(entry.kind, entry.people, entry.contestant): entry.seconds for entry in entries if entry.seconds}
    for entry in entries:
        if entry.contestant == "ours" and entry.seconds and entry.peak_mb:
            name = f"ours, {entry.kind} {entry.people:,}"
            seconds, megabytes = BOUNDS.get((entry.kind, entry.people), (None, None))
            if seconds and megabytes:
                yield at_most(name, entry.seconds, "s", seconds)
                yield at_most(f"{name}: peak memory", entry.peak_mb, "MB", megabytes)
            bare, base = (found.get((entry.kind, entry.people, other)) for other in ("bare pass", BASE))
            if bare:
                yield known(f"{name}: as long as", entry.seconds / bare, "bare passes")
            if base and entry.people >= SIZES[-1]:
                yield at_least(f"{name}: faster than {BASE}", base / entry.seconds, "times", TIMES_FASTER)
        elif entry.kind == "real" and entry.seconds and entry.contestant in (PLAIN, VERIFYING, EDITING):
            yield from other_figures(entry, entry.seconds)
    missed = [
        entry for entry in entries if entry.exact and entry.behind and entry.contestant in (OURS[0], PLAIN, *PEERS)
    ]
    yield exactly("totals missed by methods that promise the best", len(missed), "totals", 0)
    yield from growth(points(entries))


def other_figures(entry: Entry, seconds: float) -> Iterator[Figure]:
    name = f"{entry.contestant}, {entry.kind} {entry.people:,}"
    usual, slowest = OTHER_BOUNDS.get((entry.contestant, entry.people), (None, None))
    yield at_most(name, seconds, "s", usual) if usual else known(name, seconds, "s")
    if entry.slowest:
        name = f"{name}: one in twenty"
        yield at_most(name, entry.slowest, "s", slowest) if slowest else known(name, entry.slowest, "s")


def growth(points: Sequence[Point]) -> Iterator[Figure]:
    """The exponent of the size in each one's time, from a thousand people of a side on."""
    for name in dict.fromkeys(name for name, *_ in points):
        sizes = {people: seconds for one, people, seconds, _ in points if one == name and people >= SIZES[1]}
        if len(sizes) > 2:
            slope = np.polyfit(np.log(list(sizes)), np.log(list(sizes.values())), 1)[0]
            yield known(f"{name}: growth of time with people", float(slope), "exponent")


def show_entries(entries: Sequence[Entry]) -> None:
    table = Table(title="Side by side: the greatest total", title_justify="left")
    for heading in ("problem", "contestant", "exact"):
        table.add_column(heading)
    for heading in ("seconds", "of it solving", "MB", "total points", "behind"):
        table.add_column(heading, justify="right")
    for entry in entries:
        name = f"{entry.kind} {entry.people:,}"
        if entry.seconds is None or entry.total is None:
            table.add_row(name, entry.contestant, _exact(entry), "", "", "", "", entry.why_not)
        else:
            table.add_row(name, entry.contestant, _exact(entry), *_numbers(entry))
    Console(width=120).print(table)


def _exact(entry: Entry) -> str:
    return "" if entry.contestant == "bare pass" else "yes" if entry.exact else "no"


def _numbers(entry: Entry) -> tuple[str, ...]:
    solving = f"{entry.solving:.2f}" if entry.solving is not None else ""
    if not entry.total:
        return f"{entry.seconds:.2f}", "", f"{entry.peak_mb:,.0f}", "", ""
    behind = entry.behind or 0
    digits = 2 if behind == 0 else max(2, 1 - math.floor(math.log10(behind * 100)))
    return (
        f"{entry.seconds:.2f}",
        solving,
        f"{entry.peak_mb:,.0f}",
        f"{entry.total:,}",
        f"{behind:.{digits}%}" if behind else "0",
    )


if __name__ == "__main__":
    end_in_order()
    sys.exit(main())
