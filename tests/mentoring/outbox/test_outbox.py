"""A coordinator sees what became of messages, and does something about each."""

from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageNotFound, MessageState
from mentoring.outbox import queries, service
from mentoring.outbox.contracts import Correction, Counts
from mentoring.outbox.rules import (
    BOXES,
    REMEDIES,
    AddressGuarded,
    BounceNotFound,
    Box,
    MessageMovedOn,
    Remedy,
    remedies,
)
from mentoring.people.contracts import NewPerson
from mentoring.people.models import AccessLink, Mailing, Person
from mentoring.people.rules import AddressNotPlausible, AddressTaken, LinkPurpose
from mentoring.people.service import add_person, make_link
from mentoring.policy import NotYours
from mentoring.programmes.models import Coordinator
from tests.builders import NOW, a_person, a_programme, as_actor
from tests.mentoring.visitor import Page, come_in


async def a_message(db: AsyncSession, state: MessageState, person: Person | None = None) -> Message:
    person = person or await a_person(db)
    waits = state in (*BOXES[Box.WAITING], MessageState.HELD)
    message = Message(
        id=uuid4(), kind="invitation", about=uuid4(), recipient_id=person.id, state=state, made_at=NOW,
        wake_at=NOW if waits else None, attempt=1, owner="somebody:1", error="550 no such user",
    )  # fmt: skip
    db.add(message)
    await db.flush()
    return message


async def a_bounced(db: AsyncSession, person: Person | None = None) -> Person:
    person = person or await a_person(db)
    db.add(Mailing(person_id=person.id, bounced_at=NOW, bounced_address=person.email, bounce="550 no such user"))
    await db.flush()
    return person


async def a_coordinator(client: AsyncClient, database: Database) -> Person:
    async with database.sessions.begin() as db:
        person, programme = await a_person(db), await a_programme(db)
        db.add(Coordinator(programme_id=programme.id, person_id=person.id))
    await come_in(client, database, person)
    return person


def test_every_state_lies_in_one_box_or_has_nothing_to_be_done_about() -> None:
    boxed = [state for box, states in BOXES.items() if box is not Box.ALL for state in states]

    assert len(boxed) == len(set(boxed))
    assert set(MessageState) - set(boxed) == {MessageState.MERGED, MessageState.SKIPPED}
    assert {state for state in MessageState if remedies(state)} <= set(boxed)


@pytest.mark.parametrize("state", MessageState)
@pytest.mark.parametrize("remedy", Remedy)
async def test_a_remedy_is_had_where_it_makes_sense_and_once(
    db: AsyncSession, state: MessageState, remedy: Remedy
) -> None:
    message = await a_message(db, state)
    act = {Remedy.AGAIN: service.send_again, Remedy.GIVE_UP: service.give_up}[remedy]
    possible = state in REMEDIES[remedy]

    for attempt in range(2):
        if possible and attempt == 0:
            await act(db, MACHINE, message.id, NOW)
        else:
            with pytest.raises(MessageMovedOn):
                await act(db, MACHINE, message.id, NOW)

    await db.refresh(message)
    after = {Remedy.AGAIN: (MessageState.PENDING, NOW), Remedy.GIVE_UP: (MessageState.SKIPPED, None)}[remedy]
    assert not possible or (message.state, message.wake_at) == after
    assert possible or message.state is state


async def test_what_was_sent_again_or_given_up_is_written_down(client: AsyncClient, database: Database) -> None:
    person = await a_coordinator(client, database)
    async with database.sessions.begin() as db:
        doubtful, refused = [await a_message(db, state) for state in (MessageState.UNCERTAIN, MessageState.REFUSED)]

    shown = await client.get("/messages", params={"box": "uncertain"})
    again = await client.post(f"/messages/{doubtful.id}/again", params={"box": "uncertain"})
    late = await client.post(f"/messages/{doubtful.id}/again", params={"box": "uncertain"})
    gone = await client.post(f"/api/v1/messages/{refused.id}/give-up")

    assert f"/messages/{doubtful.id}/again" in shown.text
    assert "550 no such user" in Page(shown).text
    assert (again.status_code, again.headers["location"]) == (303, "/messages?box=uncertain")
    assert (late.status_code, gone.status_code) == (409, 204)
    async with database.reading() as db:
        rows = await db.execute(select(JournalEntry.event, JournalEntry.by_id).order_by(JournalEntry.number))
        assert [tuple(row) for row in rows] == [("MessageSentAgain", person.id), ("MessageGivenUp", person.id)]


