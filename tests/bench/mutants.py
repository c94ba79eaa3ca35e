"""What ``make mutants`` found: of the small changes made to each file of the engine, how many its tests noticed.

A mutant that no test notices is either a gap in the tests or the same engine in other words. Reads what mutmut wrote.
There are more than ten thousand: ``--draw 250`` names so many of them, the same ones each time, to be tried for all.
"""

import argparse
import contextlib
import importlib
import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from rich.console import Console
from rich.table import Table

from tests.harness.run import REPOSITORY

MUTANTS = REPOSITORY / "mutants"
WANTED = 0.85
SEED = 2026
SURVIVED = (0, 5, 33)
"""Exit codes of a mutant's tests: all passed, none ran, none were known to reach it."""


class Score(Struct, frozen=True):
    file: str
    noticed: int
    survivors: tuple[str, ...]

    @property
    def mutants(self) -> int:
        return self.noticed + len(self.survivors)


def scores(folder: Path) -> Iterator[Score]:
    """Those that were tried; a run that was ended early is taken up again by the next."""
    for path in sorted(folder.glob("matching/*.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        tried = {name: code for name, code in codes.items() if code is not None}
        survivors = tuple(sorted(name for name, code in tried.items() if code in SURVIVED))
        if tried:
            yield Score(path.name.removesuffix(".meta"), len(tried) - len(survivors), survivors)


def drawn(folder: Path, count: int) -> list[str]:
    """So many mutants of all files together, the same ones each time."""
    paths = sorted(folder.glob("matching/*.meta"))
    names = [name for path in paths for name in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]]
    return random.Random(SEED).sample(sorted(names), min(count, len(names)))


def make_mutants() -> None:
    """Have mutmut write its mutants, which it otherwise does only to try them. Its environment is not that of tests."""
    MUTANTS.mkdir(exist_ok=True)
    with contextlib.redirect_stdout(sys.stderr):
        importlib.import_module("mutmut.__main__").create_mutants(1)


def main(arguments: Sequence[str] | None = None, folder: Path = MUTANTS) -> int:
    """Return 1 where fewer were noticed than wanted."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--draw", type=int, help="name so many mutants to be tried")
    chosen = parser.parse_args(arguments)
    if chosen.draw:
        make_mutants()
        print("\n".join(drawn(folder, chosen.draw)))
        return 0
    found = list(scores(folder))
    table = Table(title="Mutants of the engine", title_justify="left")
    for heading in ("file", "tried", "noticed", "share"):
        table.add_column(heading, justify="left" if heading == "file" else "right")
    for one in found:
        table.add_row(one.file, *_numbers(one.mutants, one.noticed))
    tried, noticed = sum(one.mutants for one in found), sum(one.noticed for one in found)
    table.add_row("all", *_numbers(tried, noticed), style="bold")
    console = Console(width=100)
    console.print(table)
    for name in (name for one in found for name in one.survivors):
        console.print(f"not noticed: {name}", highlight=False, markup=False)
    return int(noticed < WANTED * tried)


def _numbers(tried: int, noticed: int) -> Sequence[str]:
    return str(tried), str(noticed), f"{noticed / max(tried, 1):.1%}"


if __name__ == "__main__":
    sys.exit(main())
