"""The clock as a process: how soon it begins, how much memory it takes, who takes over when it dies."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import psutil
from sqlalchemy import select

from mentoring.db import database
from mentoring.messages.models import Message
from mentoring.messages.rules import LEASE, MessageState
from tests.bench.report import Figure, at_most
from tests.bench.ticking import _fall_due, _look_ahead, both, mail_server
from tests.bench.workshop import Workshop

MEMORY_MB, FIRST_CLAIM, ROWS = 120, 2.0, 1_000_000
SETTLED = 6.0
"""Seconds after which a clock that has nothing to do has loaded what it loads."""


@contextmanager
def clock(environment: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """The clock as people start it."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("MENTORING_")}
    process = subprocess.Popen([sys.executable, "-m", "scheduler"], env={**bare, **environment})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def memory(workshop: Workshop, rows: int = ROWS) -> list[Figure]:
    """Resident memory of a clock beside an empty database and beside one with many future rows."""
    figures = []
    for name, url in both(workshop, "memory").items():
        for count in (0, rows):
            if count:
                asyncio.run(_fill(url, count))
            with clock(workshop.environment(url) | {"MENTORING_TICK_SECONDS": "0.1"}) as process:
                time.sleep(SETTLED)
                used = psutil.Process(process.pid).memory_info().rss / 2**20
            figures.append(at_most(f"memory of the clock with {count:,} future rows, {name}", used, "MB", MEMORY_MB))
    return figures


async def _fill(url: str, rows: int) -> None:
    async with database(url) as opened:
        await _look_ahead(opened, rows)


def first_claim(workshop: Workshop) -> list[Figure]:
    """From the start of the process to the first message that is its own."""
    figures = []
    for name, url in both(workshop, "first").items():
        with mail_server(workshop.folder / f"first-{name}") as smtp_url:
            asyncio.run(_due(url, 8))
            began = time.perf_counter()
            with clock(workshop.environment(url) | {"MENTORING_SMTP_URL": smtp_url}):
                asyncio.run(_until(url, claimed=True))
                seconds = time.perf_counter() - began
        figures.append(at_most(f"start of the clock to its first claim, {name}", seconds, "s", FIRST_CLAIM))
    return figures


def takeover(workshop: Workshop) -> list[Figure]:
    """One clock is killed while it holds messages; another, started already, has them when the lease has passed."""
    figures = []
    for name, url in both(workshop, "takeover").items():
        with mail_server(workshop.folder / f"takeover-{name}") as smtp_url:
            settings = workshop.environment(url) | {"MENTORING_SMTP_URL": smtp_url, "MENTORING_TICK_SECONDS": "0.1"}
            asyncio.run(_due(url, 8))
            with clock(settings | {"FAILPOINTS": "send.claimed"}) as dying:
                assert dying.wait(60) == -signal.SIGKILL
            died = asyncio.run(_moment_of_claim(url))
            with clock(settings):
                asyncio.run(_until(url, claimed=False))
                seconds = (datetime.now(UTC) - died).total_seconds()
        bound = LEASE.total_seconds() + 1
        figures.append(at_most(f"takeover after kill -9, {name}", seconds, "s", bound))
    return figures


async def _due(url: str, count: int) -> None:
    async with database(url) as opened:
        await _fall_due(opened, count)


async def _moment_of_claim(url: str) -> datetime:
    async with database(url) as opened, opened.reading() as db:
        until = await db.scalar(select(Message.wake_at).where(Message.state == MessageState.CLAIMED).limit(1))
    assert until is not None
    return until - LEASE


async def _until(url: str, *, claimed: bool) -> None:
    """Until a message is somebody's, or until one has been sent."""
    wanted = Message.owner.is_not(None) if claimed else Message.state == MessageState.SENT
    async with database(url) as opened:
        while True:
            async with opened.reading() as db:
                if await db.scalar(select(Message.id).where(wanted).limit(1)) is not None:
                    return
            await asyncio.sleep(0.005)
