"""``make chaos`` and ``make chaos-full``: an organisation whose processes are killed again and again."""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from mentoring.schema import migrate
from tests.bench.workshop import BUILD
from tests.chaos.rig import rig
from tests.chaos.storm import TROUBLES, storm
from tests.chaos.walk import walk
from tests.harness.databases import sqlite_url
from tests.harness.postgres import shared_cluster
from tests.harness.run import new_run
from tests.harness.smtp import Sink, smtp_sink

QUICK, FULL = 10, 150
"""Kills beside those of the walk: of the quick run, and of the full one on each database."""


async def quick(folder: Path, url: str, smtp: Sink) -> str:
    """Each failpoint once, then some kills at any moment, with one clock."""
    async with rig(folder, url, smtp) as running:
        await walk(running)
        await storm(running, QUICK)
        return await running.verdict()


async def full(folder: Path, url: str, smtp: Sink, name: str) -> str:
    """Each failpoint once, then a storm over two clocks with everything else that goes wrong."""
    async with rig(folder, url, smtp) as running:
        await walk(running)
        await storm(running, FULL, clocks=2, troubles=TROUBLES[name])
        return f"{await running.verdict()}\n  {dict(running.score.faults)}"


def say(name: str, folder: Path, url: str, *, everything: bool) -> None:
    folder.mkdir()
    migrate(url)
    began = time.monotonic()
    with smtp_sink() as smtp:
        said = asyncio.run(full(folder, url, smtp, name) if everything else quick(folder, url, smtp))
    print(f"{name}: {said}\n  {time.monotonic() - began:.0f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="both databases, two clocks, all troubles")
    chosen = parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=BUILD) as name:
        folder = Path(name)
        say("SQLite", folder / "sqlite", sqlite_url(folder / "sqlite" / "mentoring.db"), everything=chosen.full)
        if chosen.full:
            with new_run() as run:
                cluster = shared_cluster(run)
                cluster.execute("CREATE DATABASE chaos")
                say("PostgreSQL", folder / "postgresql", cluster.url("chaos"), everything=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
