"""What crosses the doors of inbound mail: what it turned out to be, answers, events."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mentoring.inbound.rules import Answer, Outcome
from mentoring.journal import Event


class Received(Struct, frozen=True):
    """What became of a mail that came in."""

    outcome: Outcome


class AnswerView(Struct, frozen=True):
    """What one of the two answered to an invitation."""

    person: str
    answer: Answer
    proposed_at: datetime | None
    answered_at: datetime


class SessionAnswered(Event, frozen=True):
    """One of the two answered, for the ``times``-th time."""

    session_id: UUID
    person_id: UUID
    answer: Answer
    times: int
