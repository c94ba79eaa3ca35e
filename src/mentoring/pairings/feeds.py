"""A person's own sessions for their calendar to read, behind a secret address that can be revoked."""

import secrets
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event
from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.pairings.calendar import uid_of
from mentoring.pairings.contracts import FeedMade, FeedRevoked
from mentoring.pairings.life import FeedShown, FeedView
from mentoring.pairings.models import CalendarFeed, Pairing, PairSession
from mentoring.pairings.rules import FeedNotFound, PairingState, SessionState
from mentoring.people.models import Person
from mentoring.people.queries import full_name
from mentoring.people.service import digest_of
from mentoring.policy import Action
from mentoring.programmes.models import Programme
from mentoring.settings import Settings

BACK = timedelta(days=90)
"""How long what is past stays in the feed."""
MANY = 500
STATUS = {SessionState.PLANNED: "TENTATIVE", SessionState.INVITED: "CONFIRMED", SessionState.HELD: "CONFIRMED"}
"""What stands in the feed. What was missed or called off does not; calendars drop what a feed no longer holds."""


async def read_feed(db: AsyncSession, actor: Actor) -> FeedView:
    """Whether one has a feed, and since when; its address is shown once only."""
    policy.require_right(actor, Action.FEED)
    feed = await db.get(CalendarFeed, actor.id) if actor.id else None
    return FeedView(feed.made_at if feed else None)


async def make_feed(db: AsyncSession, actor: Actor, settings: Settings, now: datetime) -> FeedShown:
    """Make the address of one's feed, and forget the one before it."""
    policy.require_right(actor, Action.FEED)
    person = policy.require(actor, Action.SELF_WRITE, await db.get(Person, actor.id) if actor.id else None)
    secret = secrets.token_urlsafe(32)
    feed = await db.get(CalendarFeed, person.id, with_for_update=True)
    if feed is None:
        db.add(CalendarFeed(person_id=person.id, digest=digest_of(secret), made_at=now))
    else:
        feed.digest, feed.made_at = digest_of(secret), now
    journal.record(db, FeedMade(person.id), by=person.id, at=now)
    await db.flush()
    return FeedShown(f"{settings.base_url}/feeds/{secret}.ics", now)


async def revoke_feed(db: AsyncSession, actor: Actor, now: datetime) -> FeedView:
    """Let the address lead nowhere; twice is the same as once."""
    policy.require_right(actor, Action.FEED)
    revoked = await db.scalar(
        delete(CalendarFeed).where(CalendarFeed.person_id == actor.id).returning(CalendarFeed.person_id)
    )
    if revoked is not None:
        journal.record(db, FeedRevoked(revoked), by=actor.id, at=now)
    return FeedView(None)


async def write_feed(db: AsyncSession, settings: Settings, name: str, now: datetime) -> bytes:
    """The calendar behind an address, in the words of its owner. Raises ``FeedNotFound``."""
    secret = name.removesuffix(".ics")
    person = await db.scalar(
        select(Person)
        .join(CalendarFeed, CalendarFeed.person_id == Person.id)
        .where(CalendarFeed.digest == digest_of(secret), Person.left_on.is_(None))
    )
    if person is None:
        raise FeedNotFound()
    words = Words(person.language, person.time_zone)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//mentoring//feed//")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", settings.organisation)
    rows = await db.execute(_sessions_of(person, now))
    for session, pairing, programme, partner in rows:
        calendar.add_component(_event(session, pairing, programme, full_name(partner), words, settings, now))
    calendar.add_missing_timezones()
    written: bytes = calendar.to_ical()
    return written


def _sessions_of(person: Person, now: datetime) -> Select[PairSession, Pairing, Programme, Person]:
    partner_id = (Pairing.leader_id == person.id) & (Person.id == Pairing.junior_id) | (
        (Pairing.junior_id == person.id) & (Person.id == Pairing.leader_id)
    )
    return (
        select(PairSession, Pairing, Programme, Person)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .join(Programme, Programme.id == Pairing.programme_id)
        .join(Person, partner_id)
        .where(Pairing.state.in_((PairingState.ACTIVE, PairingState.ENDED)), PairSession.state.in_(STATUS))
        .where(PairSession.starts_at > now - BACK)
        .order_by(PairSession.starts_at, PairSession.id)
        .limit(MANY)
    )


def _event(
    session: PairSession,
    pairing: Pairing,
    programme: Programme,
    partner: str,
    words: Words,
    settings: Settings,
    now: datetime,
) -> Event:
    start = session.local_start.replace(tzinfo=ZoneInfo(session.time_zone))
    event = Event()
    event.add("uid", uid_of(session, settings))
    event.add("sequence", session.sequence)
    event.add("dtstamp", now.astimezone(UTC).replace(microsecond=0))
    event.add("dtstart", start)
    event.add("duration", timedelta(minutes=session.minutes))
    event.add("status", STATUS[session.state])
    title = words.text("mail.session_invitation.title", programme=programme.name, number=session.number)
    event.add("summary", f"{title} · {partner}")
    event.add("url", f"{settings.base_url}/pairings/{pairing.id}")
    return event
