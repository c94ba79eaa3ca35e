"""A wall time is one moment, in every zone there is, around every change of its clocks within two years."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from mentoring.pairings.rules import moment_of

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
DAY, MINUTE, QUARTER = timedelta(days=1), timedelta(minutes=1), timedelta(minutes=15)
AROUND = 13
"""Quarter hours before and after a change: more than any gap or overlap is long."""


def offset(zone: ZoneInfo, at: datetime) -> timedelta:
    found = at.astimezone(zone).utcoffset()
    assert found is not None
    return found


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The moments, to the minute, at which the clocks of a zone are changed."""
    day = FIRST
    while day < LAST:
        early, late = day, day + DAY
        if offset(zone, early) != offset(zone, late):
            while late - early > MINUTE:
                middle = early + (late - early) // 2
                early, late = (middle, late) if offset(zone, middle) == offset(zone, day) else (early, middle)
            yield late.replace(second=0, microsecond=0)
        day += DAY


def right(local: datetime, zone: ZoneInfo, before: timedelta, after: timedelta, change: datetime) -> datetime:
    """The moment by RFC 5545 3.3.5, worked out from the two offsets and the change alone."""
    early, late = (local - before).replace(tzinfo=UTC), (local - after).replace(tzinfo=UTC)
    if early < change:  # it was shown before the change: once, or for the first time
        return early
    return late if late >= change else early  # a time that was never shown counts from the offset before


def test_a_wall_time_is_one_moment_around_every_change_of_every_zone() -> None:
    tried = 0
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        for change in changes(zone):
            before, after = offset(zone, change - 2 * MINUTE), offset(zone, change + MINUTE)
            start = (change + before).replace(tzinfo=None)
            for tick in range(-AROUND, AROUND + 1):
                local = start + tick * QUARTER
                assert moment_of(local, name) == right(local, zone, before, after, change), (name, local)
                tried += 1

    assert tried > 10_000
