"""The table of answers to invitations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base
from mentoring.inbound.rules import Answer
from mentoring.pairings.models import PairSession
from mentoring.people.models import Person


class SessionAnswer(Base):
    """What one of the two answered to the invitation to a session, as their calendar sent it; the latest counts."""

    __tablename__ = "session_answer"

    session_id: Mapped[UUID] = mapped_column(ForeignKey(PairSession.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True, index=True)
    sequence: Mapped[int]
    """The revision of the invitation that was answered."""
    answer: Mapped[Answer]
    proposed_at: Mapped[datetime | None]
    """When they would rather meet, where they said so."""
    stamped_at: Mapped[datetime]
    """When their calendar wrote the answer."""
    answered_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)
    """How often they answered; each answer that counts is told once."""
