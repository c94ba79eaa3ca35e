"""When we ask, when we ask again, and when we stop: pure decisions about check-ins and pulses."""

import enum
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from mentoring.errors import Conflict, Invalid, NotFound
from mentoring.messages.rules import Pace

ASKED_AT = time(10)
"""On the person's own wall clock, for pulses that no session's end gives a time to."""
SILENT_AFTER = 2
"""Check-ins in a row that one person lets lapse before a coordinator is told."""
LATE = timedelta(hours=1)
"""A question that comes later than this after its moment is a reminder: it waits for office hours."""
SESSION_MOMENT = "session_{number}"
MOVED_MOMENT = "session_{number}_{sequence}"
"""Of a session that was asked about already, and then moved: what was answered stays, and we ask once more."""


class CheckInKind(enum.StrEnum):
    SESSION = "session"
    PULSE = "pulse"


class CheckInState(enum.StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    ANSWERED = "answered"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class Met(enum.StrEnum):
    YES = "yes"
    MOVED = "moved"
    NO = "no"


class Step(enum.StrEnum):
    FIRE = "fire"
    FOLLOW_UP = "follow_up"
    LAPSE = "lapse"


class CheckInNotFound(NotFound):
    """No such check-in, or none of yours."""


class CheckInNotOpen(Conflict):
    """Answered already, lapsed, or not yet asked."""


class AnswerIncomplete(Invalid):
    """Whether you met, or one of the four answers of a pulse, is missing."""


class AnswerDoesNotFit(Invalid):
    """Answers of a pulse to a question about a session, or the other way round."""


class FollowUpReason(enum.StrEnum):
    SILENT = "silent"
    LEFT = "left"


def ensure_open(state: CheckInState) -> None:
    if state is not CheckInState.OPEN:
        raise CheckInNotOpen(state=state.value)


def session_number(moment: str) -> int:
    """The number of the session that a check-in is about, whether it asks for the first time or after a move."""
    return int(moment.split("_")[1])


def wake(
    fired_at: datetime | None, now: datetime, follow_up_after: tuple[timedelta, ...], lapse_after: timedelta
) -> tuple[Step, datetime | None]:
    """Return the one step that a woken check-in takes now, and when to wake it again.

    However late we are it is one step: after an outage nobody gets three messages in a row.
    """
    since = fired_at or now
    ahead = [at for after in (*follow_up_after, lapse_after) if (at := since + after) > now]
    if fired_at is None:
        return Step.FIRE, ahead[0]
    return (Step.FOLLOW_UP, ahead[0]) if ahead else (Step.LAPSE, None)


def pace(follow_up: int, due_at: datetime, now: datetime) -> Pace:
    """A question comes when it was agreed that it would; whatever is late, or asks again, comes in office hours."""
    return Pace.QUESTION if follow_up == 0 and now - due_at <= LATE else Pace.REMINDER


def pulses(
    began_at: datetime,
    ends: Sequence[datetime],
    pulse_after_days: int,
    midpoint_after_session: int,
    look_back_days: int,
) -> dict[str, datetime]:
    """When each pulse of a pairing is due. ``ends`` are the ends of its planned sessions, in order."""
    middle = min(midpoint_after_session, len(ends)) - 1
    return {
        "day_30": began_at + timedelta(days=pulse_after_days),
        "midpoint": ends[middle],
        "end": ends[-1],
        "look_back": ends[-1] + timedelta(days=look_back_days),
    }


def silent(latest: Sequence[CheckInState]) -> bool:
    """Whether a person's latest check-ins of a pairing, newest first, were all let lapse."""
    return len(latest) >= SILENT_AFTER and all(state is CheckInState.LAPSED for state in latest[:SILENT_AFTER])
