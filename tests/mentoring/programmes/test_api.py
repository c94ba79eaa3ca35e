"""Programmes, sign-ups and the directory over HTTP: one success, one refusal, one conflict for each kind of door."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from httpx import AsyncClient

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.people.contracts import NewToken
from mentoring.people.models import Account, Person
from mentoring.people.service import make_token
from mentoring.policy import SCOPES
from mentoring.programmes.models import Coordinator, Programme
from mentoring.skills.service import ensure_catalogue
from tests.builders import NOW, a_person, a_programme
from tests.mentoring.directory.staff_files import a_row, csv_of

Headers = dict[str, str]
SIGN_UP = {"skills": [{"code": "2.6", "level": 1}], "hours": [[0, 540, 720]], "tools": ["LinkedIn"]}


async def a_caller(
    database: Database, *, administrator: bool = False, runs: Programme | None = None, scopes: tuple[str, ...] = SCOPES
) -> tuple[Person, Headers]:
    """Somebody, and the header with which their program comes in."""
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        person = await a_person(db)
        db.add(Account(person_id=person.id, administrator=administrator, created_at=NOW))
        if runs is not None:
            db.add(Coordinator(programme_id=runs.id, person_id=person.id))
        await db.flush()
        made = await make_token(db, MACHINE, str(person.id), NewToken("t", list(scopes)), datetime.now(UTC))
    return person, {"authorization": f"Bearer {made.token}"}


async def the_programme(database: Database, **changes: object) -> Programme:
    async with database.sessions.begin() as db:
        return await a_programme(db, name="Pilot", **changes)


async def test_an_administrator_makes_a_programme_and_its_name_is_taken(
    client: AsyncClient, database: Database
) -> None:
    person, headers = await a_caller(database, administrator=True)

    made = await client.post("/api/v1/programmes", json={"name": "Pilot", "preset": "extended"}, headers=headers)
    taken = await client.post("/api/v1/programmes", json={"name": "Pilot"}, headers=headers)

    assert (made.status_code, made.json()["plan"]["sessions"]) == (201, 9)
    assert [one["id"] for one in made.json()["coordinators"]] == [str(person.id)]
    assert (taken.status_code, taken.json()["code"]) == (409, "ProgrammeNameTaken")


async def test_a_coordinator_changes_what_is_named_and_nothing_else(client: AsyncClient, database: Database) -> None:
    programme = await the_programme(database)
    _, headers = await a_caller(database, runs=programme)

    changed = await client.patch("/api/v1/programmes/Pilot", json={"weights": {"need": 0.5}}, headers=headers)
    read = await client.get(f"/api/v1/programmes/{programme.id}", headers=headers)

    assert changed.status_code == 200
    assert changed.json() == read.json()
    assert read.json()["weights"] == {
        "need": 0.5, "time": 0.15, "wishes": 0.15, "tools": 0.1, "language": 0.1, "across": 0.05,
    }  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"weights": {"luck": 1}}, {"weights": {"need": -1}}, {"rules": {"unit": "off"}}, {"name": "a\u0000b"}]
)
async def test_a_change_that_cannot_be_is_refused(
    client: AsyncClient, database: Database, change: dict[str, object]
) -> None:
    programme = await the_programme(database)
    _, headers = await a_caller(database, runs=programme)

    refused = await client.patch("/api/v1/programmes/Pilot", json=change, headers=headers)

    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")


async def test_a_stranger_s_programme_is_one_that_does_not_exist(client: AsyncClient, database: Database) -> None:
    await the_programme(database)
    _, headers = await a_caller(database)

    answers = [await client.get(f"/api/v1/programmes/{ref}", headers=headers) for ref in ("Pilot", uuid4())]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


async def test_coordinators_come_and_go(client: AsyncClient, database: Database) -> None:
    programme = await the_programme(database)
    _, headers = await a_caller(database, runs=programme)
    other, _ = await a_caller(database)
    at = "/api/v1/programmes/Pilot/coordinators"

    added = await client.post(at, json={"person": other.email}, headers=headers)
    removed = await client.delete(f"{at}/{other.staff_no}", headers=headers)

    assert (len(added.json()["coordinators"]), len(removed.json()["coordinators"])) == (2, 1)


async def test_a_person_signs_up_reads_it_and_withdraws(client: AsyncClient, database: Database) -> None:
    await the_programme(database)
    _, headers = await a_caller(database)
    at = "/api/v1/programmes/Pilot/sign-up/leader"

    before = await client.get(at, headers=headers)
    signed_up = await client.put(at, json=SIGN_UP, headers=headers)
    read = await client.get(at, headers=headers)
    listed = await client.get("/api/v1/programmes", headers=headers)
    gone = await client.delete(at, headers=headers)

    assert (before.status_code, before.json()["code"]) == (404, "NotSignedUp")
    assert (signed_up.status_code, read.json()) == (200, signed_up.json())
    assert signed_up.json()["skills"] == [{"code": "2.6", "level": 1}]
    assert listed.json()[0]["roles"] == ["leader"]
    assert gone.status_code == 204


async def test_a_closed_programme_is_a_conflict(client: AsyncClient, database: Database) -> None:
    await the_programme(database, open=False)
    _, headers = await a_caller(database)

    refused = await client.put("/api/v1/programmes/Pilot/sign-up/leader", json=SIGN_UP, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (409, "SignUpClosed")


@pytest.mark.parametrize(
    "change, status",
    [
        ({"skills": []}, 422),
        ({"skills": [{"code": "2.6", "level": 5}]}, 400),
        ({"hours": [[7, 0, 60]]}, 400),
        ({"hours": [[0, 60, 60]]}, 422),
        ({"tools": ["a\u0000b"]}, 400),
        ({"capacity": 2}, 422),
        ({"languages": {"english": 3}}, 400),
        ({"wishes": ["nobody@example.org"]}, 422),
        ({"level": 3}, 400),
    ],
)
async def test_a_sign_up_that_cannot_be_right_is_refused(
    client: AsyncClient, database: Database, change: dict[str, object], status: int
) -> None:
    await the_programme(database)
    _, headers = await a_caller(database)

    refused = await client.put("/api/v1/programmes/Pilot/sign-up/leader", json=SIGN_UP | change, headers=headers)

    assert refused.status_code == status


async def test_a_role_that_does_not_exist_is_refused(client: AsyncClient, database: Database) -> None:
    await the_programme(database)
    _, headers = await a_caller(database)

    refused = await client.put("/api/v1/programmes/Pilot/sign-up/emperor", json=SIGN_UP, headers=headers)

    assert refused.status_code == 400


async def test_a_junior_ticks_the_checklist(client: AsyncClient, database: Database) -> None:
    await the_programme(database)
    _, headers = await a_caller(database)
    await client.put("/api/v1/programmes/Pilot/sign-up/junior", json=SIGN_UP, headers=headers)

    whole = {"ticked": ["guide", "conversation", "confidentiality", "time"]}
    ticked = await client.put("/api/v1/programmes/Pilot/checklist", json=whole, headers=headers)

    assert (ticked.status_code, ticked.json()["prepared"]) == (200, True)


async def test_exclusions_are_the_coordinator_s_and_not_the_administrator_s(
    client: AsyncClient, database: Database
) -> None:
    programme = await the_programme(database)
    foe, member = await a_caller(database)
    _, coordinator = await a_caller(database, runs=programme)
    _, administrator = await a_caller(database, administrator=True)
    said = SIGN_UP | {"exclusions": [str(foe.id)]}
    someone, headers = await a_caller(database)
    await client.put("/api/v1/programmes/Pilot/sign-up/leader", json=said, headers=headers)

    at = "/api/v1/programmes/Pilot/exclusions"
    seen = await client.get(at, headers=coordinator)
    refused = [(await client.get(at, headers=who)).status_code for who in (administrator, member, headers)]

    assert [(one["person"]["id"], one["excluded"]["id"]) for one in seen.json()] == [(str(someone.id), str(foe.id))]
    assert refused == [404, 404, 404]


async def test_sign_ups_come_in_as_a_file(client: AsyncClient, database: Database) -> None:
    programme = await the_programme(database)
    person, headers = await a_caller(database, runs=programme)
    text = f"Number,role,skills,hours\n{person.staff_no},leader,2.6:1,mon:09:00-12:00\n"
    at = "/api/v1/programmes/Pilot/sign-ups"

    form = {"apply": "true", "mapping": "staff_no=Number"}
    applied = await client.post(f"{at}/imports", data=form, files={"file": ("s.csv", text)}, headers=headers)
    listed = await client.get(at, params={"role": "leader"}, headers=headers)

    assert (applied.status_code, applied.json()["applied"], applied.json()["added"]) == (200, True, 1)
    assert [one["person"]["staff_no"] for one in listed.json()] == [person.staff_no]
    assert listed.json()[0]["skills"] == [{"code": "2.6", "level": None}]


async def test_a_staff_file_is_tried_first_and_then_written(client: AsyncClient, database: Database) -> None:
    person, headers = await a_caller(database, administrator=True)
    rows = (a_row(str(person.staff_no), email=person.email), a_row("NEW-1"), a_row("NEW-2", manager_staff_no="NEW-1"))
    files = {"file": ("staff.csv", csv_of(*rows))}

    dry = await client.post("/api/v1/staff/imports", files=files, headers=headers)
    nobody = await client.get("/api/v1/people", params={"query": "NEW-2"}, headers=headers)
    applied = await client.post("/api/v1/staff/imports", data={"apply": "true"}, files=files, headers=headers)
    entry = await client.get("/api/v1/people/NEW-2", headers=headers)

    assert (dry.json()["applied"], dry.json()["added"], nobody.json()) == (False, 2, [])
    assert (applied.status_code, applied.json()["applied"]) == (200, True)
    assert [one["staff_no"] for one in entry.json()["line_up"]] == ["NEW-1"]


async def test_what_is_no_staff_file_is_refused_in_the_reader_s_words(client: AsyncClient, database: Database) -> None:
    _, headers = await a_caller(database, administrator=True)

    refused = await client.post(
        "/api/v1/staff/imports?language=fr", files={"file": ("page.csv", b"<html></html>")}, headers=headers
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "FileNotATable")
    assert "page.csv" in refused.json()["detail"]


@pytest.mark.parametrize("method, path", [("GET", "/api/v1/people"), ("POST", "/api/v1/staff/imports")])
async def test_the_directory_is_not_for_participants(
    client: AsyncClient, database: Database, method: str, path: str
) -> None:
    _, headers = await a_caller(database)
    files = {"file": ("staff.csv", csv_of(a_row("N1")))} if method == "POST" else None

    refused = await client.request(method, path, files=files, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "NotYours")


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"offset": -1}, {"query": "x" * 201}])
async def test_lists_have_bounds(client: AsyncClient, database: Database, params: dict[str, str | int]) -> None:
    _, headers = await a_caller(database, administrator=True)

    assert (await client.get("/api/v1/people", params=params, headers=headers)).status_code == 400


async def test_a_token_does_what_its_scopes_say(client: AsyncClient, database: Database) -> None:
    _, headers = await a_caller(database, administrator=True, scopes=("skills",))

    skills = await client.get("/api/v1/skills", headers=headers)
    programmes = await client.get("/api/v1/programmes", headers=headers)

    assert (skills.status_code, len(skills.json())) == (200, 21)
    assert (programmes.status_code, programmes.json()["code"]) == (403, "ScopeMissing")


async def test_an_own_skill_is_added_once(client: AsyncClient, database: Database) -> None:
    _, headers = await a_caller(database, administrator=True)
    new = {"code": "X.1", "title": "Running a hybrid meeting"}

    answers = [await client.post("/api/v1/skills", json=new, headers=headers) for _ in range(2)]
    credit = await client.get("/api/v1/skills/credit", headers=headers)

    assert [answer.status_code for answer in answers] == [201, 409]
    assert credit.json()["licence"] == "CC BY 4.0"
