"""Rounds over HTTP: one success, one refusal, one conflict at each kind of door."""

from datetime import UTC, datetime
from uuid import uuid4

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.people.contracts import NewToken
from mentoring.people.models import Person
from mentoring.people.service import make_token
from mentoring.programmes.models import Coordinator, Programme
from mentoring.rounds import service
from tests.builders import a_person, a_programme
from tests.mentoring.rounds.worlds import World, a_world, proposed

API = "/api/v1"


async def key_of(db: AsyncSession, person: Person) -> dict[str, str]:
    """The header with which a program speaks for somebody."""
    token = await make_token(db, MACHINE, str(person.id), NewToken("test", ["rounds"], 30), datetime.now(UTC))
    return {"authorization": f"Bearer {token.token}"}


async def a_coordinator(db: AsyncSession, programme: Programme) -> dict[str, str]:
    person = await a_person(db)
    db.add(Coordinator(programme_id=programme.id, person_id=person.id))
    await db.flush()
    return await key_of(db, person)


async def made(database: Database) -> tuple[World, dict[str, str], dict[str, str]]:
    """A programme, the key of its coordinator, and that of another programme's."""
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1}, {"J1": 3, "J2": 2})
        return world, await a_coordinator(db, world.programme), await a_coordinator(db, await a_programme(db))


async def test_a_round_over_http(database: Database, client: AsyncClient) -> None:
    world, mine, _ = await made(database)
    programme, now = f"{API}/programmes/{world.programme.name}", datetime.now(UTC)

    ready = await client.get(f"{programme}/readiness", headers=mine)
    asked = await client.post(f"{programme}/rounds", json={"year": 2026}, headers=mine)
    round_ = f"{API}/rounds/{asked.json()['round']}"
    early = await client.post(f"{round_}/publish", json={}, headers=mine)
    beyond = await client.post(f"{round_}/publish", json={"revision": 2**63}, headers=mine)
    await service.solve_next(database, now)
    shown = await client.get(round_, headers=mine)
    named = await client.get(f"{API}/rounds/{world.programme.name} 1", headers=mine)

    assert (ready.status_code, ready.json()["leaders"]) == (200, 1)
    assert (asked.status_code, asked.json()["state"]) == (202, "solving")
    assert (early.status_code, early.json()["code"]) == (409, "RoundNotProposed")
    assert beyond.status_code == 400
    assert (shown.status_code, shown.json()["summary"]["matched"], named.json()) == (200, 1, shown.json())
    assert [pair["junior_staff_no"] for pair in shown.json()["pairs"]] == ["J1"]

    decision = {"leader": "L1", "junior": "J2", "reason": "They asked for it"}
    pinned = await client.post(f"{round_}/pins", json=decision, headers=mine)
    busy = await client.post(f"{round_}/forbids", json=decision, headers=mine)
    await service.solve_next(database, now)
    exported = await client.post(f"{round_}/export?format=csv", headers=mine)
    replayed = await client.post(f"{round_}/replay", headers=mine)
    verified = await client.post(f"{round_}/verify", headers=mine)
    published = await client.post(f"{round_}/publish", json={"revision": 2}, headers=mine)
    again = await client.post(f"{round_}/publish", json={}, headers=mine)
    undone = await client.post(f"{round_}/undo", headers=mine)
    listed = await client.get(f"{programme}/rounds", headers=mine)

    assert (pinned.status_code, busy.status_code, busy.json()["code"]) == (202, 409, "RoundSolving")
    assert exported.headers["content-disposition"].startswith("attachment; filename*=UTF-8''Digital-leaders")
    assert exported.text.splitlines()[1].endswith("yes")
    assert replayed.json()["same"] is True
    assert (verified.status_code, verified.json()["holds"], verified.json()["aims"]) == (
        200,
        True,
        ["leaders", "weak", "total"],
    )
    assert (published.json()["pairings"], again.status_code) == (1, 409)
    assert (undone.json()["withdrawn"], [one["state"] for one in listed.json()]) == (1, ["undone"])


