"""Which questions a pairing is asked over its life, and when: pure, the same for the clock and for a try-out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mentoring.checkins.rules import ASKED_AT, SESSION_MOMENT, CheckInKind, pulses
from mentoring.people.rules import at_wall_time, working
from mentoring.programmes.rules import Plan


def questions(
    began_at: datetime, ends: Sequence[tuple[int, datetime]], plan: Plan, country: str, zone: str
) -> dict[str, tuple[CheckInKind, datetime]]:
    """What one person is asked: after each session, and the pulses in the morning of a working day there.

    ``ends``: the numbers of the planned sessions and when they end, in order.
    """
    if not ends:
        return {}
    last = [end for _, end in ends]
    due = {SESSION_MOMENT.format(number=number): (CheckInKind.SESSION, end) for number, end in ends}
    asked = pulses(began_at, last, plan.pulse_after_days, plan.midpoint_after_session, plan.look_back_after_days)
    for moment, at in asked.items():
        due[moment] = (CheckInKind.PULSE, at if at in last else morning(at, country, zone))
    return due


def morning(moment: datetime, country: str, zone: str) -> datetime:
    """The morning of that day where the person is, or of the next working day there."""
    local = moment.astimezone(ZoneInfo(zone))
    while not working(local, country):
        local += timedelta(days=1)
    return at_wall_time(local, ASKED_AT, zone).astimezone(UTC)
