"""The clock's process: APScheduler as a metronome, and signals that stop it in good order.

APScheduler keeps no jobs of ours: each tick it asks the job functions to look at the database. So nothing is lost when
this process dies, and any number of clocks may run.
"""

import asyncio
import logging
import signal
from contextlib import suppress
from datetime import UTC, datetime

import click
import uvloop
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from mentoring import console, logs
from mentoring.db import Database, database
from mentoring.heartbeat import TICK
from mentoring.messages.dispatch import new_sender
from mentoring.reactions import COMPOSERS
from mentoring.running import prepare
from mentoring.settings import Settings
from scheduler.brake import Brake
from scheduler.health import Health
from scheduler.jobs import JOBS, Clock, Job, due_jobs

log = logging.getLogger("scheduler")
DRAIN_SECONDS = 10.0
"""How long items in hand may take to finish after a stop signal. A round that is being solved is given back."""


class Metronome:
    """Looks again and again which jobs have something to do and runs them, none twice at once, until told to stop."""

    def __init__(self, opened: Database, settings: Settings) -> None:
        self.settings = settings
        self.stopping = asyncio.Event()
        self.running: dict[Job, asyncio.Task[None]] = {}
        self.looking = asyncio.Lock()
        self.health = Health(opened)
        self.brake = Brake(opened)
        sender = new_sender(opened, settings, COMPOSERS)
        self.clock = Clock(opened, sender, self.stopping.is_set)

    async def run(self) -> None:
        """Tick until a stop signal comes, then let the items in hand finish."""
        scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})
        scheduler.add_job(
            self.tick, "interval", seconds=self.settings.tick_seconds, id="tick", next_run_time=datetime.now(UTC)
        )
        scheduler.start()
        log.info("clock started")
        await self.stopping.wait()
        scheduler.pause()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS), self.looking:
                pass  # a look that is cut off while it connects would leave the driver's thread behind
        await self._drain()
        scheduler.shutdown(wait=False)
        if self.clock.sender.smtp is not None:
            await self.clock.sender.smtp.quit()
        log.info("clock stopped")

    async def tick(self) -> None:
        """One look; jobs that are due and not under way are begun. A look that fails is logged, and comes again."""
        async with self.looking:
            try:
                await self._look()
            except Exception:
                log.exception("tick failed")

    async def _look(self) -> None:
        now = self.clock.now()
        if self.stopping.is_set() or not await self.brake.lets_go_on(now):
            return
        await self.health.note(TICK, 1, None, now)
        due = await due_jobs(self.clock)
        for job in JOBS:
            if job in due and job not in self.running:
                self._begin(job)
            elif job not in self.running:
                await self.health.note(job.__name__, 0, None, self.clock.now())

    def _begin(self, job: Job) -> None:
        task = self.running[job] = asyncio.create_task(self._run_once(job))
        task.add_done_callback(lambda _: self.running.pop(job, None))

    async def _drain(self) -> None:
        """Wait for what is running, but not for ever."""
        if not self.running:
            return
        _, late = await asyncio.wait(self.running.values(), timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run_once(self, job: Job) -> None:
        """One run. What goes wrong is logged and noted; the next tick tries again."""
        items, error = 0, None
        try:
            items = await job(self.clock)
        except Exception as failure:
            log.exception("job failed", extra={"job": job.__name__})
            error = type(failure).__name__
        try:
            await self.health.note(job.__name__, items, error, self.clock.now())
        except Exception:
            log.exception("sign of life not written", extra={"job": job.__name__})


async def tick_until_stopped(settings: Settings) -> None:
    """Run the clock in this process until SIGTERM or SIGINT."""
    async with database(settings.database_url) as opened:
        metronome = Metronome(opened, settings)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, metronome.stopping.set)
        await metronome.run()


@click.command()
def main() -> None:
    """Run the clock in this process until it is told to stop."""
    settings = console.settings()
    prepare(settings)
    logs.configure()
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a run that is skipped because one is busy is no news
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(tick_until_stopped(settings))
