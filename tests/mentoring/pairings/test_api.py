"""The doors of pairings, check-ins and messages, with the keys of programs."""

from datetime import UTC, datetime

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.messages.contracts import Intended
from mentoring.messages.service import enqueue
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people import service as people
from mentoring.people.contracts import NewToken
from mentoring.people.models import Person
from mentoring.policy import SCOPES
from tests.builders import a_check_in, a_pairing, a_person, a_programme

Key = dict[str, str]


async def key_of(db: AsyncSession, person: Person) -> Key:
    """An API token of that person with every scope there is."""
    token = await people.make_token(db, MACHINE, str(person.id), NewToken("test", list(SCOPES)), datetime.now(UTC))
    return {"authorization": f"Bearer {token.token}"}


async def two_keys(database: Database, state: PairingState = PairingState.ASKING_LEADER) -> tuple[Pairing, Key, Key]:
    async with database.sessions.begin() as db:
        leader, junior = await a_person(db), await a_person(db)
        pairing = await a_pairing(db, state, leader=leader, junior=junior)
        return pairing, await key_of(db, leader), await key_of(db, junior)


async def test_a_leader_reads_the_proposal_and_accepts_it_once(database: Database, client: AsyncClient) -> None:
    pairing, leader, _ = await two_keys(database)

    [listed] = (await client.get("/api/v1/pairings", headers=leader)).json()
    read = await client.get(f"/api/v1/pairings/{pairing.id}", headers=leader)
    accepted = await client.post(f"/api/v1/pairings/{pairing.id}/accept", headers=leader)
    again = await client.post(f"/api/v1/pairings/{pairing.id}/accept", headers=leader)

    assert listed == read.json()
    assert (listed["state"], listed["my_turn"], listed["fit"]) == ("proposed", True, 0.62)
    assert (accepted.status_code, accepted.json()["state"]) == (200, "arranging")
    assert (again.status_code, again.json()["code"]) == (409, "PairingNotAsking")


async def test_what_is_not_yours_is_not_there(database: Database, client: AsyncClient) -> None:
    pairing, _, junior = await two_keys(database)

    answers = [
        await client.get(f"/api/v1/pairings/{pairing.id}", headers=junior),
        await client.post(f"/api/v1/pairings/{pairing.id}/accept", headers=junior),
        await client.get(f"/api/v1/pairings/{pairing.id}/sessions", headers=junior),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "PairingNotFound")] * 3
    assert (await client.get(f"/api/v1/pairings/{pairing.id}")).status_code == 401


async def test_a_junior_declines_and_an_endless_reason_does_not_come_in(
    database: Database, client: AsyncClient
) -> None:
    pairing, _, junior = await two_keys(database, PairingState.ASKING_JUNIOR)
    address = f"/api/v1/pairings/{pairing.id}/decline"

    too_long = await client.post(address, headers=junior, json={"reason": "x" * 2001})
    declined = await client.post(address, headers=junior, json={"reason": "no time"})

    assert too_long.status_code == 400
    assert (declined.status_code, declined.json()["state"]) == (200, "declined")


async def test_a_coordinator_sees_the_records_of_the_own_programmes_alone(
    database: Database, client: AsyncClient
) -> None:
    pairing, leader, _ = await two_keys(database)
    async with database.sessions.begin() as db:
        chief = await a_person(db)
        (await people.ensure_account(db, chief.id, datetime.now(UTC))).administrator = True
        administrator = await key_of(db, chief)

    seen = (await client.get("/api/v1/pairings/records", headers=administrator)).json()
    unseen = (await client.get("/api/v1/pairings/records", headers=leader)).json()

    assert [one["id"] for one in seen] == [str(pairing.id)]
    assert unseen == []


async def test_a_check_in_is_answered_over_the_api_once(database: Database, client: AsyncClient) -> None:
    pairing, leader, junior = await two_keys(database, PairingState.ACTIVE)
    async with database.sessions.begin() as db:
        check_in = await a_check_in(db, pairing=pairing)
    address, yes = f"/api/v1/check-ins/{check_in.id}/answer", {"met": "yes", "usefulness": 4}

    [open_] = (await client.get("/api/v1/check-ins", headers=leader)).json()
    strange = await client.post(address, headers=junior, json=yes)
    unfit = await client.post(address, headers=leader, json={"good_fit": 3})
    taken = await client.post(address, headers=leader, json=yes)
    again = await client.post(address, headers=leader, json=yes)

    assert (open_["id"], open_["state"]) == (str(check_in.id), "open")
    assert [one.status_code for one in (strange, unfit, taken, again)] == [404, 422, 200, 409]
    assert taken.json()["usefulness"] == 4


async def test_messages_are_for_coordinators_and_a_limit_is_a_limit(database: Database, client: AsyncClient) -> None:
    _, leader, _ = await two_keys(database)
    async with database.sessions.begin() as db:
        chief = await a_person(db)
        (await people.ensure_account(db, chief.id, datetime.now(UTC))).administrator = True
        administrator = await key_of(db, chief)
        programme = await a_programme(db)
        await enqueue(db, [Intended("signed_up", programme.id, chief.id, datetime.now(UTC))])

    refused = await client.get("/api/v1/messages", headers=leader)
    listed = await client.get("/api/v1/messages?state=pending", headers=administrator)
    too_many = await client.get("/api/v1/messages?limit=0", headers=administrator)

    assert (refused.status_code, refused.json()["code"]) == (403, "NotYours")
    assert [one["kind"] for one in listed.json()] == ["signed_up"]
    assert too_many.status_code == 400
