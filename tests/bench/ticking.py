"""What the clock costs while nothing is due, and how fast it sends when much is."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import uvloop
from sqlalchemy import func, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.rules import CheckInState
from mentoring.db import Database, database
from mentoring.messages.contracts import Claimed, Draft, Intended, Kind, Post, Write
from mentoring.messages.dispatch import new_sender
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.messages.service import enqueue
from mentoring.messages.transport import Smtp
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.reactions import COMPOSERS
from mentoring.settings import Settings
from scheduler.jobs import Clock, send_messages
from scheduler.metronome import Metronome
from tests.bench.population import AHEAD, Rows, some_check_ins, some_pairings, some_sessions, the_id
from tests.bench.report import Figure, at_least, at_most, exactly, known
from tests.bench.workshop import Workshop
from tests.harness.run import REPOSITORY

TICK_MS = 5
TICKS, FUTURE_CHECK_INS = 200, 100_000
MOMENTS = tuple(f"session_{number}" for number in range(1, 11))
SENT_A_SECOND = {"SQLite": 300, "PostgreSQL": 1000}
DUE = 1000
AT_ONCE = 100_000
"""Rows that are made at a time, so that the bench itself needs no memory for all of them."""
LONGEST = 90.0
"""Seconds until one database's measurement is given up."""


def both(workshop: Workshop, use: str) -> dict[str, str]:
    """A database on each engine."""
    return {"SQLite": workshop.sqlite(use), "PostgreSQL": workshop.postgresql(use)}


def idle_tick(
    workshop: Workshop, check_ins: int = FUTURE_CHECK_INS, ticks: int = TICKS, within: float = LONGEST
) -> list[Figure]:
    """Every job once, with all check-ins and sessions in the future, on both databases."""
    figures = []
    for name, url in both(workshop, "tick").items():
        milliseconds = asyncio.run(asyncio.wait_for(_milliseconds(workshop, url, check_ins, ticks), within))
        what = f"idle tick with {check_ins:,} future check-ins, {name}"
        p95 = statistics.quantiles(milliseconds, n=20)[-1]
        figures += [
            at_most(f"{what}: median", statistics.median(milliseconds), "ms", TICK_MS),
            at_most(f"{what}: 95 of 100 within", p95, "ms", TICK_MS),
        ]
    return figures


async def _milliseconds(workshop: Workshop, url: str, check_ins: int, ticks: int) -> list[float]:
    async with database(url) as opened:
        await _look_ahead(opened, check_ins)
        return await _ticks(opened, workshop, ticks)


async def _look_ahead(opened: Database, check_ins: int) -> None:
    for start in range(0, check_ins, AT_ONCE):
        await _some_ahead(opened, min(AT_ONCE, check_ins - start))
    if not opened.sqlite:  # as its own housekeeping does within a minute
        async with opened.engine.connect() as connection:
            await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("VACUUM ANALYZE"))


