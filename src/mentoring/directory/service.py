"""The use case that writes the directory: a staff file comes in, whole or not at all."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from anyio import to_thread
from sqlalchemy import Executable, bindparam, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import i18n, journal, policy
from mentoring.db import Database, among
from mentoring.directory import importing, queries
from mentoring.directory.checking import StaffFile, read_staff
from mentoring.directory.contracts import (
    PersonLeft,
    PersonReturned,
    Progress,
    StaffImported,
    StaffReport,
    StaffUpload,
    untold,
)
from mentoring.directory.importing import LINE_COLUMNS, NO_ZONE, PERSON_COLUMNS, Known, Plan, Update
from mentoring.directory.models import AuditTrait, ReportingLine, StaffImport
from mentoring.directory.reports import staff_report
from mentoring.directory.rules import StaffRow
from mentoring.failpoints import failpoint
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.people.models import AccessLink, Account, Person
from mentoring.people.rules import SEARCHED, known_by
from mentoring.people.service import end_sessions
from mentoring.policy import Action

Item = TypeVar("Item")
CHUNK = 4_000
"""Rows that are written in one go: few enough to keep memory low, and to tell how far we are."""


async def import_staff(
    database: Database,
    actor: Actor,
    upload: StaffUpload,
    words: Words,
    now: datetime,
    progress: Progress = untold,
    guarded: Collection[UUID] = (),
) -> StaffReport:
    """Say what a staff file would change, and write it where that is asked and the file has no problems.

    The file is read before any transaction begins, because that takes seconds and the database has one writer.
    ``guarded``: whose address changes, and who leaves, only by a file that an administrator, or they themselves, bring.
    They are the coordinators, whose next link to a new password would go to whoever named another address.
    Raises causes of ``table`` and ``rules`` for what is no staff file, ``ManyWouldLeave``, ``AdministratorTouched``,
    ``ImportUnderWay``.
    """
    policy.require_right(actor, Action.STAFF_IMPORT)
    progress("read", 0)
    file = await to_thread.run_sync(read_staff, upload.content, upload.filename, upload.mapping)
    applied = upload.apply and not file.problems
    sessions = database.sessions if applied else database.streaming
    async with sessions.begin() as db:
        if applied:
            await _lock(db)
        progress("compare", 0)
        known = await queries.known_staff(db)
        plan = await to_thread.run_sync(importing.plan_import, known, file)
        if not _in_person(actor):
            await _spare_administrators(db, known, plan)
            touched = importing.ensure_guarded_spared(plan, known, {*guarded} - {actor.id})
            file = replace(file, problems=sorted([*file.problems, *touched], key=lambda one: one.line))
        applied = applied and not file.problems
        if applied and not plan.empty:
            importing.ensure_few_leave(plan, len(known.current), upload.allow_leavers)
            digest = hashlib.sha256(upload.content).hexdigest()
            await _Writing(db, actor, known, file, plan, now, progress).all(digest)
            failpoint("import.before_commit")
    failpoint("import.after_commit")
    return staff_report(known, file, plan, words, applied=applied)


def _in_person(actor: Actor) -> bool:
    """Whether an administrator brings the file, or the machine: what it says of others is theirs to decide."""
    return actor.administrator and actor.scopes is None


async def _spare_administrators(db: AsyncSession, known: Known, plan: Plan) -> None:
    administrators = set(await db.scalars(select(Account.person_id).where(Account.administrator)))
    importing.ensure_no_administrator_touched(plan, known, administrators)


async def _lock(db: AsyncSession) -> None:
    """One import at a time; the second waits as long as ``lock_timeout`` says. SQLite has let in one writer already."""
    if db.get_bind().dialect.name == "sqlite":
        return
    try:
        await db.execute(text("LOCK TABLE staff_import IN EXCLUSIVE MODE"))
    except DBAPIError as error:
        raise importing.ImportUnderWay() from error


class _Writing:
    """One import being written, in bulk, in the order that the constraints ask for."""

    def __init__(
        self,
        db: AsyncSession,
        actor: Actor,
        known: Known,
        file: StaffFile,
        plan: Plan,
        now: datetime,
        progress: Progress,
    ) -> None:
        self._db, self._actor, self._file, self._plan, self._now = db, actor, file, plan, now
        self._ids = known.ids | {update.row.staff_no: update.person_id for update in plan.updates}
        self._ids |= {row.staff_no: uuid4() for row in plan.added}
        self._progress = progress
        self._done = 0
        self._total = 3 * len(plan.added) + 2 * len(plan.updates) + 2 * len(plan.left)

    async def all(self, digest: str) -> None:
        self._progress("write", 0)
        await self._move_addresses_out()
        await self._add()
        failpoint("import.half_written")
        await self._change()
        await self._know_again()
        await self._forget_links()
        await self._say_farewell()
        await self._lines()
        await self._traits()
        self._record(digest)
        await self._db.flush()

    async def _move_addresses_out(self) -> None:
        """Free the addresses that the file gives to others; RFC 2606 keeps ``.invalid`` from ever being anybody's."""
        people = [{"who": who, "address": f"{who}@moved.invalid"} for who in self._plan.moved_out]
        await self._run(update(Person).where(Person.id == bindparam("who")).values(email=bindparam("address")), people)

    async def _add(self) -> None:
        offered = i18n.offered()
        for rows in _chunks(self._plan.added):
            await self._run(insert(Person), [self._new_person(row, offered) for row in rows])
            self._tell(len(rows))

    def _new_person(self, row: StaffRow, offered: Sequence[str]) -> dict[str, object]:
        language = importing.best_language(row.languages, offered)
        return {"id": self._ids[row.staff_no], "language": language, **_values(row, PERSON_COLUMNS)}

    async def _change(self) -> None:
        """Update people, those together that differ in the same columns."""
        alike: dict[tuple[tuple[str, ...], bool], list[Update]] = defaultdict(list)
        for one in self._plan.updates:
            columns = tuple(name for name in one.columns if name in PERSON_COLUMNS)
            alike[columns, one.returned or one.adopted].append(one)
        for (columns, comes_back), updates in alike.items():
            values: dict[str, object] = {name: bindparam(f"new_{name}") for name in columns}
            extra = {"left_on": None} if comes_back else {}
            statement = update(Person).where(Person.id == bindparam("who")).values(**values, **extra)
            for some in _chunks(updates):
                if columns or extra:
                    await self._run(statement, [_changes(one, columns) for one in some])
                self._tell(len(some))

    async def _know_again(self) -> None:
        """By which words somebody is found follows what the file changed."""
        changed = [one.person_id for one in self._plan.updates if set(one.columns) & set(SEARCHED)]
        columns = (Person.id.label("who"), *(getattr(Person, name) for name in SEARCHED))
        known = update(Person).where(Person.id == bindparam("who")).values(known_by=bindparam("words"))
        for some in _chunks([*changed, *self._plan.moved_out]):
            rows = (await self._db.execute(select(*columns).where(among(Person.id, some)))).mappings()
            await self._run(known, [{"who": row["who"], "words": known_by(dict(row))} for row in rows])

    async def _forget_links(self) -> None:
        """A link went to the old address, which may be somebody else's by now."""
        unused = delete(AccessLink).where(AccessLink.person_id == bindparam("who"), AccessLink.used_at.is_(None))
        for people in _chunks(self._plan.readdressed):
            await self._run(unused, _who(people))

    async def _say_farewell(self) -> None:
        for people in _chunks(self._plan.left):
            left = update(Person).where(Person.id == bindparam("who")).values(left_on=self._now.date())
            await self._run(left, [{"who": who} for who in people])
            await self._run(delete(ReportingLine).where(ReportingLine.person_id == bindparam("who")), _who(people))
            await end_sessions(self._db, list(people))
            self._tell(len(people))

    async def _lines(self) -> None:
        """Write the lines of those who are new or answer to somebody else."""
        changed = [one for one in self._plan.updates if any(name in LINE_COLUMNS for name in one.columns)]
        gone = [
            {"who": one.person_id, "what": kind}
            for one in changed
            for column, kind in LINE_COLUMNS.items()
            if column in one.columns
        ]
        await self._run(
            delete(ReportingLine).where(
                ReportingLine.person_id == bindparam("who"), ReportingLine.kind == bindparam("what")
            ),
            gone,
        )
        for rows in _chunks(self._plan.added):
            await self._insert_lines((self._ids[row.staff_no], row, self._file.columns) for row in rows)
            self._tell(len(rows))
        for updates in _chunks(changed):
            await self._insert_lines((one.person_id, one.row, one.columns) for one in updates)

    async def _insert_lines(self, people: Iterable[tuple[UUID, StaffRow, Sequence[str]]]) -> None:
        lines = [
            {"person_id": person_id, "manager_id": manager_id, "kind": kind}
            for person_id, row, columns in people
            for manager_id, kind in importing.lines_of(row, columns, self._ids)
        ]
        await self._run(insert(ReportingLine), lines)

    async def _traits(self) -> None:
        """Gender goes where only the fairness report reads it."""
        changed = [one for one in self._plan.updates if "gender" in one.columns]
        await self._run(
            delete(AuditTrait).where(AuditTrait.person_id == bindparam("who")),
            _who(one.person_id for one in changed),
        )
        rows = [*self._plan.added, *(one.row for one in changed)]
        for some in _chunks(rows):
            traits = [{"person_id": self._ids[row.staff_no], "gender": row.gender} for row in some if row.gender]
            await self._run(insert(AuditTrait), traits)
            self._tell(len(some))

    def _record(self, digest: str) -> None:
        plan, found = self._plan, self._plan.difference
        done = StaffImport(
            id=uuid4(),
            sha256=digest,
            applied_at=self._now,
            by_id=self._actor.id,
            added=len(found.added),
            changed=len(found.changed),
            departed=len(found.left),
            unchanged=found.unchanged,
        )
        self._db.add(done)
        returned = (PersonReturned(one.person_id) for one in plan.updates if one.returned)
        for event in (*map(PersonLeft, plan.left), *returned, StaffImported(done.id)):
            journal.record(self._db, event, by=self._actor.id, at=self._now)

    async def _run(self, statement: Executable, parameters: Sequence[Mapping[str, object]]) -> None:
        if parameters:
            await (await self._db.connection()).execute(statement, list(parameters))

    def _tell(self, written: int) -> None:
        self._done += written
        self._progress("write", min(1.0, self._done / max(1, self._total)))


def _who(people: Iterable[UUID]) -> list[dict[str, UUID]]:
    return [{"who": person_id} for person_id in people]


def _values(row: StaffRow, columns: Iterable[str]) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(row, name) for name in columns}
    if "email" in values:
        values["email"] = row.email.lower()
    if "time_zone" in values:
        values["time_zone"] = row.time_zone or NO_ZONE
    return values


def _changes(one: Update, columns: Iterable[str]) -> dict[str, object]:
    return {"who": one.person_id, **{f"new_{name}": value for name, value in _values(one.row, columns).items()}}


def _chunks(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))
