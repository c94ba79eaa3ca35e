"""What follows from what: one table, and its delivery.

A reaction touches only the database, and running it twice is running it once. An event without a row here is delivered
to nobody: it is there for the audit trail. Messages are listed here too: their words belong to the slice that knows
them, sending them is ``messages.dispatch``'s.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import following
from mentoring.checkins import mails as checkin_mails
from mentoring.checkins import service as checkins
from mentoring.checkins.contracts import CheckInAnswered, CheckInFired, CheckInFollowedUp, CheckInLapsed
from mentoring.db import Database
from mentoring.directory.contracts import PersonLeft
from mentoring.failpoints import failpoint
from mentoring.followups import mails as followup_mails
from mentoring.followups import service as followups
from mentoring.followups.contracts import PairingAtRisk, RungTaken
from mentoring.hooks import service as hooks
from mentoring.inbound import mails as inbound_mails
from mentoring.inbound import service as inbound
from mentoring.inbound.contracts import SessionAnswered
from mentoring.journal import Event, JournalEntry, event_of
from mentoring.messages.bundles import BUNDLE, bundle_kind
from mentoring.messages.contracts import Kind
from mentoring.pairings import agreements, closing, concerns, endings, pausing
from mentoring.pairings import mails as pairing_mails
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import (
    AgreementMade,
    AgreementSigned,
    AgreementWritten,
    ConcernRaised,
    ConsentReminded,
    JuniorAsked,
    PairingBegan,
    PairingEnded,
    PairingFellThrough,
    PairingPaused,
    PairingResumed,
    PairingsProposed,
    PairingsWithdrawn,
    RematchRequested,
    RematchWaits,
    SessionBooked,
    SessionHeld,
    SessionInvited,
    SessionMissed,
    SessionsCancelled,
    SessionsShifted,
)
from mentoring.people import mails as people_mails
from mentoring.people.contracts import AddressBounced, PersonInvited
from mentoring.people.recipients import STILL_HERE
from mentoring.programmes import mails as programme_mails
from mentoring.programmes.contracts import PersonSignedUp, PersonWithdrew
from mentoring.rounds import alternates

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
"""How long an entry waits alone after its reaction failed; twice as long each time."""

TOGETHER = 200
"""Entries of one kind in one transaction: a round that begins 800 pairings is four, and none is long."""

Reaction = Callable[..., Awaitable[None]]
"""Takes the session, the events that are delivered together, and the time."""
Reactions = Mapping[type[Event], tuple[Reaction, ...]]

REACTIONS: Reactions = {
    PersonInvited: (people_mails.mail_the_links,),
    PersonSignedUp: (programme_mails.confirm_sign_ups,),
    PairingsProposed: (pairings.ask_leaders,),
    JuniorAsked: (pairings.ask_juniors,),
    ConsentReminded: (pairings.remind_asked,),
    PairingBegan: (
        pairings.plan_sessions,
        checkins.schedule_check_ins,
        pairings.tell_both,
        followups.watch_over,
        hooks.tell_hooks,
    ),
    PairingFellThrough: (pairings.tell_fallen_through, alternates.offer_alternates),
    PairingsWithdrawn: (checkins.cancel_check_ins, pairings.tell_withdrawn, followups.look_after_pairings),
    PairingEnded: (
        checkins.cancel_check_ins,
        endings.tell_ended,
        followup_mails.tell_of_early_ends,
        followups.look_after_pairings,
        hooks.tell_hooks,
    ),
    PairingPaused: (pausing.tell_paused, following.freeze, followups.look_after_pairings),
    PairingResumed: (pausing.tell_resumed, following.thaw, followups.look_after_pairings),
    RematchRequested: (alternates.offer_rematches,),
    RematchWaits: (endings.tell_waiting,),
    AgreementWritten: (followups.look_after_agreements,),
    AgreementSigned: (agreements.ask_to_sign, followups.look_after_agreements),
    AgreementMade: (agreements.keep_the_rhythm, followups.look_after_agreements),
    ConcernRaised: (concerns.tell_coordinators,),
    SessionHeld: (closing.look_to_the_end, agreements.look_at_it_again, followups.look_after_sessions),
    SessionMissed: (closing.look_to_the_end, followups.look_after_sessions),
    SessionBooked: (
        pairings.invite_to_sessions,
        following.follow_sessions,
        closing.look_to_the_end,
        followups.look_after_sessions,
    ),
    SessionsShifted: (following.follow_sessions,),
    SessionsCancelled: (endings.tell_cancelled, following.forget_called_off, followups.look_after_sessions),
    SessionInvited: (pairings.invite_to_sessions, followups.look_after_sessions),
    CheckInFired: (checkins.mail_the_questions,),
    CheckInFollowedUp: (checkins.mail_the_questions,),
    CheckInAnswered: (followups.look_after_check_ins,),
    CheckInLapsed: (checkins.notice_silence, followups.look_after_check_ins),
    RungTaken: (followup_mails.tell_of_rungs,),
    PairingAtRisk: (followup_mails.tell_of_risk, hooks.tell_hooks),
    SessionAnswered: (inbound.tell_the_other,),
    AddressBounced: (inbound.tell_of_bounces,),
    PersonLeft: (checkins.look_after_the_left_behind, pairings.let_go_of_leavers),
    PersonWithdrew: (pairings.let_go_of_withdrawn,),
}

COMPOSERS: dict[str, Kind] = {
    **people_mails.COMPOSERS,
    **programme_mails.KINDS,
    **pairing_mails.KINDS,
    **concerns.KINDS,
    **checkin_mails.KINDS,
    **followup_mails.KINDS,
    **inbound_mails.KINDS,
}
COMPOSERS[BUNDLE] = bundle_kind(STILL_HERE, COMPOSERS)


async def deliver_next(database: Database, now: datetime, reactions: Reactions = REACTIONS) -> int:
    """Deliver the entry that has waited longest, with those of its kind that follow it; return how many.

    All their reactions run in one transaction. Where one fails, nothing of them stays, and each entry is delivered
    alone: the one that fails waits, longer each time, and the others go on.
    """
    numbers: list[int] = []
    try:
        async with database.sessions.begin() as db:
            entries = await _waiting(db, now)
            numbers = [entry.number for entry in entries]
            await _react(db, entries, now, reactions)
            failpoint("deliver.before_commit")
        failpoint("deliver.after_commit")
    except Exception:  # whatever a reaction does wrong, the others must run
        if not numbers:
            raise
        for number in numbers:
            await _deliver_alone(database, number, now, reactions)
    return len(numbers)


async def _waiting(db: AsyncSession, now: datetime) -> list[JournalEntry]:
    """The next entries, as many of one kind as follow each other."""
    rows = await db.scalars(
        select(JournalEntry)
        .where(JournalEntry.wake_at <= now)
        .order_by(JournalEntry.wake_at, JournalEntry.number)
        .limit(TOGETHER)
        .with_for_update(skip_locked=True)
    )
    entries = list(rows)
    return list(takewhile(lambda entry: entry.event == entries[0].event, entries))


async def _react(db: AsyncSession, entries: Sequence[JournalEntry], now: datetime, reactions: Reactions) -> None:
    kinds = {kind.__name__: kind for kind in reactions}
    if entries and entries[0].event in kinds:
        events = [event_of(entry, kinds) for entry in entries]
        for reaction in reactions[kinds[entries[0].event]]:
            await reaction(db, events, now)
            failpoint("deliver.between_reactions")
    for entry in entries:
        entry.wake_at, entry.delivered_at, entry.error = None, now, None


async def _deliver_alone(database: Database, number: int, now: datetime, reactions: Reactions) -> None:
    try:
        async with database.sessions.begin() as db:
            entry = await db.get_one(JournalEntry, number, with_for_update=True)
            if entry.delivered_at is None:
                await _react(db, [entry], now, reactions)
    except Exception as error:
        log.exception("reaction failed", extra={"entry": number})
        await _put_off(database, number, type(error).__name__, now)


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
