"""What a bench says in the end: a table for people, a list for programs, and on which machine it was."""

import importlib.metadata
import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import psutil
from msgspec import Struct
from rich.console import Console
from rich.table import Table

Value = float | int | str | None

PACKAGES = ("mentoring", "sqlalchemy", "aiosqlite", "asyncpg", "litestar", "granian", "numpy", "scipy", "aiosmtplib")
"""Whose versions belong to a figure: what they do is most of what is measured."""

WORDS = {True: "[green]yes[/]", False: "[bold red]NO[/]", None: ""}


class Figure(Struct, frozen=True):
    """One measured value. Without ``bound`` it is there to be known and holds by itself."""

    name: str
    value: Value
    unit: str = ""
    bound: float | None = None
    holds: bool | None = None


def at_most(name: str, value: float, unit: str, bound: float) -> Figure:
    """A figure that must not be larger than ``bound``."""
    return Figure(name, _rounded(value), unit, bound, value <= bound)


def at_least(name: str, value: float, unit: str, bound: float) -> Figure:
    """A figure that must not be smaller than ``bound``."""
    return Figure(name, _rounded(value), unit, bound, value >= bound)


def exactly(name: str, value: int, unit: str, bound: int) -> Figure:
    """A count that must be right."""
    return Figure(name, value, unit, bound, value == bound)


def known(name: str, value: Value, unit: str = "") -> Figure:
    """A fact that helps to read the others."""
    return Figure(name, _rounded(value) if isinstance(value, float) else value, unit)


def _rounded(value: float) -> float:
    """Three figures that count are more than such a measurement knows."""
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)


def surroundings(postgresql: str | None = None, packages: Sequence[str] = PACKAGES) -> list[Figure]:
    """The machine and the versions, in the form of figures."""
    versions = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **({"postgresql": postgresql} if postgresql else {}),
        **{name: importlib.metadata.version(name) for name in packages},
    }
    memory = psutil.virtual_memory().total / 2**30
    return [
        known("machine", f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.platform()}"),
        known("load of the machine at the end", round(os.getloadavg()[0], 2), "processes"),
        known("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
    ]


def _processor() -> str:
    """What the system calls its processor; Python itself knows only the architecture on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def write(content: Struct | Sequence[Struct], path: Path) -> None:
    """Write what was measured; whole or not at all, so that nobody reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.draft")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")
    draft.replace(path)


def show(figures: Iterable[Figure], title: str) -> None:
    """Print the table. Facts without a unit are sentences and stand below it."""
    figures = list(figures)
    table = Table(title=title, title_justify="left")
    for heading in ("name", "value", "unit", "bound", "holds"):
        table.add_column(heading, justify="right" if heading in ("value", "bound") else "left")
    for one in figures:
        if one.unit or one.bound is not None:
            table.add_row(one.name, _shown(one.value), one.unit, _shown(one.bound), WORDS[one.holds])
    # A pipe has no width; a table of our own words needs this much.
    console = Console(width=None if os.isatty(1) else 120)
    console.print(table)
    for one in figures:
        if not one.unit and one.bound is None:
            console.print(f"{one.name}: {one.value}", highlight=False, markup=False)
    missed = [one.name for one in figures if one.holds is False]
    console.print(f"[bold red]{len(missed)} missed:[/] {'; '.join(missed)}" if missed else "Every bound holds.")


def _shown(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:,g}" if isinstance(value, float) else value
