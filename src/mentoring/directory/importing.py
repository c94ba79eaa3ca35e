"""What a staff file does to the people who are known: decided here, written by ``service``."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from msgspec import structs

from mentoring.directory.checking import StaffFile
from mentoring.directory.difference import Difference, difference
from mentoring.directory.models import LineKind
from mentoring.directory.rules import NO_LINE, STAFF_COLUMNS, Findings, Problem, StaffRow, shown
from mentoring.errors import Conflict, Invalid, NotAllowed
from mentoring.people.rules import AddressTaken

NO_ZONE = "UTC"
"""Where a file says no time zone: hours must be laid on some clock."""

MOST_LEAVERS = 0.2
"""Share of the known staff. No organisation loses a fifth between two files; half an export does."""

FEWEST_LEAVERS = 10
"""Below this nobody asks: in a small organisation three people may well be a fifth."""

LINE_COLUMNS = {
    "manager_staff_no": LineKind.SOLID,
    "dotted_manager_staff_nos": LineKind.DOTTED,
    "appraiser_staff_no": LineKind.APPRAISER,
}
PERSON_COLUMNS = tuple(name for name in STAFF_COLUMNS if name not in (*LINE_COLUMNS, "gender"))
"""Columns of the file that are columns of a person. Gender is kept apart, lines are a table of their own."""


class ManyWouldLeave(Conflict):
    """``left`` of the ``known`` people are not in the file: more likely half a file than a farewell."""


class AdministratorTouched(NotAllowed):
    """The file adopts, readdresses, brings back or removes ``who``: that takes an administrator."""


class ImportUnderWay(Conflict):
    """Another staff file is being written at this moment."""


class MappingUnreadable(Invalid):
    """``given`` is not of the form ours=theirs."""


@dataclass(slots=True)
class Known:
    """Who is in the directory. ``current`` has those who are there, ``gone`` the numbers of those who left."""

    current: dict[str, StaffRow] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    holders: dict[str, UUID] = field(default_factory=dict)
    """Who has which address, with and without a staff number."""
    unnumbered: set[UUID] = field(default_factory=set)
    zones: dict[str, str] = field(default_factory=dict)
    """Of those who chose their time zone themselves: what a file says of it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Update:
    """New values for a person who is there: the columns of the file in which they differ, or all of them."""

    person_id: UUID
    row: StaffRow
    columns: tuple[str, ...]
    returned: bool = False
    adopted: bool = False
    """Was entered by hand, without a staff number, and is known again by the address."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that writing a file takes. ``moved_out``: people whose address now belongs to somebody else."""

    added: list[StaffRow]
    updates: list[Update]
    left: list[UUID]
    moved_out: list[UUID]
    difference: Difference
    too_many_leave: bool

    @property
    def readdressed(self) -> list[UUID]:
        """People whose address is no longer what it was."""
        changed = [one.person_id for one in self.updates if "email" in one.columns and not one.adopted]
        return [*changed, *self.moved_out]

    @property
    def empty(self) -> bool:
        return not (self.added or self.updates or self.left)


def plan_import(known: Known, file: StaffFile) -> Plan:
    """Compare a file with who is known. People without a staff number never leave by a file."""
    rows = [_zoned(row, known.zones.get(row.staff_no) or row.time_zone or NO_ZONE) for row in file.rows]
    found = difference(known.current, rows, file.columns, file.faulty)
    added: list[StaffRow] = []
    updates = [Update(known.ids[change.row.staff_no], change.row, change.fields) for change in found.changed]
    for row in found.added:
        holder = known.holders.get(row.email.lower())
        if row.staff_no in known.gone:
            updates.append(Update(known.ids[row.staff_no], row, file.columns, returned=True))
        elif holder in known.unnumbered:
            updates.append(Update(holder, row, file.columns, adopted=True))
        else:
            added.append(row)
    return Plan(
        added=added,
        updates=updates,
        left=[known.ids[staff_no] for staff_no in found.left],
        moved_out=_moved_out(known, added, updates),
        difference=found,
        too_many_leave=_doubtful(len(found.left), len(known.current)),
    )


def _zoned(row: StaffRow, zone: str) -> StaffRow:
    return row if row.time_zone == zone else structs.replace(row, time_zone=zone)


