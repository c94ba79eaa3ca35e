"""What becomes of all that fell due while the clock stood still for three days."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import uvloop
from sqlalchemy import select

from mentoring.checkins.rules import CheckInState
from mentoring.db import Database, database
from mentoring.messages.dispatch import new_sender
from mentoring.messages.models import Message
from mentoring.pairings.rules import PairingState
from mentoring.reactions import COMPOSERS
from mentoring.settings import Settings
from scheduler.jobs import Clock, due_jobs
from tests.bench.population import some_check_ins, some_pairings
from tests.bench.report import Figure, at_most, exactly
from tests.bench.ticking import both, mail_server
from tests.bench.workshop import Workshop

OVERDUE, WITHIN = 100_000, 300
OUTAGE = timedelta(days=3)


def after_an_outage(workshop: Workshop, overdue: int = OVERDUE) -> list[Figure]:
    """Questions to as many people, all overdue: each is put once, however many were missed."""
    figures = []
    for name, url in both(workshop, "outage").items():
        counted = workshop.folder / f"drained-{name}"
        with mail_server(counted) as smtp_url:
            settings = Settings(smtp_url=smtp_url, secret_file=workshop.folder / "secret", database_url=url)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                seconds = runner.run(_drained(settings, overdue))
        arrived = Counter(counted.read_text().splitlines())
        what = f"{overdue:,} rows overdue since three days, {name}"
        figures += [
            at_most(f"{what}: drained in", seconds, "s", WITHIN),
            exactly(f"{what}: people who got more than one mail", _more_than_one(arrived), "people", 0),
            exactly(f"{what}: mails that came twice", arrived.total() - len(arrived), "mails", 0),
        ]
    return figures


def _more_than_one(arrived: Counter[str]) -> int:
    people = Counter(line.partition(" ")[0] for line in arrived)
    return sum(count > 1 for count in people.values())


async def _drained(settings: Settings, overdue: int) -> float:
    async with database(settings.database_url) as opened:
        await _fall_behind(opened, overdue)
        clock = Clock(opened, new_sender(opened, settings, COMPOSERS), lambda: False)
        began = time.perf_counter()
        while jobs := await due_jobs(clock):
            for job in jobs:
                await job(clock)
        seconds = time.perf_counter() - began
        if clock.sender.smtp is not None:
            await clock.sender.smtp.quit()
        async with opened.reading() as db:
            # what may wait for somebody's office hours waits, merged with what else they would get
            assert set(await db.scalars(select(Message.state).distinct())) <= {"sent", "held", "merged"}
        return seconds


async def _fall_behind(opened: Database, overdue: int) -> None:
    """One question to each of the two, put at a time that is three days past."""
    now = datetime.now(UTC)
    for start in range(0, overdue, 5_000):
        pairs = min(5_000, overdue - start) // 2
        async with opened.sessions.begin() as db:
            pairings = await some_pairings(db, pairs, PairingState.ACTIVE, now - 2 * OUTAGE)
            await some_check_ins(db, pairings, ("session_1",), CheckInState.SCHEDULED, now - OUTAGE)
