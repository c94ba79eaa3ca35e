"""Tables of pairings and their sessions."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, Document, PersonalText, PlainText, WallTime
from mentoring.pairings.contracts import Reasons
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, Programme

_WAITING = text("wake_at IS NOT NULL")
_OPEN = text("state IN ('asking_leader', 'asking_junior', 'active')")


class Pairing(Base):
    """A leader and a junior who were proposed to each other by publishing a round.

    The leader is asked first, then the junior; a yes of both makes it active. ``wake_at`` is when the clock must look
    again: the next reminder or the expiry while it is asking, nothing afterwards.
    """

    __tablename__ = "pairing"
    __table_args__ = (
        Index(
            "one_open_pairing_per_leader",
            "leader_enrolment_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_pairing_waiting", "wake_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id), index=True)
    leader_enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id), index=True)
    junior_enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id), index=True)
    leader_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    junior_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    state: Mapped[PairingState]
    fit: Mapped[float]
    reasons: Mapped[Reasons] = mapped_column(Document(Reasons), info={"personal": True})
    made_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    """When the person whose turn it is was asked."""
    junior_asked_at: Mapped[datetime | None]
    """Empty as long as the junior knows nothing of it, which is for ever where the leader says no."""
    reminders: Mapped[int] = mapped_column(default=0)
    wake_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    over_at: Mapped[datetime | None]
    declined_by_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    decline_reason: Mapped[PersonalText | None]
    """For the coordinator; the other person never sees it."""


class PairSession(Base):
    """One meeting of a pairing, at a wall time of the leader's zone.

    planned -> invited (the calendar invitation went out; ``sequence`` counts its revisions) -> held | missed;
    cancelled when its pairing is over before it. ``wake_at``: when its invitation goes out.
    """

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("pairing_id", "number"),
        Index("ix_session_waiting", "wake_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"))
    number: Mapped[int]
    local_start: Mapped[WallTime]
    time_zone: Mapped[PlainText]
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    state: Mapped[SessionState] = mapped_column(default=SessionState.PLANNED)
    sequence: Mapped[int] = mapped_column(default=0)
    wake_at: Mapped[datetime | None]