def _moved_out(known: Known, added: Iterable[StaffRow], updates: Iterable[Update]) -> list[UUID]:
    """Whoever has an address that the file gives to another: somebody who left, or two who swapped.

    Raises ``AddressTaken`` where somebody without a staff number has it: the file says nothing of them.
    """
    claims: dict[str, UUID | None] = {row.email.lower(): None for row in added}
    claims |= {update.row.email.lower(): update.person_id for update in updates if "email" in update.columns}
    moved: list[UUID] = []
    for address, owner in claims.items():
        holder = known.holders.get(address, owner)
        if holder is None or holder == owner:
            continue
        if holder in known.unnumbered:
            raise AddressTaken(email=address)
        moved.append(holder)
    return moved


def _doubtful(left: int, known: int) -> bool:
    return left >= FEWEST_LEAVERS and left > MOST_LEAVERS * known


def ensure_few_leave(plan: Plan, known: int, allowed: bool) -> None:
    """Raises ``ManyWouldLeave``."""
    if plan.too_many_leave and not allowed:
        raise ManyWouldLeave(left=len(plan.left), known=known)


def ensure_no_administrator_touched(plan: Plan, known: Known, administrators: Collection[UUID]) -> None:
    """Whoever can change the address of an administrator gets the next reset link. Raises ``AdministratorTouched``."""
    came = (one.person_id for one in plan.updates if one.adopted or one.returned)
    touched = {*came, *plan.readdressed, *plan.left}.intersection(administrators)
    if touched:
        addresses = sorted(address for address, holder in known.holders.items() if holder in touched)
        raise AdministratorTouched(who=", ".join(addresses))


def ensure_guarded_spared(plan: Plan, known: Known, guarded: Collection[UUID]) -> list[Problem]:
    """A problem for each line by which an address changes that lets its holder in for others as well.

    One, too, for each who would leave, and with it lose what they do for others: of them there is no line.
    """
    address_of = {holder: address for address, holder in known.holders.items() if holder in guarded}
    findings = Findings()
    for row, whose in _claims(plan, known):
        if whose in address_of:
            findings.add(row.line, "address_guarded", "email", row.email, who=address_of[whose])
    for staff_no in plan.difference.left:
        if known.ids[staff_no] in address_of:
            findings.add(NO_LINE, "leaver_guarded", "staff_no", staff_no, who=address_of[known.ids[staff_no]])
    return findings.problems()


def _claims(plan: Plan, known: Known) -> Iterator[tuple[StaffRow, UUID]]:
    """Each row by which somebody's address becomes another, and whose: it is their own row, or it takes theirs."""
    for one in plan.updates:
        if "email" in one.columns and known.holders.get(one.row.email.lower()) != one.person_id:
            yield one.row, one.person_id
    moved = set(plan.moved_out)
    for row in (*plan.added, *(one.row for one in plan.updates)):
        holder = known.holders.get(row.email.lower())
        if holder in moved:
            yield row, holder


def lines_of(row: StaffRow, columns: Iterable[str], ids: Mapping[str, UUID]) -> list[tuple[UUID, LineKind]]:
    """To whom a row answers, for the columns that are lines."""
    numbers = {
        "manager_staff_no": (row.manager_staff_no,) if row.manager_staff_no else (),
        "dotted_manager_staff_nos": row.dotted_manager_staff_nos,
        "appraiser_staff_no": (row.appraiser_staff_no,) if row.appraiser_staff_no else (),
    }
    return [
        (ids[number], kind) for column, kind in LINE_COLUMNS.items() if column in columns for number in numbers[column]
    ]


def best_language(languages: Mapping[str, int], offered: Iterable[str]) -> str:
    """The language in which the service begins to speak to somebody: the one they know best of those it has."""
    known = [(-languages[code], place, code) for place, code in enumerate(offered) if code in languages]
    return min(known)[2] if known else "en"


def mapping_of(pairs: Iterable[str]) -> dict[str, str]:
    """``["staff_no=Personnel No"]`` as a mapping from our columns to theirs. Raises ``MappingUnreadable``."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        ours, separator, theirs = (part.strip() for part in pair.partition("="))
        if not (ours and separator and theirs):
            raise MappingUnreadable(given=shown(pair))
        mapping[ours] = theirs
    return mapping
