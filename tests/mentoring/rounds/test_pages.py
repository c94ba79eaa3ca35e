"""A coordinator's way through a round, on pages that work without script."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import func, select

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.pairings.models import Pairing
from mentoring.programmes.models import Coordinator, Enrolment
from mentoring.programmes.rules import PolicyName
from mentoring.rounds.models import Override, Round
from mentoring.rounds.rules import RoundState
from tests.builders import a_person, a_programme
from tests.mentoring.rounds.worlds import World, a_world, proposed
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")


async def a_coordinator(client: AsyncClient, database: Database) -> World:
    """Two leaders and one junior, and the coordinator at the screen."""
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 1}, {"J1": 3})
        person = await a_person(db)
        db.add(Coordinator(programme_id=world.programme.id, person_id=person.id))
    await come_in(client, database, person)
    return world


async def pairings(database: Database) -> int:
    async with database.reading() as db:
        return await db.scalar(select(func.count()).select_from(Pairing)) or 0


async def state_of(database: Database, round_id: UUID | str) -> RoundState:
    async with database.reading() as db:
        return (await db.get_one(Round, UUID(str(round_id)))).state


async def test_the_report_names_who_has_nobody_and_which_skill_is_scarce(
    client: AsyncClient, database: Database
) -> None:
    world = await a_coordinator(client, database)
    async with database.sessions.begin() as db:
        (await db.get_one(Enrolment, world["L1"].id)).hours = [(6, 0, 60)]

    page = Page(await client.get(f"/programmes/{world.programme.id}/readiness"))

    assert WORDS.text("page.round.leaders_with_nobody") in page.text
    assert WORDS.text("page.rule.time") in page.text
    assert WORDS.text("page.round.short") in page.text


async def test_a_round_that_is_being_solved_shows_how_far_it_is(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    path = f"/programmes/{world.programme.id}/rounds"

    asked = await client.post(path)
    shown = await client.get(asked.headers["location"])
    twice = await client.post(path)

    assert asked.status_code == 303
    assert '<meta http-equiv="refresh" content="2">' in shown.text
    assert "<progress" in shown.text
    assert twice.status_code == 409
    assert WORDS.text("error.RoundSolving") in Page(twice).text


async def test_a_proposal_is_reviewed_with_its_parts_and_with_whoever_is_left_over(
    client: AsyncClient, database: Database
) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)

    page = Page(await client.get(f"/rounds/{round_id}"))
    alone = Page(await client.get(f"/rounds/{round_id}/unmatched"))
    [matched] = [link for link in page.links if "/leaders/" in link]
    pair = Page(await client.get(matched))

    assert f"{WORDS.text('page.round.matched')} 1 / " in page.text
    assert WORDS.text("page.round.no_place") in alone.text
    for part in ("need", "time", "wishes", "tools", "language", "across"):
        assert WORDS.text(f"part.{part}") in pair.text
    assert WORDS.text("page.fact.need.coordinator.1", skill="2.6", level=WORDS.text("level.3")) in pair.text


async def test_the_page_before_publishing_says_what_will_happen_and_does_nothing(
    client: AsyncClient, database: Database
) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)

    page = Page(await client.get(f"/rounds/{round_id}/publish"))

    assert WORDS.plural("page.round.publish.now", 1) in page.text
    assert WORDS.text("page.round.publish.others", leaders="1", juniors="0") in page.text
    assert await pairings(database) == 0


async def test_a_round_is_published_once_however_often_the_button_is_pressed(
    client: AsyncClient, database: Database
) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)
    form = {"revision": Page(await client.get(f"/rounds/{round_id}/publish")).value("revision")}

    first = await client.post(f"/rounds/{round_id}/publish", data=form)
    second = await client.post(f"/rounds/{round_id}/publish", data=form)

    assert (first.status_code, second.status_code) == (200, 409)
    assert WORDS.plural("page.round.published.text", 1) in Page(first).text
    assert await pairings(database) == 1


async def test_a_published_round_is_undone(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)
    await client.post(f"/rounds/{round_id}/publish", data={})

    answer = await client.post(f"/rounds/{round_id}/undo")

    assert answer.status_code == 303
    assert await state_of(database, round_id) is RoundState.UNDONE
    assert WORDS.text("page.round.state.undone") in Page(await client.get(f"/rounds/{round_id}")).text


async def test_a_pair_is_forbidden_with_a_reason_and_the_round_solved_again(
    client: AsyncClient, database: Database
) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)
    form = {"kind": "forbid", "leader": "L1", "junior": "J1", "reason": "They share a flat"}

    answer = await client.post(f"/rounds/{round_id}/overrides", data=form)

    assert answer.status_code == 303
    assert await state_of(database, round_id) is RoundState.SOLVING
    assert "They share a flat" in Page(await client.get(f"/rounds/{round_id}")).text


async def test_a_decision_about_nobody_is_refused_and_kept(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)
    form = {"kind": "pin", "leader": "L1", "junior": "NOBODY", "reason": "They asked"}

    answer = await client.post(f"/rounds/{round_id}/overrides", data=form)

    page = Page(answer)
    assert answer.status_code == 422
    assert (page.fields["junior"][-1], page.fields["reason"][-1]) == ("NOBODY", "They asked")
    assert await state_of(database, round_id) is RoundState.PROPOSED
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Override)) == 0


async def test_a_file_is_taken_by_a_form(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)

    answer = await client.post(f"/rounds/{round_id}/export", data={"format": "csv"})

    assert answer.status_code == 200
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text.startswith("leader_staff_no,")


async def test_a_proposal_is_verified_by_a_button(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)

    page = Page(await client.post(f"/rounds/{round_id}/verify"))

    assert WORDS.text("round.verify.holds", name=f"{world.programme.name} 1") in page.text
    assert WORDS.text("round.verify.first.leaders", matched="1") in page.text


async def test_a_decision_is_tried_before_it_is_taken(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)
    form = {"kind": "forbid", "leader": "L1", "junior": "J1"}

    page = Page(await client.post(f"/rounds/{round_id}/what-if", data=form))
    empty = await client.post(f"/rounds/{round_id}/what-if", data={"kind": "pin"})

    assert WORDS.text("round.what_if.leaders", before="1", after="1") in page.text
    assert WORDS.text("page.round.what_if.take") in page.text
    assert (page.value("forbid_leader"), page.value("forbid_junior")) == ("L1", "J1")
    assert (empty.status_code, WORDS.text("error.NothingToTry") in Page(empty).text) == (422, True)


async def test_a_pair_is_explained_and_fairness_shown(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)

    why = Page(await client.post(f"/rounds/{round_id}/explanation", data={"leader": "L1"}))
    fair = Page(await client.get(f"/rounds/{round_id}/fairness"))

    assert WORDS.text("page.round.explain") in why.text
    assert WORDS.text("page.round.fairness.text") in fair.text


async def test_policies_are_compared_in_a_table_with_pictures(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)

    page = Page(await client.post(f"/rounds/{round_id}/comparison"))
    before = Page(await client.post(f"/programmes/{world.programme.id}/comparison"))

    for shown in (page, before):
        assert WORDS.text("policy.raise_the_worst_off") in shown.text
        assert WORDS.text("round.price.free.pins") in shown.text
        assert WORDS.text("page.round.frontier.lowest") in shown.text


async def test_a_round_is_proposed_under_the_policy_that_was_chosen(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)

    asked = await client.post(f"/programmes/{world.programme.id}/rounds", data={"policy": "stable", "quota": "0"})
    wrong = await client.post(f"/programmes/{world.programme.id}/rounds", data={"policy": "best"})

    assert (asked.status_code, wrong.status_code) == (303, 422)
    async with database.reading() as db:
        round_ = await db.get_one(Round, UUID(asked.headers["location"].rpartition("/")[2]))
        assert round_.matching.policy is PolicyName.STABLE


async def test_a_coordinator_of_another_programme_finds_nothing(client: AsyncClient, database: Database) -> None:
    world = await a_coordinator(client, database)
    round_id = await proposed(database, world)
    async with database.sessions.begin() as db:
        elsewhere, person = await a_programme(db), await a_person(db)
        db.add(Coordinator(programme_id=elsewhere.id, person_id=person.id))
    await come_in(client, database, person)

    assert (await client.get(f"/rounds/{round_id}")).status_code == 404
    assert (await client.post(f"/rounds/{round_id}/publish", data={})).status_code == 404
    assert await pairings(database) == 0
