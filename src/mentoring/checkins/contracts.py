"""What crosses the doors of check-ins: what is asked, what is answered, events."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.checkins.rules import CheckInKind, CheckInState, FollowUpReason, Met
from mentoring.journal import Event

Score = Annotated[int, Meta(ge=1, le=5)]
Note = Annotated[str, Meta(max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f]*$")]


class AnswerCheckIn(Struct, frozen=True, forbid_unknown_fields=True):
    """After a session: ``met`` and, where they did, ``usefulness``. To a pulse: the four scores. A note with either."""

    met: Met | None = None
    usefulness: Score | None = None
    good_fit: Score | None = None
    candour: Score | None = None
    clarity: Score | None = None
    protected_time: Score | None = None
    note: Note = ""


class CheckInView(Struct, frozen=True):
    """A check-in as the one who was asked sees it."""

    id: UUID
    pairing_id: UUID
    programme: str
    partner: str
    kind: CheckInKind
    moment: str
    state: CheckInState
    due_at: datetime
    answer_by: datetime | None
    answered_at: datetime | None
    met: Met | None
    usefulness: int | None
    good_fit: int | None
    candour: int | None
    clarity: int | None
    protected_time: int | None
    note: str | None


class FollowUpView(Struct, frozen=True):
    """Something that a coordinator must look at."""

    id: UUID
    programme_id: UUID
    pairing_id: UUID
    person_id: UUID
    person: str
    reason: FollowUpReason
    opened_at: datetime


class CheckInFired(Event, frozen=True):
    """The question was put."""

    check_in_id: UUID


class CheckInFollowedUp(Event, frozen=True):
    """The question was put again, for the ``follow_up``-th time."""

    check_in_id: UUID
    follow_up: int


class CheckInAnswered(Event, frozen=True):
    check_in_id: UUID


class CheckInLapsed(Event, frozen=True):
    check_in_id: UUID
