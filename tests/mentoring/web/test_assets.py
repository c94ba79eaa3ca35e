"""What never changes is fetched once; pages are packed, unless another site asked for them."""

import re

import pytest
from httpx import AsyncClient

from mentoring.db import Database
from tests.builders import a_person
from tests.mentoring.visitor import come_in

PACKED = {"accept-encoding": "gzip"}


async def addresses(client: AsyncClient) -> list[str]:
    return re.findall(r'"(/static/[^"]+)"', (await client.get("/sign-in")).text)


async def test_every_static_file_of_a_page_is_kept_for_a_year(client: AsyncClient) -> None:
    found = await addresses(client)

    answers = [await client.get(address) for address in found]

    assert [address.partition("?")[0] for address in found] == ["/static/style.css"]
    assert [answer.status_code for answer in answers] == [200]
    assert {answer.headers["cache-control"] for answer in answers} == {"public, max-age=31536000, immutable"}


async def test_a_plain_address_is_asked_after_and_not_sent_twice(client: AsyncClient) -> None:
    first = await client.get("/static/style.css")
    again = await client.get("/static/style.css", headers={"if-none-match": first.headers["etag"]})

    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    assert (again.status_code, again.content) == (304, b"")


async def test_a_file_is_packed_for_whoever_unpacks_and_is_the_same(client: AsyncClient) -> None:
    packed = await client.get("/static/style.css", headers=PACKED)
    plain = await client.get("/static/style.css", headers={"accept-encoding": "identity"})

    assert (packed.headers["content-encoding"], packed.text) == ("gzip", plain.text)
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "address", ["/static/nothing.css", "/static/../settings.py", "/static/%2e%2e/look.py", "/static/x/y"]
)
async def test_nothing_else_is_given_out(client: AsyncClient, address: str) -> None:
    assert (await client.get(address)).status_code == 404


@pytest.mark.parametrize(
    "site, packed", [("same-origin", True), ("none", True), ("cross-site", False), ("same-site", False), (None, False)]
)
async def test_what_another_site_asks_in_somebody_s_name_is_not_packed(
    client: AsyncClient, database: Database, site: str | None, packed: bool
) -> None:
    """Else its size would tell, guess by guess, what stands in the page (BREACH)."""
    async with database.sessions.begin() as db:
        person = await a_person(db)
    await come_in(client, database, person)
    headers = PACKED | ({"sec-fetch-site": site} if site else {"origin": ""})

    answer = await client.get("/me?x=guess", headers=headers)

    assert (answer.status_code, "content-encoding" in answer.headers) == (200, packed)


async def test_a_visitor_s_page_is_packed(client: AsyncClient) -> None:
    assert (await client.get("/", headers=PACKED)).headers["content-encoding"] == "gzip"
