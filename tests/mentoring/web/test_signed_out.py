"""The session ends while somebody writes: they come back with words, and nothing that they wrote is lost."""

from datetime import UTC, datetime

from httpx import AsyncClient

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people import passwords
from mentoring.people.models import Account
from tests.builders import a_pairing, a_person
from tests.mentoring.visitor import Page

WORDS = Words("en")
PASSWORD = "a good long sentence to sign in with"
REASON = "We share an office & <more> than that.\nReally."


async def asked(database: Database) -> tuple[Pairing, str]:
    """A proposal that waits for its leader, who has a password; and the leader's address."""
    async with database.sessions.begin() as db:
        leader = await a_person(db)
        now, hashed = datetime.now(UTC), await passwords.digest(PASSWORD)
        db.add(Account(person_id=leader.id, password_hash=hashed, created_at=now))
        return await a_pairing(db, leader=leader, asked_at=now), leader.email


async def test_what_was_typed_comes_back_after_signing_in_and_is_sent_with_one_tap(
    client: AsyncClient, database: Database
) -> None:
    pairing, email = await asked(database)
    form = f"/pairings/{pairing.id}/decline"

    away = await client.post(form, data={"reason": REASON})
    kept = Page(away)
    typed = {name: kept.value(name) for name in ("again", "typed")}
    wrong = await client.post("/sign-in/again", data={"email": email, "password": "not this one at all", **typed})
    back = await client.post("/sign-in/again", data={"email": email, "password": PASSWORD, **typed})
    async with database.reading() as db:
        before = (await db.get_one(Pairing, pairing.id)).state
    sent = await client.post(typed["again"], data={"reason": Page(back).value("reason")})

    assert away.status_code == 401
    assert WORDS.text("error.SignedOutMeanwhile") in kept.text
    assert "We share an office & <more> than that. Really." in kept.text
    assert (wrong.status_code, Page(wrong).value("typed")) == (401, typed["typed"])
    assert (back.status_code, before) == (200, PairingState.ASKING_LEADER)
    assert sent.status_code == 303
    async with database.reading() as db:
        after = await db.get_one(Pairing, pairing.id)
    assert (after.state, after.decline_reason) == (PairingState.DECLINED, REASON)


async def test_no_form_leads_elsewhere_after_signing_in(client: AsyncClient, database: Database) -> None:
    _, email = await asked(database)

    back = await client.post(
        "/sign-in/again",
        data={"email": email, "password": PASSWORD, "again": "//elsewhere.example.org/x", "typed": "a=b"},
    )

    assert "elsewhere" not in back.text


async def test_a_program_and_a_reader_are_answered_as_before(client: AsyncClient, database: Database) -> None:
    pairing, _ = await asked(database)

    program = await client.post(f"/api/v1/pairings/{pairing.id}/decline", json={"reason": REASON})
    reader = await client.get(f"/pairings/{pairing.id}")
    empty = await client.post(f"/pairings/{pairing.id}/accept")

    assert (program.status_code, program.json()["code"]) == (401, "SignInNeeded")
    assert reader.headers["location"] == f"/sign-in?next=/pairings/{pairing.id}"
    assert empty.headers["location"].startswith("/sign-in")
