"""Programmes: made, changed, run; each seen by those who may."""

from contextlib import suppress
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.people.rules import PersonNotFound
from mentoring.policy import NotYours
from mentoring.programmes.changes import change_of
from mentoring.programmes.contracts import NewProgramme, RoleCount
from mentoring.programmes.queries import find_programme, list_programmes, read_programme
from mentoring.programmes.rules import (
    EnrolmentState,
    LadderOutOfOrder,
    Preset,
    ProgrammeNameTaken,
    ProgrammeNotFound,
    Role,
)
from mentoring.programmes.service import add_coordinator, change_programme, create_programme, remove_coordinator
from mentoring.skills.models import Skill
from tests.builders import NOW, a_person, a_programme, an_enrolment, as_actor

PLANS = {
    Preset.STANDARD: (7, 45, 21),
    Preset.SPRINT: (6, 45, 14),
    Preset.EXTENDED: (9, 60, 30),
}


@pytest.mark.parametrize("preset", PLANS)
async def test_a_programme_is_made_from_a_preset_with_the_skills_to_choose_from(
    db: AsyncSession, preset: Preset
) -> None:
    made = await create_programme(db, MACHINE, NewProgramme("Digital leaders", preset), NOW)

    assert (made.plan.sessions, made.plan.minutes, made.plan.every_days) == PLANS[preset]
    assert (made.open, made.leaders, made.coordinators) == (True, RoleCount(), [])
    assert len((await db.scalars(select(Skill.code))).all()) == 21


async def test_whoever_makes_a_programme_coordinates_it(db: AsyncSession) -> None:
    ama = await a_person(db)
    other = await a_programme(db)

    made = await create_programme(db, as_actor(ama, coordinates=(other,)), NewProgramme("Pilot"), NOW)

    assert [one.id for one in made.coordinators] == [ama.id]


async def test_a_participant_makes_none(db: AsyncSession) -> None:
    with pytest.raises(NotYours):
        await create_programme(db, as_actor(await a_person(db)), NewProgramme("Pilot"), NOW)


async def test_a_name_is_given_once(db: AsyncSession) -> None:
    await create_programme(db, MACHINE, NewProgramme("Pilot"), NOW)

    with pytest.raises(ProgrammeNameTaken) as refused:
        await create_programme(db, MACHINE, NewProgramme("Pilot"), NOW)

    assert refused.value.details == {"name": "Pilot"}


async def test_what_is_named_changes_and_the_rest_stays(db: AsyncSession) -> None:
    programme = await a_programme(db)
    coordinator = as_actor(await a_person(db), coordinates=(programme,))

    changed = await change_programme(
        db, coordinator, programme.name, change_of(["rules.unit=off", "weights.need=0.5", "open=no"]), NOW
    )

    assert (changed.rules.unit, changed.rules.seniority, changed.weights.need, changed.open) == (
        False,
        True,
        0.5,
        False,
    )
    db.expunge_all()
    stored = await find_programme(db, MACHINE, programme.name)
    assert (stored.rules, stored.weights, stored.open) == (changed.rules, changed.weights, False)
    entry = (await db.scalars(select(JournalEntry))).one()
    assert entry.details == {"programme_id": str(programme.id), "names": ["open", "rules.unit", "weights.need"]}


async def test_a_ladder_out_of_order_is_refused(db: AsyncSession) -> None:
    programme = await a_programme(db)

    with pytest.raises(LadderOutOfOrder):
        await change_programme(db, MACHINE, str(programme.id), change_of(["ladder.consent_expires=3"]), NOW)


async def test_a_stranger_does_not_learn_that_a_programme_exists(db: AsyncSession) -> None:
    programme, other = await a_programme(db), await a_programme(db)
    strangers = [as_actor(await a_person(db)), as_actor(await a_person(db), coordinates=(other,))]

    for stranger in strangers:
        with pytest.raises(ProgrammeNotFound) as theirs:
            await change_programme(db, stranger, programme.name, change_of(["open=no"]), NOW)
        with pytest.raises(ProgrammeNotFound) as nobodys:
            await read_programme(db, stranger, str(uuid4()))
        assert theirs.value.details == nobodys.value.details == {}