async def _some_ahead(opened: Database, check_ins: int) -> None:
    now = datetime.now(UTC)
    async with opened.sessions.begin() as db:
        pairings = await some_pairings(db, check_ins // (2 * len(MOMENTS)), PairingState.ACTIVE, now)
        await some_sessions(db, pairings, 7, SessionState.PLANNED, now + AHEAD, wake=True)
        await some_check_ins(db, pairings, MOMENTS, CheckInState.SCHEDULED, now + AHEAD)


async def _ticks(opened: Database, workshop: Workshop, ticks: int) -> list[float]:
    settings = Settings(secret_file=workshop.folder / "secret")
    metronome = Metronome(opened, settings)
    await metronome.tick()  # the first one opens connections, says that the clock is alive, and looks at new zone rules
    while metronome.running:
        await asyncio.gather(*metronome.running.values())
        await metronome.tick()
    milliseconds = []
    for _ in range(ticks):
        began = time.perf_counter()
        await metronome.tick()
        milliseconds.append((time.perf_counter() - began) * 1000)
    return milliseconds


def sending(workshop: Workshop, due: int = DUE) -> list[Figure]:
    """Due messages of four kinds to a mail server in a process of its own, on both databases."""
    figures = []
    for name, url in both(workshop, "send").items():
        what, arrived, pace = _sent_to_server(workshop, name, url, due, COMPOSERS)
        figures += [
            at_least(f"{what}: sent", pace, "a second", SENT_A_SECOND[name]),
            exactly(f"{what}: arrived", len(arrived), "messages", due),
            exactly(f"{what}: arrived twice", arrived.total() - len(arrived), "messages", 0),
        ]
    return figures


def sending_bare(workshop: Workshop, due: int = DUE) -> list[Figure]:
    """The same path with nothing to compose: the few words that ``rivals`` has the others send.

    Beside it, what binds it: the mails alone, and the one commit a mail alone.
    """
    figures = []
    for name, url in both(workshop, "bare").items():
        what, arrived, pace = _sent_to_server(workshop, f"ours, bare, {name}", url, due, dict.fromkeys(COMPOSERS, BARE))
        with mail_server(workshop.folder / f"alone-{name}") as smtp_url:
            mails, commits = asyncio.run(asyncio.wait_for(_alone(url, smtp_url), LONGEST))
        figures += [
            known(f"{what}: sent", pace, "a second"),
            exactly(f"{what}: arrived", len(arrived), "messages", due),
            exactly(f"{what}: arrived twice", arrived.total() - len(arrived), "messages", 0),
            known(f"{due:,} mails alone, nothing kept, {name}", mails, "a second"),
            known(f"{due:,} commits alone, nothing sent, {name}", commits, "a second"),
        ]
    return figures


async def _alone(url: str, smtp_url: str) -> tuple[float, float]:
    """How many mails a second the server takes over our line; how many rows a second the driver changes one by one."""
    smtp = Smtp(Settings(smtp_url=smtp_url))
    async with database(url) as opened:
        async with opened.reading() as db:
            ids = list(await db.scalars(select(Message.id)))
        began = time.perf_counter()
        for one in ids:
            refused = await smtp.begin(f"{one}@example.org")
            assert refused is None
            await smtp.hand_over(b"Subject: It is time\r\n\r\nPlease answer.\r\n")
        mailed = time.perf_counter()
        async with opened.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            for one in ids:
                changed = "UPDATE message SET attempt = attempt + 1 WHERE id = "
                await (
                    driver.execute(f"{changed}?", [one.hex]) if opened.sqlite else driver.execute(f"{changed}$1", one)
                )
        committed = time.perf_counter()
    smtp.close()
    return len(ids) / (mailed - began), len(ids) / (committed - mailed)


async def _bare(_db: AsyncSession, _post: Post, claimed: Sequence[Claimed]) -> dict[UUID, Write]:
    return {one.id: partial(_few_words, one) for one in claimed}


def _few_words(one: Claimed) -> Draft:
    return Draft(f"person{one.recipient_id}@example.org", "It is time", "Please answer.", "<p>Please answer.</p>")


BARE = Kind(true(), _bare)


def _sent_to_server(
    workshop: Workshop, name: str, url: str, due: int, kinds: Mapping[str, Kind]
) -> tuple[str, Counter[str], float]:
    """Return what was done, in words; what arrived how often; and how many a second."""
    counted = workshop.folder / f"arrived-{name}"
    with mail_server(counted) as smtp_url:
        settings = Settings(smtp_url=smtp_url, secret_file=workshop.folder / "secret", database_url=url)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as clocks_own:
            sent, seconds = clocks_own.run(asyncio.wait_for(_sent(settings, due, kinds), LONGEST))
    return f"{due:,} due messages, {name}", Counter(counted.read_text().splitlines()), sent / seconds


async def _sent(settings: Settings, due: int, kinds: Mapping[str, Kind]) -> tuple[int, float]:
    async with database(settings.database_url) as opened:
        await _fall_due(opened, due)
        seconds = await _send_all(opened, settings, kinds)
        return await _count_sent(opened), seconds


@contextmanager
def mail_server(count_file: Path) -> Iterator[str]:
    """The barest mail server in a process of its own; what it counts goes to ``count_file``."""
    command = [sys.executable, "-m", "tests.harness.smtp", "--port", "0", "--count-file", str(count_file)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"smtp://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


async def _fall_due(opened: Database, due: int) -> None:
    """A quarter each: asked to take part, it begins, a session, a question afterwards."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    async with opened.sessions.begin() as db:
        asking = await some_pairings(db, due // 4, PairingState.ASKING_LEADER, now)
        active = await some_pairings(db, due // 8, PairingState.ACTIVE, now)
        sessions = await some_sessions(db, active, 1, SessionState.INVITED, now, wake=False)
        questions = await some_check_ins(db, active, MOMENTS[:1], CheckInState.OPEN, now + AHEAD)
        await enqueue(
            db,
            [
                *(Intended("consent_leader", the_id(one), the_id(one, "leader_id"), now) for one in asking),
                *_to_both("pairing_began", active, active, now),
                *_to_both("session_invitation", sessions, active, now),
                *(Intended("check_in", the_id(one), the_id(one, "person_id"), now) for one in questions),
            ],
        )


def _to_both(kind: str, about: Rows, pairings: Rows, now: datetime) -> list[Intended]:
    return [
        Intended(kind, the_id(one), the_id(pairing, who), now)
        for one, pairing in zip(about, pairings, strict=True)
        for who in ("leader_id", "junior_id")
    ]


async def _send_all(opened: Database, settings: Settings, kinds: Mapping[str, Kind]) -> float:
    sender = new_sender(opened, settings, kinds)
    clock = Clock(opened, sender, lambda: False)
    began = time.perf_counter()
    while await send_messages(clock):
        pass
    seconds = time.perf_counter() - began
    if sender.smtp is not None:
        await sender.smtp.quit()
    return seconds


async def _count_sent(opened: Database) -> int:
    async with opened.reading() as db:
        sent = select(func.count()).select_from(Message).where(Message.state == MessageState.SENT)
        return await db.scalar(sent) or 0
