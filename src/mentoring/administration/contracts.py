"""What crosses the doors of the administration: settings, the audit list, how the service is."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from mentoring.journal import Event
from mentoring.people.contracts import ONE_LINE
from mentoring.upkeep.contracts import Status

Value = Annotated[str, Meta(max_length=200, pattern=ONE_LINE)]


class ChooseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings by name; an empty value goes back to the default."""

    values: Annotated[dict[str, Value], Meta(max_length=20)]


class SettingsChanged(Event, frozen=True):
    names: list[str]


class AuditFilter(Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries: by or about somebody, of one kind, from a day to a day of the reader's calendar."""

    person: Value = ""
    event: Value = ""
    since: date | None = None
    until: date | None = None
    before: Annotated[int, Meta(ge=1)] | None = None
    """Only entries with a lower number: the page before."""


class AuditEntry(Struct, frozen=True):
    """Something that happened: when, who did it, and to what, by ids and codes."""

    number: int
    at: datetime
    event: str
    by_id: UUID | None
    by: str
    """Empty for the service itself, and for what is told in confidence."""
    details: Mapping[str, object]
    people: Mapping[str, str]
    """The names of those whose ids are in the details."""


class Health(Struct, frozen=True):
    """How the service is, and when somebody last looked after it."""

    status: Status
    checked_at: datetime | None
    broken: int
    backed_up_at: datetime | None
