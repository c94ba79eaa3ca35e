"""The front page tells everybody how many take part, and nobody who."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.pairings.models import PairSession
from mentoring.pairings.participation import TOLD_FOR, Participation, count_participants
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.programmes.rules import EnrolmentState, Role
from tests.builders import NOW, a_pairing, a_person, a_programme, an_enrolment
from tests.mentoring.visitor import Page

COUNTRIES = ("CH", "FR", "KE", "PE", "JP")


async def take_part(db: AsyncSession, number: int, role: Role = Role.LEADER) -> None:
    programme = await a_programme(db)
    for place in range(number):
        person = await a_person(db, country=COUNTRIES[place % len(COUNTRIES)])
        await an_enrolment(db, role, programme=programme, person=person)


@pytest.mark.parametrize(
    "number, told", [(0, {}), (4, {}), (5, {"leaders": 5, "countries": 5}), (6, {"leaders": 6, "countries": 5})]
)
async def test_a_number_is_told_from_five_on(db: AsyncSession, number: int, told: dict[str, int]) -> None:
    await take_part(db, number)

    assert await count_participants(db) == told


async def test_who_withdrew_or_left_does_not_count_and_who_leads_twice_counts_once(db: AsyncSession) -> None:
    await take_part(db, 5, Role.JUNIOR)
    programme, twice = await a_programme(db, name="Another"), await a_person(db)
    await an_enrolment(db, Role.JUNIOR, programme=programme, person=twice, state=EnrolmentState.WITHDRAWN)
    await an_enrolment(db, Role.JUNIOR, programme=programme, person=await a_person(db, left_on=NOW.date()))
    await an_enrolment(db, Role.JUNIOR, programme=programme, person=(again := await a_person(db)))
    await an_enrolment(db, Role.JUNIOR, programme=await a_programme(db, name="A third"), person=again)

    assert (await count_participants(db))["juniors"] == 6


async def test_sessions_count_once_they_were_held(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)
    for number in range(1, 8):
        state = SessionState.HELD if number < 6 else SessionState.INVITED
        start = {"local_start": NOW.replace(tzinfo=None), "time_zone": "UTC", "starts_at": NOW, "minutes": 45}
        db.add(PairSession(pairing_id=pairing.id, number=number, state=state, **start))

    assert await count_participants(db) == {"sessions": 5}


async def test_the_numbers_are_counted_anew_after_a_while(db: AsyncSession, database: Database) -> None:
    participation = Participation()
    before = await participation.told(db, database, NOW)
    await take_part(db, 5)

    soon, later = (
        await participation.told(db, database, NOW + TOLD_FOR / 2),
        await participation.told(db, database, NOW + TOLD_FOR),
    )

    assert (before, soon) == ({}, {})
    assert later["leaders"] == 5
    assert timedelta(minutes=1) < TOLD_FOR


async def test_a_stranger_reads_how_many_take_part_and_no_name(client: AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as db:
        await take_part(db, 7)
        await an_enrolment(db, Role.JUNIOR, person=await a_person(db, family_name="Unnamed"))

    read = Page(await client.get("/")).text

    assert f"{Words('en').text('page.home.joined.leaders')} 7" in read
    assert Words("en").text("page.home.joined.juniors") not in read
    assert "Unnamed" not in read
