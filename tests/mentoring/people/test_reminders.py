"""Reminders are stopped with one click from the mail; what must be said is said all the same."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from mentoring.db import Database
from mentoring.messages.contracts import Intended
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState, Pace
from mentoring.messages.service import enqueue
from mentoring.messages.unsubscribing import StopLinkUnknown, read_stop_token, stop_token
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.reactions import COMPOSERS
from mentoring.settings import Settings
from tests.builders import NOW, a_check_in, a_pairing
from tests.harness.smtp import Sink
from tests.mentoring.followups.living import settle
from tests.mentoring.messages.posting import a_sender, post_all
from tests.mentoring.visitor import Page

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def both(database: Database) -> Pairing:
    """A question to the leader of a pairing, and that the pairing began."""
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ACTIVE)
        check_in = await a_check_in(db, pairing=pairing)
        await enqueue(
            db,
            [
                Intended("check_in", check_in.id, pairing.leader_id, NOW, pace=Pace.QUESTION),
                Intended("pairing_began", pairing.id, pairing.leader_id, NOW),
            ],
        )
    return pairing


async def test_a_mail_that_may_be_stopped_says_how_and_one_that_may_not_does_not(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    await both(database)
    await settle(database, NOW)

    await post_all(a_sender(database, tmp_path, smtp.url))

    headers = {
        str(mail["subject"])[:7]: (mail["list-unsubscribe"], mail["list-unsubscribe-post"]) for mail in smtp.messages
    }
    link, post = headers.pop("Did you")
    assert str(link).startswith("<https://mentoring.example.org/unsubscribe/")
    assert post == "List-Unsubscribe=One-Click"
    assert list(headers.values()) == [(None, None)]


async def test_one_click_stops_what_may_be_stopped_and_nothing_else(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    pairing = await both(database)
    link = f"/unsubscribe/{stop_token(settings.secret(), pairing.leader_id)}"

    shown = [await client.get(link) for _ in range(2)]
    stopped = await client.post(link, data=ONE_CLICK)
    await settle(database, NOW)

    async with database.reading() as db:
        rows = await db.execute(select(Message.kind, Message.state))
        states = {row.kind: row.state for row in rows}
    assert [one.status_code for one in (*shown, stopped)] == [200, 200, 200]
    assert Page(shown[1]).text != Page(stopped).text
    assert states == {"check_in": MessageState.SKIPPED, "pairing_began": MessageState.PENDING}


async def test_who_stops_them_stops_them_for_nobody_else(
    client: AsyncClient, database: Database, settings: Settings, tmp_path: Path, smtp: Sink
) -> None:
    pairing = await both(database)
    async with database.sessions.begin() as db:
        other = await a_check_in(db)
        await enqueue(db, [Intended("check_in", other.id, other.person_id, NOW, pace=Pace.QUESTION)])
        spared = (await db.get_one(Person, other.person_id)).email
    await client.post(f"/unsubscribe/{stop_token(settings.secret(), pairing.leader_id)}", data=ONE_CLICK)
    await settle(database, NOW)

    await post_all(a_sender(database, tmp_path, smtp.url))

    assert [str(mail["to"]) for mail in smtp.messages if str(mail["subject"]).startswith("Did you")] == [spared]


@pytest.mark.parametrize("kind", COMPOSERS)
def test_whether_a_message_makes_sense_is_asked_of_that_message_alone(kind: str) -> None:
    asked = str(select(Message.id).where(COMPOSERS[kind].guard))

    tables = re.findall(r"\bFROM\s+([^()]*?)(?=\s+WHERE\b|\)|$)", asked)
    assert [one.strip() for one in tables if re.search(r"\bmessage\b(?!\.)", one)] == ["message"]


async def test_it_is_asked_again_when_the_mail_is_about_to_leave(
    client: AsyncClient, database: Database, settings: Settings, tmp_path: Path, smtp: Sink
) -> None:
    pairing = await both(database)
    await settle(database, NOW)

    await client.post(f"/unsubscribe/{stop_token(settings.secret(), pairing.leader_id)}", data=ONE_CLICK)
    await post_all(a_sender(database, tmp_path, smtp.url))

    assert [str(mail["subject"])[:3] for mail in smtp.messages] == ["You"]


async def test_who_changes_their_mind_gets_them_again(
    client: AsyncClient, database: Database, settings: Settings
) -> None:
    pairing = await both(database)
    link = f"/unsubscribe/{stop_token(settings.secret(), pairing.leader_id)}"

    for data in (ONE_CLICK, {"resume": "yes"}):
        await client.post(link, data=data)
    await settle(database, NOW)

    async with database.reading() as db:
        assert set(await db.scalars(select(Message.state))) == {MessageState.PENDING}


@pytest.mark.parametrize("token", ["", "x", "IjEi.AAAA"])
def test_a_link_that_we_did_not_sign_is_none(token: str) -> None:
    with pytest.raises(StopLinkUnknown):
        read_stop_token(b"s" * 32, token)


def test_a_link_signed_with_another_key_is_none() -> None:
    with pytest.raises(StopLinkUnknown):
        read_stop_token(b"s" * 32, stop_token(b"t" * 32, NOW_ID))


NOW_ID = UUID(int=1)
