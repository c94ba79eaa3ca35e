"""Reminders stopped by their reader, with one click and without signing in; and begun again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.db import insert_missing
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.messages.unsubscribing import StopLinkUnknown, read_stop_token
from mentoring.people.contracts import OwnReminders, RemindersResumed, RemindersStopped, RemindersView
from mentoring.people.models import Mailing, Person
from mentoring.people.queries import hold
from mentoring.policy import Action
from mentoring.settings import Settings


async def read_reminders(db: AsyncSession, settings: Settings, token: str) -> RemindersView:
    """Whether the one whose link this is gets reminders. Opening it changes nothing: scanners open links too."""
    return await _view(db, await _whose(db, settings, token))


async def words_of_link(db: AsyncSession, settings: Settings, token: str) -> Words:
    """The words of the one whose link this is."""
    person = await _whose(db, settings, token)
    return Words(person.language, person.time_zone)


async def set_reminders(
    db: AsyncSession, settings: Settings, token: str, *, stop: bool, now: datetime
) -> RemindersView:
    """Stop what may be stopped, or let it come again; twice is the same as once. Raises ``StopLinkUnknown``."""
    person = await hold(db, (await _whose(db, settings, token)).id)
    if person is None:
        raise StopLinkUnknown()
    return await _set(db, person, stop=stop, now=now)


async def read_own_reminders(db: AsyncSession, actor: Actor) -> RemindersView:
    """Whether one gets reminders oneself."""
    person = policy.require(actor, Action.SELF_WRITE, await db.get(Person, actor.id) if actor.id else None)
    return await _view(db, person)


async def set_own_reminders(db: AsyncSession, actor: Actor, wanted: OwnReminders, now: datetime) -> RemindersView:
    """Stop what may be stopped of one's own, or let it come again."""
    person = policy.require(actor, Action.SELF_WRITE, await db.get(Person, actor.id) if actor.id else None)
    return await _set(db, person, stop=wanted.stop, now=now)


async def _view(db: AsyncSession, person: Person) -> RemindersView:
    mailing = await db.get(Mailing, person.id)
    return RemindersView(stopped=mailing is not None and mailing.stopped_at is not None)


async def _set(db: AsyncSession, person: Person, *, stop: bool, now: datetime) -> RemindersView:
    mailing = await mailing_of(db, person.id)
    if stop is (mailing.stopped_at is None):
        mailing.stopped_at = now if stop else None
        happened = RemindersStopped(person.id) if stop else RemindersResumed(person.id)
        journal.record(db, happened, by=person.id, at=now)
    return RemindersView(stopped=stop)


async def mailing_of(db: AsyncSession, person_id: UUID) -> Mailing:
    """What is known of writing to somebody, locked."""
    await insert_missing(db, Mailing, [{"person_id": person_id}])
    return await db.get_one(Mailing, person_id, with_for_update=True, populate_existing=True)


async def _whose(db: AsyncSession, settings: Settings, token: str) -> Person:
    person = await db.get(Person, read_stop_token(settings.secret(), token))
    if person is None:
        raise StopLinkUnknown()
    return person
