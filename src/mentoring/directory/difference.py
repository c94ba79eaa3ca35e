"""What an import would do: who comes, who changes in what, who leaves."""

from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter

from msgspec import Struct

from mentoring.directory.rules import STAFF_COLUMNS, StaffRow


class Change(Struct, frozen=True):
    """A person who is there already, and the columns in which the file says something else."""

    row: StaffRow
    fields: tuple[str, ...]


class Difference(Struct, frozen=True):
    """Each person once: added or changed or left or unchanged."""

    added: list[StaffRow]
    changed: list[Change]
    left: list[str]
    unchanged: int


def difference(
    current: Mapping[str, StaffRow],
    rows: Iterable[StaffRow],
    columns: Collection[str] = STAFF_COLUMNS,
    faulty: Collection[str] = (),
) -> Difference:
    """Compare the people who are there, by staff number, with the rows of a file.

    Only ``columns`` that the file has are compared: what it does not speak of stays. ``faulty`` are
    numbers whose rows have problems; they neither change nor leave, so that a dry run counts them once.
    """
    compared = tuple(name for name in STAFF_COLUMNS if name in columns and name != "staff_no")
    values = attrgetter("staff_no", *compared)
    added, changed, unchanged = [], [], 0
    present = set(faulty)
    for row in rows:
        if row.staff_no in present:
            continue
        present.add(row.staff_no)
        known = current.get(row.staff_no)
        if known is None:
            added.append(row)
        elif values(known) != values(row) and (fields := _changed_fields(known, row, compared)):
            changed.append(Change(row, fields))
        else:
            unchanged += 1
    left = [staff_no for staff_no in current if staff_no not in present]
    return Difference(added, changed, left, unchanged)


def _changed_fields(known: StaffRow, row: StaffRow, compared: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in compared if _differs(name, known, row))


def _differs(name: str, known: StaffRow, row: StaffRow) -> bool:
    before, after = attrgetter(name)(known), attrgetter(name)(row)
    if name == "email":  # one mailbox, however it is written
        return bool(known.email.casefold() != row.email.casefold())
    if name == "dotted_manager_staff_nos":
        return set(known.dotted_manager_staff_nos) != set(row.dotted_manager_staff_nos)
    return bool(before != after)
