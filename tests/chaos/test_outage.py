"""While the database is away the service says so, and shows nothing that it could not decide upon."""

import asyncio
from datetime import UTC, datetime

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from mentoring.db import Database
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Account, Person
from mentoring.people.service import open_session
from tests.builders import a_pairing
from tests.chaos.sweep import everything, fault
from tests.harness.server import LOOK_AGAIN_AFTER

SEEN = "sign_in"
"""The table that a request may touch whatever becomes of it: when somebody was last seen."""


async def whose_turn_it_is(database: Database) -> tuple[Pairing, dict[str, str]]:
    """A pairing whose leader has come in, and their cookie."""
    now = datetime.now(UTC)
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ASKING_LEADER)
        db.add(Account(person_id=pairing.leader_id, created_at=now))
        await db.flush()
        return pairing, {"cookie": f"session={await open_session(db, pairing.leader_id, now)}"}


@pytest.mark.parametrize("path", ["/me", "/api/v1/pairings", "/api/v1/pairings/{id}", "/health"])
async def test_a_page_is_refused_wherever_the_database_goes_away(
    database: Database, client: AsyncClient, path: str
) -> None:
    pairing, cookie = await whose_turn_it_is(database)
    at, seen, answers = 0, 1, []

    while seen >= at:
        at += 1
        with fault(database, at) as struck:
            answer = await client.get(path.format(id=pairing.id), headers=cookie)
        seen = struck.seen
        answers.append(answer.status_code)
        assert str(pairing.junior_id) not in answer.text or answer.status_code == 200

    assert answers == [503] * (at - 1) + [200]
    assert at > 1


async def test_an_answer_that_was_refused_has_changed_nothing_and_can_be_given_again(
    database: Database, client: AsyncClient
) -> None:
    pairing, cookie = await whose_turn_it_is(database)
    before, at, seen = await everything(database), 0, 1

    while seen >= at:
        at += 1
        with fault(database, at) as struck:
            answer = await client.post(f"/api/v1/pairings/{pairing.id}/accept", headers=cookie)
        seen = struck.seen
        if seen >= at:
            assert answer.status_code == 503
            now = await everything(database)
            assert [row for row in now if row[0] != SEEN] == [row for row in before if row[0] != SEEN]

    assert answer.status_code == 200
    assert at > 5


BLOCKED = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_who_loses_a_deadlock_is_asked_to_try_again_and_can(database: Database, client: AsyncClient) -> None:
    """The request holds its person and waits for the pairing; who has that, and more patience, wants the person."""
    pairing, cookie = await whose_turn_it_is(database)
    accept = f"/api/v1/pairings/{pairing.id}/accept"

    async with database.sessions.begin() as other:
        await other.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        await other.get(Pairing, pairing.id, with_for_update=True)
        accepting = asyncio.create_task(client.post(accept, headers=cookie))
        while not await other.scalar(BLOCKED):
            await asyncio.sleep(LOOK_AGAIN_AFTER)
        await other.get(Person, pairing.leader_id, with_for_update=True)

    assert (await accepting).status_code == 503
    assert (await client.post(accept, headers=cookie)).status_code == 200
