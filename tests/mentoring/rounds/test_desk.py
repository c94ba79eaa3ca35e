"""The desk keeps rounds open: it says what solving anew says, and who kills it costs nobody anything."""

from uuid import UUID

import psutil
import pytest

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.rounds import asking
from mentoring.rounds.contracts import NamedPair
from mentoring.rounds.desk import Desk
from mentoring.rounds.drafts import MOST_OPEN, Drafts
from mentoring.rounds.findings import Swap, WhatIf
from mentoring.rounds.models import RoundInputs
from mentoring.rounds.otherwise import Otherwise
from mentoring.rounds.rules import NothingToSwap
from mentoring.rounds.solver import Refused, Request, answer
from mentoring.rounds.trying import Edits, Tried, Unopened
from tests.mentoring.rounds.worlds import World, a_world, pairs, proposed

EDITS = {
    "pin": Edits(pins=[(0, 1)]),
    "forbid": Edits(forbids=[(0, 0), (1, 0)]),
    "swap": Edits(pins=[(0, 1), (1, 0)]),
    "without": Edits(leaders=[0], juniors=[1]),
    "places": Edits(places=[(0, 0), (2, 2)]),
    "answers": Edits(answers=[Otherwise(leads=True, person=1, skills=[(0, 2)])]),
    "nothing": Edits(),
}


async def a_round(database: Database, **matching: object) -> tuple[World, UUID]:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0, "L3": 1}, {"J1": 2, "J2": 3, "J3": 3})
    return world, await proposed(database, world, **matching)


async def asked_of(database: Database, round_id: UUID, edits: Edits) -> Request:
    async with database.reading() as db:
        inputs = await db.get_one(RoundInputs, round_id)
    return Request("try", inputs.problem, aim=inputs.aim, proof=inputs.proof or b"", edits=edits, key=str(round_id))


@pytest.mark.parametrize("policy", ["standard", "coverage_first", "greatest_total", "fewest_changes"])
async def test_the_desk_says_what_solving_anew_says(database: Database, policy: str) -> None:
    _, round_id = await a_round(database, policy=policy)
    drafts = Drafts()

    for edits in EDITS.values():
        request = await asked_of(database, round_id, edits)
        assert drafts.answer(request) == answer(request, lambda _stage, _share: None)


async def test_a_round_is_brought_along_once_and_the_oldest_is_closed(database: Database) -> None:
    _, round_id = await a_round(database)
    request = await asked_of(database, round_id, Edits())
    again = Request("try", b"", aim=request.aim, edits=request.edits, key=request.key)
    drafts = Drafts()

    first, brought, known = drafts.answer(again), drafts.answer(request), drafts.answer(again)
    for number in range(MOST_OPEN):
        drafts.answer(Request("try", request.problem, aim=request.aim, proof=request.proof, key=str(number)))

    assert (first, type(brought), known) == (Unopened(), Tried, brought)
    assert drafts.answer(again) == Unopened()


async def test_a_pin_that_cannot_be_is_refused_and_the_next_question_answered(database: Database) -> None:
    _, round_id = await a_round(database)
    drafts = Drafts()

    refused = drafts.answer(await asked_of(database, round_id, Edits(pins=[(0, 0), (0, 1)])))

    assert isinstance(refused, Refused)
    assert isinstance(drafts.answer(await asked_of(database, round_id, Edits())), Tried)


async def test_who_kills_the_desk_costs_nobody_an_answer(database: Database, desk: Desk) -> None:
    _, round_id = await a_round(database)
    others = psutil.Process().children()
    forbid = WhatIf(forbids=[NamedPair("L2", "J1")])
    first = await asking.what_if(database, desk, MACHINE, str(round_id), forbid)
    [process] = [one for one in psutil.Process().children() if one not in others]

    process.kill()
    second = await asking.what_if(database, desk, MACHINE, str(round_id), forbid)
    await desk.close()

    assert (second.before, second.after, second.made) == (first.before, first.after, first.made)
    assert [one for one in psutil.Process().children() if one not in others] == []


async def test_two_leaders_exchange_their_juniors(database: Database, desk: Desk) -> None:
    world, round_id = await a_round(database, policy="stable")
    before = await pairs(database, world, round_id)

    found = await asking.what_if(database, desk, MACHINE, str(round_id), WhatIf(swaps=[Swap("L1", "L2")]))

    swapped = {("L1", before["L2"]), ("L2", before["L1"])}
    assert swapped <= {(one.leader.staff_no, one.junior.staff_no) for one in found.made}
    assert found.tried == WhatIf(pins=[NamedPair("L1", before["L2"]), NamedPair("L2", before["L1"])])


async def test_who_has_no_junior_has_none_to_exchange(database: Database, desk: Desk) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 1}, {"J1": 3})
    round_id = await proposed(database, world)

    with pytest.raises(NothingToSwap):
        await asking.what_if(database, desk, MACHINE, str(round_id), WhatIf(swaps=[Swap("L1", "L2")]))
