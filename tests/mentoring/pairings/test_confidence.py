"""Delegates see dates alone; a feed is as secret as its address; what is confided reaches the coordinator alone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.identity import MACHINE, Actor
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.pairings import concerns, delegates, feeds, rules
from mentoring.pairings.contracts import ConcernRaised
from mentoring.pairings.life import NameDelegate, RaiseConcern
from mentoring.pairings.models import CalendarFeed, Concern, Pairing
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.models import Person
from mentoring.people.rules import PersonNotFound
from mentoring.programmes.models import Coordinator, Programme
from mentoring.settings import Settings
from tests.builders import NOW, a_pairing, a_person, a_programme, a_session, as_actor

SETTINGS = Settings(
    mail_from="mentoring@example.org", base_url="https://mentoring.example.org", organisation="Meridian"
)
HELP = RaiseConcern("I do not feel safe.")


async def told(db: AsyncSession) -> list[str]:
    await db.flush()
    return list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))


async def test_a_delegate_is_named_once(db: AsyncSession) -> None:
    leader, assistant = await a_person(db), await a_person(db, given_name="Sam")

    for _ in range(2):
        named = await delegates.name_delegate(db, as_actor(leader), NameDelegate(assistant.email.upper()), NOW)

    assert [one.id for one in named] == [assistant.id]
    assert await told(db) == ["DelegateNamed"]


async def test_a_delegate_sees_what_lies_ahead_of_the_leader_and_of_nobody_else(db: AsyncSession) -> None:
    mine, other = [await a_pairing(db, PairingState.ACTIVE) for _ in range(2)]
    proposed = await a_pairing(db, PairingState.ASKING_JUNIOR)
    for pairing in (mine, other, proposed):
        await a_session(db, pairing)
    await a_session(db, mine, 2, state=SessionState.HELD)
    delegate = Actor(id=(await a_person(db)).id, stands_in_for=frozenset({mine.leader_id, proposed.leader_id}))

    seen = await delegates.delegated_sessions(db, delegate)

    assert [(one.number, one.starts_at) for one in seen] == [(1, NOW + timedelta(days=7))]


async def test_a_delegate_is_let_go_once(db: AsyncSession) -> None:
    leader, assistant = await a_person(db), await a_person(db)
    await delegates.name_delegate(db, as_actor(leader), NameDelegate(str(assistant.id)), NOW)

    for _ in range(2):
        left = await delegates.remove_delegate(db, as_actor(leader), assistant.id, NOW)

    assert left == []
    assert await told(db) == ["DelegateNamed", "DelegateRemoved"]


async def test_nobody_stands_in_for_themselves_and_nobody_who_left_does(db: AsyncSession) -> None:
    leader, gone = await a_person(db), await a_person(db, left_on=NOW.date())

    for who, cause in (
        (str(leader.id), rules.DelegateNotSuitable),
        (gone.email, rules.DelegateNotSuitable),
        ("nobody@example.org", PersonNotFound),
    ):
        with pytest.raises(cause):
            await delegates.name_delegate(db, as_actor(leader), NameDelegate(who), NOW)


async def fed(db: AsyncSession, person: Person) -> str:
    """The name behind which the person's feed lies."""
    shown = await feeds.make_feed(db, as_actor(person), SETTINGS, NOW)
    return shown.url.rpartition("/")[2]


async def test_a_feed_holds_one_s_own_sessions_at_wall_times_with_their_zones(db: AsyncSession) -> None:
    leader = await a_person(db)
    pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader)
    wall = datetime.fromisoformat("2026-03-10 09:30")
    booked = await a_session(
        db, pairing, local_start=wall, time_zone="America/St_Johns", state=SessionState.INVITED, sequence=3,
        starts_at=wall.replace(tzinfo=ZoneInfo("America/St_Johns")),
    )  # fmt: skip
    await a_session(db, pairing, 2)
    await a_session(db, pairing, 3, state=SessionState.CANCELLED)
    await a_session(db, await a_pairing(db, PairingState.ACTIVE))

    written = await feeds.write_feed(db, SETTINGS, await fed(db, leader), NOW)

    calendar = Calendar.from_ical(written)
    first, second = sorted(calendar.walk("VEVENT"), key=lambda event: event.decoded("dtstart"))
    assert b"\r\nDTSTART;TZID=America/St_Johns:20260310T093000\r\n" in written
    assert [str(one["tzid"]) for one in calendar.walk("VTIMEZONE")] == ["America/St_Johns"]
    assert (str(first["uid"]), first["sequence"]) == (f"session-{booked.id}@example.org", 3)
    assert first.decoded("dtstart").astimezone(UTC) == booked.starts_at
    assert (str(first["status"]), str(second["status"])) == ("CONFIRMED", "TENTATIVE")
    assert all("rrule" not in event for event in (first, second))


