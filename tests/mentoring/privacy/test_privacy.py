"""Everything about me: to take along, and to have forgotten. What another said in confidence is in neither."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from httpx import AsyncClient
from litestar import Litestar
from sqlalchemy import Table, select, update

from mentoring import tables
from mentoring.db import Database
from mentoring.entrance import provide_db
from mentoring.i18n import Words
from mentoring.journal import JournalEntry
from mentoring.messages.contracts import Post
from mentoring.messages.dispatch import claim
from mentoring.messages.models import Message
from mentoring.pairings.models import Concern, Pairing
from mentoring.pairings.rules import Ending, PairingState
from mentoring.people.contracts import NewPassword
from mentoring.people.models import AccessLink, Account, Person, SignIn
from mentoring.people.rules import NOBODY, LastAdministrator, LinkNotUsable, LinkPurpose
from mentoring.people.service import ask_for_reset, ensure_account, make_link, use_link
from mentoring.policy import Action, SignInNeeded
from mentoring.privacy import rules, service
from mentoring.privacy.contracts import EraseMe
from mentoring.programmes.contracts import NewDraft
from mentoring.programmes.drafts import save_draft
from mentoring.programmes.models import Enrolment, Programme, SignUpDraft
from mentoring.programmes.rules import Role
from mentoring.reactions import COMPOSERS
from mentoring.rounds.models import HeldOut, Round, Unmatched
from mentoring.settings import Settings
from mentoring.upkeep.invariants import broken_rules
from tests.builders import NOW, a_person, a_programme, as_actor
from tests.harness.smtp import Sink
from tests.mentoring.followups.living import settle
from tests.mentoring.messages.posting import a_sender, post_all
from tests.mentoring.visitor import Page, come_in
from tests.mentoring.world import (
    ADMINISTRATOR,
    AGREED,
    CONFIDED,
    DONE_ABOUT_IT,
    EXCLUDED,
    JUNIOR,
    LEADER,
    NO_OF_A_JUNIOR,
    NO_OF_A_LEADER,
    NOTE,
    build,
)

WORDS = Words("en")
LEADERS_OWN = (EXCLUDED, NOTE, CONFIDED, AGREED)


@pytest.fixture
async def people(database: Database, settings: Settings) -> dict[str, Person]:
    """The people of a world in which everybody has a part."""
    async with database.sessions.begin() as db:
        world = await build(db, settings)
        return {role: await db.get_one(Person, person_id) for role, person_id in world.people.items()}


async def taken_along(database: Database, person: Person) -> str:
    async with database.sessions.begin() as db:
        return msgspec.json.encode(await service.export_data(db, as_actor(person), NOW)).decode()


async def erased(database: Database, person: Person) -> None:
    async with database.sessions.begin() as db:
        await service.erase_me(db, as_actor(person), EraseMe(person.email), NOW)


async def everything(database: Database) -> str:
    """All that stands in the database, as text."""
    async with database.reading() as db:
        found = []
        for table in tables.ALL.values():
            rows = (await db.execute(select(table))).mappings()
            found += [f"{table.name}: {dict(row)!r}" for row in rows]
        return "\n".join(found)


@pytest.mark.parametrize("table", tables.ALL.values(), ids=tables.ALL)
def test_every_table_with_a_person_s_words_says_whose_they_are(table: Table) -> None:
    """A new table is covered by the way it refers to people; where that way does not lead to one, it is named here."""
    words = [column.name for column in rules.personal(table)]

    assert not words or rules.owners(table), f"{table.name} keeps {words} of nobody"


def test_what_is_named_is_there() -> None:
    columns = {f"{table.name}.{column.name}" for table in tables.ALL.values() for column in table.columns}

    named = {f"{table}.{column}" for table, known in rules.OWNERS.items() for column in known}
    assert named | rules.AUTHORS.keys() | rules.BLANKS.keys() <= columns
    assert tables.ALL.keys() >= rules.WITHHELD | rules.DELETED


async def test_one_takes_along_what_one_said_and_nothing_that_another_said_in_confidence(
    database: Database, people: dict[str, Person]
) -> None:
    leader, junior = [await taken_along(database, people[role]) for role in (LEADER, JUNIOR)]

    assert [secret for secret in (NOTE, CONFIDED, AGREED, people[LEADER].email) if secret not in leader] == []
    assert [secret for secret in (NO_OF_A_LEADER, NO_OF_A_JUNIOR, DONE_ABOUT_IT) if secret in leader + junior] == []
    assert [secret for secret in (NOTE, CONFIDED) if secret in junior] == []
    assert [secret for secret in ('"digest"', '"password_hash"', '"reason":"candour"') if secret in leader] == []


async def test_one_is_not_told_how_many_did_not_want_one_nor_why_one_was_held_out(
    database: Database, people: dict[str, Person]
) -> None:
    async with database.sessions.begin() as db:
        enrolment = (await db.scalars(select(Enrolment).where(Enrolment.person_id == people[LEADER].id))).first()
        round_ = (await db.scalars(select(Round))).first()
        assert enrolment is not None
        assert round_ is not None
        whose = {"round_id": round_.id, "enrolment_id": enrolment.id}
        db.add(Unmatched(**whose, candidates=2, eligible=0, taken_away={"consent": 2}))
        db.add(HeldOut(**whose, reason="They do not get on", by_id=people[JUNIOR].id, at=NOW))

    own = await taken_along(database, people[LEADER])

    assert ("taken_away" in own, "get on" in own) == (False, False)


async def test_a_junior_is_not_told_of_what_the_leader_declined_nor_the_leader_of_the_junior_s_no(
    database: Database, people: dict[str, Person]
) -> None:
    async with database.reading() as db:
        mine = await service._pairings(db, as_actor(people[LEADER]))
    assert {one["state"] for one in mine} == {"active", "not_arranged"}

    async with database.sessions.begin() as db:
        own = await service.export_data(db, as_actor(people[JUNIOR]), NOW)
    assert {one["state"] for one in own.tables["pairing"]} == {"active"}


async def test_whoever_is_erased_is_nowhere_to_be_found(database: Database, people: dict[str, Person]) -> None:
    leader = people[LEADER]
    assert [word for word in LEADERS_OWN if word not in await everything(database)] == []

    await erased(database, leader)

    left = await everything(database)
    traces = (leader.family_name, leader.email, leader.staff_no or "", f"'{leader.unit}'", NOTE, CONFIDED, AGREED)
    assert [word for word in traces if word and word in left] == []


async def test_what_counted_still_counts(database: Database, people: dict[str, Person]) -> None:
    kept = ("pairing", "session", "check_in", "enrolment", "assessment", "proposed_pair", "person")

    async def counts() -> dict[str, int]:
        async with database.reading() as db:
            return {name: len((await db.execute(select(tables.ALL[name]))).all()) for name in kept}

    before = await counts()
    await erased(database, people[LEADER])

    assert await counts() == before
    async with database.reading() as db:
        person = await db.get_one(Person, people[LEADER].id)
        assert (person.given_name, person.family_name, person.left_on) == (NOBODY, "", NOW.date())
        assert await db.get(Account, person.id) is None
        theirs = select(Pairing).where(Pairing.leader_id == person.id)
        assert {one.reasons.needs == [] and one.reasons.language is None for one in await db.scalars(theirs)} == {True}


async def test_the_partner_s_words_stay(database: Database, people: dict[str, Person]) -> None:
    """What the partner confided, and their own no, are not the erased one's to take away."""
    async with database.sessions.begin() as db:
        about = {"about_id": people[JUNIOR].id}
        await db.execute(update(Concern).values(**about))

    await erased(database, people[JUNIOR])

    left = await everything(database)
    assert CONFIDED in left
    assert NO_OF_A_LEADER in left


