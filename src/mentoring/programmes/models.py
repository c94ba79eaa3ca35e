"""Tables of programmes and of who takes part in them."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, Document, PersonalText, PlainText
from mentoring.people.models import Person
from mentoring.programmes.rules import (
    EnrolmentState,
    Hours,
    Ladder,
    Matching,
    MatchingRules,
    MatchingWeights,
    Plan,
    Preset,
    Role,
)
from mentoring.skills.models import Skill


class Programme(Base):
    """A programme with its rules, weights, policy, plan and ladder, all of them data that a coordinator edits."""

    __tablename__ = "programme"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[PlainText] = mapped_column(unique=True)
    preset: Mapped[Preset]
    created_at: Mapped[datetime]
    open: Mapped[bool] = mapped_column(default=True)
    """Whether people may sign up."""
    rules: Mapped[MatchingRules] = mapped_column(Document(MatchingRules), info={"personal": False})
    weights: Mapped[MatchingWeights] = mapped_column(Document(MatchingWeights), info={"personal": False})
    matching: Mapped[Matching] = mapped_column(
        Document(Matching), default=Matching(), server_default="{}", info={"personal": False}
    )
    plan: Mapped[Plan] = mapped_column(Document(Plan), info={"personal": False})
    ladder: Mapped[Ladder] = mapped_column(Document(Ladder), info={"personal": False})


class Coordinator(Base):
    """Who runs a programme."""

    __tablename__ = "coordinator"

    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True, index=True)


class Enrolment(Base):
    """A person's sign-up for a programme as leader or as junior.

    enrolled -> withdrawn, and back by signing up again. A junior is matched only once ``prepared_at`` is set.
    ``waited_rounds`` counts the published rounds that left this person without a pairing since the last one.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("programme_id", "person_id", "role"),
        CheckConstraint("capacity BETWEEN 1 AND 3", name="capacity_is_1_to_3"),
        Index(None, "programme_id", "role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id, ondelete="CASCADE"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    role: Mapped[Role]
    state: Mapped[EnrolmentState] = mapped_column(default=EnrolmentState.ENROLLED)
    enrolled_at: Mapped[datetime]
    prepared_at: Mapped[datetime | None]
    checklist: Mapped[list[str]] = mapped_column(JSON, default=list, info={"personal": True})
    capacity: Mapped[int] = mapped_column(default=1)
    tools: Mapped[list[str]] = mapped_column(JSON, default=list, info={"personal": True})
    hours: Mapped[Hours] = mapped_column(Document(Hours), info={"personal": True})
    evidence: Mapped[PersonalText | None]
    wants_back: Mapped[PersonalText | None]
    """What a junior would like to get out of it."""
    waited_rounds: Mapped[int] = mapped_column(default=0)


class SignUpDraft(Base):
    """A sign-up as far as it is typed, kept while it is filled in; its fields as the form has them.

    ``saved_at`` is what a window must know that wants to write over it.
    """

    __tablename__ = "sign_up_draft"

    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(primary_key=True)
    saved_at: Mapped[datetime]
    typed: Mapped[dict[str, str | list[str]]] = mapped_column(JSON, info={"personal": True})


class EnrolmentSkill(Base):
    """A leader's need with the level held now, in order of priority; or a junior's offer with its level."""

    __tablename__ = "enrolment_skill"
    __table_args__ = (CheckConstraint("level BETWEEN 0 AND 4", name="level_is_0_to_4"),)

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id, ondelete="CASCADE"), primary_key=True)
    skill_id: Mapped[UUID] = mapped_column(ForeignKey(Skill.id), primary_key=True)
    position: Mapped[int]
    level: Mapped[int]


class Wish(Base):
    """Somebody whom the enrolled person would like to be paired with; up to three."""

    __tablename__ = "wish"

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)


class Exclusion(Base):
    """Somebody whom the enrolled person must not be paired with. The coordinator alone may see it."""

    __tablename__ = "exclusion"

    enrolment_id: Mapped[UUID] = mapped_column(ForeignKey(Enrolment.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