async def test_a_paused_pairing_is_not_in_the_feed(db: AsyncSession) -> None:
    leader = await a_person(db)
    await a_session(db, await a_pairing(db, PairingState.PAUSED, leader=leader))

    written = await feeds.write_feed(db, SETTINGS, await fed(db, leader), NOW)

    assert Calendar.from_ical(written).walk("VEVENT") == []


async def test_a_new_address_ends_the_one_before_and_a_revoked_one_leads_nowhere(db: AsyncSession) -> None:
    person = await a_person(db)
    first, second = await fed(db, person), await fed(db, person)

    with pytest.raises(rules.FeedNotFound):
        await feeds.write_feed(db, SETTINGS, first, NOW)
    assert b"BEGIN:VCALENDAR" in await feeds.write_feed(db, SETTINGS, second, NOW)
    for _ in range(2):
        seen = await feeds.revoke_feed(db, as_actor(person), NOW)
    with pytest.raises(rules.FeedNotFound):
        await feeds.write_feed(db, SETTINGS, second, NOW)

    assert (seen.made_at, await told(db)) == (None, ["FeedMade", "FeedMade", "FeedRevoked"])


async def test_the_address_is_not_kept_and_ends_with_its_owner(db: AsyncSession) -> None:
    person = await a_person(db)
    name = await fed(db, person)
    kept = (await db.scalars(select(CalendarFeed))).one()
    assert name.removesuffix(".ics") not in kept.digest

    person.left_on = NOW.date()

    with pytest.raises(rules.FeedNotFound):
        await feeds.write_feed(db, SETTINGS, name, NOW)
    with pytest.raises(rules.FeedNotFound):
        await feeds.write_feed(db, SETTINGS, kept.digest, NOW)


async def confided(db: AsyncSession) -> tuple[Pairing, Programme, Person]:
    """The junior of a pairing confides in the coordinator; the leader coordinates the programme as well."""
    programme, coordinator = await a_programme(db), await a_person(db)
    pairing = await a_pairing(db, PairingState.ACTIVE, programme=programme)
    db.add_all(Coordinator(programme_id=programme.id, person_id=one) for one in (coordinator.id, pairing.leader_id))
    await concerns.raise_concern(db, as_actor(pairing.junior_id), pairing.id, HELP, NOW)
    return pairing, programme, coordinator


async def test_what_is_confided_is_read_by_the_coordinator_and_nobody_else(db: AsyncSession) -> None:
    pairing, programme, coordinator = await confided(db)
    others = {
        "the partner, who coordinates too": as_actor(pairing.leader_id, coordinates=(programme,)),
        "whoever confided": as_actor(pairing.junior_id),
        "an administrator": as_actor(await a_person(db), administrator=True),
        "the machine": MACHINE,
        "another coordinator": as_actor(await a_person(db), coordinates=(await a_programme(db),)),
    }

    [seen] = await concerns.list_concerns(db, as_actor(coordinator, coordinates=(programme,)))

    assert (seen.words, seen.role) == ("I do not feel safe.", "junior")
    assert {who: await concerns.list_concerns(db, actor) for who, actor in others.items()} == {
        who: [] for who in others
    }
    for actor in others.values():
        with pytest.raises(rules.ConcernNotFound):
            await concerns.close_concern(db, actor, seen.id, NOW)


async def test_coordinators_are_told_that_and_not_what_and_the_partner_is_not(db: AsyncSession) -> None:
    _, _, coordinator = await confided(db)
    concern = (await db.scalars(select(Concern))).one()

    for _ in range(2):
        await concerns.tell_coordinators(db, [ConcernRaised(concern.id)], NOW)

    rows = await db.execute(select(Message.kind, Message.recipient_id))
    entry = (await db.scalars(select(JournalEntry))).one()
    assert [tuple(row) for row in rows] == [("concern_raised", coordinator.id)]
    assert (entry.by_id, set(entry.details)) == (None, {"concern_id"})


async def test_a_concern_that_was_looked_after_is_closed_once(db: AsyncSession) -> None:
    _, programme, coordinator = await confided(db)
    actor = as_actor(coordinator, coordinates=(programme,))
    [seen] = await concerns.list_concerns(db, actor)

    for _ in range(2):
        await concerns.close_concern(db, actor, seen.id, NOW)

    assert await concerns.list_concerns(db, actor) == []
    assert await told(db) == ["ConcernRaised", "ConcernClosed"]


async def test_who_is_none_of_the_two_confides_nothing(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)

    with pytest.raises(rules.PairingNotFound):
        await concerns.raise_concern(db, as_actor(await a_person(db)), pairing.id, HELP, NOW)
