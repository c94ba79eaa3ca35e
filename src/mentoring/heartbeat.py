"""When each of the clock's jobs ran last, so that a clock that stands still is noticed."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, PlainText, insert_missing


class JobRun(Base):
    """The last run of one job, whichever clock it was. ``items`` counts what it has done since the clock started."""

    __tablename__ = "job_run"

    job: Mapped[PlainText] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime]
    items: Mapped[int] = mapped_column(default=0)
    error: Mapped[PlainText | None]
    """The name of what went wrong the last time, if it did."""


async def note_run(db: AsyncSession, job: str, items: int, error: str | None, now: datetime) -> None:
    """Put down that a job has run."""
    await insert_missing(db, JobRun, [{"job": job, "ran_at": now}])
    run = await db.get_one(JobRun, job, with_for_update=True)
    run.ran_at, run.items, run.error = now, items, error
