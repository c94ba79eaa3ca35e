"""A person signs up, changes what they said, prepares, withdraws."""

import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import ANONYMOUS, MACHINE
from mentoring.journal import JournalEntry
from mentoring.people.models import Person
from mentoring.people.rules import PersonNotFound
from mentoring.programmes import rules
from mentoring.programmes.contracts import Checklist, EnrolledSkill, PersonName, SignUp, SkillLevel
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.queries import list_enrolments, list_exclusions, read_sign_up
from mentoring.programmes.rules import EnrolmentState, ProgrammeNotFound, Role
from mentoring.programmes.sign_ups import sign_up, tick_checklist, withdraw
from mentoring.skills.service import ensure_catalogue
from tests.builders import NOW, a_person, a_programme, as_actor

NEEDS = [SkillLevel("2.6", 1), SkillLevel("3.1", 0)]
MORNINGS = [(0, 540, 720), (1, 540, 720)]
WHOLE = Checklist(["guide", "conversation", "confidentiality", "time"])


async def a_place(db: AsyncSession, **changes: object) -> tuple[Programme, Person]:
    """A programme that takes sign-ups, and somebody who could."""
    await ensure_catalogue(db)
    return await a_programme(db, **changes), await a_person(db)


async def events(db: AsyncSession) -> list[str]:
    return list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))


async def test_a_leader_signs_up_with_needs_in_their_order(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    wished = await a_person(db)
    given = SignUp(
        NEEDS, [MORNINGS[1], MORNINGS[0]], ["LinkedIn", "LinkedIn "], languages={"en": 3}, wishes=[wished.email]
    )

    seen = await sign_up(db, as_actor(ama), programme.name, Role.LEADER, given, NOW)

    assert (seen.skills, seen.hours, seen.tools) == (NEEDS, MORNINGS, ["LinkedIn"])
    assert (seen.prepared, seen.capacity, seen.exclusions) == (True, 1, 0)
    assert seen.wishes == [PersonName(wished.id, wished.staff_no, f"Ama {wished.family_name}")]
    assert ama.languages == seen.languages == {"en": 3}
    assert await read_sign_up(db, as_actor(ama), programme.name, Role.LEADER) == seen
    assert await events(db) == ["PersonSignedUp"]


async def test_signing_up_again_replaces_what_was_said_but_keeps_what_was_left_out(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    foe, wished = await a_person(db), await a_person(db)
    first = SignUp(NEEDS, MORNINGS, wishes=[wished.email], exclusions=[foe.email])
    await sign_up(db, as_actor(ama), programme.name, Role.LEADER, first, NOW)

    again = await sign_up(
        db, as_actor(ama), programme.name, Role.LEADER, SignUp([SkillLevel("1.1", 2)], MORNINGS[:1]), NOW
    )

    assert (again.skills, again.hours, again.wishes) == ([SkillLevel("1.1", 2)], MORNINGS[:1], [])
    assert (again.exclusions, again.languages) == (1, {"en": 2, "fr": 3})
    assert await events(db) == ["PersonSignedUp", "SignUpChanged"]


async def test_one_may_be_leader_and_junior_of_the_same_programme(db: AsyncSession) -> None:
    programme, ama = await a_place(db)

    leader = await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)
    junior = await sign_up(
        db, as_actor(ama), programme.name, Role.JUNIOR, SignUp([SkillLevel("1.1", 3)], MORNINGS, capacity=2), NOW
    )

    assert (leader.role, junior.role, junior.capacity, junior.prepared) == (Role.LEADER, Role.JUNIOR, 2, False)


async def test_a_closed_programme_takes_changes_and_nobody_new(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)
    programme.open = False
    await db.flush()

    changed = await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS[:1], MORNINGS), NOW)
    with pytest.raises(rules.SignUpClosed):
        await sign_up(db, as_actor(await a_person(db)), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)
    await withdraw(db, as_actor(ama), programme.name, Role.LEADER, NOW)
    with pytest.raises(rules.SignUpClosed):
        await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)

    assert changed.skills == NEEDS[:1]


async def test_somebody_unknown_and_somebody_who_left_are_refused_alike(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    gone = await a_person(db, left_on=NOW.date())

    for who in ("nobody@example.org", gone.email):
        with pytest.raises(rules.PersonUnknown) as refused:
            await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS, wishes=[who]), NOW)
        assert refused.value.details == {"who": who}
    with pytest.raises(rules.OneselfNamed):
        await sign_up(
            db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS, exclusions=[ama.email]), NOW
        )


async def test_a_skill_that_is_not_there_and_a_fourth_need_are_refused(db: AsyncSession) -> None:
    programme, ama = await a_place(db)

    with pytest.raises(rules.SkillUnknown):
        await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp([SkillLevel("9.9", 1)], MORNINGS), NOW)
    four = [SkillLevel(code, 0) for code in ("1.1", "1.2", "1.3", "2.1")]
    with pytest.raises(rules.TooManyNeeds):
        await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(four, MORNINGS), NOW)


