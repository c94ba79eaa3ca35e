"""What crosses the doors of the upkeep: how the service is, and what happened to its clock."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mentoring.heartbeat import HoldReason
from mentoring.journal import Event
from mentoring.upkeep.rules import Alarm


class ClockHeld(Event, frozen=True):
    """The clock stopped and asks whether it may go on."""

    hold_id: UUID
    reason: HoldReason


class ClockResumed(Event, frozen=True):
    """Somebody looked, and let the clock go on."""

    hold_id: UUID


class HoldView(Struct, frozen=True):
    reason: HoldReason
    held_at: datetime
    last_tick_at: datetime
    people: int


class JobView(Struct, frozen=True):
    """The last run of one of the clock's jobs."""

    job: str
    ran_at: datetime
    items: int
    error: str | None


class Status(Struct, frozen=True):
    """How the service is. Ages are in seconds."""

    at: datetime
    alarms: list[Alarm]
    hold: HoldView | None
    ticked_at: datetime | None
    tick_age: float | None
    messages_due: int
    oldest_due_age: float
    messages_uncertain: int
    messages_refused: int
    leases_expired: int
    events_waiting: int
    events_failing: int
    last_error: str | None
    rounds_solving: int
    jobs: list[JobView]
