"""What a programme's rules would do: each by itself, all together, and before anything is saved."""

import pytest
from httpx import AsyncClient

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.programmes.changes import change_of
from mentoring.programmes.models import Coordinator, Programme
from mentoring.rounds import effects
from mentoring.rounds.effects import read_effects
from mentoring.rounds.findings import Effects, RuleEffect
from tests.builders import NOW, a_person, a_programme
from tests.mentoring.rounds.worlds import World, a_junior, a_leader
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")


async def two_leaders(database: Database) -> Programme:
    """L1 and J1 and J2 share no unit; L2 works in the unit of both juniors, and only J1 teaches what L2 needs."""
    async with database.sessions.begin() as db:
        world = World(await a_programme(db))
        await a_leader(db, world, "L1", {"2.6": 1}, unit="Finance")
        await a_leader(db, world, "L2", {"2.6": 1}, unit="Field")
        await a_junior(db, world, "J1", {"2.6": 3}, unit="Field")
        await a_junior(db, world, "J2", {"3.1": 3}, unit="Field")
    return world.programme


async def told(database: Database, programme: Programme, *pairs: str) -> Effects:
    return await read_effects(database, MACHINE, str(programme.id), change_of(pairs), NOW)


async def test_a_rule_says_how_many_pairs_it_refuses_and_whom_it_alone_leaves_with_nobody(database: Database) -> None:
    found = await told(database, await two_leaders(database))

    assert (found.leaders, found.juniors, found.possible, found.leaders_with_nobody) == (2, 2, 0.25, 1)
    assert found.rules["unit"] == RuleEffect(on=True, share=0.5, leaders=1)
    assert found.rules["skill"] == RuleEffect(on=True, share=0.5, leaders=0)
    assert found.juniors_with_nobody == 1


async def test_a_rule_that_is_switched_off_says_what_it_would_do(database: Database) -> None:
    found = await told(database, await two_leaders(database), "rules.unit=off")

    assert (found.possible, found.leaders_with_nobody) == (0.5, 0)
    assert found.rules["unit"] == RuleEffect(on=False, share=0.5, leaders=1)


async def test_asking_changes_nothing_and_a_sample_does_not_say_who_has_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = await two_leaders(database)
    monkeypatch.setattr(effects, "MOST_WEIGHED", 4)
    assert not (await told(database, programme, "rules.time=off")).sampled
    async with database.reading() as db:
        assert (await db.get_one(Programme, programme.id)).rules.time

    monkeypatch.setattr(effects, "MOST_WEIGHED", 0)
    nobody = await told(database, programme)

    assert (nobody.sampled, nobody.leaders, nobody.rules) == (True, 0, {})


async def test_the_page_comes_back_as_it_was_filled_in_with_the_effects_beside_the_rules(
    client: AsyncClient, database: Database
) -> None:
    programme = await two_leaders(database)
    async with database.sessions.begin() as db:
        runs_it = await a_person(db)
        db.add(Coordinator(programme_id=programme.id, person_id=runs_it.id))
    await come_in(client, database, runs_it)

    form = {"rules.unit": "off", "weights.need": "3", "plan.sessions": "4"}
    answer = Page(await client.post(f"/programmes/{programme.id}/effects", data=form))
    stored = Page(await client.get(f"/programmes/{programme.id}"))

    assert answer.fields["rules.unit"] == ["off"]
    assert (answer.value("plan.sessions"), stored.value("plan.sessions")) == ("4", "7")
    assert WORDS.plural("page.effect.would_leave", 1) in answer.text
    assert WORDS.text("page.effect.would_refuse", share="50%") in answer.text
    assert "84.5%" in answer.text  # 3 of 3.55
    assert stored.fields["rules.unit"] == ["off", "on"]


async def test_a_value_that_cannot_be_is_told_on_the_same_page(client: AsyncClient, database: Database) -> None:
    programme = await two_leaders(database)
    async with database.sessions.begin() as db:
        runs_it = await a_person(db)
        db.add(Coordinator(programme_id=programme.id, person_id=runs_it.id))
    await come_in(client, database, runs_it)

    answer = await client.post(
        f"/programmes/{programme.id}/effects", data={"rules.shared_hours": "900"}, headers={"hx-request": "true"}
    )

    assert answer.status_code == 422
    assert Page(answer).value("rules.shared_hours") == "900"
    assert "rules.shared_hours" in Page(answer).text
