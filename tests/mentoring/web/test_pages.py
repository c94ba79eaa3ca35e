"""The frame of every page, the front page, and coming in through a form."""

import re
from datetime import UTC, datetime

import pytest
from httpx import AsyncClient
from markupsafe import Markup

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.people.contracts import NewPassword
from mentoring.people.models import Person
from mentoring.people.rules import LinkPurpose
from mentoring.people.service import make_link, use_link
from mentoring.web.links import linked
from tests.builders import a_person
from tests.mentoring.visitor import Page, come_in

PASSWORD = "a calm lake under tall pines"


async def somebody(database: Database, **changes: object) -> Person:
    async with database.sessions.begin() as db:
        return await a_person(db, **changes)


async def with_password(database: Database, person: Person) -> None:
    async with database.sessions.begin() as db:
        secret = await make_link(db, person.id, LinkPurpose.INVITATION, datetime.now(UTC))
    await use_link(database, secret, NewPassword(PASSWORD), datetime.now(UTC))


@pytest.mark.parametrize("language", ["en", "fr"])
async def test_the_front_page_says_what_this_is_in_the_reader_s_language(client: AsyncClient, language: str) -> None:
    answer = await client.get("/", headers={"accept-language": language})

    page, words = Page(answer), Words(language)
    assert (answer.status_code, page.language, page.direction) == (200, language, "ltr")
    for key in ("page.home.lead", "page.home.leader.get", "page.home.leader.give", "page.home.junior.get"):
        assert words.text(key) in page.text


async def test_a_visitor_chooses_a_language_and_keeps_it_on_the_way_in(client: AsyncClient) -> None:
    page = Page(await client.get("/?language=fr", headers={"accept-language": "en"}))

    assert page.language == "fr"
    assert "/sign-in?language=fr" in page.links
    assert Page(await client.get("/sign-in?language=fr")).language == "fr"


async def test_who_is_signed_in_keeps_the_language_of_an_address_on_the_way_to_their_work(
    client: AsyncClient, database: Database
) -> None:
    await come_in(client, database, await somebody(database))

    arrived = await client.get("/?language=fr", follow_redirects=True)

    assert (arrived.url.path, Page(arrived).language) == ("/me", "fr")


async def test_who_is_signed_in_begins_where_their_work_is(client: AsyncClient, database: Database) -> None:
    person = await somebody(database)

    await come_in(client, database, person)
    taking_part = await client.get("/")
    await come_in(client, database, person, administrator=True)
    running = await client.get("/")

    assert (taking_part.headers["location"], running.headers["location"]) == ("/me", "/programmes")


async def test_who_is_signed_in_changes_the_language_for_good(client: AsyncClient, database: Database) -> None:
    await come_in(client, database, await somebody(database))

    changed = await client.post("/language", data={"language": "fr", "next": "/me"})

    assert (changed.status_code, changed.headers["location"]) == (303, "/me")
    assert Page(await client.get("/me")).language == "fr"


async def test_a_wrong_password_leaves_the_form_as_it_was_typed(client: AsyncClient, database: Database) -> None:
    await with_password(database, person := await somebody(database))

    answer = await client.post("/sign-in", data={"email": person.email, "password": "no", "next": "/me"})

    page = Page(answer)
    assert answer.status_code == 401
    assert Words("en").text("error.WrongCredentials") in page.text
    assert (page.value("email"), page.value("next"), page.value("password")) == (person.email, "/me", "")


@pytest.mark.parametrize(
    "wanted, reached", [("/me", "/me"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil", "/")]
)
async def test_signing_in_leads_back_to_a_page_of_ours(
    client: AsyncClient, database: Database, wanted: str, reached: str
) -> None:
    await with_password(database, person := await somebody(database))

    answer = await client.post("/sign-in", data={"email": person.email, "password": PASSWORD, "next": wanted})

    assert (answer.status_code, answer.headers["location"]) == (303, reached)


async def test_a_page_behind_sign_in_is_where_one_arrives(client: AsyncClient) -> None:
    sent = await client.get("/programmes")
    posted = await client.post("/language", data={"language": "fr"})

    assert Page(await client.get(sent.headers["location"])).value("next") == "/programmes"
    assert (posted.status_code, Page(posted).value("again")) == (401, "/language")


async def test_an_invitation_is_opened_and_a_weak_password_can_be_mended(
    client: AsyncClient, database: Database
) -> None:
    person = await somebody(database)
    async with database.sessions.begin() as db:
        secret = await make_link(db, person.id, LinkPurpose.INVITATION, datetime.now(UTC))

    opened = await client.get(f"/enter/{secret}")
    weak = await client.post(f"/enter/{secret}", data={"password": "short"})
    good = await client.post(f"/enter/{secret}", data={"password": PASSWORD})

    assert Words("en").text("page.enter.title.invitation") in Page(opened).text
    assert weak.status_code == 422
    assert Words("en").text("error.PasswordTooShort", least=12) in Page(weak).text
    assert (good.status_code, good.headers["location"]) == (303, "/")
    assert (await client.get("/me")).status_code == 200


async def test_a_link_that_was_used_is_explained_kindly(client: AsyncClient) -> None:
    answer = await client.get("/enter/never-made")

    assert answer.status_code == 410
    assert Words("en").text("error.LinkNotUsable") in Page(answer).text


@pytest.mark.parametrize("address, status", [("/no-such-page", 404), ("/enter/never-made", 410), ("/sign-out", 405)])
async def test_a_problem_is_said_in_the_reader_s_language_and_leads_on(
    client: AsyncClient, address: str, status: int
) -> None:
    answer = await client.get(f"{address}?language=fr")

    page, words = Page(answer), Words("fr")
    key = f"page.problem.title.{status}"
    assert (answer.status_code, page.language) == (status, "fr")
    assert words.text(key if words.has(key) else "page.problem.title.other") in page.text
    assert "/?language=fr" in page.links


async def test_the_page_one_is_on_is_marked(client: AsyncClient, database: Database) -> None:
    await come_in(client, database, await somebody(database))

    marked = re.findall(r'href="([^"]+)" aria-current="(\w+)"', (await client.get("/programmes")).text)

    assert marked == [("/programmes", "page")]


async def test_the_answer_about_a_forgotten_password_is_the_same_for_everybody(
    client: AsyncClient, database: Database
) -> None:
    await with_password(database, person := await somebody(database))

    known = await client.post("/forgotten", data={"email": person.email})
    unknown = await client.post("/forgotten", data={"email": "nobody@example.org"})

    assert (known.status_code, known.text) == (unknown.status_code, unknown.text)


async def test_a_name_with_markup_is_shown_and_not_run(client: AsyncClient, database: Database) -> None:
    await come_in(client, database, await somebody(database, given_name="<script>alert(1)</script>", family_name=""))

    answer = await client.get("/me")

    assert "<script" not in answer.text
    assert "<script>alert(1)</script>" in Page(answer).text


async def test_the_stylesheet_has_no_side_and_no_foreign_address(client: AsyncClient) -> None:
    sheet = (await client.get("/static/style.css")).text

    assert re.findall(r"(?:margin|padding|border)-(?:left|right)|[^-](?:left|right) *[:;]", sheet) == []
    assert "http" not in sheet
    assert "@import" not in sheet


def test_only_addresses_of_ours_become_links() -> None:
    text = "See http://ours.example/me, not http://ours.example.evil/x or https://evil.example/<b>"

    assert linked("http://ours.example", text) == Markup(
        'See <a href="http://ours.example/me">http://ours.example/me</a>, '
        "not http://ours.example.evil/x or https://evil.example/&lt;b&gt;"
    )
