"""How long people wait for a server that was just started."""

import statistics
import time

from tests.bench.report import Figure, at_most
from tests.bench.workshop import Workshop
from tests.harness.databases import sqlite_url
from tests.harness.server import started

READY_SECONDS = 2.5
AGAIN_SECONDS = 3
STARTS = 3


def server_ready(workshop: Workshop) -> list[Figure]:
    """From ``mentoring serve`` to the first 200: on no database at all, then on the one that is there."""
    url = sqlite_url(workshop.folder / "ready.db")
    first = _start(workshop, url)
    later = statistics.median(_start(workshop, url) for _ in range(STARTS))
    return [
        at_most(f"server ready, median of {STARTS}", later, "s", READY_SECONDS),
        at_most("server ready, the first time, with a database to be made", first, "s", READY_SECONDS),
        at_most("web, API, clock and demo in one go, the second start", _again(workshop), "s", AGAIN_SECONDS),
    ]


def _again(workshop: Workshop) -> float:
    """``mentoring run --demo`` on the data of its first start."""
    environment = workshop.environment(sqlite_url(workshop.folder / "demo.db"))
    for _ in range(2):
        began = time.monotonic()
        with started("run", "--demo", log=workshop.folder / "run.log", environment=environment) as service:
            service.wait_until_ready("/health")
            seconds = time.monotonic() - began
            service.wait_for_words("/mailbox")
    return seconds


def _start(workshop: Workshop, url: str) -> float:
    began = time.monotonic()
    with started("serve", log=workshop.folder / "serve.log", environment=workshop.environment(url)) as server:
        server.wait_until_ready("/health")
        return time.monotonic() - began
