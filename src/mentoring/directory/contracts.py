"""What crosses the doors of the directory: a staff file in, what it would change, who somebody is."""

from collections.abc import Callable
from datetime import date
from typing import Literal
from uuid import UUID

from msgspec import Struct

from mentoring.journal import Event

Stage = Literal["read", "compare", "write"]
Progress = Callable[[Stage, float], None]
"""Told the stage of an import and the share of it that is done."""


def untold(_stage: Stage, _share: float) -> None:
    """Where nobody looks on."""


class StaffUpload(Struct, frozen=True):
    """A staff file, whoever sent it. ``mapping`` gives, by our column, the name that the file has for it."""

    content: bytes
    filename: str
    mapping: dict[str, str] = {}
    apply: bool = False
    allow_leavers: bool = False


class LineProblem(Struct, frozen=True):
    """What is wrong on one line of a file, in a code and in the reader's words; ``line`` is 0 where one is missing."""

    line: int
    code: str
    column: str | None
    value: str | None
    text: str


class ValueChange(Struct, frozen=True):
    """What a column says of somebody, and what it will say. Of gender only that it changes."""

    column: str
    before: str
    after: str


class StaffChange(Struct, frozen=True):
    """One person whom the file changes: ``added``, ``returned``, ``changed`` (in ``columns``) or ``left``."""

    what: Literal["added", "returned", "changed", "left"]
    staff_no: str
    columns: list[str] = []
    name: str = ""
    values: list[ValueChange] = []


class StaffReport(Struct, frozen=True):
    """What a staff file changes, or would change (``applied`` is false).

    ``added`` counts those who return too. ``changes`` are the first of each kind, ``changes_total`` all.
    ``too_many_leave``: it would not be applied without being told that so many may leave.
    """

    applied: bool
    rows: int
    added: int
    returned: int
    changed: int
    left: int
    unchanged: int
    too_many_leave: bool
    top: list[str]
    """Staff numbers of those who report to nobody, the first few."""
    levels: int
    """Of the organisation, from the top to the last desk."""
    problems: list[LineProblem]
    changes: list[StaffChange]
    changes_total: int


class PersonSummary(Struct, frozen=True):
    """A person in a list."""

    id: UUID
    staff_no: str | None
    name: str
    email: str
    job_title: str
    unit: str
    duty_station: str
    country: str
    left_on: date | None


class Colleague(Struct, frozen=True):
    """Somebody beside a person, named in passing."""

    id: UUID
    staff_no: str | None
    name: str
    job_title: str


class DirectoryEntry(Struct, frozen=True):
    """A person with the reporting lines around them."""

    person: PersonSummary
    grade: str
    grade_level: int | None
    time_zone: str
    languages: dict[str, int]
    line_up: list[Colleague]
    """The manager, the manager's manager, and so on to the top."""
    dotted: list[Colleague]
    appraisers: list[Colleague]
    reports: list[Colleague]


class StaffImported(Event, frozen=True):
    """A staff file was written into the directory."""

    import_id: UUID


class PersonLeft(Event, frozen=True):
    """Somebody is in the staff file no longer, or had themselves forgotten."""

    person_id: UUID


class PersonReturned(Event, frozen=True):
    """Somebody who had left is in the staff file again."""

    person_id: UUID
