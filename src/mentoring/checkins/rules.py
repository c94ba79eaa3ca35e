"""When we ask, when we ask again, and when we stop: pure decisions about check-ins and pulses."""

import enum
from datetime import datetime, timedelta

from mentoring.errors import Conflict, NotFound


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


def ensure_open(state: CheckInState) -> None:
    if state is not CheckInState.OPEN:
        raise CheckInNotOpen(state=state.value)


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
