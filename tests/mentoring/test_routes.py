"""Every route, as everybody who could knock."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from litestar import Litestar
from litestar.routes import HTTPRoute

from mentoring.db import Database
from mentoring.settings import Settings
from tests.mentoring.routes import ALL, ELSEWHERE_TRIED, OWN_COORDINATOR, ROUTES, STAFF, TWO, Door, let_in
from tests.mentoring.world import (
    AGREED,
    BARE_TOKEN,
    CONFIDED,
    COORDINATOR,
    DONE_ABOUT_IT,
    EXCLUDED,
    GOAL,
    GONE,
    JUNIOR,
    LEADER,
    NO_OF_A_JUNIOR,
    NO_OF_A_LEADER,
    NOTE,
    OTHER,
    ROLES,
    STRANGER,
    build,
    traces,
)

TAKING = {"POST /api/v1/me/export", "POST /me/data/export"}
"""One takes along what one said oneself."""
IMPORTS = ("POST /api/v1/staff/imports", "POST /staff/import")
"""They name who would leave, to those who may look up everybody."""
SECRETS = {
    EXCLUDED: {"GET /api/v1/programmes/{ref}/exclusions", "GET /api/v1/people", "GET /staff", *IMPORTS},
    NO_OF_A_JUNIOR: {"GET /api/v1/pairings/records"},
    NO_OF_A_LEADER: {"GET /api/v1/pairings/records"},
    NOTE: {"GET /api/v1/check-ins", *TAKING},
    CONFIDED: {"GET /api/v1/concerns", "GET /concerns", *TAKING},
    GOAL: {
        "GET /api/v1/pairings/{pairing_id}/goals",
        "PUT /api/v1/goals/{goal_id}",
        "GET /pairings/{pairing_id}",
        *(f"POST /pairings/{{pairing_id}}/{deed}" for deed in ("accept", "decline", "pause", "rematch", "concern")),
        *TAKING,
    },
    AGREED: {
        *TAKING,
        "GET /api/v1/pairings/{pairing_id}/agreement",
        "POST /api/v1/pairings/{pairing_id}/agreement/sign",
        "GET /pairings/{pairing_id}/agreement",
    },
    DONE_ABOUT_IT: {f"{way}/at-risk{rest}" for way, rest in product(("GET ", "GET /api/v1"), ("", "/{pairing_id}"))}
    | {"POST /api/v1/at-risk/{pairing_id}/acted"},
    '"reason":"candour"': {
        "GET /api/v1/at-risk",
        "GET /api/v1/at-risk/{pairing_id}",
        "POST /api/v1/at-risk/{pairing_id}/acted",
    },
}
"""What was said in confidence, and where alone it may be read."""
READERS = {
    EXCLUDED: STAFF,
    NO_OF_A_JUNIOR: OWN_COORDINATOR,
    NO_OF_A_LEADER: OWN_COORDINATOR,
    NOTE: {LEADER},
    CONFIDED: {*OWN_COORDINATOR, LEADER},
    GOAL: TWO,
    AGREED: TWO,
    DONE_ABOUT_IT: OWN_COORDINATOR,
    '"reason":"candour"': OWN_COORDINATOR,
}


def served(app: Litestar) -> Iterator[str]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                yield from (f"{method} {route.path_format}" for method in handler.http_methods if method != "OPTIONS")


async def test_every_route_stands_in_the_table_and_no_other(app: Litestar) -> None:
    assert set(served(app)) == {*ROUTES, *ELSEWHERE_TRIED}


@pytest.mark.parametrize("route", ROUTES)
async def test_a_route_lets_in_whom_it_should_and_nobody_else(door: Door, route: str) -> None:
    changes = not route.startswith(("GET ", "HEAD "))
    outside = [role for role in ROLES if role not in ROUTES[route].who]
    before = traces(door.path) if changes else ""

    answers = {role: await door.knock(route, role) for role in outside}
    assert not changes or traces(door.path) == before
    for role in ROLES:
        if role not in answers:
            answers[role] = await door.knock(route, role)
            if changes:
                door.put_back()

    broken = {role: answer.text for role, answer in answers.items() if answer.status_code >= 500}
    assert broken == {}
    assert {role for role, answer in answers.items() if let_in(answer)} == ROUTES[route].who
    assert [told for role, answer in answers.items() for told in _indiscretions(route, role, answer)] == []


def _indiscretions(route: str, role: str, answer: Response) -> Iterator[tuple[str, str]]:
    """Secrets that an answer tells to somebody who must not know them."""
    for secret, routes in SECRETS.items():
        if secret in answer.text and not (route in routes and role in READERS[secret]):
            yield role, secret
    if answer.headers.get("content-type", "").startswith("application/json") and role not in TWO:
        yield from ((role, "a leader's level") for _ in re.findall(r'"held":\s*\d', answer.text))


IDS = {name for route in ROUTES for name in re.findall(r"\{(\w+)\}", route)} - {"role", "file_path"}


NO_SECRET = {route for route in ROUTES if re.search(r"/(sign-up/|checklist|preparation)", route)}
"""That a programme takes sign-ups is told to everybody; whether one has signed up oneself is no secret to oneself."""
HIDING = [route for route, call in ROUTES.items() if call.who != ALL and "{" in route and route not in NO_SECRET]


@pytest.mark.parametrize("route", HIDING)
async def test_what_is_not_yours_looks_as_if_it_were_not_there(door: Door, route: str) -> None:
    """Status, headers and words are the same for a thing of others and for one that nobody has."""
    mine = {name: door.world.ids[name] for name in IDS if f"{{{name}}}" in route}
    none = dict.fromkeys(mine, str(UUID(int=7)))

    for role in set(ROLES) - ROUTES[route].who:
        theirs, nobodys = await door.knock(route, role), await door.knock(route, role, none)

        assert (theirs.status_code, _bare(theirs, mine)) == (nobodys.status_code, _bare(nobodys, none)), role


def _bare(answer: Response, ids: dict[str, str]) -> str:
    """The answer without the id that the asker brought."""
    text: str = answer.text + answer.headers.get("location", "")
    for value in ids.values():
        text = text.replace(value, "ID")
    return text


LISTS = (
    "GET /api/v1/pairings",
    "GET /api/v1/sessions",
    "GET /api/v1/pairings/records",
    "GET /api/v1/check-ins",
    "GET /api/v1/follow-ups",
    "GET /api/v1/mailbox",
    "GET /api/v1/concerns",
    "GET /api/v1/me/delegates",
)


@pytest.mark.parametrize("route", LISTS)
@pytest.mark.parametrize("role", [STRANGER, OTHER])
async def test_the_lists_of_somebody_without_a_part_are_empty(door: Door, route: str, role: str) -> None:
    assert (await door.knock(route, role)).json() == []


@pytest.mark.parametrize("route", LISTS)
async def test_the_lists_of_those_who_have_a_part_are_not(door: Door, route: str) -> None:
    full = {role for role in (LEADER, JUNIOR, COORDINATOR) if (await door.knock(route, role)).json()}

    assert full


async def test_a_junior_never_learns_of_what_a_leader_declined(door: Door) -> None:
    unseen = str(door.world.unseen_pairing)

    listed = await door.knock("GET /api/v1/pairings", JUNIOR)
    asked = await door.knock("GET /api/v1/pairings/{pairing_id}", JUNIOR, {"pairing_id": unseen})
    page = await door.knock("GET /me", JUNIOR)

    assert unseen not in listed.text + page.text
    assert asked.status_code == 404


async def test_a_leader_does_not_learn_that_a_junior_declined(door: Door) -> None:
    listed = (await door.knock("GET /api/v1/pairings", LEADER)).json()

    assert sorted(one["state"] for one in listed) == ["active", "not_arranged"]


async def test_a_leader_s_levels_are_seen_by_the_leader_and_the_paired_junior(door: Door) -> None:
    route = "GET /api/v1/pairings/{pairing_id}"

    seen = {role: (await door.knock(route, role)).json()["reasons"]["needs"][0]["held"] for role in (LEADER, JUNIOR)}
    coordinators = (await door.knock("GET /api/v1/programmes/{ref}/sign-ups", COORDINATOR)).json()

    assert seen == {LEADER: 1, JUNIOR: 1}
    assert {skill["level"] for one in coordinators if one["role"] == "leader" for skill in one["skills"]} == {None}


@pytest.mark.parametrize("role", [STRANGER, LEADER, OTHER, COORDINATOR])
async def test_lists_and_routes_are_the_same_on_either_database(
    client: AsyncClient, database: Database, settings: Settings, role: str
) -> None:
    """What a list shows is decided by the database; every answer to a question is tried on each."""
    async with database.sessions.begin() as db:
        world = await build(db, settings)
    questions = [route for route in ROUTES if route.startswith("GET /api/")]

    door = Door(client, world, Path(), Path())
    answers = {route: await door.knock(route, role) for route in questions}

    assert {route for route, answer in answers.items() if let_in(answer)} == {
        route for route in questions if role in ROUTES[route].who
    }
    assert {route: answer.text for route, answer in answers.items() if answer.status_code >= 500} == {}


@pytest.mark.parametrize("role", [GONE, BARE_TOKEN])
async def test_who_has_left_or_was_given_nothing_gets_nowhere(door: Door, role: str) -> None:
    assert [route for route, call in ROUTES.items() if role in call.who and call.who != ALL] == []