async def test_pairings_end_kindly_and_nobody_is_told_a_name(
    database: Database, people: dict[str, Person], smtp: Sink, tmp_path: Path
) -> None:
    await erased(database, people[LEADER])
    await settle(database, NOW)
    await post_all(a_sender(database, tmp_path, smtp.url))

    async with database.reading() as db:
        theirs = select(Pairing).where(Pairing.leader_id == people[LEADER].id, Pairing.began_at.is_not(None))
        pairing = (await db.scalars(theirs)).one()
        rows = await db.scalars(select(Message).where(Message.kind == "pairing_ended"))
        assert [one.recipient_id for one in rows] == [people[JUNIOR].id]
        broken = await broken_rules(db, NOW)
    told = [mail.message for mail in smtp.received if mail.recipients == (people[JUNIOR].email,)]
    assert (pairing.state, pairing.ending) == (PairingState.ENDED, Ending.LEFT)
    assert WORDS.text("mail.pairing_erased.subject") in [mail["subject"] for mail in told]
    assert people[LEADER].family_name not in "".join(str(mail) for mail in told)
    assert [one for one in broken if not one.startswith("N1")] == []


async def test_the_last_administrator_stays_until_there_is_another(
    database: Database, people: dict[str, Person]
) -> None:
    with pytest.raises(LastAdministrator):
        await erased(database, people[ADMINISTRATOR])

    async with database.sessions.begin() as db:
        (await db.get_one(Account, people[JUNIOR].id)).administrator = True
    await erased(database, people[ADMINISTRATOR])


