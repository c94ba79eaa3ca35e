"""A proposed round is published once, and a published one can be taken back."""

import asyncio
import subprocess
import sys
from datetime import date

import pytest
from sqlalchemy import func, select, update

from mentoring.db import Database
from mentoring.directory.models import LineKind, ReportingLine
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, Exclusion
from mentoring.programmes.rules import EnrolmentState
from mentoring.rounds import rules, service
from mentoring.rounds.contracts import Dropped, Publish, UndoneRound
from mentoring.rounds.models import ProposedPair
from mentoring.rounds.rules import RoundState
from tests.builders import NOW, a_pairing
from tests.mentoring.rounds.worlds import World, a_world, proposed, published, state, waited

STUCK = """
import asyncio, sys
from datetime import UTC, datetime
from mentoring.db import database
from mentoring.identity import MACHINE
from mentoring.rounds.contracts import Publish
from mentoring.rounds.service import publish_round

async def main():
    async with database(sys.argv[1]) as opened, opened.sessions.begin() as db:
        result = await publish_round(db, MACHINE, sys.argv[2], Publish(), datetime.now(UTC))
        await db.flush()
        print(result.pairings, flush=True)
        sys.stdin.read()

asyncio.run(main())
"""
"""Publishes and stops dead before it commits, until somebody kills it."""
EVERYBODY = {"L1": 1, "L2": 1, "L3": 1}, {"J1": 3, "J2": 3}


async def a_proposal(database: Database) -> World:
    """Three leaders and two juniors; the leaders have waited 0, 1 and 2 rounds, so that L2 and L3 come first."""
    async with database.sessions.begin() as db:
        world = await a_world(db, *EVERYBODY)
        for waits, name in enumerate(("L1", "L2", "L3")):
            world[name].waited_rounds = waits
        world["J2"].waited_rounds = 1
    return world


async def states(database: Database) -> list[PairingState]:
    async with database.reading() as db:
        return sorted(await db.scalars(select(Pairing.state)))


async def undone(database: Database, ref: object) -> UndoneRound:
    async with database.sessions.begin() as db:
        return await service.undo_round(db, MACHINE, str(ref), NOW)


async def test_published_pairs_are_asked_and_the_others_have_waited(database: Database) -> None:
    world = await a_proposal(database)
    round_id = await proposed(database, world)

    result = await published(database, round_id)

    assert (result.pairings, result.dropped) == (2, [])
    assert await states(database) == [PairingState.ASKING_LEADER] * 2
    assert await waited(database, world) == {"L1": 1, "L2": 0, "L3": 0, "J1": 0, "J2": 0}
    async with database.reading() as db:
        linked = select(func.count()).select_from(ProposedPair).join(Pairing, Pairing.id == ProposedPair.pairing_id)
        made = select(Pairing.leader_enrolment_id).order_by(Pairing.leader_enrolment_id)
        proposals = select(ProposedPair.leader_enrolment_id).order_by(ProposedPair.leader_enrolment_id)
        assert await db.scalar(linked) == 2
        assert (await db.scalars(made)).all() == (await db.scalars(proposals)).all()
        events = list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))
    assert events == ["RoundRequested", "PairingsProposed", "RoundPublished"]


