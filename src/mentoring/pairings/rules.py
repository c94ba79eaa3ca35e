"""The life of a pairing, from being asked to the end: states, decisions, causes of errors."""

import enum
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mentoring.errors import Conflict, Invalid, NotFound
from mentoring.programmes.rules import CLOSING_AFTER as CLOSING_AFTER
from mentoring.programmes.rules import SETTLING_IN as SETTLING_IN

INVITED_AHEAD = timedelta(days=7)
"""How long before a session its invitation goes out. The first one goes out at once."""
USUAL_START = time(10)
"""On the leader's wall clock, where no shared slot is known."""
SEARCH_DAYS = 21
"""How far past its day a session may slide to find a shared slot on a working day of both."""
BOOKED_WITHIN = timedelta(days=180)
"""How far ahead a session can be booked: what lies further is a plan, not an appointment."""
MOST_GOALS = 7
"""Of one pairing: as many as it has sessions."""
LONGEST_PAUSE = timedelta(days=92)
"""A longer one is an end: who comes back after a season is matched anew."""
BACK_AT = time(8)
"""When a pause ends on its day, on the wall clock of whoever paused."""
WEEK = timedelta(days=7)
QUARTER = timedelta(minutes=15)

Free = Callable[[datetime], bool]
"""Whether both people work at that moment, each by their own calendar."""


class PairingState(enum.StrEnum):
    """asking_leader -> asking_junior -> active <-> paused -> ended; or declined, expired, withdrawn on the way."""

    ASKING_LEADER = "asking_leader"
    ASKING_JUNIOR = "asking_junior"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


ASKING = (PairingState.ASKING_LEADER, PairingState.ASKING_JUNIOR)
UNDER_WAY = (PairingState.ACTIVE, PairingState.PAUSED)
OPEN = (*ASKING, *UNDER_WAY)
"""States in which a pairing takes up a place of both people."""


class Standing(enum.StrEnum):
    """How a pairing looks to one of the two: never more than they may know of the other's answer."""

    PROPOSED = "proposed"
    ARRANGING = "arranging"
    ACTIVE = "active"
    PAUSED = "paused"
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


class Ending(enum.StrEnum):
    """Why a pairing ended: somebody left the organisation or the programme, or ended it; or it went its whole way."""

    LEFT = "left"
    WITHDREW = "withdrew"
    EARLY = "early"
    COMPLETED = "completed"


class Occasion(enum.StrEnum):
    """Why a version of an agreement was written."""

    BEGINNING = "beginning"
    MIDPOINT = "midpoint"
    CHANGE = "change"


class ConsentStep(enum.StrEnum):
    WAIT = "wait"
    REMIND = "remind"
    EXPIRE = "expire"


class PairingNotFound(NotFound):
    """No such pairing, or none of yours."""


class GoalNotFound(NotFound):
    """No such goal, or none of yours."""


class GoalWithoutWords(Invalid):
    """A goal of blanks alone."""


class GoalsEnough(Conflict):
    """There are ``most`` goals already: more are none."""


class PairingNotAsking(Conflict):
    """The question was answered, has expired or was withdrawn; or it is the other one's turn."""


class PairingNotActive(Conflict):
    """It has not begun, is paused, or is over."""


class PairingNotUnderWay(Conflict):
    """It has not begun, or is over."""


class SessionNotFound(NotFound):
    """No such session, or none of yours."""


class SessionIsHeld(Conflict):
    """They met: what was held is neither moved nor called off."""


class SessionCalledOff(Conflict):
    """It was called off, and no other time was chosen since."""


class SessionHasBegun(Conflict):
    """It can be moved, but no longer called off."""


class SessionNotBegun(Conflict):
    """Nobody can say yet whether it was held."""


class SessionChanged(Conflict):
    """Somebody else has moved it or called it off since you looked."""


class SessionClashes(Conflict):
    """One of the two has another session at that time."""


class TimeUnreadable(Invalid):
    """``value`` is no date and time as ``2026-03-29T10:30``."""


class ZoneUnknown(Invalid):
    """``zone`` is no time zone."""


class TimeNotAhead(Invalid):
    """A session is booked for a time to come."""


class TimeTooFar(Invalid):
    """A session is booked at most ``days`` days ahead."""


class PauseNotAhead(Invalid):
    """A pause ends on a day to come."""


class PauseTooLong(Invalid):
    """A pause lasts at most ``days`` days."""


class NotPaused(Conflict):
    """It is not paused."""


class RematchNotPossible(Conflict):
    """Somebody else is looked for only where a pairing ended before its time and its place is free."""


class AgreementNotFound(NotFound):
    """No agreement has been written yet."""


