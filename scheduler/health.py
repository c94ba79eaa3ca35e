"""The last run of each job, in the database, so that a clock that stands still can be seen from outside."""

from datetime import datetime, timedelta

from mentoring import heartbeat
from mentoring.db import Database

EVERY = timedelta(seconds=10)
"""A sign of life is written this often at most, so that an idle tick writes nothing."""


class Health:
    """What this process has to say about its jobs, and when it last said so."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.items: dict[str, int] = {}
        self.errors: dict[str, str | None] = {}
        self.noted_at: dict[str, datetime] = {}

    async def note(self, job: str, items: int, error: str | None, now: datetime) -> None:
        """Put down a run; at once when a job begins or ends to fail, otherwise every ``EVERY``."""
        self.items[job] = self.items.get(job, 0) + items
        changed = self.errors.get(job) != error
        noted = self.noted_at.get(job)
        if noted is not None and not changed and now - noted < EVERY:
            return
        self.noted_at[job], self.errors[job] = now, error
        async with self.database.sessions.begin() as db:
            await heartbeat.note_run(db, job, self.items[job], error, now)