async def test_two_who_publish_at_once_publish_once(database: Database) -> None:
    world = await a_proposal(database)
    round_id = await proposed(database, world)

    answers = await asyncio.gather(published(database, round_id), published(database, round_id), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["PublishedRound", "RoundNotProposed"]
    assert await states(database) == [PairingState.ASKING_LEADER] * 2
    assert (await waited(database, world))["L1"] == 1


async def test_whoever_dies_while_publishing_has_published_nothing(database: Database, database_url: str) -> None:
    """kill -9 with everything written and nothing committed; then it is published, once."""
    world = await a_proposal(database)
    round_id = await proposed(database, world)
    victim = subprocess.Popen(
        [sys.executable, "-c", STUCK, database_url, str(round_id)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert victim.stdout is not None
    assert victim.stdout.readline() == b"2\n"

    victim.kill()
    victim.communicate()

    assert (await state(database, round_id), await states(database)) == (RoundState.PROPOSED, [])
    assert (await published(database, round_id)).pairings == 2
    assert await states(database) == [PairingState.ASKING_LEADER] * 2
    assert (await waited(database, world))["L1"] == 1


async def test_publishing_twice_is_refused(database: Database) -> None:
    world = await a_proposal(database)
    round_id = await proposed(database, world)
    await published(database, round_id)

    with pytest.raises(rules.RoundNotProposed) as refusal:
        await published(database, round_id)

    assert refusal.value.details == {"state": "published"}


async def test_what_was_looked_at_is_what_is_published(database: Database) -> None:
    world = await a_proposal(database)
    await proposed(database, world)
    round_id = await proposed(database, world)

    async with database.sessions() as db:
        with pytest.raises(rules.RoundRevised) as refusal:
            await service.publish_round(db, MACHINE, str(round_id), Publish(revision=1), NOW)
        await db.rollback()
    async with database.sessions.begin() as db:
        result = await service.publish_round(db, MACHINE, str(round_id), Publish(revision=2), NOW)

    assert (refusal.value.details, result.pairings) == ({"revision": 2}, 2)


async def names(database: Database, *numbers: str) -> list[str]:
    async with database.reading() as db:
        people = {one.staff_no: one for one in await db.scalars(select(Person).where(Person.staff_no.in_(numbers)))}
    return [f"{people[number].given_name} {people[number].family_name}" for number in numbers]


@pytest.mark.parametrize("cause", ["left", "withdrawn", "excluded", "taken"])
async def test_a_pair_that_can_be_no_more_is_dropped_and_named(database: Database, cause: str) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0}, {"J1": 3, "J2": 2})  # L1 with J1, L2 with J2
    round_id = await proposed(database, world)
    async with database.sessions.begin() as db:
        if cause == "left":
            gone = update(Person).where(Person.id == world["J1"].person_id).values(left_on=date(2026, 3, 1))
            await db.execute(gone)
        elif cause == "withdrawn":
            gone = update(Enrolment).where(Enrolment.id == world["J1"].id).values(state=EnrolmentState.WITHDRAWN)
            await db.execute(gone)
        elif cause == "excluded":
            db.add(Exclusion(enrolment_id=world["J1"].id, person_id=world["L1"].person_id))
        else:
            await a_pairing(db, programme=world.programme, junior_enrolment=world["J1"])

    result = await published(database, round_id)

    assert (result.pairings, result.dropped) == (1, [Dropped("L1", "J1", cause, *await names(database, "L1", "J1"))])
    assert (await waited(database, world))["L1"] == 1
    assert (await waited(database, world))["L2"] == 0


@pytest.mark.parametrize("change", ["line", "unit"])
async def test_a_pair_that_a_new_staff_file_put_in_one_line_or_unit_is_dropped(database: Database, change: str) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0}, {"J1": 3, "J2": 2})  # L1 with J1, L2 with J2
    round_id = await proposed(database, world)
    leader, junior = world["L1"].person_id, world["J1"].person_id
    async with database.sessions.begin() as db:
        if change == "line":
            db.add(ReportingLine(person_id=junior, manager_id=leader, kind=LineKind.DOTTED))
        else:
            await db.execute(update(Person).where(Person.id.in_((leader, junior))).values(unit="Treasury"))

    result = await published(database, round_id)

    assert (result.pairings, result.dropped) == (1, [Dropped("L1", "J1", "rules", *await names(database, "L1", "J1"))])
    assert (await waited(database, world))["L1"] == 1


async def test_undoing_gives_everybody_their_place_back(database: Database) -> None:
    world = await a_proposal(database)
    before = await waited(database, world)
    round_id = await proposed(database, world)
    await published(database, round_id)

    result = await undone(database, round_id)

    assert result.withdrawn == 2
    assert await waited(database, world) == before
    assert await states(database) == [PairingState.WITHDRAWN] * 2
    assert await state(database, round_id) is RoundState.UNDONE
    assert await proposed(database, world) != round_id


async def test_only_what_is_published_is_undone_and_once(database: Database) -> None:
    world = await a_proposal(database)
    round_id = await proposed(database, world)
    with pytest.raises(rules.RoundNotPublished):
        await undone(database, round_id)
    await published(database, round_id)

    answers = await asyncio.gather(undone(database, round_id), undone(database, round_id), return_exceptions=True)

    assert sorted(type(answer).__name__ for answer in answers) == ["RoundNotPublished", "UndoneRound"]
    assert (await waited(database, world))["L3"] == 2


async def test_publishing_and_undoing_at_once_leaves_one_of_two_states(database: Database) -> None:
    world = await a_proposal(database)
    round_id = await proposed(database, world)

    answers = await asyncio.gather(published(database, round_id), undone(database, round_id), return_exceptions=True)

    after = await state(database, round_id), (await states(database))[0], (await waited(database, world))["L3"]
    kinds = [type(answer).__name__ for answer in answers]
    assert (kinds, after) in (
        (["PublishedRound", "RoundNotPublished"], (RoundState.PUBLISHED, PairingState.ASKING_LEADER, 0)),
        (["PublishedRound", "UndoneRound"], (RoundState.UNDONE, PairingState.WITHDRAWN, 2)),
    )


async def test_a_round_is_not_undone_beneath_a_later_one(database: Database) -> None:
    world = await a_proposal(database)
    first = await proposed(database, world)
    await published(database, first)
    async with database.sessions.begin() as db:
        await db.execute(update(Pairing).values(state=PairingState.ENDED))
    second = await proposed(database, world)
    await published(database, second)

    with pytest.raises(rules.RoundNotLatest) as refusal:
        await undone(database, first)
    await undone(database, second)
    await undone(database, first)

    assert refusal.value.details == {"later": f"{world.programme.name} 2"}
    assert await waited(database, world) == {"L1": 0, "L2": 1, "L3": 2, "J1": 0, "J2": 1}
