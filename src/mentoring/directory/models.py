"""Tables of the staff directory: who reports to whom, and what was imported when."""

import enum
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, PersonalText, PlainText
from mentoring.people.models import Person

_SOLID = text("kind = 'solid'")


class LineKind(enum.StrEnum):
    SOLID = "solid"
    DOTTED = "dotted"
    APPRAISER = "appraiser"


class ReportingLine(Base):
    """``person_id`` answers to ``manager_id``. One solid line each, any number of dotted ones."""

    __tablename__ = "reporting_line"
    __table_args__ = (
        Index("one_solid_line", "person_id", unique=True, sqlite_where=_SOLID, postgresql_where=_SOLID),
    )  # fmt: skip

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    manager_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True, index=True)
    kind: Mapped[LineKind] = mapped_column(primary_key=True)


class AuditTrait(Base):
    """What only the fairness report may read, kept apart from all that matching reads."""

    __tablename__ = "audit_trait"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    gender: Mapped[PersonalText]


class StaffImport(Base):
    """One staff file that was applied."""

    __tablename__ = "staff_import"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    sha256: Mapped[PlainText]
    applied_at: Mapped[datetime]
    by_id: Mapped[UUID | None]
    added: Mapped[int]
    changed: Mapped[int]
    departed: Mapped[int]
    unchanged: Mapped[int]
