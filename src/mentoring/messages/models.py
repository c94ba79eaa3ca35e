"""The table of messages, one row a recipient."""

import enum
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, PersonalText, PlainText

_WAITING = text("wake_at IS NOT NULL")


class MessageState(enum.StrEnum):
    """pending -> claimed -> sending -> sent | refused | uncertain | skipped; a retry is pending again, later.

    ``sending`` is the committed intent. Who dies there leaves the message ``uncertain``: it may have gone out, so it is
    shown to a coordinator and never repeated by the machine. ``kept``: no SMTP server is set; it lies in the mailbox.
    """

    PENDING = "pending"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    KEPT = "kept"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


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
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[PlainText]
    about: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(default=0)
    recipient_id: Mapped[UUID]
    channel: Mapped[PlainText] = mapped_column(default="email")
    state: Mapped[MessageState] = mapped_column(default=MessageState.PENDING)
    made_at: Mapped[datetime]
    wake_at: Mapped[datetime | None]
    owner: Mapped[PlainText | None]
    attempt: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    error: Mapped[PersonalText | None]
    """What the server said when it refused."""
    mail: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The whole mail (RFC 5322), only where it is kept in the demo's mailbox."""