async def test_what_is_not_yours_is_not_there(database: Database, client: AsyncClient) -> None:
    world, mine, theirs = await made(database)
    programme = f"{API}/programmes/{world.programme.id}"
    asked = await client.post(f"{programme}/rounds", json={}, headers=mine)
    round_ = f"{API}/rounds/{asked.json()['round']}"

    answers = [
        await client.get(f"{programme}/readiness", headers=theirs),
        await client.post(f"{programme}/rounds", json={}, headers=theirs),
        await client.get(round_, headers=theirs),
        await client.post(f"{round_}/publish", json={}, headers=theirs),
        await client.post(f"{round_}/export", headers=theirs),
        await client.post(f"{round_}/replay", headers=theirs),
        await client.post(f"{round_}/verify", headers=theirs),
        await client.get(f"{API}/rounds/{uuid4()}", headers=mine),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)


async def test_decisions_are_tried_then_taken_together(database: Database, client: AsyncClient) -> None:
    world, mine, theirs = await made(database)
    asked = await client.post(f"{API}/programmes/{world.programme.id}/rounds", json={"year": 2026}, headers=mine)
    round_ = f"{API}/rounds/{asked.json()['round']}"
    await service.solve_next(database, datetime.now(UTC))
    pair = {"pins": [{"leader": "L1", "junior": "J2"}]}

    tried = await client.post(f"{round_}/what-if", json=pair, headers=mine)
    not_theirs = await client.post(f"{round_}/what-if", json=pair, headers=theirs)
    empty = await client.post(f"{round_}/what-if", json={}, headers=mine)
    other = {"answers": [{"person": "J2", "offers": [{"code": "2.6", "level": None}], "more_hours": [[5, 540, 600]]}]}
    otherwise = await client.post(f"{round_}/what-if", json=other, headers=mine)
    wrong = {"answers": [{"person": "J2", "offers": [{"code": "2.6", "level": 5}]}]}
    too_high = await client.post(f"{round_}/what-if", json=wrong, headers=mine)
    taken = await client.post(f"{round_}/decisions", json={**pair, "reason": "They asked"}, headers=mine)

    assert (otherwise.status_code, otherwise.json()["tried"]["answers"][0]["person"]) == (200, "J2")
    assert too_high.status_code == 400
    assert [one["junior"]["staff_no"] for one in tried.json()["made"]] == ["J2"]
    assert (not_theirs.status_code, empty.status_code, empty.json()["code"]) == (404, 422, "NothingToTry")
    assert (taken.status_code, taken.json()["revision"]) == (202, 2)


async def test_what_has_no_proof_yet_is_a_conflict(database: Database, client: AsyncClient) -> None:
    world, mine, _ = await made(database)
    asked = await client.post(f"{API}/programmes/{world.programme.id}/rounds", json={}, headers=mine)

    answer = await client.post(f"{API}/rounds/{asked.json()['round']}/verify", headers=mine)

    assert (answer.status_code, answer.json()["code"]) == (409, "NothingToVerify")


async def test_a_decision_without_a_reason_is_no_decision(database: Database, client: AsyncClient) -> None:
    world, mine, _ = await made(database)
    asked = await client.post(f"{API}/programmes/{world.programme.id}/rounds", json={}, headers=mine)

    answer = await client.post(
        f"{API}/rounds/{asked.json()['round']}/pins", json={"leader": "L1", "junior": "J1", "reason": ""}, headers=mine
    )

    assert answer.status_code == 400


async def test_a_proposal_is_looked_at_from_all_sides(database: Database, client: AsyncClient) -> None:
    world, mine, theirs = await made(database)
    round_ = f"{API}/rounds/{await proposed(database, world)}"
    sides: dict[str, dict[str, object]] = {
        "recruits": {"code": "2.6"},
        "differences?policy=stable": {"policy": "stable", "same": 1, "differences": []},
        "scores": {"lowest": 0.7},
        "publish-preview": {"leaders": 1, "mails": {"en": 1}, "dropped": []},
    }

    for side, said in sides.items():
        answer = await client.get(f"{round_}/{side}", headers=mine)
        refused = await client.get(f"{round_}/{side}", headers=theirs)
        found = answer.json() if side != "recruits" else answer.json()["skills"][0]
        assert (answer.status_code, refused.status_code) == (200, 404)
        assert {name: found[name] for name in said} == said
    wrong = await client.get(f"{round_}/differences?policy=best", headers=mine)
    nobody = await client.post(f"{round_}/readmissions", json={"person": "L1"}, headers=mine)
    assert (wrong.status_code, nobody.status_code, nobody.json()["code"]) == (400, 409, "NotHeldOut")
