"""When the clock ticked and each of its jobs ran last, so that a clock that stands still is noticed; and its brake.

The clock compares the time with that of its last tick. Where the wall clock has leapt, or after a pause very many
people would be written to at once, it stops and asks: a ``Hold`` that a person has to lift.
"""

import enum
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Index, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, PlainText, insert_missing

TICK = "tick"
"""The row of ``job_run`` that says when any clock looked last."""

LEAP = timedelta(hours=26)
"""A longer way from the last tick, forwards or backwards, is no day's outage any more but perhaps a wrong clock."""

PAUSE = timedelta(hours=1)
"""After a shorter pause nobody is asked, however much is due."""

FLOOD_SHARE, FLOOD_LEAST = 0.2, 20
"""Of the people in open pairings, and how many at least, that may be due at once after a pause."""

_OPEN = text("resumed_at IS NULL")


class HoldReason(enum.StrEnum):
    LEAP = "leap"
    FLOOD = "flood"


class JobRun(Base):
    """The last run of one job, whichever clock it was. ``items`` counts what it has done since the clock started."""

    __tablename__ = "job_run"

    job: Mapped[PlainText] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime]
    items: Mapped[int] = mapped_column(default=0)
    error: Mapped[PlainText | None]
    """The name of what went wrong the last time, if it did."""


class Hold(Base):
    """The clock has stopped and asks. One a reason is open at most; lifting it lets every clock go on."""

    __tablename__ = "hold"
    __table_args__ = (
        Index("one_open_hold", "reason", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    reason: Mapped[HoldReason]
    held_at: Mapped[datetime]
    last_tick_at: Mapped[datetime]
    people: Mapped[int] = mapped_column(default=0)
    """How many would be written to at once."""
    resumed_at: Mapped[datetime | None]
    resumed_by_id: Mapped[UUID | None]


def leapt(last: datetime, now: datetime) -> bool:
    """Whether the wall clock is farther from the last tick than an outage explains."""
    return abs(now - last) > LEAP


def paused(last: datetime, now: datetime) -> bool:
    """Whether so long passed that much may have piled up."""
    return now - last > PAUSE


def flooded(due: int, population: int) -> bool:
    """Whether too many people at once would hear of us."""
    return due >= FLOOD_LEAST and due > FLOOD_SHARE * population


async def note_run(db: AsyncSession, job: str, items: int, error: str | None, now: datetime) -> None:
    """Put down that a job has run."""
    await insert_missing(db, JobRun, [{"job": job, "ran_at": now}])
    run = await db.get_one(JobRun, job, with_for_update=True)
    run.ran_at, run.items, run.error = now, items, error


async def last_tick(db: AsyncSession) -> datetime | None:
    """When any clock looked last."""
    return await db.scalar(select(JobRun.ran_at).where(JobRun.job == TICK))


async def open_hold(db: AsyncSession) -> Hold | None:
    """What the clock waits for a person to look at."""
    return await db.scalar(select(Hold).where(Hold.resumed_at.is_(None)).order_by(Hold.held_at).limit(1))
