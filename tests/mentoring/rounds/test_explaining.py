"""Why this pair, why not that one, why nobody: told in facts and in words."""

import pytest

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.rounds.explaining import explain
from mentoring.rounds.rules import NotEnrolled
from mentoring.rounds.wording import explanation
from tests.mentoring.rounds.worlds import a_leader, a_world, pairs, proposed

WORDS = Words("en")


async def test_a_pair_and_its_opposite_are_explained(database: Database) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0}, {"J1": 2, "J2": 3})
    round_id = await proposed(database, world)
    partner = (await pairs(database, world, round_id))["L1"]
    other = {"J1": "J2", "J2": "J1"}[partner]

    made = await explain(database, MACHINE, str(round_id), "L1", None)
    against = await explain(database, MACHINE, str(round_id), "L1", other)

    assert (made.made, made.rules, made.helps) == (True, [], [])
    assert (against.made, against.rules, against.costs_at_least is not None) == (False, [], True)
    assert next(iter(explanation(WORDS, made))).endswith(f"are paired, with a fit of {WORDS.number(made.fit or 0, 3)}.")
    assert any(line.startswith("Pairing them would cost, at least: 0 leaders") for line in explanation(WORDS, against))


async def test_who_has_nobody_is_told_what_would_help(database: Database) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1}, {"J1": 3})
        await a_leader(db, world, "L2", {"2.6": 1}, grade_level=10)
    round_id = await proposed(database, world)

    found = await explain(database, MACHINE, str(round_id), "L2", None)
    refused = await explain(database, MACHINE, str(round_id), "L2", "J1")

    assert (found.junior, found.helps[0].rule, found.helps[0].candidates) == (None, "seniority", 1)
    assert refused.rules == ["seniority"]
    said = list(explanation(WORDS, found))
    assert said[0].endswith(" has nobody.")
    assert "would add 1 candidates" in said[1]


async def test_nobody_is_explained_who_is_not_there(database: Database) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1}, {"J1": 3})
    round_id = await proposed(database, world)

    with pytest.raises(NotEnrolled):
        await explain(database, MACHINE, str(round_id), "NOBODY", None)