async def test_a_programme_is_found_by_id_before_by_name(db: AsyncSession) -> None:
    programme = await a_programme(db)
    await a_programme(db, name=str(programme.id))

    assert (await find_programme(db, MACHINE, str(programme.id))).id == programme.id


async def test_what_was_undone_is_not_found_changed_and_what_is_held_is_found_as_it_is_now(database: Database) -> None:
    async with database.sessions.begin() as db:
        ref = str((await a_programme(db, name="Here")).id)

    async with database.sessions() as db:
        seen = await find_programme(db, MACHINE, ref)
        with suppress(LadderOutOfOrder):
            async with db.begin_nested():
                (await find_programme(db, MACHINE, ref)).name = "There"
                await db.flush()
                raise LadderOutOfOrder()
        undone = (await find_programme(db, MACHINE, ref)).name
        await db.rollback()
        async with database.sessions.begin() as other:
            (await find_programme(other, MACHINE, ref)).name = "Elsewhere"
        held = await find_programme(db, MACHINE, ref, lock=True)

        assert (undone, held.name, held is seen) == ("Here", "Elsewhere", True)


async def test_one_sees_open_programmes_own_ones_and_those_one_runs(db: AsyncSession) -> None:
    names = ("closed", "joined", "open", "run")
    closed, joined, opened, run = [await a_programme(db, name=name, open=name == "open") for name in names]
    ama = await a_person(db)
    await an_enrolment(db, Role.JUNIOR, ama, joined)
    await an_enrolment(db, Role.LEADER, ama, closed, state=EnrolmentState.WITHDRAWN)

    mine = await list_programmes(db, as_actor(ama, coordinates=(run,)))
    everything = await list_programmes(db, MACHINE)

    assert [(one.name, one.roles, one.coordinating) for one in mine] == [
        ("joined", [Role.JUNIOR], False),
        ("open", [], False),
        ("run", [], True),
    ]
    assert [one.name for one in everything] == list(names)
    assert opened.open


async def test_numbers_leave_out_who_left_withdrew_or_is_not_prepared(db: AsyncSession) -> None:
    programme = await a_programme(db)
    await an_enrolment(db, Role.LEADER, None, programme)
    await an_enrolment(db, Role.LEADER, await a_person(db, left_on=NOW.date()), programme)
    await an_enrolment(db, Role.JUNIOR, None, programme)
    await an_enrolment(db, Role.JUNIOR, None, programme, prepared_at=None)
    await an_enrolment(db, Role.JUNIOR, None, programme, state=EnrolmentState.WITHDRAWN)

    view = await read_programme(db, MACHINE, programme.name)

    assert (view.leaders, view.juniors) == (RoleCount(1, 1), RoleCount(2, 1))


async def test_a_coordinator_is_added_and_removed_and_twice_is_once(db: AsyncSession) -> None:
    programme, ama = await a_programme(db), await a_person(db)

    await add_coordinator(db, MACHINE, programme.name, ama.email, NOW)
    added = await add_coordinator(db, MACHINE, programme.name, str(ama.staff_no), NOW)
    await remove_coordinator(db, MACHINE, programme.name, str(ama.id), NOW)
    removed = await remove_coordinator(db, MACHINE, programme.name, str(ama.id), NOW)

    assert ([one.id for one in added.coordinators], removed.coordinators) == ([ama.id], [])
    events = await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number))
    assert events.all() == ["CoordinatorAdded", "CoordinatorRemoved"]


async def test_who_left_coordinates_nothing(db: AsyncSession) -> None:
    programme, gone = await a_programme(db), await a_person(db, left_on=NOW.date())

    with pytest.raises(PersonNotFound):
        await add_coordinator(db, MACHINE, programme.name, gone.email, NOW)