async def test_messages_are_found_by_name_and_address_box_by_box(client: AsyncClient, database: Database) -> None:
    await a_coordinator(client, database)
    async with database.sessions.begin() as db:
        kofi = await a_person(db, given_name="Kofi", family_name="Boateng")
        for state in (MessageState.HELD, MessageState.REFUSED):
            await a_message(db, state, kofi)
            await a_message(db, state)

    async def found(**params: str) -> list[str]:
        return [one["state"] for one in (await client.get("/api/v1/messages", params=params)).json()]

    page = Page(await client.get("/messages", params={"box": "held", "search": "boat kofi"}))
    counts = (await client.get("/api/v1/messages/counts")).json()

    assert sorted(await found(search="KOFI BOA")) == ["held", "refused"]
    assert await found(search=kofi.email, box="refused") == ["refused"]
    assert await found(search="nobody%") == []
    assert len(await found(state="held")) == 2
    assert page.text.count("Kofi Boateng") == 1
    assert counts == {"waiting": 0, "later": 2, "uncertain": 0, "refused": 2, "bounced": 0}


async def test_the_right_address_lets_mails_through_and_old_links_in_no_more(
    client: AsyncClient, database: Database
) -> None:
    await a_coordinator(client, database)
    async with database.sessions.begin() as db:
        person = await a_bounced(db)
        await make_link(db, person.id, LinkPurpose.INVITATION, NOW)
        taken = await a_person(db)
    path = f"/messages/bounced/{person.id}"

    listed = Page(await client.get("/messages/bounced"))
    refused = await client.post(path, data={"email": taken.email})
    done = await client.post(path, data={"email": " Right@Example.org "})
    twice = await client.post(path, data={"email": "again@example.org"})

    assert (person.email in listed.text, "550 no such user" in listed.text) == (True, True)
    assert (refused.status_code, Page(refused).value("email")) == (409, taken.email)
    assert (done.status_code, twice.status_code) == (303, 404)
    async with database.reading() as db:
        assert (await db.get_one(Person, person.id)).email == "right@example.org"
        assert await queries.count_messages(db, MACHINE) == Counts(0, 0, 0, 0, 0)
        assert list(await db.scalars(select(AccessLink))) == []


async def test_an_address_that_works_again_is_kept(db: AsyncSession) -> None:
    person = await a_bounced(db)

    await service.correct_address(db, MACHINE, person.id, Correction(person.email), NOW)

    assert await queries.list_bounces(db, MACHINE) == []


async def test_nobody_takes_an_administrator_over_by_a_correction(db: AsyncSession) -> None:
    boss = await add_person(db, MACHINE, NewPerson("Root", "root@example.org", administrator=True), NOW)
    await a_bounced(db, boss)
    coordinator = as_actor(await a_person(db), coordinates=(await a_programme(db),))

    with pytest.raises(AddressGuarded):
        await service.correct_address(db, coordinator, boss.id, Correction("mine@example.org"), NOW)


async def test_nobody_takes_another_coordinator_over_by_a_correction(db: AsyncSession) -> None:
    theirs, colleague = await a_programme(db), await a_bounced(db)
    db.add(Coordinator(programme_id=theirs.id, person_id=colleague.id))
    coordinator = as_actor(await a_person(db), coordinates=(await a_programme(db),))

    with pytest.raises(AddressGuarded):
        await service.correct_address(db, coordinator, colleague.id, Correction("mine@example.org"), NOW)


@pytest.mark.parametrize("kind", ["concern_raised", "confided"])
async def test_that_somebody_confided_is_seen_and_held_back_by_nobody_else(db: AsyncSession, kind: str) -> None:
    told, other = await a_person(db), await a_person(db)
    programme = await a_programme(db)
    message = await a_message(db, MessageState.PENDING, told)
    message.kind = kind
    await db.flush()

    seen = [await queries.list_messages(db, as_actor(one, coordinates=(programme,))) for one in (told, other)]
    with pytest.raises(MessageNotFound):
        await service.give_up(db, as_actor(other, coordinates=(programme,)), message.id, NOW)

    assert [len(one) for one in seen] == [1, 0]


async def test_only_an_address_that_bounced_is_corrected_and_only_to_one_that_can_be(db: AsyncSession) -> None:
    fine, bounced = await a_person(db), await a_bounced(db)

    with pytest.raises(BounceNotFound):
        await service.correct_address(db, MACHINE, fine.id, Correction("x@example.org"), NOW)
    with pytest.raises(AddressNotPlausible):
        await service.correct_address(db, MACHINE, bounced.id, Correction("not an address"), NOW)
    with pytest.raises(AddressTaken):
        await service.correct_address(db, MACHINE, bounced.id, Correction(fine.email), NOW)


async def test_messages_are_not_for_everybody(db: AsyncSession) -> None:
    somebody = as_actor(await a_person(db))

    for attempt in (queries.list_messages(db, somebody), queries.list_bounces(db, somebody)):
        with pytest.raises(NotYours):
            await attempt
