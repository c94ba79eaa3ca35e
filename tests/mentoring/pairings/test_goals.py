"""Goals: set by either, ticked by either, seen by the two alone."""

import pytest
from httpx import AsyncClient

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.pairings import goals, rules
from mentoring.pairings.life import SetGoal, TickGoal
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.skills.service import ensure_catalogue
from tests.builders import NOW, a_pairing, a_person, as_actor
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en", "Europe/Zurich")


async def two(database: Database, state: PairingState = PairingState.ACTIVE) -> Pairing:
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        return await a_pairing(db, state)


async def test_either_sets_and_either_ticks(database: Database) -> None:
    pairing = await two(database)
    leader, junior = as_actor(pairing.leader_id), as_actor(pairing.junior_id)

    async with database.sessions.begin() as db:
        goal = await goals.set_goal(db, leader, pairing.id, SetGoal("  Post once a week "), NOW)
        again = await goals.set_goal(db, junior, pairing.id, SetGoal("Post once a week"), NOW)
        ticked = await goals.tick_goal(db, junior, goal.id, TickGoal(True), NOW)
        twice = await goals.tick_goal(db, leader, goal.id, TickGoal(True), NOW.replace(year=2027))
        taken_back = await goals.tick_goal(db, leader, goal.id, TickGoal(False), NOW)

    assert again == goal
    assert goal.words == "Post once a week"
    assert (ticked.reached_at, twice.reached_at, taken_back.reached_at) == (NOW, NOW, None)


async def test_there_are_so_many_and_no_more(database: Database) -> None:
    pairing = await two(database)
    leader = as_actor(pairing.leader_id)

    async with database.sessions.begin() as db:
        known = [
            await goals.set_goal(db, leader, pairing.id, SetGoal(f"Goal {number}"), NOW)
            for number in range(rules.MOST_GOALS)
        ]
        with pytest.raises(rules.GoalsEnough):
            await goals.set_goal(db, leader, pairing.id, SetGoal("One more"), NOW)
        await goals.drop_goal(db, leader, known[0].id, NOW)
        await goals.set_goal(db, leader, pairing.id, SetGoal("One more"), NOW)
        listed = await goals.list_goals(db, leader, pairing.id)

    assert len(listed) == rules.MOST_GOALS


async def test_blanks_are_no_goal_and_what_is_over_has_no_new_ones(database: Database) -> None:
    pairing, over = await two(database), await two(database, PairingState.ENDED)
    async with database.sessions.begin() as db:
        with pytest.raises(rules.GoalWithoutWords):
            await goals.set_goal(db, as_actor(pairing.leader_id), pairing.id, SetGoal(" "), NOW)
        with pytest.raises(rules.PairingNotUnderWay):
            await goals.set_goal(db, as_actor(over.leader_id), over.id, SetGoal("Too late"), NOW)


async def test_nobody_else_knows_of_them(database: Database) -> None:
    pairing = await two(database)
    async with database.sessions.begin() as db:
        goal = await goals.set_goal(db, as_actor(pairing.leader_id), pairing.id, SetGoal("Ours"), NOW)
        stranger = as_actor(await a_person(db))
        with pytest.raises(rules.PairingNotFound):
            await goals.list_goals(db, stranger, pairing.id)
        with pytest.raises(rules.GoalNotFound):
            await goals.drop_goal(db, stranger, goal.id, NOW)


async def test_on_the_page_a_goal_is_set_reached_and_remembered(client: AsyncClient, database: Database) -> None:
    pairing = await two(database)
    async with database.reading() as db:
        leader = await db.get_one(Person, pairing.leader_id)
    await come_in(client, database, leader)
    address = f"/pairings/{pairing.id}"

    before = Page(await client.get(address))
    for _ in range(2):
        sent = await client.post(f"{address}/goals", data={"words": "Post once a week"})
    async with database.reading() as db:
        [goal] = await goals.list_goals(db, as_actor(leader), pairing.id)
    await client.post(f"{address}/goals/{goal.id}", data={"reached": "true"})
    after = Page(await client.get(address))
    blank = await client.post(f"{address}/goals", data={"words": "   "})

    assert WORDS.text("page.goals.text") in before.text
    assert sent.headers["location"] == f"{address}#goals"
    assert WORDS.text("page.history.reached", detail="Post once a week") in after.text
    assert (blank.status_code, WORDS.text("error.GoalWithoutWords") in Page(blank).text) == (422, True)
