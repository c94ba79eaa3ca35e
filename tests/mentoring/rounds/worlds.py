"""Small programmes for rounds: everybody in them can be paired with everybody, unless the test says otherwise."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import msgspec
import psutil
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.programmes.contracts import MatchingChange
from mentoring.programmes.models import Enrolment, EnrolmentSkill, Programme
from mentoring.programmes.rules import Role
from mentoring.rounds import service
from mentoring.rounds.child import PROGRAM
from mentoring.rounds.contracts import Propose, Publish, PublishedRound
from mentoring.rounds.models import ProposedPair, Round
from mentoring.rounds.problem import build
from mentoring.rounds.results import replace_rows
from mentoring.rounds.rules import RoundState
from mentoring.rounds.snapshot import read_rows
from mentoring.rounds.solver import Request, Solved, answer
from mentoring.skills.models import Skill
from tests.builders import NOW, a_person, a_programme, an_enrolment
from tests.harness.server import LOOK_AGAIN_AFTER

LATER = NOW + timedelta(hours=1)
LEADS_AT, TEACHES_AT = 20, 9
"""Grade levels far enough apart."""


@dataclass
class World:
    """A programme and who enrolled; people are called by their staff numbers."""

    programme: Programme
    enrolled: dict[str, Enrolment] = field(default_factory=dict)

    def __getitem__(self, staff_no: str) -> Enrolment:
        return self.enrolled[staff_no]


async def a_leader(
    db: AsyncSession, world: World, staff_no: str, needs: Mapping[str, int] | None = None, **person: object
) -> Enrolment:
    """Needs skills, each with the level held now; 2.6 at level 1 unless told otherwise."""
    return await _enrolled(db, world, staff_no, Role.LEADER, needs or {"2.6": 1}, {"grade_level": LEADS_AT} | person, 1)


async def a_junior(
    db: AsyncSession,
    world: World,
    staff_no: str,
    offers: Mapping[str, int] | None = None,
    capacity: int = 1,
    **person: object,
) -> Enrolment:
    """Offers skills; 2.6 at level 3 unless told otherwise, which is all that a leader wants."""
    grade = {"grade_level": TEACHES_AT}
    return await _enrolled(db, world, staff_no, Role.JUNIOR, offers or {"2.6": 3}, grade | person, capacity)


async def _enrolled(
    db: AsyncSession,
    world: World,
    staff_no: str,
    role: Role,
    skills: Mapping[str, int],
    person: dict[str, object],
    capacity: int,
) -> Enrolment:
    somebody = await a_person(db, staff_no=staff_no, **person)
    enrolment = await an_enrolment(db, role, somebody, world.programme, capacity=capacity)
    for position, (code, level) in enumerate(skills.items()):
        skill_id = await _skill(db, code)
        db.add(EnrolmentSkill(enrolment_id=enrolment.id, skill_id=skill_id, position=position, level=level))
    await db.flush()
    world.enrolled[staff_no] = enrolment
    return enrolment


async def _skill(db: AsyncSession, code: str) -> UUID:
    skill = await db.scalar(select(Skill).where(Skill.code == code))
    if skill is None:
        skill = Skill(code=code, area=code[0], title=code, description="")
        db.add(skill)
        await db.flush()
    return skill.id


async def a_world(db: AsyncSession, leaders: Mapping[str, int], juniors: Mapping[str, int]) -> World:
    """Leaders with the level they hold in 2.6, juniors with the level they offer.

    Held 1 against offered 3 or more is a better pair than against offered 2; held 0 is well served by both.
    """
    world = World(await a_programme(db))
    for staff_no, level in leaders.items():
        await a_leader(db, world, staff_no, {"2.6": level})
    for staff_no, level in juniors.items():
        await a_junior(db, world, staff_no, {"2.6": level})
    return world


async def proposed(database: Database, world: World, **matching: object) -> UUID:
    """Propose the programme's round, under its policy unless another is named, and solve it."""
    asked_for = Propose(2026, msgspec.convert(matching, MatchingChange))
    async with database.sessions.begin() as db:
        asked = await service.propose_round(db, MACHINE, str(world.programme.id), asked_for, NOW)
    await solve(database, asked.round)
    return asked.round


async def solve(database: Database, round_id: UUID) -> None:
    """Solve the round in this process: the same engine, without the second that starting another takes."""
    async with database.sessions.begin() as db:
        round_ = await db.get_one(Round, round_id)
        programme = await db.get_one(Programme, round_.programme_id)
        snapshot = build(await read_rows(db, programme, round_.year, round_.id))
        aim = snapshot.aim(round_.matching)
        request = Request("solve", snapshot.problem.to_bytes(), programme.plan.minutes, aim)
        solved = answer(request, lambda _stage, _share: None)
        assert isinstance(solved, Solved), solved
        await replace_rows(db, round_.id, round_.revision, snapshot, request, solved)
        round_.state, round_.matched, round_.total_fit = RoundState.PROPOSED, solved.matched, solved.total_fit


async def published(database: Database, round_id: UUID) -> PublishedRound:
    async with database.sessions.begin() as db:
        return await service.publish_round(db, MACHINE, str(round_id), Publish(), NOW)


async def pairs(database: Database, world: World, round_id: UUID) -> dict[str, str]:
    """Who is proposed to whom, by staff number."""
    async with database.reading() as db:
        rows = await db.scalars(select(ProposedPair).where(ProposedPair.round_id == round_id))
        names = {enrolment.id: staff_no for staff_no, enrolment in world.enrolled.items()}
        return {names[row.leader_enrolment_id]: names[row.junior_enrolment_id] for row in rows}


async def waited(database: Database, world: World) -> dict[str, int]:
    async with database.reading() as db:
        rows = await db.execute(select(Enrolment.id, Enrolment.waited_rounds))
        found = dict(rows.all())
        return {staff_no: found[enrolment.id] for staff_no, enrolment in world.enrolled.items()}


async def state(database: Database, round_id: UUID) -> RoundState:
    async with database.reading() as db:
        return (await db.get_one(Round, round_id)).state


def solvers(parent: int | None = None) -> list[psutil.Process]:
    """The solvers that a process (this one) has running, and none of its other children."""
    try:
        children = psutil.Process(parent).children()
    except psutil.NoSuchProcess:
        return []
    return [child for child in children if _solves(child)]


def _solves(process: psutil.Process) -> bool:
    """Whether it runs a solver; one that ends while it is looked at (a zombie until it is waited for) does not."""
    try:
        return PROGRAM[-1] in process.cmdline()
    except psutil.NoSuchProcess:
        return False


async def kill_solvers(times: int) -> None:
    """kill -9 for the next solvers of this process while they load their libraries, long before they could answer."""
    killed: set[int] = set()
    while len(killed) < times:
        for process in solvers():
            if process.pid not in killed:
                process.kill()
                killed.add(process.pid)
        await asyncio.sleep(LOOK_AGAIN_AFTER)
