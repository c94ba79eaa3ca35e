"""What if somebody had answered otherwise: what is foretold is what comes of it once they do, and nothing is stored."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.errors import MentoringError
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.people.models import Person
from mentoring.programmes.models import Coordinator, Enrolment, EnrolmentSkill
from mentoring.programmes.rules import Role, SkillUnknown
from mentoring.rounds import asking
from mentoring.rounds.contracts import NamedPair
from mentoring.rounds.desk import Desk
from mentoring.rounds.findings import Answered, Consequence, Listed, WhatIf
from mentoring.rounds.models import Round
from mentoring.rounds.rules import (
    HoursEndBefore,
    NeedListed,
    NeedsFull,
    NotEnrolled,
    NothingToTry,
    NotInRound,
    PinsImpossible,
    SkillNotListed,
)
from mentoring.skills.models import Skill
from tests.builders import a_person, an_enrolment
from tests.mentoring.rounds.worlds import World, a_leader, a_world, pairs, proposed, solve
from tests.mentoring.visitor import Page, come_in

WORDS = Words("en")
WEEK = [(weekday, 9 * 60, 17 * 60) for weekday in range(5)]


async def a_round(database: Database, **matching: object) -> tuple[World, UUID]:
    """Two of L1, L2, L3 have juniors; L4 needs what nobody offers. 1.1 is in the catalogue and listed nowhere."""
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 0, "L3": 2}, {"J1": 2, "J2": 3})
        await a_leader(db, world, "L4", {"3.4": 1})
        (await db.get_one(Person, world["J2"].person_id)).time_zone = "Europe/Athens"
        db.add(Skill(code="1.1", area="1", title="1.1", description=""))
    return world, await proposed(database, world, **matching)


async def asked(database: Database, desk: Desk, round_id: UUID, *answers: Answered) -> Consequence:
    return await asking.what_if(database, desk, MACHINE, str(round_id), WhatIf(answers=list(answers)))


def after(before: Mapping[str, str], found: Consequence) -> dict[str | None, str | None]:
    given_up = {(one.leader.staff_no, one.junior.staff_no) for one in found.given_up}
    stay = {pair: None for pair in before.items() if pair not in given_up}
    return dict([*stay, *((one.leader.staff_no, one.junior.staff_no) for one in found.made)])


async def answers(db: AsyncSession, world: World, one: Answered) -> None:
    """Have the person really say so, in their sign-up."""
    enrolment = await db.get_one(Enrolment, world[one.person].id)
    for said in [*one.needs, *one.offers]:
        skill_id = await db.scalar(select(Skill.id).where(Skill.code == said.code))
        mine = (EnrolmentSkill.enrolment_id == enrolment.id, EnrolmentSkill.skill_id == skill_id)
        await db.execute(delete(EnrolmentSkill).where(*mine))
        if said.level is not None:
            db.add(EnrolmentSkill(enrolment_id=enrolment.id, skill_id=skill_id, position=2, level=said.level))
    if one.hours is not None:
        enrolment.hours = one.hours
    enrolment.hours = [*enrolment.hours, *one.more_hours]
    enrolment.capacity = enrolment.capacity if one.places is None else one.places


async def test_what_is_foretold_comes_true_once_they_answer_so(database: Database, desk: Desk) -> None:
    world, round_id = await a_round(database)

    for one in (
        Answered("J1", offers=[Listed("2.6", 4)]),
        Answered("L2", hours=[(0, 9 * 60, 9 * 60 + 15)]),
        Answered("L2", more_hours=[(0, 9 * 60, 17 * 60), (1, 9 * 60, 17 * 60)]),
        Answered("J2", hours=[(0, 17 * 60, 24 * 60), (3, 17 * 60, 24 * 60)]),
        Answered("L4", needs=[Listed("1.1", 0)]),
        Answered("J2", offers=[Listed("1.1", 3)]),
        Answered("J1", places=2),
        Answered("L1", needs=[Listed("1.1", 2), Listed("2.6", None)], more_hours=[(5, 60, 180)]),
    ):
        before = await pairs(database, world, round_id)
        found = await asked(database, desk, round_id, one)
        assert await pairs(database, world, round_id) == before

        async with database.sessions.begin() as db:
            await answers(db, world, one)
            (await db.get_one(Round, round_id)).revision += 1
        await solve(database, round_id)
        async with database.reading() as db:
            round_ = await db.get_one(Round, round_id)
        assert (one, await pairs(database, world, round_id)) == (one, after(before, found))
        assert (one, found.after.matched, found.after.total_fit) == (one, round_.matched, round_.total_fit)


async def test_answers_are_tried_together_and_beside_decisions(database: Database, desk: Desk) -> None:
    _, round_id = await a_round(database)
    both = [Answered("L4", needs=[Listed("1.1", 1)]), Answered("J1", offers=[Listed("1.1", 3), Listed("2.6", None)])]

    found = await asking.what_if(database, desk, MACHINE, str(round_id), WhatIf(answers=both, without=["J2"]))

    assert [(one.leader.staff_no, one.junior.staff_no) for one in found.made] == [("L4", "J1")]
    assert (found.before.matched, found.after.matched, found.tried.answers) == (2, 1, both)


async def test_a_policy_that_no_prices_prove_is_asked_anew(database: Database, desk: Desk) -> None:
    _, round_id = await a_round(database, policy="stable")

    found = await asked(database, desk, round_id, Answered("J1", places=0), Answered("J2", offers=[Listed("2.6", 0)]))

    assert (found.before.matched, found.after.matched, found.made) == (2, 0, [])


async def test_hours_hold_for_whichever_role_somebody_has(database: Database, desk: Desk) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 1}, {"J1": 3})
        teaches = await an_enrolment(db, Role.JUNIOR, await db.get(Person, world["L2"].person_id), world.programme)
        skill_id = await db.scalar(select(Skill.id).where(Skill.code == "2.6"))
        db.add(EnrolmentSkill(enrolment_id=teaches.id, skill_id=skill_id, position=0, level=3))
    round_id = await proposed(database, world)

    found = await asked(database, desk, round_id, Answered("L2", hours=[]))

    assert {one.leader.staff_no for one in found.made} <= {"L1"}
    assert (found.before.matched, found.after.matched) == (1, 1)


@pytest.mark.parametrize(
    ("one", "refusal"),
    [
        (Answered("L1"), NothingToTry()),
        (Answered("NOBODY", places=1), NotInRound(who="NOBODY")),
        (Answered("L1", places=1), NotEnrolled(who="L1", role="junior")),
        (Answered("J1", needs=[Listed("2.6", 1)]), NotEnrolled(who="J1", role="leader")),
        (Answered("J1", offers=[Listed("9.9", 1)]), SkillUnknown(code="9.9")),
        (Answered("J1", offers=[Listed("1.1", None)]), SkillNotListed(who="J1", code="1.1")),
        (Answered("L1", needs=[Listed("3.4", None)]), SkillNotListed(who="L1", code="3.4")),
        (Answered("L5", needs=[Listed("1.1", 0)]), NeedsFull(who="L5", most=3)),
        (Answered("L1", needs=[Listed("2.6", 2)]), NeedListed(who="L1", code="2.6")),
        (Answered("L1", needs=[Listed("2.6", None), Listed("2.6", 2)]), NeedListed(who="L1", code="2.6")),
        (Answered("L1", more_hours=[(0, 600, 540)]), HoursEndBefore(who="L1")),
    ],
    ids=str,
)
async def test_what_nobody_can_answer_is_refused_by_name(
    database: Database, desk: Desk, one: Answered, refusal: MentoringError
) -> None:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1}, {"J1": 2})
        await a_leader(db, world, "L5", {"2.6": 1, "3.4": 0, "4.2": 0})
        db.add(Skill(code="1.1", area="1", title="1.1", description=""))
    round_id = await proposed(database, world)

    with pytest.raises(type(refusal)) as refused:
        await asked(database, desk, round_id, Answered("J1", more_hours=[(6, 0, 60)]), one)

    assert refused.value.details == refusal.details


async def test_a_pin_that_other_answers_would_forbid_is_told(database: Database, desk: Desk) -> None:
    _, round_id = await a_round(database)
    pinned = [NamedPair("L1", "J1")]
    data = WhatIf(pins=pinned, answers=[Answered("J1", offers=[Listed("2.6", None)])])

    with pytest.raises(PinsImpossible) as refused:
        await asking.what_if(database, desk, MACHINE, str(round_id), data)

    assert refused.value.details["rules"] == "skill"


async def test_a_page_tells_what_another_answer_would_change_and_leaves_it_to_the_person(
    client: AsyncClient, database: Database
) -> None:
    world, round_id = await a_round(database)
    async with database.sessions.begin() as db:
        person = await a_person(db)
        db.add(Coordinator(programme_id=world.programme.id, person_id=person.id))
    await come_in(client, database, person)
    path = f"/rounds/{round_id}/what-if"
    form = {
        "who": "J1",
        "skill": "3.4",
        "listed": "offers-3",
        "day": "6",
        "from": "10:00",
        "to": "12:00",
        "places": "2",
    }

    told = Page(await client.post(path, data=form))
    for changed, field in (({"to": "09:00"}, "from"), ({"who": "NOBODY"}, "who"), ({"listed": "best"}, "skill")):
        refused = Page(await client.post(path, data=form | changed))
        assert (field, refused.value(field)) == (field, (form | changed)[field])

    assert WORDS.text("round.what_if.leaders", before="2", after="3") in told.text
    assert WORDS.text("page.round.what_if.theirs") in told.text
    assert "reason" not in told.fields
    shown = Page(await client.get(f"/rounds/{round_id}/leaders/L1"))
    assert set(shown.fields["who"]) == {"L1", (await pairs(database, world, round_id))["L1"]}
