"""Data leave the house as files, in the words of whoever takes them; that they did is written down.

They are read in one transaction and noted in another. Between the two the file is written, which takes seconds for many
lines: meanwhile nobody waits for us.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mentoring import journal, policy, sheets
from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.db import Database
from mentoring.exports.contracts import DataExported, Table, TakeAway
from mentoring.followups.queries import at_risk
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.outbox.queries import list_messages
from mentoring.outbox.rules import BOXES, Box
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.queries import list_records
from mentoring.pairings.rules import SessionState
from mentoring.people.models import Person
from mentoring.people.queries import full_name
from mentoring.policy import Action
from mentoring.programmes.models import Programme
from mentoring.programmes.queries import find_programme, list_enrolments
from mentoring.sheets import Cell, File, Sheet, SheetFormat

MOST = 100_000
"""Lines of a file; a sheet of Excel ends at a million."""
Rows = Sequence[Sequence[Cell]]
COLUMNS: Mapping[str, Sequence[str]] = {
    "sign_ups": (
        *("staff_no", "name", "role", "state", "enrolled_at", "prepared", "skills", "tools", "capacity", "waited"),
    ),
    "pairings": (
        *("leader", "junior", "state", "fit", "asked_at", "began_at", "agreed_at", "held", "paused_until"),
        *("over_at", "ending"),
    ),
    "check_ins": (
        *("leader", "junior", "asked", "about", "state", "due_at", "answered_at", "met", "usefulness"),
        *("good_fit", "candour", "clarity", "protected_time"),
    ),
    "at_risk": ("leader", "junior", "level", "points", "since", "reasons", "next", "acted_at", "acted_by"),
    "messages": ("name", "address", "kind", "channel", "state", "made_at", "sent_at", "attempt", "error"),
}


async def export_table(
    database: Database, actor: Actor, ref: str, wanted: TakeAway, words: Words, now: datetime
) -> File:
    """One table of a programme as a file. Raises ``ProgrammeNotFound``."""
    async with database.reading() as db:
        programme = await find_programme(db, actor, ref, Action.EXPORT)
        rows = await TABLES[wanted.table](db, actor, programme, words)
    title = f"{programme.name} {words.text(f'export.{wanted.table.value}')}"
    sheet = Sheet(title, header(wanted.table.value, words), rows)
    exported = DataExported(wanted.table.value, wanted.format, len(rows), programme.id)
    return await hand_out(database, actor, sheet, exported, words, now)


async def hand_out(
    database: Database, actor: Actor, sheet: Sheet, exported: DataExported, words: Words, now: datetime
) -> File:
    """Write the file and note that somebody takes it."""
    file = await asyncio.to_thread(sheets.write, sheet, exported.format, words)
    async with database.sessions.begin() as db:
        journal.record(db, exported, by=actor.id, at=now)
    return file


async def export_messages(
    database: Database, actor: Actor, box: Box, search: str, format: SheetFormat, words: Words, now: datetime
) -> File:
    """The messages of a box as a file; never what they say."""
    async with database.reading() as db:
        found = await list_messages(db, actor, BOXES[box], search, limit=MOST)
    rows: Rows = [
        [
            *(one.recipient, one.address, kind_name(words, one.kind), one.channel),
            *(words.text(f"message.state.{one.state.value}"), one.made_at, one.sent_at, one.attempt, one.error),
        ]
        for one in found
    ]
    sheet = Sheet(words.text("export.messages"), header("messages", words), rows)
    return await hand_out(database, actor, sheet, DataExported("messages", format, len(rows)), words, now)


def header(table: str, words: Words) -> list[str]:
    """The words above the columns; moments say on which clock."""
    named = [(name, words.text(f"export.column.{name}")) for name in COLUMNS[table]]
    moments = ("_at", "_until", "since")
    return [f"{text} ({words.zone.key})" if name.endswith(moments) else text for name, text in named]


def kind_name(words: Words, kind: str) -> str:
    key = f"simulation.{kind}"
    return words.text(key) if words.has(key) else kind


async def _sign_ups(db: AsyncSession, actor: Actor, programme: Programme, words: Words) -> Rows:
    """Of a leader's skills the names alone: levels are not the coordinator's to see."""
    return [
        [
            *(one.person.staff_no or "", one.person.name, words.text(f"role.{one.role.value}")),
            *(words.text(f"enrolment.{one.state.value}"), one.enrolled_at, one.prepared),
            ", ".join(skill.code if skill.level is None else f"{skill.code} ({skill.level})" for skill in one.skills),
            *(", ".join(one.tools), one.capacity, one.waited_rounds),
        ]
        for one in await list_enrolments(db, actor, str(programme.id), None, MOST, 0)
    ]


async def _pairings(db: AsyncSession, actor: Actor, programme: Programme, words: Words) -> Rows:
    """Never why somebody declined or ended it: that was said in confidence, and a file travels."""
    rows = await db.execute(
        select(PairSession.pairing_id, func.count())
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .where(Pairing.programme_id == programme.id, PairSession.state == SessionState.HELD)
        .group_by(PairSession.pairing_id)
    )
    held = {row[0]: row[1] for row in rows}
    return [
        [
            *(one.leader, one.junior, words.text(f"pairing.state.{one.state.value}"), round(one.fit, 4)),
            *(one.asked_at, one.began_at, one.agreed_at, held.get(one.id, 0), one.paused_until, one.over_at),
            words.text(f"pairing.ending.{one.ending.value}") if one.ending else "",
        ]
        for one in await list_records(db, actor, programme.id, limit=MOST)
    ]


async def _check_ins(db: AsyncSession, actor: Actor, programme: Programme, words: Words) -> Rows:
    """Dates and scores, no notes. Who says what they can say is for the programme's own coordinators."""
    leader, junior = aliased(Person), aliased(Person)
    asked = await db.execute(
        select(CheckIn, leader, junior)
        .join(Pairing, Pairing.id == CheckIn.pairing_id)
        .join(leader, leader.id == Pairing.leader_id)
        .join(junior, junior.id == Pairing.junior_id)
        .where(CheckIn.programme_id == programme.id)
        .where(CheckIn.state.in_((CheckInState.OPEN, CheckInState.ANSWERED, CheckInState.LAPSED)))
        .order_by(CheckIn.due_at, CheckIn.id)
        .limit(MOST)
    )
    confidant = policy.allows(actor, Action.CONFIDENCE_READ, programme)
    return [
        [
            *(full_name(first), full_name(second)),
            words.text("role.leader" if one.person_id == first.id else "role.junior"),
            *(one.moment, words.text(f"check_in.state.{one.state.value}"), one.due_at, one.answered_at),
            words.text(f"check_in.met.{one.met.value}") if one.met else "",
            *(one.usefulness, one.good_fit, one.candour if confidant else None, one.clarity, one.protected_time),
        ]
        for one, first, second in asked
    ]


async def _at_risk(db: AsyncSession, actor: Actor, programme: Programme, words: Words) -> Rows:
    return [
        [
            *(one.leader.name, one.junior.name, words.text(f"page.at_risk.level.{one.level.value}"), one.points),
            one.since,
            "; ".join(words.text(f"risk.reason.{finding.reason.value}") for finding in one.findings),
            words.text(f"risk.action.{one.next_action.value}"),
            *((one.acted.at, one.acted.by) if one.acted else (None, None)),
        ]
        for one in await at_risk(db, actor, str(programme.id), MOST)
    ]


TABLES: Mapping[Table, Callable[[AsyncSession, Actor, Programme, Words], Awaitable[Rows]]] = {
    Table.SIGN_UPS: _sign_ups,
    Table.PAIRINGS: _pairings,
    Table.CHECK_INS: _check_ins,
    Table.AT_RISK: _at_risk,
}
