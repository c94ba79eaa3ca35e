"""What follows from what: one table, and its delivery.

A reaction touches only the database, and running it twice is running it once. An event without a row here is delivered
to nobody: it is there for the audit trail. Messages are listed here too: their words belong to the slice that knows
them, sending them is ``messages.dispatch``'s.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from mentoring.checkins import mails as checkin_mails
from mentoring.checkins import service as checkins
from mentoring.checkins.contracts import CheckInFired, CheckInFollowedUp, CheckInLapsed
from mentoring.db import Database
from mentoring.directory.contracts import PersonLeft
from mentoring.journal import Event, JournalEntry, event_of
from mentoring.messages.contracts import Kind
from mentoring.pairings import mails as pairing_mails
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import (
    ConsentReminded,
    JuniorAsked,
    PairingBegan,
    PairingFellThrough,
    PairingsProposed,
    PairingsWithdrawn,
    SessionInvited,
)
from mentoring.people import mails as people_mails
from mentoring.people.contracts import PersonInvited
from mentoring.programmes import mails as programme_mails
from mentoring.programmes.contracts import PersonSignedUp
from mentoring.rounds import service as rounds

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
"""How long an entry waits alone after its reaction failed; twice as long each time."""

Reaction = Callable[..., Awaitable[None]]
Reactions = Mapping[type[Event], tuple[Reaction, ...]]

REACTIONS: Reactions = {
    PersonInvited: (people_mails.mail_the_link,),
    PersonSignedUp: (programme_mails.confirm_sign_up,),
    PairingsProposed: (pairings.ask_leaders,),
    JuniorAsked: (pairings.ask_junior,),
    ConsentReminded: (pairings.remind_asked,),
    PairingBegan: (pairings.plan_sessions, checkins.schedule_check_ins, pairings.tell_both),
    PairingFellThrough: (pairings.tell_fallen_through, rounds.offer_alternate),
    PairingsWithdrawn: (checkins.cancel_check_ins, pairings.tell_withdrawn),
    SessionInvited: (pairings.invite_to_session,),
    CheckInFired: (checkins.mail_the_question,),
    CheckInFollowedUp: (checkins.mail_the_question,),
    CheckInLapsed: (checkins.notice_silence,),
    PersonLeft: (checkins.look_after_the_left_behind, pairings.let_go_of_leaver),
}

COMPOSERS: dict[str, Kind] = {
    **people_mails.COMPOSERS,
    **programme_mails.KINDS,
    **pairing_mails.KINDS,
    **checkin_mails.KINDS,
}


async def deliver_one(database: Database, now: datetime, reactions: Reactions = REACTIONS) -> int | None:
    """Deliver the entry that has waited longest, all its reactions in one transaction; return its number.

    Where one fails, nothing of them stays; the entry waits alone, longer each time, and the others go on.
    """
    number: int | None = None
    try:
        async with database.sessions.begin() as db:
            entry = await db.scalar(
                select(JournalEntry)
                .where(JournalEntry.wake_at <= now)
                .order_by(JournalEntry.wake_at, JournalEntry.number)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if entry is None:
                return None
            number = entry.number
            kinds = {kind.__name__: kind for kind in reactions}
            if entry.event in kinds:
                event = event_of(entry, kinds)
                for reaction in reactions[type(event)]:
                    await reaction(db, event, now)
            entry.wake_at, entry.delivered_at, entry.error = None, now, None
    except Exception as error:  # whatever a reaction does wrong, the others must run
        if number is None:
            raise
        log.exception("reaction failed", extra={"entry": number})
        await _put_off(database, number, type(error).__name__, now)
    return number


async def _put_off(database: Database, number: int, error: str, now: datetime) -> None:
    async with database.sessions.begin() as db:
        entry = await db.get_one(JournalEntry, number, with_for_update=True)
        entry.attempts += 1
        entry.wake_at = now + min(FIRST_PAUSE * 2 ** min(entry.attempts - 1, 20), LONGEST_PAUSE)
        entry.error = error


async def pass_over_unanswered(database: Database, now: datetime, reactions: Reactions = REACTIONS) -> int:
    """Mark due entries that nothing follows from as delivered, all at once; return how many."""
    answered = [kind.__name__ for kind in reactions]
    async with database.sessions.begin() as db:
        passed = await db.execute(
            update(JournalEntry)
            .where(JournalEntry.wake_at <= now, JournalEntry.event.not_in(answered))
            .values(wake_at=None, delivered_at=now)
        )
        count: Any = getattr(passed, "rowcount", 0)
        return int(count)
