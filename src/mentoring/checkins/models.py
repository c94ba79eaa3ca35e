"""Tables of check-ins and of what the coordinator must look at."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from mentoring.checkins.rules import CheckInKind, CheckInState, Met
from mentoring.db import Base, PersonalText, PlainText
from mentoring.pairings.models import Pairing
from mentoring.people.models import Person
from mentoring.programmes.models import Programme

_WAITING = text("wake_at IS NOT NULL")


class CheckIn(Base):
    """A question put to one person of a pairing, at ``due_at``: after a session, or a pulse.

    scheduled -> open (fired) -> answered | lapsed; cancelled when the pairing is over. ``wake_at`` is the moment at
    which the clock must look at this row again; empty once the check-in is over.
    """

    __tablename__ = "check_in"
    __table_args__ = (
        UniqueConstraint("pairing_id", "person_id", "moment"),
        CheckConstraint("usefulness BETWEEN 1 AND 5", name="usefulness_is_1_to_5"),
        Index(None, "person_id", "state"),
        Index("ix_check_in_waiting", "wake_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id), index=True)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    kind: Mapped[CheckInKind]
    moment: Mapped[PlainText]
    """session_1 and so on; day_30, midpoint, end, look_back."""
    due_at: Mapped[datetime]
    wake_at: Mapped[datetime | None]
    state: Mapped[CheckInState] = mapped_column(default=CheckInState.SCHEDULED)
    fired_at: Mapped[datetime | None]
    follow_ups: Mapped[int] = mapped_column(default=0)
    answered_at: Mapped[datetime | None]
    met: Mapped[Met | None]
    usefulness: Mapped[int | None]
    good_fit: Mapped[int | None]
    candour: Mapped[int | None]
    clarity: Mapped[int | None]
    protected_time: Mapped[int | None]
    note: Mapped[PersonalText | None]
    """A private line to the coordinator."""


class FollowUp(Base):
    """Something about a pairing that a coordinator must look at, until somebody closes it."""

    __tablename__ = "follow_up"
    __table_args__ = (UniqueConstraint("pairing_id", "person_id", "reason"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id), index=True)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id))
    reason: Mapped[PlainText]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[UUID | None]
