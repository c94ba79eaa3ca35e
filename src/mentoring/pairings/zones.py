"""Where the rules of a zone change, what was agreed on the wall stays, and the moment moves.

Zone rules come with the service (the package ``tzdata``), so that all its processes know the same ones. They change
with an update of it; then every session to come is looked at once.
"""

from datetime import datetime
from importlib.metadata import version
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.db import insert_missing
from mentoring.pairings.contracts import SessionBooked, SessionsShifted
from mentoring.pairings.models import PairSession, ZoneRules
from mentoring.pairings.rules import SessionState, moment_of, next_sequence

KNOWN = version("tzdata")
"""The zone rules that this process goes by."""

AT_ONCE = 500
"""Sessions looked at in one transaction."""


async def renew_some(db: AsyncSession, now: datetime, rules: str = KNOWN) -> bool:
    """Look at the next sessions by these rules; whether there may be more.

    What is only planned moves in silence. What stands in calendars is sent again, with a higher sequence: the rules
    that the calendar was given are the old ones. Any number of clocks may do it, and go on where one died.
    """
    await insert_missing(db, ZoneRules, [{"version": rules, "last_id": UUID(int=0)}])
    progress = await db.get_one(ZoneRules, rules, with_for_update=True, populate_existing=True)
    if progress.done_at is not None:
        return False
    rows = await db.scalars(
        select(PairSession)
        .where(PairSession.id > progress.last_id, PairSession.starts_at > now)
        .where(PairSession.state.in_((SessionState.PLANNED, SessionState.INVITED)))
        .order_by(PairSession.id)
        .limit(AT_ONCE)
        .with_for_update()
    )
    some = list(rows)
    _renew(db, [one for one in some if moment_of(one.local_start, one.time_zone) != one.starts_at], now)
    if len(some) < AT_ONCE:
        progress.done_at = now
        return False
    progress.last_id = some[-1].id
    return True


def _renew(db: AsyncSession, sessions: list[PairSession], now: datetime) -> None:
    planned = []
    for one in sessions:
        moment = moment_of(one.local_start, one.time_zone)
        if one.wake_at is not None:
            one.wake_at += moment - one.starts_at
        one.starts_at = moment
        if one.state is SessionState.PLANNED:
            planned.append(one.id)
        else:
            one.sequence = next_sequence(one.state, one.sequence)
            journal.record(db, SessionBooked(one.id, one.sequence), by=None, at=now)
    if planned:
        journal.record(db, SessionsShifted(planned), by=None, at=now)
