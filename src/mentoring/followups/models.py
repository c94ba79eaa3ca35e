"""Tables of what the clock watches over: how far each ladder was climbed, what is at risk, and who acted."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, Document, PersonalText, PlainText
from mentoring.followups.rules import Finding, Level, Matter
from mentoring.pairings.models import Pairing
from mentoring.people.models import Person
from mentoring.programmes.models import Programme

_WAITING = text("wake_at IS NOT NULL")
_AT_RISK = text("level <> 'green'")


class Watch(Base):
    """What was found when a pairing that is under way was last looked at.

    ``wake_at`` is when the clock must look again: at once when something has happened to the pairing, else when the
    next rung of a ladder or the next threshold of a point is reached; empty when it is over.
    """

    __tablename__ = "watch"
    __table_args__ = (
        Index("ix_watch_waiting", "wake_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_watch_at_risk", "programme_id", "points", sqlite_where=_AT_RISK, postgresql_where=_AT_RISK),
    )

    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"), primary_key=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id), index=True)
    wake_at: Mapped[datetime | None]
    level: Mapped[Level] = mapped_column(default=Level.GREEN)
    points: Mapped[int] = mapped_column(default=0)
    findings: Mapped[list[Finding]] = mapped_column(Document(list[Finding]), default=list, info={"personal": True})
    changed_at: Mapped[datetime]
    """When the level last became another."""
    alerts: Mapped[int] = mapped_column(default=0)
    """How often the coordinators were told."""


class Rung(Base):
    """A rung of a ladder that a pairing has come to. Settled when its matter is, or begins anew."""

    __tablename__ = "rung"
    __table_args__ = (UniqueConstraint("pairing_id", "matter", "since", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"))
    matter: Mapped[Matter]
    since: Mapped[datetime]
    number: Mapped[int]
    tell: Mapped[PlainText]
    """As the ladder had it: ``leader+delegate``."""
    taken_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Intervention(Base):
    """That a coordinator acted on a pairing at risk, and how it stood then."""

    __tablename__ = "intervention"
    __table_args__ = (Index(None, "pairing_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id), index=True)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"))
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey(Person.id))
    """Empty: from the command line of the machine."""
    at: Mapped[datetime]
    level: Mapped[Level]
    points: Mapped[int]
    note: Mapped[PersonalText | None]