async def test_a_junior_is_prepared_once_all_of_the_checklist_is_ticked(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    offers = SignUp([SkillLevel("1.1", 3)], MORNINGS)
    await sign_up(db, as_actor(ama), programme.name, Role.JUNIOR, offers, NOW)

    half = await tick_checklist(db, as_actor(ama), programme.name, Checklist(["time", "guide"]), NOW)
    whole = await tick_checklist(db, as_actor(ama), programme.name, WHOLE, NOW)
    later = await tick_checklist(db, as_actor(ama), programme.name, Checklist([]), NOW)

    assert (half.prepared, half.checklist) == (False, ["guide", "time"])
    assert (whole.prepared, later.prepared, later.checklist) == (True, True, [])
    assert await events(db) == ["PersonSignedUp", "PersonPrepared"]


async def test_only_a_junior_who_signed_up_has_a_checklist(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)

    with pytest.raises(rules.NotSignedUp):
        await tick_checklist(db, as_actor(ama), programme.name, WHOLE, NOW)


async def test_one_withdraws_once_and_may_come_back(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)

    await withdraw(db, as_actor(ama), programme.name, Role.LEADER, NOW)
    await withdraw(db, as_actor(ama), programme.name, Role.LEADER, NOW)
    away = await read_sign_up(db, as_actor(ama), programme.name, Role.LEADER)
    back = await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)

    assert (away.state, back.state, back.id) == (EnrolmentState.WITHDRAWN, EnrolmentState.ENROLLED, away.id)
    assert await events(db) == ["PersonSignedUp", "PersonWithdrew", "PersonSignedUp"]


async def test_nobody_signs_up_in_another_s_name(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)
    stranger = as_actor(await a_person(db))

    with pytest.raises(rules.NotSignedUp):
        await read_sign_up(db, stranger, programme.name, Role.LEADER)
    with pytest.raises(rules.NotSignedUp):
        await withdraw(db, stranger, programme.name, Role.LEADER, NOW)
    with pytest.raises(PersonNotFound):
        await sign_up(db, MACHINE, programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)
    with pytest.raises(ProgrammeNotFound):
        await sign_up(db, ANONYMOUS, programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)


async def test_the_coordinator_sees_who_signed_up_but_not_a_leader_s_levels(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    ben = await a_person(db)
    await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)
    await sign_up(db, as_actor(ben), programme.name, Role.JUNIOR, SignUp([SkillLevel("1.1", 3)], MORNINGS), NOW)
    coordinator = as_actor(await a_person(db), coordinates=(programme,))

    leaders = await list_enrolments(db, coordinator, programme.name, Role.LEADER, 50, 0)
    juniors = await list_enrolments(db, coordinator, programme.name, Role.JUNIOR, 50, 0)
    second = await list_enrolments(db, coordinator, programme.name, None, 1, 1)

    assert leaders[0].skills == [EnrolledSkill("2.6", None), EnrolledSkill("3.1", None)]
    assert juniors[0].skills == [EnrolledSkill("1.1", 3)]
    assert [one.person.id for one in second] == [ama.id]
    with pytest.raises(ProgrammeNotFound):
        await list_enrolments(db, as_actor(ama), programme.name, None, 50, 0)


async def test_exclusions_are_for_the_programme_s_own_coordinator_alone(db: AsyncSession) -> None:
    programme, ama = await a_place(db)
    foe, other = await a_person(db), await a_programme(db)
    await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS, exclusions=[foe.email]), NOW)

    [seen] = await list_exclusions(db, as_actor(await a_person(db), coordinates=(programme,)), programme.name)

    assert (seen.person.id, seen.role, seen.excluded.id) == (ama.id, Role.LEADER, foe.id)
    strangers = [
        as_actor(ama),
        as_actor(foe),
        as_actor(await a_person(db), coordinates=(other,)),
        as_actor(await a_person(db), administrator=True),
    ]
    for stranger in strangers:
        with pytest.raises(ProgrammeNotFound):
            await list_exclusions(db, stranger, programme.name)


async def test_two_clicks_at_once_are_one_sign_up(database: Database) -> None:
    async with database.sessions.begin() as db:
        programme, ama = await a_place(db)

    async def click() -> str:
        async with database.sessions.begin() as db:
            return str((await sign_up(db, as_actor(ama), programme.name, Role.LEADER, SignUp(NEEDS, MORNINGS), NOW)).id)

    ids = await asyncio.gather(click(), click())

    assert ids[0] == ids[1]
    async with database.reading() as db:
        assert len((await db.scalars(select(Enrolment))).all()) == 1
        assert await events(db) == ["PersonSignedUp", "SignUpChanged"]
