"""Litestar's open defaults, closed; one test each."""

from datetime import UTC, datetime

import pytest
from httpx import AsyncClient
from litestar import get

from mentoring.app import create_app
from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.people import service
from mentoring.people.contracts import NewPerson, NewToken
from mentoring.people.models import Account, Person
from mentoring.people.rules import LinkPurpose
from mentoring.policy import SCOPES
from mentoring.settings import Settings
from mentoring.web.doors import RouteWithoutAction, check_routes, cookie_name, session_cookie
from tests.mentoring.routes import visiting


async def a_person(database: Database, administrator: bool = False) -> Person:
    async with database.sessions.begin() as db:
        new = NewPerson("Ama", "ama@example.org", "Mensah", administrator=administrator)
        return await service.add_person(db, MACHINE, new, datetime.now(UTC))


async def signed_in(database: Database, client: AsyncClient, administrator: bool = False) -> Person:
    """Let Ama in through a link, as she would come from a mail."""
    person = await a_person(database, administrator)
    async with database.sessions.begin() as db:
        secret = await service.make_link(db, person.id, LinkPurpose.SIGN_IN, datetime.now(UTC))
    answer = await client.post(f"/enter/{secret}", data={"password": ""})
    assert answer.status_code == 303
    return person


async def a_token(database: Database, person: Person, *scopes: str) -> dict[str, str]:
    async with database.sessions.begin() as db:
        made = await service.make_token(db, MACHINE, str(person.id), NewToken("t", list(scopes)), datetime.now(UTC))
    return {"authorization": f"Bearer {made.token}"}


async def test_a_page_carries_the_headers_that_protect_it(client: AsyncClient) -> None:
    answer = await client.get("/sign-in")

    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "same-origin"


async def test_an_error_carries_them_too(client: AsyncClient) -> None:
    answer = await client.get("/no-such-page")

    assert answer.status_code == 404
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_foreign_host_is_refused(client: AsyncClient) -> None:
    assert (await client.get("/health", headers={"host": "evil.example"})).status_code == 400
    assert (await client.get("/health", headers={"host": "["})).status_code == 400
    assert (await client.get("/health", headers={"host": "LOCALHOST:9999"})).status_code == 200


async def test_a_form_of_another_site_does_nothing(database: Database, client: AsyncClient) -> None:
    await signed_in(database, client, administrator=True)
    body = {"name": "stolen", "scopes": ["rounds"]}

    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": ""}):
        assert (await client.post("/api/v1/tokens", json=body, headers=headers)).status_code == 403
    assert (await client.get("/api/v1/tokens")).json() == []


@pytest.mark.parametrize("path", ["/admin/roles/administrators", "/sign-in/again", "/me/data/erase"])
async def test_a_form_of_another_site_is_not_kept_for_a_later_visit(client: AsyncClient, path: str) -> None:
    """A browser leaves our cookie out of it, so that it looks like one that came too late."""
    typed = {"person": "evil@example.org"}

    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        answer = await client.post(path, data=typed, headers=headers)

        assert (answer.status_code, "evil" in answer.text) == (403, False)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_json_counts_only_where_it_says_so(database: Database, client: AsyncClient, kind: str) -> None:
    await signed_in(database, client, administrator=True)

    answer = await client.post("/api/v1/tokens", content=b'{"name":"t","scopes":[]}', headers={"content-type": kind})

    assert answer.status_code == 415


async def test_a_session_id_that_somebody_else_chose_is_never_adopted(
    database: Database, client: AsyncClient, settings: Settings
) -> None:
    client.cookies.set(cookie_name(settings), "chosen-by-an-attacker", "127.0.0.1", "/")

    await signed_in(database, client)

    assert client.cookies[cookie_name(settings)] != "chosen-by-an-attacker"
    client.cookies.clear()
    client.cookies.set(cookie_name(settings), "chosen-by-an-attacker", "127.0.0.1", "/")
    assert (await client.get("/api/v1/me")).status_code == 401


async def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(
    database: Database, client: AsyncClient, settings: Settings
) -> None:
    await signed_in(database, client)
    stolen = client.cookies[cookie_name(settings)]

    assert (await client.post("/sign-out")).status_code == 303

    client.cookies.clear()
    client.cookies.set(cookie_name(settings), stolen, "127.0.0.1", "/")
    assert (await client.get("/api/v1/me")).status_code == 401


def test_behind_tls_the_cookie_is_bound_to_the_host() -> None:
    settings = Settings(base_url="https://mentoring.example.org")

    cookie = session_cookie(settings, "secret")

    assert (cookie.key, cookie.secure, cookie.httponly, cookie.samesite) == ("__Host-session", True, True, "lax")


