"""The life of a pairing, from being asked to the end: states, decisions, causes of errors."""

import enum
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mentoring.errors import Conflict, NotFound

SETTLING_IN = timedelta(days=7)
"""Between the second yes and the first session: time to make room in two calendars."""
INVITED_AHEAD = timedelta(days=7)
"""How long before a session its invitation goes out. The first one goes out at once."""
USUAL_START = time(10)
"""On the leader's wall clock, where no shared slot is known."""
SEARCH_DAYS = 21
"""How far past its day a session may slide to find a shared slot on a working day of both."""
WEEK = timedelta(days=7)
QUARTER = timedelta(minutes=15)

Free = Callable[[datetime], bool]
"""Whether both people work at that moment, each by their own calendar."""


class PairingState(enum.StrEnum):
    """asking_leader -> asking_junior -> active -> ended; or declined, expired, withdrawn on the way."""

    ASKING_LEADER = "asking_leader"
    ASKING_JUNIOR = "asking_junior"
    ACTIVE = "active"
    ENDED = "ended"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


ASKING = (PairingState.ASKING_LEADER, PairingState.ASKING_JUNIOR)
OPEN = (*ASKING, PairingState.ACTIVE)
"""States in which a pairing takes up a place of both people."""


class Standing(enum.StrEnum):
    """How a pairing looks to one of the two: never more than they may know of the other's answer."""

    PROPOSED = "proposed"
    ARRANGING = "arranging"
    ACTIVE = "active"
    ENDED = "ended"
    NOT_ARRANGED = "not_arranged"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class SessionState(enum.StrEnum):
    PLANNED = "planned"
    INVITED = "invited"
    HELD = "held"
    MISSED = "missed"
    CANCELLED = "cancelled"


class ConsentStep(enum.StrEnum):
    WAIT = "wait"
    REMIND = "remind"
    EXPIRE = "expire"


class PairingNotFound(NotFound):
    """No such pairing, or none of yours."""


class PairingNotAsking(Conflict):
    """The question was answered, has expired or was withdrawn; or it is the other one's turn."""


class NoPlaceLeft(Conflict):
    """The junior has as many pairings already as their capacity allows."""


_SEEN = {
    PairingState.ASKING_LEADER: Standing.PROPOSED,
    PairingState.ACTIVE: Standing.ACTIVE,
    PairingState.ENDED: Standing.ENDED,
    PairingState.WITHDRAWN: Standing.WITHDRAWN,
}


def standing(state: PairingState, *, leader: bool, by_me: bool) -> Standing:
    """How a pairing looks to its leader, or to its junior. ``by_me``: the one who looks said no, or said nothing.

    A junior's no, or silence, leaves no trace for the leader: it could not be arranged, and that is all.
    """
    if state is PairingState.ASKING_JUNIOR:
        return Standing.ARRANGING if leader else Standing.PROPOSED
    if state in (PairingState.DECLINED, PairingState.EXPIRED):
        return Standing(state.value) if by_me else Standing.NOT_ARRANGED
    return _SEEN[state]


def consent_step(
    reminded: int, now: datetime, reminders: Sequence[datetime], expires: datetime
) -> tuple[ConsentStep, int, datetime | None]:
    """Return the one step that an unanswered question takes now, the reminders then sent, and when to wake it again.

    However late we are it is one step: reminders that were missed are not made up for.
    """
    if now >= expires:
        return ConsentStep.EXPIRE, reminded, None
    due = sum(at <= now for at in reminders)
    following = min((at for at in (*reminders, expires) if at > now), default=expires)
    return (ConsentStep.REMIND, due, following) if due > reminded else (ConsentStep.WAIT, reminded, following)


def plan_starts(
    began_at: datetime, sessions: int, every_days: int, zone: str, slots: Sequence[int], free: Free
) -> list[datetime]:
    """Return the wall times, on the leader's clock, at which the planned sessions begin.

    ``slots`` are quarter hours of the UTC week, Monday 00:00 first, at which both can begin in summer and in winter.
    The first session takes the first slot a week after the pairing began; each later one the first slot on or after
    the day that the plan gives it. Days on which one of the two does not work are passed over, as far as
    ``SEARCH_DAYS`` go.
    """
    place = ZoneInfo(zone)
    earliest = began_at + SETTLING_IN
    starts: list[datetime] = []
    for _ in range(sessions):
        start = _first_start(earliest, place, slots, free)
        starts.append(start.astimezone(place).replace(tzinfo=None, fold=0))
        earliest = _start_of_day(starts[-1] + timedelta(days=every_days), place)
    return starts


def _first_start(earliest: datetime, place: ZoneInfo, slots: Sequence[int], free: Free) -> datetime:
    ahead = _slots_from(earliest, slots) if slots else _usual_starts(earliest, place)
    first = next(ahead)
    end = earliest + timedelta(days=SEARCH_DAYS)
    start = first
    while start < end:
        if free(start):
            return start
        start = next(ahead)
    return first


def _slots_from(earliest: datetime, slots: Sequence[int]) -> Iterator[datetime]:
    utc = earliest.astimezone(UTC)
    monday = datetime.combine(utc.date() - timedelta(days=utc.weekday()), time(0), UTC)
    while True:
        for slot in sorted(slots):
            if (start := monday + slot * QUARTER) >= earliest:
                yield start
        monday += WEEK


def _usual_starts(earliest: datetime, place: ZoneInfo) -> Iterator[datetime]:
    day = earliest.astimezone(place).date()
    while True:
        if (start := moment_of(datetime.combine(day, USUAL_START), place.key)) >= earliest:
            yield start
        day += timedelta(days=1)


def _start_of_day(local: datetime, place: ZoneInfo) -> datetime:
    return datetime.combine(local.date(), time(0), place).astimezone(UTC)


def moment_of(local: datetime, zone: str) -> datetime:
    """The moment of a wall time as calendars read it (RFC 5545 3.3.5).

    A time that the clocks skip counts from the offset before the gap; one that they show twice is the first.
    """
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def invitation_at(number: int, starts_at: datetime, now: datetime) -> datetime:
    """When the invitation to a session goes out: the first at once, each later one a week ahead."""
    return now if number == 1 else max(now, starts_at - INVITED_AHEAD)