async def test_nobody_is_erased_by_a_slip(database: Database, people: dict[str, Person]) -> None:
    with pytest.raises(rules.AddressNotOwn):
        async with database.sessions.begin() as db:
            await service.erase_me(db, as_actor(people[LEADER]), EraseMe(people[JUNIOR].email), NOW)


async def test_both_are_written_down(database: Database, people: dict[str, Person]) -> None:
    await taken_along(database, people[LEADER])
    await erased(database, people[LEADER])

    async with database.reading() as db:
        events = select(JournalEntry.event).where(JournalEntry.by_id == people[LEADER].id)
        assert {"OwnDataTaken", "PersonErased", "PersonLeft"} <= set(await db.scalars(events))


async def test_the_pages_give_the_file_and_let_go(
    client: AsyncClient, database: Database, people: dict[str, Person]
) -> None:
    leader = people[LEADER]
    await come_in(client, database, leader)

    page = Page(await client.get("/me/data"))
    file = await client.post("/me/data/export")
    slip = await client.post("/me/data/erase", data={"address": "somebody@example.org"})
    gone = await client.post("/me/data/erase", data={"address": leader.email.upper()})
    bye = Page(await client.get("/me/data/erased"))
    away = await client.get("/me")

    assert WORDS.text("page.data.erase.stays") in page.text
    assert file.headers["content-disposition"].startswith("attachment; filename=")
    assert file.json()["tables"]["person"][0]["email"] == leader.email
    assert (slip.status_code, Page(slip).value("address")) == (422, "somebody@example.org")
    assert (gone.status_code, gone.headers["location"]) == (303, "/me/data/erased")
    assert WORDS.text("page.data.erased.title") in bye.text
    assert away.headers["location"].startswith("/sign-in")


async def test_a_program_may_do_the_same(client: AsyncClient, database: Database, people: dict[str, Person]) -> None:
    await come_in(client, database, people[JUNIOR])

    mine = await client.post("/api/v1/me/export")
    refused = await client.post("/api/v1/me/erasure", json={"address": "x@example.org"})
    done = await client.post("/api/v1/me/erasure", json={"address": people[JUNIOR].email})

    assert mine.json()["tables"]["person"][0]["given_name"] == people[JUNIOR].given_name
    assert (refused.status_code, refused.json()["code"], done.status_code) == (422, "AddressNotOwn", 204)


def came_in(app: Litestar, person: Person, action: Action = Action.SIGN_UP) -> Any:
    """A request of somebody who was let in a moment ago, before its transaction begins: what of it is looked at."""
    handler = SimpleNamespace(opt={"action": action})
    return {"method": "POST", "litestar_app": app, "state": {"actor": as_actor(person)}, "route_handler": handler}


async def a_draft(database: Database, app: Litestar, person: Person, programme: Programme) -> None:
    """Somebody keeps what they have typed, as the page does it."""
    async with asynccontextmanager(provide_db)(came_in(app, person)) as db:
        await save_draft(db, as_actor(person), programme.name, Role.JUNIOR, NewDraft({"tool": "Signal"}), NOW)


async def drafts_and_sign_ins(database: Database) -> list[object]:
    async with database.reading() as db:
        return [*await db.scalars(select(SignUpDraft)), *await db.scalars(select(SignIn))]


