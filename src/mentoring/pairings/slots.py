"""When two people could meet: what both state as their hours, each on their own clock, on days on which both work."""

import enum
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import Struct

from mentoring.pairings.rules import moment_of
from mentoring.people.rules import working
from mentoring.programmes.rules import Hours

STEP = timedelta(minutes=30)
"""Sessions are offered on the hour and the half hour: that is how people read their calendars."""
A_DAY = 3
"""Offered on one day, spread over it: more would hide the other days."""
NOTICE = timedelta(hours=2)
"""What is offered begins no sooner than this; who wants it sooner writes the time down."""
AHEAD = timedelta(days=21)
"""How far the offer looks: as far as the next session of a standard plan."""
USUAL_HOURS: Hours = [(weekday, 9 * 60, 17 * 60) for weekday in range(5)]
"""Of whoever has stated none."""
DAY = timedelta(days=1)

MORNING, NOON, EVENING, NIGHT = time(6), time(12), time(17), time(22)
"""When the parts of a day begin, on a wall clock."""

Span = tuple[datetime, datetime]
"""From a moment until another, both in UTC."""


class Stated(Struct, frozen=True):
    """When somebody can usually meet, and where that is so."""

    zone: str
    country: str
    hours: Hours


class DayPart(enum.StrEnum):
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"


class SharedTimes(Struct, frozen=True):
    """When the two can begin, in words for one of them: weekdays (Monday is 0), and what part of whose day that is."""

    days: list[int]
    mine: list[DayPart]
    theirs: list[DayPart]


def day_part(clock: time) -> DayPart:
    """Which part of the day a wall clock shows."""
    parts = ((NIGHT, DayPart.NIGHT), (EVENING, DayPart.EVENING), (NOON, DayPart.AFTERNOON), (MORNING, DayPart.MORNING))
    return next((part for begins, part in parts if clock >= begins), DayPart.NIGHT)


def shared_times(quarters: Sequence[int], mine: str, theirs: str, at: datetime) -> SharedTimes | None:
    """Read ``quarters`` of the UTC week, at which two can begin, on the clocks of both in the week of ``at``."""
    monday = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - at.astimezone(UTC).weekday() * DAY
    moments = [monday + quarter * timedelta(minutes=15) for quarter in quarters]
    if not moments:
        return None
    ours, others = ([one.astimezone(ZoneInfo(zone)) for one in moments] for zone in (mine, theirs))
    return SharedTimes(sorted({one.weekday() for one in ours}), _parts(ours), _parts(others))


def _parts(moments: Iterable[datetime]) -> list[DayPart]:
    found = {day_part(one.time()) for one in moments}
    return [part for part in DayPart if part in found]


def shared_slots(
    both: Sequence[Stated], begin: datetime, end: datetime, minutes: int, taken: Iterable[Span], most: int
) -> list[datetime]:
    """Return up to ``most`` moments between ``begin`` and ``end`` at which a session of ``minutes`` suits both.

    ``taken``: when one of them meets somebody already. What both offer is cut to what is free, and of each UTC day some
    that are spread over it are taken.
    """
    free = list(_spans(both[0], begin, end))
    for other in both[1:]:
        free = list(_overlaps(free, list(_spans(other, begin, end))))
    length = timedelta(minutes=minutes)
    busy = list(taken)
    starts = [
        start
        for start in _starts(free, length, begin)
        if start + length <= end and not any(start < until and since < start + length for since, until in busy)
    ]
    spread = [chosen for _, day in groupby(starts, key=datetime.date) for chosen in _spread(list(day))]
    return spread[:most]


def _spans(one: Stated, begin: datetime, end: datetime) -> Iterator[Span]:
    """When this person can meet, in order; the hours are wall time, so they move with the clocks."""
    place = ZoneInfo(one.zone)
    day = begin.astimezone(place).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0) - DAY
    last = end.astimezone(place).replace(tzinfo=None)
    while day <= last:
        if working(day, one.country):
            for weekday, since, until in sorted(one.hours or USUAL_HOURS):
                if weekday == day.weekday():
                    yield _moment(day, since, one.zone), _moment(day, until, one.zone)
        day += DAY


def _moment(day: datetime, minutes: int, zone: str) -> datetime:
    days, rest = divmod(minutes, 24 * 60)
    return moment_of(datetime.combine(day + days * DAY, time(*divmod(rest, 60))), zone)


def _overlaps(some: Sequence[Span], others: Sequence[Span]) -> Iterator[Span]:
    for since, until in some:
        for other_since, other_until in others:
            overlap = max(since, other_since), min(until, other_until)
            if overlap[0] < overlap[1]:
                yield overlap


def _starts(free: Iterable[Span], length: timedelta, begin: datetime) -> list[datetime]:
    found: set[datetime] = set()
    for since, until in free:
        start = _rounded_up(max(since, begin))
        while start + length <= until:
            found.add(start)
            start += STEP
    return sorted(found)


def _rounded_up(moment: datetime) -> datetime:
    """The next moment, from this one on, that a clock shows on the hour or half hour (or beside it, by its offset)."""
    over = timedelta(minutes=moment.minute % 30, seconds=moment.second, microseconds=moment.microsecond)
    return moment + STEP - over if over else moment


def _spread(day: Sequence[datetime]) -> list[datetime]:
    """The first, the last and what lies between them, ``A_DAY`` in all."""
    if len(day) <= A_DAY:
        return list(day)
    return [day[place * (len(day) - 1) // (A_DAY - 1)] for place in range(A_DAY)]
