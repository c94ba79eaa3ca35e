"""Tables of people, their accounts and the keys that let them in."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, false, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, PersonalText, PlainText
from mentoring.people.rules import LinkPurpose, known_by


def _known_by(context: DefaultExecutionContext) -> str:
    return known_by(context.get_current_parameters())  # type: ignore[no-untyped-call]  # SQLAlchemy's own, untyped


_WORDS = "array_to_tsvector(array_remove(string_to_array(known_by, ' '::text), ''::text))"
"""As ``finding`` asks for them, in the words in which PostgreSQL keeps them."""


class Person(Base):
    """Somebody of the organisation, known from the staff file or entered by hand.

    ``staff_no`` is the organisation's own number. Who leaves keeps the row and gets ``left_on``.
    """

    __tablename__ = "person"
    __table_args__ = (
        Index("ix_person_found", "family_name", "given_name", "id", "left_on", "known_by"),
        Index("ix_person_words", text(_WORDS), postgresql_using="gin").ddl_if(dialect="postgresql"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    staff_no: Mapped[PersonalText | None] = mapped_column(unique=True)
    given_name: Mapped[PersonalText]
    family_name: Mapped[PersonalText]
    email: Mapped[PersonalText] = mapped_column(unique=True)
    """Lower case, so that it is found however it is typed."""
    job_title: Mapped[PersonalText]
    grade: Mapped[PlainText]
    grade_level: Mapped[int | None]
    unit: Mapped[PlainText]
    duty_station: Mapped[PlainText]
    country: Mapped[PlainText]
    time_zone: Mapped[PlainText]
    zone_chosen: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it was the person who said so: then no staff file says otherwise."""
    languages: Mapped[dict[str, int]] = mapped_column(JSON, info={"personal": True})
    """Working languages: code to fluency, 1 basic, 2 professional, 3 native."""
    language: Mapped[PlainText] = mapped_column(default="en")
    """The language in which the service speaks to this person."""
    left_on: Mapped[date | None]
    known_by: Mapped[PersonalText] = mapped_column(default=_known_by)
    """All words by which they are found; written when the person is, and when one of the words changes."""


class Account(Base):
    """How a person signs in. Without ``password_hash`` only a link lets them in."""

    __tablename__ = "account"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    password_hash: Mapped[PlainText | None]
    administrator: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class SignIn(Base):
    """One browser that is signed in. The id in the cookie is never kept, only its digest."""

    __tablename__ = "sign_in"

    digest: Mapped[PlainText] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class AccessLink(Base):
    """A link that lets its holder in once: opened by GET, used up by POST."""

    __tablename__ = "access_link"

    digest: Mapped[PlainText] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose]
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiToken(Base):
    """A program's key: shown once, kept as a digest, limited to its scopes."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), index=True)
    name: Mapped[PlainText]
    digest: Mapped[PlainText] = mapped_column(unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON, info={"personal": False})
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Mailing(Base):
    """What is known of writing to somebody: that they want no reminders, or that their address takes nothing.

    A bounce counts as long as the address is the one that bounced.
    """

    __tablename__ = "mailing"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    stopped_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    bounced_address: Mapped[PersonalText | None]
    bounce: Mapped[PersonalText | None]
    """What the server said."""


class Attempts(Base):
    """How often something was tried under one key since ``since``; survives restarts, shared by all processes."""

    __tablename__ = "attempts"

    key: Mapped[PlainText] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    count: Mapped[int]
