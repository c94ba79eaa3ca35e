"""The same by API: each door once, with a success, a refusal and a conflict where there can be one."""

from datetime import UTC, datetime, timedelta

from httpx import AsyncClient

from mentoring.db import Database
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState
from tests.builders import a_pairing, a_person, a_session
from tests.mentoring.pairings.test_api import Key, key_of

TERMS = {"every_days": 14, "minutes": 60, "language": "fr", "skill_goal": "Post once a week"}


async def met(database: Database) -> tuple[Pairing, PairSession, Key, Key]:
    async with database.sessions.begin() as db:
        leader, junior = await a_person(db), await a_person(db)
        pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior)
        starts_at = (datetime.now(UTC) + timedelta(days=10)).replace(microsecond=0)
        session = await a_session(db, pairing, starts_at=starts_at)
        return pairing, session, await key_of(db, leader), await key_of(db, junior)


async def test_a_program_books_what_is_offered(database: Database, client: AsyncClient) -> None:
    _, session, leader, junior = await met(database)
    address = f"/api/v1/sessions/{session.id}"

    slots = (await client.get(f"{address}/slots", headers=leader)).json()
    wanted = {"local_start": slots[0]["local_start"], "sequence": 0}
    booked = await client.post(f"{address}/book", headers=leader, json=wanted)
    moved = await client.post(f"{address}/book", headers=junior, json={"local_start": slots[1]["local_start"]})
    stale = await client.post(f"{address}/book", headers=leader, json=wanted)
    unreadable = await client.post(f"{address}/book", headers=leader, json={"local_start": "soon"})
    called_off = await client.post(f"{address}/call-off", headers=leader)
    too_soon = await client.post(f"{address}/report", headers=leader, json={"held": True})

    assert (booked.status_code, booked.json()["starts_at"], booked.json()["booked"]) == (
        200, slots[0]["starts_at"], True,
    )  # fmt: skip
    assert (moved.json()["sequence"], moved.json()["starts_at"]) == (1, slots[1]["starts_at"])
    assert (stale.status_code, stale.json()["code"]) == (409, "SessionChanged")
    assert (unreadable.status_code, unreadable.json()["code"]) == (422, "TimeUnreadable")
    assert (called_off.json()["state"], called_off.json()["sequence"]) == ("cancelled", 2)
    assert (too_soon.status_code, too_soon.json()["code"]) == (409, "SessionCalledOff")


async def test_a_program_signs_an_agreement(database: Database, client: AsyncClient) -> None:
    pairing, _, leader, junior = await met(database)
    address = f"/api/v1/pairings/{pairing.id}/agreement"

    written = await client.put(address, headers=leader, json=TERMS)
    signature = {"version": 1, "revision": 1}
    for key in (leader, junior):
        signed = await client.post(f"{address}/sign", headers=key, json=signature)
    wrong = await client.post(f"{address}/sign", headers=junior, json={"version": 9, "revision": 1})
    rotten = await client.put(address, headers=leader, json={**TERMS, "skill_goal": "a\x00b"})

    assert written.json()["open"]["skill_goal"] == "Post once a week"
    assert signed.json()["in_force"]["agreed_at"] is not None
    assert (wrong.status_code, rotten.status_code) == (409, 400)


async def test_a_program_pauses_ends_and_asks_for_somebody_else(database: Database, client: AsyncClient) -> None:
    pairing, _, leader, junior = await met(database)
    address = f"/api/v1/pairings/{pairing.id}"
    until = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()

    paused = await client.post(f"{address}/pause", headers=leader, json={"until": until})
    again = await client.post(f"{address}/pause", headers=junior, json={"until": until})
    not_theirs = await client.post(f"{address}/resume", headers=junior)
    resumed = await client.post(f"{address}/resume", headers=leader)
    too_early = await client.post(f"{address}/rematch", headers=junior)
    ended = await client.post(f"{address}/end", headers=leader, json={"reason": "no time", "rematch": True})
    left = await client.post(f"{address}/leave", headers=junior, json={})
    asked = await client.post(f"{address}/rematch", headers=junior)

    assert (paused.json()["state"], paused.json()["paused_by_me"]) == ("paused", True)
    assert [one.status_code for one in (again, not_theirs, too_early, left)] == [409, 404, 409, 409]
    assert resumed.json()["state"] == "active"
    assert (ended.json()["state"], ended.json()["rematch_asked"]) == ("ended", True)
    assert asked.json()["rematch_asked"] is True


async def test_a_program_confides_assesses_and_lets_somebody_book(database: Database, client: AsyncClient) -> None:
    pairing, _, leader, junior = await met(database)
    async with database.sessions.begin() as db:
        assistant = await a_person(db)
        books = await key_of(db, assistant)
    address = f"/api/v1/pairings/{pairing.id}"

    confided = await client.post(f"{address}/concerns", headers=junior, json={"message": "help"})
    silent = await client.post(f"{address}/concerns", headers=junior, json={"message": ""})
    endless = await client.post(f"{address}/goals", headers=leader, json={"words": "x" * 301})
    levels = {"skills": [{"skill": "2.6", "after": 3, "before": 1}]}
    early = await client.put(f"{address}/assessment", headers=leader, json=levels)
    assessment = (await client.get(f"{address}/assessment", headers=leader)).json()
    named = await client.post("/api/v1/me/delegates", headers=leader, json={"person": str(assistant.id)})
    books_for = (await client.get("/api/v1/me/delegated-sessions", headers=books)).json()
    removed = await client.delete(f"/api/v1/me/delegates/{assistant.id}", headers=leader)

    assert (confided.status_code, silent.status_code, endless.status_code) == (204, 400, 400)
    assert (early.status_code, early.json()["code"]) == (409, "NothingToAssess")
    assert assessment == {"open": False, "skills": ["2.6"], "mine": [], "assessed_at": None}
    assert [one["id"] for one in named.json()] == [str(assistant.id)]
    assert [one["number"] for one in books_for] == [1]
    assert removed.json() == []
    assert (await client.get("/api/v1/me/delegated-sessions", headers=books)).json() == []


async def test_a_program_makes_and_revokes_a_feed(database: Database, client: AsyncClient) -> None:
    _, _, leader, _ = await met(database)

    before = (await client.get("/api/v1/me/feed", headers=leader)).json()
    made = await client.post("/api/v1/me/feed", headers=leader)
    read = await client.get(made.json()["url"])
    revoked = await client.delete("/api/v1/me/feed", headers=leader)

    assert before == {"made_at": None}
    assert (made.status_code, read.status_code, revoked.json()) == (201, 200, {"made_at": None})
    assert (await client.get(made.json()["url"])).status_code == 404
