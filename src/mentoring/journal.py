"""What happened: audit trail and outbox in one table.

A use case records an event in its own transaction; the clock delivers it to ``reactions`` later. Events hold ids and
codes, never words. An entry whose reaction fails waits alone and is tried again, later each time.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import JSON, Index, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from mentoring.db import Base, PlainText


class Event(Struct, frozen=True):
    """Something that has happened. Subclasses are named in the past tense."""


class JournalEntry(Base):
    """One event. ``wake_at`` is when the clock must deliver it; empty once every reaction has run."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_waiting", "wake_at", postgresql_where=text("wake_at IS NOT NULL"),
              sqlite_where=text("wake_at IS NOT NULL")),
        Index("ix_journal_entry_unsealed", "number", postgresql_where=text("seal IS NULL"),
              sqlite_where=text("seal IS NULL")),
        Index(None, "by_id"),
        Index(None, "seal"),
    )  # fmt: skip

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=uuid7, insert_sentinel=True)
    event: Mapped[PlainText]
    details: Mapped[dict[str, object]] = mapped_column(JSON, info={"personal": False})
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]
    wake_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[PlainText | None]
    seal: Mapped[int | None]
    """The seal that covers it; see ``sealing``."""


def record(db: AsyncSession, event: Event, *, by: UUID | None, at: datetime) -> None:
    """Put down what happened, in the transaction in which it happened."""
    db.add(JournalEntry(event=type(event).__name__, details=msgspec.to_builtins(event), by_id=by, at=at, wake_at=at))


def event_of(entry: JournalEntry, kinds: dict[str, type[Event]]) -> Event:
    """Read an entry back into its event. ``kinds`` maps names to classes; see ``reactions``."""
    return msgspec.convert(entry.details, kinds[entry.event], strict=False)