async def test_what_is_sent_from_another_window_after_an_erasure_comes_too_late(
    database: Database, app: Litestar
) -> None:
    async with database.sessions.begin() as db:
        person, programme = await a_person(db), await a_programme(db)
        link = await make_link(db, person.id, LinkPurpose.SIGN_IN, NOW)
    await erased(database, person)

    with pytest.raises(SignInNeeded):
        await a_draft(database, app, person, programme)
    with pytest.raises(LinkNotUsable):
        await use_link(database, link, NewPassword(), NOW)

    assert await drafts_and_sign_ins(database) == []


async def test_an_erasure_waits_for_what_another_window_is_about_to_write_and_takes_it_along(
    database: Database, app: Litestar
) -> None:
    async with database.sessions.begin() as db:
        person, programme = await a_person(db), await a_programme(db)

    async with asynccontextmanager(provide_db)(came_in(app, person)) as db:
        erasing = asyncio.create_task(erased(database, person))
        await save_draft(db, as_actor(person), programme.name, Role.JUNIOR, NewDraft({"tool": "Signal"}), NOW)
    await erasing

    assert await drafts_and_sign_ins(database) == []


async def test_what_was_let_in_before_an_erasure_and_begins_during_it_is_refused(
    database: Database, app: Litestar
) -> None:
    async with database.sessions.begin() as db:
        person, programme = await a_person(db), await a_programme(db)

    async with database.sessions.begin() as db:
        await service.erase_me(db, as_actor(person), EraseMe(person.email), NOW)
        writing = asyncio.create_task(a_draft(database, app, person, programme))
        await asyncio.wait([writing], timeout=0.2)  # until it waits for us; had it gone by, it would have ended

    with pytest.raises(SignInNeeded):
        await writing
    assert await drafts_and_sign_ins(database) == []


async def test_two_windows_erase_the_same_person_once(database: Database, app: Litestar) -> None:
    async with database.sessions.begin() as db:
        person = await a_person(db)

    async def erase() -> None:
        async with asynccontextmanager(provide_db)(came_in(app, person, Action.ERASE)) as db:
            await service.erase_me(db, as_actor(person), EraseMe(person.email), NOW)

    both = await asyncio.gather(erase(), erase(), return_exceptions=True)

    assert sorted(type(one).__name__ for one in both) == ["AddressNotOwn", "NoneType"]


async def links(database: Database) -> list[AccessLink]:
    async with database.reading() as db:
        return list(await db.scalars(select(AccessLink)))


async def who_forgot_their_password(database: Database) -> Person:
    """Somebody with an account, to whom a mail with a link is due."""
    async with database.sessions.begin() as db:
        person = await a_person(db)
        await ensure_account(db, person.id, NOW)
    await ask_for_reset(database, person.email, "127.0.0.1", NOW)
    await settle(database, NOW)
    return person


async def test_no_link_is_made_for_whoever_is_erased_before_the_mail_with_it_goes_out(
    database: Database, smtp: Sink, tmp_path: Path
) -> None:
    person = await who_forgot_their_password(database)
    await erased(database, person)

    await post_all(a_sender(database, tmp_path, smtp.url))

    assert (smtp.received, await links(database)) == ([], [])


async def test_a_link_that_is_made_during_an_erasure_comes_too_late(database: Database, tmp_path: Path) -> None:
    person = await who_forgot_their_password(database)
    sender = a_sender(database, tmp_path, None)

    async with database.sessions.begin() as db:
        await service.erase_me(db, as_actor(person), EraseMe(person.email), NOW)
        sending = asyncio.create_task(post_all(sender))
        await asyncio.wait([sending], timeout=0.2)  # until it waits for us, or has passed the message over
    await sending
    await post_all(sender)

    assert await links(database) == []


async def test_an_erasure_waits_for_the_mail_that_is_being_written_and_takes_its_link_along(
    database: Database, tmp_path: Path
) -> None:
    sender = a_sender(database, tmp_path, None)
    person = await who_forgot_their_password(database)

    async with database.sessions.begin() as db:
        claimed = await claim(db, "sender", NOW)
        erasing = asyncio.create_task(erased(database, person))
        await asyncio.wait([erasing], timeout=0.2)  # until it waits for us
        written = await COMPOSERS[claimed[0].kind].compose(db, Post(sender.settings, sender.secret, NOW), claimed)
    await erasing

    assert (len(written), await links(database)) == (1, [])