class AgreementChanged(Conflict):
    """The words are not those that you have read; read them again."""


class NothingToAssess(Conflict):
    """The closing assessment is taken when no session lies ahead."""


class AssessmentIncomplete(Invalid):
    """Each skill needs its level now and at the start."""


class DelegateNotSuitable(Invalid):
    """Nobody stands in for themselves, and nobody who has left does for others."""


class ConcernNotFound(NotFound):
    """No such concern, or none that was told to you."""


class FeedNotFound(NotFound):
    """The address of this calendar was revoked, or never was."""


class NoPlaceLeft(Conflict):
    """The junior has as many pairings already as their capacity allows."""


_SEEN = {
    PairingState.ASKING_LEADER: Standing.PROPOSED,
    PairingState.ACTIVE: Standing.ACTIVE,
    PairingState.PAUSED: Standing.PAUSED,
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


def wall_start(written: str, zone: str) -> tuple[datetime, datetime]:
    """Return the wall time that somebody wrote, as clocks in ``zone`` will show it, and its moment.

    What the clocks skip is moved past the gap, so that no calendar has to guess. Raises ``TimeUnreadable``,
    ``ZoneUnknown``.
    """
    try:
        place = ZoneInfo(zone)
    except (ValueError, OSError, KeyError) as error:
        raise ZoneUnknown(zone=zone) from error
    try:
        moment = moment_of(datetime.fromisoformat(written).replace(tzinfo=None, second=0, microsecond=0), zone)
    except (ValueError, OverflowError) as error:
        raise TimeUnreadable(value=written) from error
    return moment.astimezone(place).replace(tzinfo=None, fold=0), moment


def ensure_bookable(pairing: PairingState, session: SessionState, starts_at: datetime, now: datetime) -> None:
    """Raises ``PairingNotActive``, ``SessionIsHeld``, ``TimeNotAhead`` or ``TimeTooFar``."""
    if pairing is not PairingState.ACTIVE:
        raise PairingNotActive()
    if session is SessionState.HELD:
        raise SessionIsHeld()
    if starts_at <= now:
        raise TimeNotAhead()
    if starts_at > now + BOOKED_WITHIN:
        raise TimeTooFar(days=BOOKED_WITHIN.days)


def ensure_to_call_off(pairing: PairingState, session: SessionState, starts_at: datetime, now: datetime) -> None:
    """Raises ``PairingNotActive``, ``SessionCalledOff`` or ``SessionHasBegun``."""
    if pairing is not PairingState.ACTIVE:
        raise PairingNotActive()
    if session is SessionState.CANCELLED:
        raise SessionCalledOff()
    if starts_at <= now or session in (SessionState.HELD, SessionState.MISSED):
        raise SessionHasBegun()


def ensure_to_report(session: SessionState, starts_at: datetime, now: datetime) -> None:
    """Raises ``SessionCalledOff`` or ``SessionNotBegun``."""
    if session is SessionState.CANCELLED:
        raise SessionCalledOff()
    if starts_at > now:
        raise SessionNotBegun()


def went_its_way(sessions: Sequence[tuple[SessionState, datetime]], now: datetime) -> bool:
    """Whether at least one session was held and none lies ahead. ``sessions``: their states and starts."""
    held = any(state is SessionState.HELD for state, _ in sessions)
    ahead = any(state in (SessionState.PLANNED, SessionState.INVITED) and at > now for state, at in sessions)
    return held and not ahead


def may_rematch(state: PairingState, ending: Ending | None) -> bool:
    """Whether whoever lost a partner may ask for another at once."""
    return state is PairingState.ENDED and ending is not Ending.COMPLETED


def next_sequence(state: SessionState, sequence: int) -> int:
    """The number of the next thing that calendars are told of a session; the first they hear of it is 0."""
    unheard = state in (SessionState.PLANNED, SessionState.CANCELLED) and sequence == 0
    return 0 if unheard else sequence + 1


def end_of_pause(until: date, zone: str, now: datetime) -> datetime:
    """The moment at which a pause until that day ends. Raises ``PauseNotAhead`` or ``PauseTooLong``."""
    ends_at = moment_of(datetime.combine(until, BACK_AT), zone)
    if ends_at <= now:
        raise PauseNotAhead()
    if ends_at > now + LONGEST_PAUSE:
        raise PauseTooLong(days=LONGEST_PAUSE.days)
    return ends_at


def running_for(began_at: datetime, now: datetime, paused_at: datetime | None, paused_seconds: int) -> timedelta:
    """How long a pairing has run: the time since it began, without its pauses, one that still lasts included."""
    return (paused_at or now) - began_at - timedelta(seconds=paused_seconds)
