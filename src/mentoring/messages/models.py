"""The table of messages, one row a recipient."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from mentoring.db import Base, PersonalText, PlainText
from mentoring.messages.rules import EMAIL, MessageState, Pace

_WAITING = text("wake_at IS NOT NULL")
_HOOKED = text("channel <> 'email' AND wake_at IS NOT NULL")
_HELD = text("state = 'held'")
_IN_TROUBLE = text("state IN ('uncertain', 'refused')")


class Message(Base):
    """One message to one person about one thing. The unique key makes writing it twice the same as once.

    ``wake_at`` is when the clock must look at the row: when to send it, or when the lease of its sender ends.
    ``attempt`` rises with every claim and fences off a sender whose lease has passed.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("kind", "about", "sequence", "recipient_id", "channel"),
        Index("ix_message_waiting", "wake_at", "id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index(None, "recipient_id"),
        Index("ix_message_hooked", "wake_at", sqlite_where=_HOOKED, postgresql_where=_HOOKED),
        Index("ix_message_held", "wake_at", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_message_in_trouble", "made_at", sqlite_where=_IN_TROUBLE, postgresql_where=_IN_TROUBLE),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[PlainText]
    about: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(default=0)
    recipient_id: Mapped[UUID]
    channel: Mapped[PlainText] = mapped_column(default=EMAIL)
    state: Mapped[MessageState] = mapped_column(default=MessageState.PENDING)
    pace: Mapped[Pace | None]
    """Empty: it goes out as soon as it can, and nobody can stop it."""
    released_at: Mapped[datetime | None]
    """When one that may wait was let go."""
    within_id: Mapped[UUID | None] = mapped_column(index=True)
    """The message with which a merged one goes out."""
    made_at: Mapped[datetime]
    wake_at: Mapped[datetime | None]
    owner: Mapped[PlainText | None]
    attempt: Mapped[int] = mapped_column(default=0)
    address: Mapped[PersonalText | None]
    """Where it was sent."""
    sent_at: Mapped[datetime | None]
    error: Mapped[PersonalText | None]
    """What the server said when it refused."""
    mail: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The whole mail (RFC 5322), only where it is kept in the demo's mailbox."""
