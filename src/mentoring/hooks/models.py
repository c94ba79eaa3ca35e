"""The table of webhooks."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, PlainText
from mentoring.hooks.rules import HookKind
from mentoring.programmes.models import Programme


class Hook(Base):
    """An address that is told what happens in a programme. A removed one keeps its row, for what was sent to it."""

    __tablename__ = "hook"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id, ondelete="CASCADE"), index=True)
    name: Mapped[PlainText]
    kind: Mapped[HookKind]
    url: Mapped[PlainText]
    """Whoever knows a chat's address may write into it: it is never shown again."""
    secret: Mapped[PlainText | None]
    """Of a signed one: the key of its signatures."""
    topics: Mapped[list[str]] = mapped_column(JSON, info={"personal": False})
    made_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
