"""The page of a pairing: the reasons in words, yes or no, and what comes after."""

from datetime import UTC, datetime

from httpx import AsyncClient

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.skills.service import ensure_catalogue
from tests.builders import a_pairing, a_person
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en", "Europe/Zurich")


async def proposed(database: Database) -> tuple[Pairing, Person, Person]:
    """A proposal that waits for its leader, and the two people."""
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        leader, junior = await a_person(db, given_name="Lena"), await a_person(db, given_name="Juno")
        pairing = await a_pairing(db, leader=leader, junior=junior, asked_at=datetime.now(UTC))
    return pairing, leader, junior


async def state_of(database: Database, pairing: Pairing) -> PairingState:
    async with database.reading() as db:
        return (await db.get_one(Pairing, pairing.id)).state


async def test_a_leader_reads_who_is_proposed_and_why(client: AsyncClient, database: Database) -> None:
    pairing, leader, _ = await proposed(database)
    await come_in(client, database, leader)

    for page in (Page(await client.get("/me")), Page(await client.get(f"/pairings/{pairing.id}"))):
        skill = WORDS.text("skill.2.6")
        assert WORDS.text("page.fact.need.leader.1", skill=skill, level=WORDS.text("level.3")) in page.text
        assert WORDS.text("page.fact.hours", hours="4.5") in page.text
        assert WORDS.text("page.fact.language.leader", language="English") in page.text
        assert WORDS.text("page.fact.across.leader") in page.text
        assert "Juno" in page.text
        assert "@" not in page.text


async def test_both_say_yes_and_see_how_to_reach_each_other(client: AsyncClient, database: Database) -> None:
    pairing, leader, junior = await proposed(database)

    await come_in(client, database, leader)
    first = await client.post(f"/pairings/{pairing.id}/accept")
    waiting = Page(await client.get(f"/pairings/{pairing.id}"))
    await come_in(client, database, junior)
    asked = Page(await client.get(f"/pairings/{pairing.id}"))
    await client.post(f"/pairings/{pairing.id}/accept")
    together = Page(await client.get(f"/pairings/{pairing.id}"))

    assert (first.status_code, first.headers["location"]) == (303, f"/pairings/{pairing.id}")
    assert WORDS.text("page.pairing.state.arranging") in waiting.text
    assert "Lena" in asked.text
    assert WORDS.text("page.pairing.accept") in asked.text
    assert leader.email in together.text
    assert await state_of(database, pairing) is PairingState.ACTIVE


async def test_a_second_yes_is_told_that_the_question_is_answered(client: AsyncClient, database: Database) -> None:
    pairing, leader, _ = await proposed(database)
    await come_in(client, database, leader)
    await client.post(f"/pairings/{pairing.id}/accept")

    again = await client.post(f"/pairings/{pairing.id}/accept")

    assert again.status_code == 409
    assert WORDS.text("error.PairingNotAsking") in Page(again).text
    assert "Juno" in Page(again).text


async def test_a_no_takes_its_reason_along_and_is_not_held_against_anybody(
    client: AsyncClient, database: Database
) -> None:
    pairing, leader, _ = await proposed(database)
    await come_in(client, database, leader)

    answer = await client.post(f"/pairings/{pairing.id}/decline", data={"reason": "We share an office."})

    page = Page(await client.get(answer.headers["location"]))
    assert WORDS.text("page.pairing.text.declined.leader") in page.text
    assert "We share an office." not in page.text
    async with database.reading() as db:
        assert (await db.get_one(Pairing, pairing.id)).decline_reason == "We share an office."


async def test_opening_the_page_answers_nothing(client: AsyncClient, database: Database) -> None:
    pairing, leader, _ = await proposed(database)
    await come_in(client, database, leader)

    await client.get(f"/pairings/{pairing.id}")
    await client.get(f"/pairings/{pairing.id}/accept")

    assert await state_of(database, pairing) is PairingState.ASKING_LEADER


async def test_the_junior_knows_nothing_before_the_leader_says_yes(client: AsyncClient, database: Database) -> None:
    pairing, _, junior = await proposed(database)
    await come_in(client, database, junior)

    answer = await client.get(f"/pairings/{pairing.id}")

    assert answer.status_code == 404
    assert "Lena" not in (await client.get("/me")).text
