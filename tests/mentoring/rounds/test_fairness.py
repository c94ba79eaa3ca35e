"""Fairness of a round: sums of groups that are large enough, and no way from gender into matching."""

from mentoring.db import Database
from mentoring.directory.models import AuditTrait
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.rounds.fairness import read_fairness
from mentoring.rounds.findings import FairSide
from mentoring.rounds.models import RoundInputs
from mentoring.rounds.wording import fairness
from tests.mentoring.rounds.worlds import World, a_junior, a_leader, a_world, pairs, proposed

WORDS = Words("en")


async def an_organisation(database: Database) -> World:
    """Six leaders in France and six in Ghana, three in Peru, three nobody knows where; places for the six in France."""
    async with database.sessions.begin() as db:
        world = await a_world(db, {}, {})
        for number in range(6):
            await a_leader(db, world, f"F{number}", {"2.6": 0}, country="FR")
            await a_leader(db, world, f"G{number}", {"5.4": 0}, country="GH")
            await a_junior(db, world, f"J{number}", {"2.6": 3}, country="KE")
        for number in range(3):
            await a_leader(db, world, f"X{number}", {"5.4": 0}, country="PE")
            await a_leader(db, world, f"Y{number}", {"5.4": 0}, country="")
        for number in range(6):
            db.add(AuditTrait(person_id=world[f"F{number}"].person_id, gender="w"))
            db.add(AuditTrait(person_id=world[f"G{number}"].person_id, gender="m"))
    return world


def side(sides: list[FairSide], trait: str, role: str = "leader") -> FairSide:
    return next(one for one in sides if (one.trait, one.role) == (trait, role))


async def test_groups_are_compared_and_small_ones_hidden(database: Database) -> None:
    round_id = await proposed(database, await an_organisation(database))

    found = await read_fairness(database, MACHINE, str(round_id))

    region, gender = side(found.sides, "region"), side(found.sides, "gender")
    shown = {one.label: (one.matched, one.people) for one in region.groups if not one.hidden}
    assert shown == {"FR": (6, 6), "GH": (0, 6)}
    assert {one.label for one in region.groups if one.people is None} == {"PE", None}
    assert gender.warns
    said = list(fairness(WORDS, found))
    assert WORDS.text("round.fairness.region", role="leader") in said
    assert any("look closer" in line for line in said)


async def test_changing_everybodys_gender_changes_no_pair(database: Database) -> None:
    world = await an_organisation(database)
    before = await pairs(database, world, await proposed(database, world))
    async with database.sessions.begin() as db:
        for number in range(6):
            for letter, gender in (("F", "m"), ("G", "w")):
                (await db.get_one(AuditTrait, world[f"{letter}{number}"].person_id)).gender = gender

    round_id = await proposed(database, world)

    assert await pairs(database, world, round_id) == before
    async with database.reading() as db:
        assert b"gender" not in (await db.get_one(RoundInputs, round_id)).problem
