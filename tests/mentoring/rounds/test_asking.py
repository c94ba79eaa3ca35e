"""What if, and which policy: answered before anything is decided, and nothing is changed by asking."""

from uuid import UUID

import pytest
from sqlalchemy import func, select

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.programmes.rules import PolicyName
from mentoring.rounds import asking, service
from mentoring.rounds.contracts import NamedPair
from mentoring.rounds.desk import Desk
from mentoring.rounds.findings import Decide, Move, WhatIf
from mentoring.rounds.models import Override
from mentoring.rounds.picture import HEIGHT, MARGIN, WIDTH, Dot, dots
from mentoring.rounds.rules import NotEnrolled, NothingToTry, NotInRound, PinsImpossible, RoundNotFound
from mentoring.rounds.trying import FrontierPoint, PriceRow
from mentoring.rounds.wording import comparison, consequence, prices
from tests.builders import NOW
from tests.mentoring.rounds.worlds import World, a_leader, a_world, pairs, proposed, solve

WORDS = Words("en")


async def a_round(database: Database) -> tuple[World, UUID]:
    """L1 is best with J2, L2 with J1."""
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0}, {"J1": 2, "J2": 3})
    return world, await proposed(database, world)


def named(moves: list[Move]) -> dict[str | None, str | None]:
    return {one.leader.staff_no: one.junior.staff_no for one in moves}


async def test_a_pin_is_answered_with_who_moves_and_what_it_costs(database: Database, desk: Desk) -> None:
    world, round_id = await a_round(database)
    before = await pairs(database, world, round_id)
    swap = WhatIf(pins=[NamedPair("L1", "J1")])

    found = await asking.what_if(database, desk, MACHINE, str(round_id), swap)

    assert (named(found.given_up), named(found.made)) == (before, {"L1": "J1", "L2": "J2"})
    assert (found.before.matched, found.after.matched) == (2, 2)
    assert found.after.total_fit < found.before.total_fit
    assert await pairs(database, world, round_id) == before
    async with database.reading() as db:
        assert await db.scalar(select(func.count()).select_from(Override)) == 0


async def test_what_was_foretold_comes_true_when_it_is_taken(database: Database, desk: Desk) -> None:
    world, round_id = await a_round(database)
    wanted = [NamedPair("L1", "J2"), NamedPair("L2", "J1")]
    foretold = await asking.what_if(database, desk, MACHINE, str(round_id), WhatIf(forbids=wanted))

    async with database.sessions.begin() as db:
        await service.decide_pairs(db, MACHINE, str(round_id), Decide("They said so", forbids=wanted), NOW)
    await solve(database, round_id)

    assert await pairs(database, world, round_id) == named(foretold.made)
    again = await asking.what_if(database, desk, MACHINE, str(round_id), WhatIf(forbids=wanted))
    assert (again.before, again.given_up, again.made) == (foretold.after, [], [])
    assert next(iter(consequence(WORDS, again))) == WORDS.text("round.what_if.nothing")


async def test_without_somebody_the_others_move_up(database: Database, desk: Desk) -> None:
    _, round_id = await a_round(database)

    found = await asking.what_if(database, desk, MACHINE, str(round_id), WhatIf(without=["L1"]))

    assert (found.before.matched, found.after.matched) == (2, 1)
    assert set(named(found.given_up)) >= {"L1"}
    said = list(consequence(WORDS, found))
    assert WORDS.text("round.what_if.leaders", before="2", after="1") in said
    assert any(line.startswith("Given up: L1 ") for line in said)


async def test_what_cannot_be_tried_is_refused(database: Database, desk: Desk) -> None:
    world, round_id = await a_round(database)
    async with database.sessions.begin() as db:
        await a_leader(db, world, "L3")
    both = WhatIf(pins=[NamedPair("L1", "J1"), NamedPair("L1", "J2")])

    for data, refusal in (
        (WhatIf(), NothingToTry),
        (both, PinsImpossible),
        (WhatIf(pins=[NamedPair("L1", "NOBODY")]), NotEnrolled),
        (WhatIf(pins=[NamedPair("L3", "J1")]), NotInRound),
        (WhatIf(without=["NOBODY"]), NotInRound),
    ):
        with pytest.raises(refusal):
            await asking.what_if(database, desk, MACHINE, str(round_id), data)


async def test_policies_are_compared_for_a_round_and_for_a_programme(database: Database) -> None:
    world, round_id = await a_round(database)

    of_round = await asking.compare_either(database, MACHINE, str(round_id), 2026)
    of_programme = await asking.compare_either(database, MACHINE, world.programme.name, 2026)

    rows = {row.policy: row for row in of_round.found.policies}
    assert set(rows) == set(PolicyName)
    assert (rows["standard"].matched, rows["standard"].given_up, of_round.policy) == (2, 0.0, "standard")
    assert [one.level for one in of_round.found.prices] == ["total", "pins", "leaders", "weak", "lowest"]
    assert (of_programme.name, of_programme.found) == (world.programme.name, of_round.found)
    said = list(comparison(WORDS, of_round))
    assert said[0].startswith(f"{WORDS.text('policy.standard')}: 2 leaders, 0 weak pairs")
    assert WORDS.text("round.price.free.pins") in said


async def test_what_is_neither_round_nor_programme_is_not_compared(database: Database) -> None:
    with pytest.raises(RoundNotFound):
        await asking.compare_round(database, MACHINE, "Nothing of that name")


def test_each_step_is_told_with_its_price() -> None:
    steps = [
        PriceRow("total", 0, 0, 0.0, 100.0, 0.0),
        PriceRow("pins", 0, 0, 0.0, 99.0, 0.01),
        PriceRow("leaders", 12, 0, 0.0, 96.0, 0.031),
        PriceRow("weak", 0, 0, 0.0, 96.0, 0.0),
        PriceRow("lowest", 0, 0, 0.05, 96.0, 0.0),
    ]

    assert list(prices(WORDS, steps)) == [
        "Keeping the pins costs 1.0\N{NO-BREAK SPACE}% of total fit.",
        "Matching 12 more leaders costs 3.1\N{NO-BREAK SPACE}% of total fit.",
        WORDS.text("round.price.free.weak"),
        "Raising the lowest fit by 0.05 costs 0.0\N{NO-BREAK SPACE}% of total fit.",
    ]


def test_a_frontier_fills_its_picture_and_a_single_point_stands_in_the_middle() -> None:
    points = [FrontierPoint(1, 10.0, 3), FrontierPoint(3, 5.0, 3)]

    assert dots(points) == [Dot(MARGIN, MARGIN), Dot(WIDTH - MARGIN, HEIGHT - MARGIN)]
    assert dots(points[:1]) == [Dot(WIDTH / 2, HEIGHT / 2)]
