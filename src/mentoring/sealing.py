"""Seals on the journal, so that tampering shows: each covers some entries and the seal before it.

Entries are sealed by the clock soon after they were written, in the order in which they are seen: two transactions may
commit in another order than their numbers say, and no transaction waits for another because of this. A seal is keyed
with the secret of the deployment: who can write to the database, and does not have it, cannot make one.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from mentoring.db import Base, Database, PlainText
from mentoring.journal import JournalEntry

TOGETHER = 200
"""Entries under one seal at most; as many are read at a time when they are looked at again."""

UNSEALED: ColumnElement[bool] = select(JournalEntry.number).where(JournalEntry.seal.is_(None)).exists()


class Seal(Base):
    """The digest over some entries and the seal before."""

    __tablename__ = "journal_seal"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entries: Mapped[int]
    digest: Mapped[PlainText]
    sealed_at: Mapped[datetime]


class Verified(NamedTuple):
    """What was found: how much is sealed, the last seal, and where the first that does not hold is."""

    entries: int
    seals: int
    unsealed: int
    head: str
    broken_at: int | None


async def seal_next(database: Database, secret: bytes, now: datetime) -> int:
    """Seal the entries that wait for it; return how many. Where another clock is faster, it is its turn."""
    try:
        async with database.sessions.begin() as db:
            return await _seal(db, secret, now)
    except IntegrityError:  # the same position, by another clock
        return 0


async def _seal(db: AsyncSession, secret: bytes, now: datetime) -> int:
    last = await db.scalar(select(Seal).order_by(Seal.position.desc()).limit(1).with_for_update())
    # What somebody holds is sealed later: so this waits for nobody, and nobody can wait for it in a circle.
    chosen = select(JournalEntry).where(JournalEntry.seal.is_(None)).order_by(JournalEntry.number).limit(TOGETHER)
    entries = list(await db.scalars(chosen.with_for_update(skip_locked=True)))
    if not entries:
        return 0
    position = last.position + 1 if last else 1
    db.add(
        Seal(
            position=position,
            entries=len(entries),
            digest=digest(secret, last.digest if last else "", entries),
            sealed_at=now,
        )
    )
    await db.flush()
    await db.execute(
        update(JournalEntry)
        .where(JournalEntry.number.in_([one.number for one in entries]))
        .values(seal=position)
        .execution_options(synchronize_session=False)
    )
    return len(entries)


async def verify(db: AsyncSession, secret: bytes) -> Verified:
    """Make every seal again and compare."""
    before, position, entries, broken = "", 0, 0, None
    for seal in await db.scalars(select(Seal).order_by(Seal.position)):
        position += 1
        covered = list(
            await db.scalars(
                select(JournalEntry).where(JournalEntry.seal == seal.position).order_by(JournalEntry.number)
            )
        )
        entries += len(covered)
        holds = seal.position == position and seal.entries == len(covered)
        if broken is None and not (holds and hmac.compare_digest(digest(secret, before, covered), seal.digest)):
            broken = seal.position
        before = seal.digest
    unsealed = select(func.count()).select_from(JournalEntry).where(JournalEntry.seal.is_(None))
    beyond = select(func.count()).select_from(JournalEntry).where(JournalEntry.seal > position)
    if broken is None and await db.scalar(beyond):
        broken = position + 1
    return Verified(entries, position, await db.scalar(unsealed) or 0, before, broken)


def digest(secret: bytes, before: str, entries: Sequence[JournalEntry]) -> str:
    """Over what never changes of an entry: not when it was delivered, or what went wrong with it."""
    key = hashlib.sha256(b"journal seal:" + secret).digest()
    made = hmac.new(key, before.encode(), hashlib.sha256)
    for one in entries:
        line = [one.number, one.id, one.event, one.details, one.by_id, one.at.astimezone(UTC).isoformat()]
        made.update(msgspec.json.encode(line, order="deterministic") + b"\n")
    return made.hexdigest()