async def test_an_anonymous_visitor_leaves_no_session_behind(client: AsyncClient) -> None:
    answer = await client.get("/sign-in")

    assert "set-cookie" not in answer.headers


async def test_an_unknown_field_is_refused(database: Database, client: AsyncClient) -> None:
    await signed_in(database, client, administrator=True)

    answer = await client.post("/api/v1/tokens", json={"name": "t", "scopes": [], "administrator": True})

    assert answer.status_code == 400


async def test_deep_nesting_is_a_mistake_of_the_sender(database: Database, client: AsyncClient) -> None:
    await signed_in(database, client, administrator=True)
    deep = b'{"name":"t","scopes":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

    answer = await client.post("/api/v1/tokens", content=deep, headers={"content-type": "application/json"})

    assert answer.status_code == 400


async def test_a_body_over_a_megabyte_is_refused(database: Database, client: AsyncClient) -> None:
    await signed_in(database, client, administrator=True)

    answer = await client.post("/api/v1/tokens", json={"name": "t" * 1_100_000, "scopes": []})

    assert answer.status_code == 413


@pytest.mark.parametrize("name", ["a\x00b", "a\x07b", "a\u202eb"])
async def test_characters_that_nobody_types_are_refused(database: Database, client: AsyncClient, name: str) -> None:
    await signed_in(database, client, administrator=True)

    assert (await client.post("/api/v1/tokens", json={"name": name, "scopes": []})).status_code == 400


async def test_nul_in_an_address_is_refused(client: AsyncClient) -> None:
    assert (await client.get("/sign-in?next=%00")).status_code == 400
    assert (await client.get("/enter/%00")).status_code == 400


async def test_the_description_of_the_api_is_behind_sign_in(database: Database, client: AsyncClient) -> None:
    assert (await client.get("/schema/openapi.json")).status_code == 401

    await signed_in(database, client)

    assert (await client.get("/schema/openapi.json")).status_code == 200


async def test_a_page_sends_a_stranger_to_sign_in_and_an_api_says_401(client: AsyncClient) -> None:
    page = await client.get("/me")
    api = await client.get("/api/v1/me")

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=/me")
    assert api.status_code == 401
    assert api.headers["content-type"] == "application/problem+json"
    assert api.json()["code"] == "SignInNeeded"


async def test_a_token_opens_only_what_it_was_given(database: Database, client: AsyncClient) -> None:
    person = await a_person(database)

    self_only = await a_token(database, person, "self")
    rounds_only = await a_token(database, person, "rounds")

    assert (await client.get("/api/v1/me", headers=self_only)).json()["email"] == "ama@example.org"
    refused = await client.get("/api/v1/me", headers=rounds_only)
    assert (refused.status_code, refused.json()["code"]) == (403, "ScopeMissing")


async def test_no_token_makes_tokens(database: Database, client: AsyncClient) -> None:
    person = await a_person(database, administrator=True)
    everything = await a_token(database, person, *SCOPES)

    answer = await client.post("/api/v1/tokens", json={"name": "more", "scopes": []}, headers=everything)

    assert answer.status_code == 403


async def test_a_role_that_is_taken_away_is_gone_with_the_next_request(database: Database, client: AsyncClient) -> None:
    person = await signed_in(database, client, administrator=True)
    assert (await client.get("/api/v1/tokens")).status_code == 200

    async with database.sessions.begin() as db:
        (await db.get_one(Account, person.id)).administrator = False

    assert (await client.get("/api/v1/tokens")).status_code == 403


async def test_an_error_of_ours_shows_an_incident_and_nothing_else(database: Database, settings: Settings) -> None:
    @get("/api/v1/broken", opt={"action": "public.read"})
    async def broken() -> None:
        raise ValueError("the password is hunter2")

    app = create_app(settings, database)
    app.register(broken)

    async with visiting(app, database, settings) as client:
        answer = await client.get("/api/v1/broken")

    assert answer.status_code == 500
    assert set(answer.json()["details"]) == {"incident"}
    assert "hunter2" not in answer.text


async def test_a_route_that_is_not_in_the_policy_keeps_the_service_from_starting(
    database: Database, settings: Settings
) -> None:
    @get("/forgotten-route")
    async def forgotten() -> None: ...

    app = create_app(settings, database)
    app.register(forgotten)

    with pytest.raises(RouteWithoutAction, match="/forgotten-route"):
        check_routes(app)
