"""The times of sessions as we plan them: at the beginning, after a pause, and when the two agree on another rhythm."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from mentoring.pairings import rules
from mentoring.pairings.models import PairSession
from mentoring.pairings.queries import Begun
from mentoring.people.rules import working


class PlannedSession(TypedDict):
    """A session's row before it is one."""

    pairing_id: UUID
    number: int
    local_start: datetime
    time_zone: str
    starts_at: datetime
    minutes: int
    wake_at: datetime


def planned_rows(begun: Begun) -> list[PlannedSession]:
    """The sessions of a pairing that begins, at wall times of the leader's zone."""
    plan, zone = begun.plan, begun.leader.zone
    starts = rules.plan_starts(
        begun.at, plan.sessions, plan.every_days, zone, begun.pairing.reasons.slots, both_work(begun)
    )
    return [
        {
            "pairing_id": begun.pairing.id,
            "number": number,
            "local_start": local,
            "time_zone": zone,
            "starts_at": (starts_at := rules.moment_of(local, zone)),
            "minutes": plan.minutes,
            "wake_at": rules.invitation_at(number, starts_at, begun.at),
        }
        for number, local in enumerate(starts, 1)
    ]


def plan_again(
    begun: Begun, sessions: Sequence[PairSession], earliest: datetime, every_days: int, minutes: int, now: datetime
) -> None:
    """Give planned sessions other times, the first of them from ``earliest`` on, in their order."""
    zone = begun.leader.zone
    since = earliest - rules.SETTLING_IN
    slots, free = begun.pairing.reasons.slots, both_work(begun)
    starts = rules.plan_starts(since, len(sessions), every_days, zone, slots, free)
    for session, local in zip(sessions, starts, strict=True):
        session.local_start, session.time_zone, session.minutes = local, zone, minutes
        session.starts_at = rules.moment_of(local, zone)
        session.booked_at = session.booked_by_id = None
        session.wake_at = rules.invitation_at(session.number, session.starts_at, now)


def both_work(begun: Begun) -> rules.Free:
    zones = [(place.country, ZoneInfo(place.zone)) for place in (begun.leader, begun.junior)]
    return lambda moment: all(working(moment.astimezone(zone), country) for country, zone in zones)


def closes_at(ends: Iterable[datetime]) -> datetime | None:
    """When a pairing is over whose sessions end then; None where it has none."""
    return max((end + rules.CLOSING_AFTER for end in ends), default=None)


def end_of(session: PairSession) -> datetime:
    return session.starts_at + timedelta(minutes=session.minutes)


def planned_end(row: PlannedSession) -> datetime:
    return row["starts_at"] + timedelta(minutes=row["minutes"])
