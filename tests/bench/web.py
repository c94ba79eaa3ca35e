"""``make bench-web``: what a first view of every page costs on the wire, in requests, in time, and whether it moves.

A small organisation whose round has as many pairs as a large one's is served as in production; Chromium opens each
page in a window that has never seen it, then the server's time is taken over one kept connection.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from mentoring.schema import make_ready
from tests.bench.report import Figure, at_most, surroundings, write
from tests.bench.workshop import BUILD
from tests.harness.browser import Browsing, running_browser
from tests.harness.databases import sqlite_url
from tests.journeys.walking import (
    LARGEST_VIEW,
    MOST_REQUESTS,
    PATIENCE,
    STILL,
    Organisation,
    Place,
    opened,
    places,
    serving,
)
from tests.mentoring.world import ADMINISTRATOR, COORDINATOR

PAIRS = 1500
TIMES = 15
PARTICIPANT, DESK = 50, 150
"""Milliseconds that the server may take for a page: a participant's, and one of those who run it."""


class Cost(Struct, frozen=True):
    """What one page costs."""

    place: Place
    status: int
    size: int
    requests: int
    milliseconds: float
    shifted: float

    @property
    def figures(self) -> list[Figure]:
        longest = DESK if self.place.role in (COORDINATOR, ADMINISTRATOR) else PARTICIPANT
        return [
            at_most(f"{self.place.route}: first view", self.size / 1000, "kB", LARGEST_VIEW / 1000),
            at_most(f"{self.place.route}: requests beyond the page", self.requests, "requests", MOST_REQUESTS),
            at_most(f"{self.place.route}: server time, median of {TIMES}", self.milliseconds, "ms", longest),
            at_most(f"{self.place.route}: layout shift", self.shifted, "", STILL),
        ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench-web", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="pairs of the round")
    parser.add_argument("--output", type=Path, default=BUILD / "bench-web.json")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-web-") as folder:
        make_ready(sqlite_url(Path(folder) / "mentoring.db"))
        costs, stopped = asyncio.run(measured(Path(folder), chosen.pairs))
    figures = [figure for cost in costs for figure in cost.figures]
    figures += [at_most("violations of the Content-Security-Policy", len(stopped), "", 0)]
    write([*figures, *surroundings()], chosen.output)
    show(costs, stopped)
    return 0


async def measured(folder: Path, pairs: int) -> tuple[list[Cost], list[str]]:
    """The cost of every page, and what their policy stopped."""
    async with AsyncExitStack() as closing:
        organisation = await closing.enter_async_context(serving(folder, pairs))
        windows = Browsing(await closing.enter_async_context(running_browser()), closing, PATIENCE)
        costs = [await _cost(windows, organisation, place) for place in await places(organisation)]
    return costs, [one for one in windows.complaints if one.startswith("policy:")]


async def _cost(windows: Browsing, organisation: Organisation, place: Place) -> Cost:
    async with opened(windows, organisation, place, "en") as (_, visit):
        pass
    taken = await _server_times(organisation, place)
    return Cost(place, visit.status, visit.size, len(visit.requests), statistics.median(taken), visit.shifted)


async def _server_times(organisation: Organisation, place: Place) -> list[float]:
    headers = {"accept-encoding": "gzip", "sec-fetch-site": "none", **organisation.world.keys[place.role]}
    taken = []
    async with httpx.AsyncClient(base_url=organisation.url, headers=headers, trust_env=False, timeout=60) as client:
        for _ in range(TIMES + 1):
            started = time.perf_counter()
            await client.get(place.path)
            taken.append((time.perf_counter() - started) * 1000)
    return taken[1:]


def show(costs: Sequence[Cost], stopped: Sequence[str]) -> None:
    """One line a page; what does not hold is red."""
    table = Table("page", "who", "kB", "requests", "ms", "shift", title="First view of every page")
    for cost in costs:
        values = [f"{figure.value:g}" if figure.holds else f"[bold red]{figure.value:g}[/]" for figure in cost.figures]
        table.add_row(cost.place.route.removeprefix("GET "), cost.place.role, *values)
    console = Console()
    console.print(table)
    console.print(f"Content-Security-Policy: {len(stopped)} violations", *stopped)


if __name__ == "__main__":
    sys.exit(main())
