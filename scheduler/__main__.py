"""The clock's process: APScheduler as a metronome, and signals that stop it in good order.

APScheduler keeps no jobs of ours: each tick it asks the job functions to look at the database. So nothing is lost when
this process dies, and any number of clocks may run.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from mentoring.db import Database, database
from mentoring.messages.dispatch import new_sender
from mentoring.reactions import COMPOSERS
from mentoring.settings import Settings, read_settings
from scheduler.health import Health
from scheduler.jobs import JOBS, Clock, Job

log = logging.getLogger("scheduler")
DRAIN_SECONDS = 10.0
"""How long items in hand may take to finish after a stop signal. A round that is being solved is given back."""


class Metronome:
    """Runs each job again and again, never twice at once, until told to stop."""

    def __init__(self, opened: Database, settings: Settings) -> None:
        self.database = opened
        self.settings = settings
        self.stopping = asyncio.Event()
        self.running: set[asyncio.Task[object]] = set()
        self.health = Health(opened)
        self.scheduler = AsyncIOScheduler(timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1})

    async def run(self) -> None:
        """Tick until a stop signal comes, then let the items in hand finish."""
        sender = new_sender(self.database, self.settings, COMPOSERS)
        clock = Clock(self.database, sender, self.stopping.is_set)
        for job in JOBS:
            self._every_tick(job.__name__, self._job(job, clock))
        self.scheduler.start()
        log.info("clock started")
        await self.stopping.wait()
        self.scheduler.pause()
        await self._drain()
        self.scheduler.shutdown(wait=False)
        if sender.smtp is not None:
            await sender.smtp.quit()
        log.info("clock stopped")

    async def _drain(self) -> None:
        """Wait for what is running, but not for ever."""
        if not self.running:
            return
        _, late = await asyncio.wait(self.running, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _every_tick(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self.scheduler.add_job(
            run, "interval", seconds=self.settings.tick_seconds, id=name, next_run_time=datetime.now(UTC)
        )

    def _job(self, job: Job, clock: Clock) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None
            self.running.add(task)
            try:
                await self._run_once(job, clock)
            finally:
                self.running.discard(task)

        return run

    async def _run_once(self, job: Job, clock: Clock) -> None:
        """One run. What goes wrong is logged and noted; the next tick tries again."""
        items, error = 0, None
        try:
            items = await job(clock)
        except Exception as failure:
            log.exception("job failed", extra={"job": job.__name__})
            error = type(failure).__name__
        try:
            await self.health.note(job.__name__, items, error, clock.now())
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


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a run that is skipped because one is busy is no news
    asyncio.run(tick_until_stopped(read_settings()))


if __name__ == "__main__":
    main()
