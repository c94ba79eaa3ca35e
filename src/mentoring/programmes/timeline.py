"""The course of a programme as a picture and as a table: what comes on which day, counted from the second yes."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from mentoring.programmes.rules import CLOSING_AFTER, SETTLING_IN, Ladder, Plan


class Milestone(NamedTuple):
    """``at``: where the day lies between the first and the last of them, from 0 to 1. ``number``: of a session."""

    kind: str
    day: int
    at: float
    number: int = 0


def timeline_of(plan: Plan, ladder: Ladder) -> list[Milestone]:
    """All milestones in order; of two on one day the session comes first."""
    days = sorted(chain(_sessions(plan), _others(plan, ladder)), key=lambda one: (one[1], -one[2]))
    first, last = days[0][1], days[-1][1]
    return [Milestone(kind, day, (day - first) / (last - first), number) for kind, day, number in days]


def _sessions(plan: Plan) -> Iterator[tuple[str, int, int]]:
    return (("session", _day_of(plan, number), number) for number in range(1, plan.sessions + 1))


def _others(plan: Plan, ladder: Ladder) -> Iterator[tuple[str, int, int]]:
    """Working days of the answers are shown as they pass on most calendars, five of seven."""
    last = _day_of(plan, plan.sessions)
    yield "asked", -ladder.consent_expires * 7 // 5, 0
    yield "began", 0, 0
    yield "pulse", plan.pulse_after_days, 0
    if plan.midpoint_after_session <= plan.sessions:
        yield "midpoint", _day_of(plan, plan.midpoint_after_session), 0
    yield "closed", last + CLOSING_AFTER.days, 0
    yield "look_back", last + CLOSING_AFTER.days + plan.look_back_after_days, 0


def _day_of(plan: Plan, session: int) -> int:
    return SETTLING_IN.days + (session - 1) * plan.every_days
