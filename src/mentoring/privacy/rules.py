"""What belongs to whom, read from the schema itself: a table is covered the day it is written."""

from uuid import UUID

from sqlalchemy import JSON, Column, ColumnElement, LargeBinary, Select, String, Table, cast, or_, select

from mentoring.db import Base, Document
from mentoring.errors import Invalid
from mentoring.pairings.contracts import Parts, Reasons
from mentoring.pairings.models import Pairing, PairSession
from mentoring.people.models import Person
from mentoring.people.rules import ERASED, NOBODY
from mentoring.programmes.models import Enrolment

AnyColumn = Column[object]

OWNERS = {
    "person": ("id",),
    "pairing": ("leader_id", "junior_id"),
    "message": ("recipient_id",),
    "concern": ("person_id",),  # what somebody confided about me is theirs
    "reporting_line": ("person_id",),  # who reports to me is theirs
    "wish": ("enrolment_id",),  # nobody learns who wished for them
    "exclusion": ("enrolment_id",),  # nor who did not want them
    "intervention": ("pairing_id",),  # what was done about the two, whoever did it
}
"""Where it is not the first of person, sign-up, pairing and session to which a row refers."""

WITHHELD = frozenset(
    {"proposed_pair", "override", "held_out", "unmatched", "watch", "rung", "intervention", "follow_up"}
)
"""What coordinators, the engine and the clock noted about people: it would tell what the other one said in confidence,
how many want not to be paired with somebody, or who was thought of and never asked. Erased, yes; exported, no."""

SECRETS = frozenset({"digest", "password_hash"})
"""What lets in is nobody's to read."""

AUTHORS = {"pairing.decline_reason": "declined_by_id", "pairing.end_reason": "ended_by_id"}
"""Words in a row of two that only one of them wrote."""

DELETED = frozenset({"concern"})
"""Rows without which nothing is miscounted, although the schema keeps them when a person goes."""

BLANKS: dict[str, object] = {
    "person.given_name": NOBODY,
    "person.email": cast(Person.id, String) + ERASED,  # no two are the same
    "person.languages": {},
    "pairing.reasons": (NOTHING_SAID := Reasons(Parts(0, 0, 0, 0, 0, 0), [], 0, None, [], False)),
    "proposed_pair.reasons": NOTHING_SAID,
}
"""What stands there afterwards, where it is neither nothing, nor no words, nor an empty list."""


class AddressNotOwn(Invalid):
    """Whoever wants to be erased writes their own address, so that it is no slip of a thumb."""


def ensure_meant(written: str, own: str) -> None:
    """Raises ``AddressNotOwn``."""
    if written.strip().lower() != own:
        raise AddressNotOwn()


def owners(table: Table) -> list[AnyColumn]:
    """The columns that lead from a row to the person, or the two, whose it is; none where it is nobody's."""
    if table.name in OWNERS:
        return [table.c[name] for name in OWNERS[table.name]]
    for kind in (Person, Enrolment, Pairing, PairSession):
        if found := _referring(table, kind):
            return found
    return []


def goes_with_them(table: Table) -> list[AnyColumn]:
    """The columns for which the schema says that a row goes when its person, or its sign-up, does."""
    if table.name in DELETED:
        return owners(table)
    kept = (*_referring(table, Person), *_referring(table, Enrolment))
    return [column for column in kept if all(key.ondelete == "CASCADE" for key in column.foreign_keys)]


def held_by(column: AnyColumn, person_id: UUID) -> ColumnElement[bool]:
    """Whether ``column`` leads to the person."""
    enrolments = select(Enrolment.id).where(Enrolment.person_id == person_id)
    pairings = select(Pairing.id).where(or_(Pairing.leader_id == person_id, Pairing.junior_id == person_id))
    ways: dict[str, Select[UUID]] = {
        Enrolment.__tablename__: enrolments,
        Pairing.__tablename__: pairings,
        PairSession.__tablename__: select(PairSession.id).where(PairSession.pairing_id.in_(pairings)),
    }
    led = [ways[key.column.table.name] for key in column.foreign_keys if key.column.table.name in ways]
    return column.in_(led[0]) if led else column == person_id


def personal(table: Table) -> list[AnyColumn]:
    """The columns with a person's own words; whole mails, which are kept in the demo alone, among them."""
    return [one for one in table.columns if one.info.get("personal") or (one.name == "mail" and _bytes(one))]


def shown(table: Table) -> list[AnyColumn]:
    """The columns that are told to the person."""
    return [one for one in table.columns if one.name not in SECRETS and not _bytes(one)]


def blank(column: AnyColumn) -> object:
    """What stands in a personal column once the person is erased."""
    name = f"{column.table.name}.{column.name}"
    if name in BLANKS:
        return BLANKS[name]
    if column.nullable:
        return None
    return [] if isinstance(column.type, JSON | Document) else ""


def _bytes(column: AnyColumn) -> bool:
    return isinstance(column.type, LargeBinary)


def _referring(table: Table, kind: type[Base]) -> list[AnyColumn]:
    return [
        column
        for column in table.columns
        if any(key.column.table.name == kind.__tablename__ for key in column.foreign_keys)
    ]
