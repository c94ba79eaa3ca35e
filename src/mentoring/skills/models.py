"""Tables of the skill catalogue."""

from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, PlainText


class Skill(Base):
    """Something that can be learnt and taught: a DigComp competence (``2.6``), or the organisation's own."""

    __tablename__ = "skill"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    code: Mapped[PlainText] = mapped_column(unique=True)
    area: Mapped[PlainText]
    title: Mapped[PlainText]
    description: Mapped[PlainText]
    own: Mapped[bool] = mapped_column(default=False)
    """True for what the organisation added itself; such a skill is never touched by loading a catalogue."""


class LearningOutcome(Base):
    """What somebody can do who holds a competence at a level; from the DigComp supplement."""

    __tablename__ = "learning_outcome"

    code: Mapped[PlainText] = mapped_column(primary_key=True)
    skill_id: Mapped[UUID] = mapped_column(ForeignKey(Skill.id, ondelete="CASCADE"), index=True)
    level: Mapped[PlainText]
    text: Mapped[PlainText]
