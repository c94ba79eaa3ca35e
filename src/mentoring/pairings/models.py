"""Tables of pairings, their sessions and agreements, and of what the two of a pairing ask and confide."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from mentoring.db import Base, Document, PersonalText, PlainText, WallTime
from mentoring.pairings.contracts import Reasons
from mentoring.pairings.rules import Ending, Occasion, PairingState, SessionState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, Programme

_WAITING = text("wake_at IS NOT NULL")
_OPEN = text("state IN ('asking_leader', 'asking_junior', 'active', 'paused')")


class Pairing(Base):
    """A leader and a junior who were proposed to each other by publishing a round.

    The leader is asked first, then the junior; a yes of both makes it active. An active one can be paused and go on;
    it ends as ``ending`` says. ``wake_at`` is when the clock must look again: the next reminder or the expiry while it
    is asking, the end of a pause, and, while it is active, some time after its last session, when it is over.
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
    paused_at: Mapped[datetime | None]
    """Since when, while it is paused."""
    paused_until: Mapped[datetime | None]
    paused_by_id: Mapped[UUID | None]
    paused_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    """How long its earlier pauses were: time that counts for nothing. See ``rules.running_for``."""
    ending: Mapped[Ending | None]
    ended_by_id: Mapped[UUID | None]
    end_reason: Mapped[PersonalText | None]
    """For the coordinator; the other person never sees it."""


class PastPause(Base):
    """A pause of a pairing that is over. The one that still lasts stands in the pairing itself."""

    __tablename__ = "past_pause"

    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime]


class PairSession(Base):
    """One meeting of a pairing, at a wall time: of the leader's zone as planned, of the zone of whoever booked it.

    planned -> invited (the calendar invitation went out) -> held | missed; cancelled when it is called off, or its
    pairing is over before it. What is invited, missed or called off can be moved, and is invited again; a pause makes
    it planned again. ``sequence`` counts what calendars were told of it after the first invitation. ``wake_at``: when
    its invitation goes out.
    """

    __tablename__ = "session"
    __table_args__ = (
        UniqueConstraint("pairing_id", "number"),
        Index("ix_session_waiting", "wake_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"))
    number: Mapped[int]
    local_start: Mapped[WallTime]
    time_zone: Mapped[PlainText]
    starts_at: Mapped[datetime]
    minutes: Mapped[int]
    state: Mapped[SessionState] = mapped_column(default=SessionState.PLANNED)
    sequence: Mapped[int] = mapped_column(default=0)
    wake_at: Mapped[datetime | None]
    booked_at: Mapped[datetime | None]
    """When one of the two, or the leader's delegate, chose this time; empty while it is only planned by us."""
    booked_by_id: Mapped[UUID | None]


class ZoneRules(Base):
    """The zone rules by which the sessions to come have been looked at: one row a version of them. See ``zones``."""

    __tablename__ = "zone_rules"

    version: Mapped[PlainText] = mapped_column(primary_key=True)
    last_id: Mapped[UUID]
    """The last session looked at, in the order of their ids."""
    done_at: Mapped[datetime | None]


class Agreement(Base):
    """The one page that both sign; a row a version. The latest version that both signed is in force.

    written -> signed by one -> agreed (``agreed_at``). Who changes the words of a version that is not agreed yet takes
    all signatures off it; ``revision`` tells a signer that the words are still those that were read.
    """

    __tablename__ = "agreement"
    __table_args__ = (UniqueConstraint("pairing_id", "version"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"))
    version: Mapped[int]
    revision: Mapped[int] = mapped_column(default=1)
    occasion: Mapped[Occasion]
    every_days: Mapped[int]
    minutes: Mapped[int]
    language: Mapped[PlainText]
    skill_goal: Mapped[PersonalText]
    perspective_goal: Mapped[PersonalText]
    junior_wants: Mapped[PersonalText]
    written_at: Mapped[datetime]
    leader_signed_at: Mapped[datetime | None]
    junior_signed_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]


class Goal(Base):
    """What the two want to have done together, in their words; ticked by either once it is reached."""

    __tablename__ = "goal"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"), index=True)
    words: Mapped[PersonalText]
    set_at: Mapped[datetime]
    reached_at: Mapped[datetime | None]


class Delegate(Base):
    """Somebody who may book and move the sessions of a leader."""

    __tablename__ = "delegate"

    leader_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True, index=True)
    named_at: Mapped[datetime]


class CalendarFeed(Base):
    """The secret address at which a person's calendar reads their own sessions. Only its digest is kept."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id, ondelete="CASCADE"), primary_key=True)
    digest: Mapped[PlainText] = mapped_column(unique=True)
    made_at: Mapped[datetime]


class Concern(Base):
    """What one of the two tells the coordinator in confidence, until the coordinator closes it.

    The partner (``about_id``) never sees it, not even where the partner coordinates the programme.
    """

    __tablename__ = "concern"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey(Programme.id), index=True)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    about_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), index=True)
    words: Mapped[PersonalText]
    raised_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[UUID | None]


class Rematch(Base):
    """One of the two of a pairing that ended early asks for somebody else. ``settled_at``: an offer was looked for."""

    __tablename__ = "rematch"

    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True, index=True)
    requested_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    offered_id: Mapped[UUID | None]
    """The pairing that was offered; empty where nobody was free."""


class Assessment(Base):
    """How well one of the two can do, at the end, what the pairing was about.

    ``before`` is judged looking back from the end: who has learnt what there is to know judges the start more truly.
    """

    __tablename__ = "assessment"
    __table_args__ = (
        CheckConstraint("after BETWEEN 0 AND 4", name="after_is_0_to_4"),
        CheckConstraint("before BETWEEN 0 AND 4", name="before_is_0_to_4"),
    )

    pairing_id: Mapped[UUID] = mapped_column(ForeignKey(Pairing.id, ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey(Person.id), primary_key=True, index=True)
    skill: Mapped[PlainText] = mapped_column(primary_key=True)
    after: Mapped[int]
    before: Mapped[int]
    assessed_at: Mapped[datetime]
