"""How long people wait for a server that was just started."""

import statistics
import time

from tests.bench.report import Figure, at_most
from tests.bench.workshop import Workshop
from tests.harness.databases import sqlite_url
from tests.harness.server import started

READY_SECONDS = 2.5
STARTS = 3


def server_ready(workshop: Workshop) -> list[Figure]:
    """From ``mentoring serve`` to the first 200: on no database at all, then on the one that is there."""
    url = sqlite_url(workshop.folder / "ready.db")
    first = _start(workshop, url)
    later = statistics.median(_start(workshop, url) for _ in range(STARTS))
    return [
        at_most(f"server ready, median of {STARTS}", later, "s", READY_SECONDS),
        at_most("server ready, the first time, with a database to be made", first, "s", READY_SECONDS),
    ]


def _start(workshop: Workshop, url: str) -> float:
    began = time.monotonic()
    with started("serve", log=workshop.folder / "serve.log", environment=workshop.environment(url)) as server:
        server.wait_until_ready("/health")
        return time.monotonic() - began
