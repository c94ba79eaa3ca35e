"""What a file of sign-ups does to those who have signed up: decided here, written by ``imports``."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from msgspec import Struct

from mentoring.directory.rules import Findings, Problem
from mentoring.programmes.rules import Hours, Role
from mentoring.programmes.signup_file import SignUpRow

PEOPLE_COLUMNS = ("wishes", "exclusions")


class Stored(Struct, gc=False):
    """A sign-up that is there. ``active``: enrolled, and prepared if a junior, as every imported one is."""

    enrolment_id: UUID
    active: bool
    capacity: int
    tools: list[str]
    hours: Hours
    skills: list[tuple[UUID, int]]
    wishes: set[UUID]
    exclusions: set[UUID]


class Wanted(Struct, frozen=True, gc=False):
    """A sign-up as the file says, with people and skills by their ids."""

    row: SignUpRow
    person_id: UUID
    hours: Hours
    tools: list[str]
    skills: list[tuple[UUID, int]]
    wishes: list[UUID]
    exclusions: list[UUID]


@dataclass(frozen=True, slots=True)
class Change:
    enrolment_id: UUID
    wanted: Wanted
    columns: tuple[str, ...]
    """Those in which it differs; ``role`` where somebody comes back or becomes prepared."""


@dataclass(frozen=True, slots=True)
class Plan:
    added: list[Wanted]
    changed: list[Change]
    unchanged: int


def unknown_people(rows: Iterable[SignUpRow], ids: Mapping[str, UUID], gone: Collection[str]) -> list[Problem]:
    """Every staff number that is nobody's, or that of somebody who left, by line."""
    findings = Findings()
    for row in rows:
        for column, number in _numbers(row):
            if number not in ids:
                code = "person_left" if number in gone else "unknown_staff_no"
                findings.add(row.line, code, column, number)
    return findings.problems()


def _numbers(row: SignUpRow) -> Iterator[tuple[str, str]]:
    yield "staff_no", row.staff_no
    yield from (("wishes", number) for number in row.wishes)
    yield from (("exclusions", number) for number in row.exclusions)


def wanted_of(row: SignUpRow, ids: Mapping[str, UUID], skills: Mapping[str, UUID]) -> Wanted:
    return Wanted(
        row=row,
        person_id=ids[row.staff_no],
        hours=list(row.hours),
        tools=list(row.tools),
        skills=[(skills[code], level) for code, level in row.skills],
        wishes=[ids[number] for number in row.wishes],
        exclusions=[ids[number] for number in row.exclusions],
    )


def plan_import(stored: Mapping[tuple[UUID, Role], Stored], wanted: Iterable[Wanted], columns: Collection[str]) -> Plan:
    """Compare a file with the sign-ups of a programme. Who is not in the file stays as they are."""
    added, changed, unchanged = [], [], 0
    for one in wanted:
        there = stored.get((one.person_id, one.row.role))
        if there is None:
            added.append(one)
        elif differing := tuple(_differing(there, one, columns)):
            changed.append(Change(there.enrolment_id, one, differing))
        else:
            unchanged += 1
    return Plan(added, changed, unchanged)


def _differing(there: Stored, wanted: Wanted, columns: Collection[str]) -> Iterator[str]:
    if not there.active:
        yield "role"
    pairs: tuple[tuple[str, object, object], ...] = (
        ("skills", there.skills, wanted.skills),
        ("hours", there.hours, wanted.hours),
        ("tools", there.tools, wanted.tools),
        ("capacity", there.capacity, wanted.row.capacity),
        ("wishes", there.wishes, set(wanted.wishes)),
        ("exclusions", there.exclusions, set(wanted.exclusions)),
    )
    yield from (name for name, before, after in pairs if name in columns and before != after)
