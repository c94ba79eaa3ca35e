"""The leader is asked, then the junior; each may say yes, no, or nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.directory.contracts import PersonLeft
from mentoring.identity import ANONYMOUS, MACHINE
from mentoring.journal import JournalEntry
from mentoring.pairings import queries, rules, service
from mentoring.pairings.contracts import Decline, NewPairing, PairingBegan
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingNotAsking, PairingNotFound, PairingState, SessionState, Standing
from mentoring.programmes.contracts import PersonWithdrew
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import EnrolmentState, Ladder, Role
from tests.builders import NOW, REASONS, a_pairing, a_person, a_programme, an_enrolment, as_actor


async def events(db: AsyncSession) -> list[str]:
    """What was recorded, in order."""
    await db.flush()
    return list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))


async def test_publishing_makes_pairings_whose_leaders_are_to_be_asked(db: AsyncSession) -> None:
    programme = await a_programme(db)
    leader = await an_enrolment(db, Role.LEADER, programme=programme)
    junior = await an_enrolment(db, Role.JUNIOR, programme=programme)
    pair = NewPairing(leader.id, junior.id, leader.person_id, junior.person_id, 0.62, REASONS)

    [pairing_id] = await service.make_pairings(db, programme, [pair], None, NOW)

    pairing = await db.get_one(Pairing, pairing_id)
    assert (pairing.state, pairing.asked_at, pairing.reasons) == (PairingState.ASKING_LEADER, NOW, REASONS)
    assert pairing.wake_at == NOW + timedelta(days=2)
    assert await events(db) == ["PairingsProposed"]


async def test_nothing_to_publish_records_nothing(db: AsyncSession) -> None:
    assert await service.make_pairings(db, await a_programme(db), [], None, NOW) == []
    assert await events(db) == []


async def test_the_leaders_yes_lets_the_junior_be_asked(db: AsyncSession) -> None:
    pairing = await a_pairing(db)
    later = NOW + timedelta(days=1)

    view = await service.accept_pairing(db, as_actor(pairing.leader_id), pairing.id, later)

    assert view.state is Standing.ARRANGING
    assert (pairing.state, pairing.asked_at, pairing.junior_asked_at) == (PairingState.ASKING_JUNIOR, later, later)
    assert pairing.wake_at == later + timedelta(days=2)
    assert await events(db) == ["JuniorAsked"]


async def test_the_juniors_yes_begins_the_pairing(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ASKING_JUNIOR)

    view = await service.accept_pairing(db, as_actor(pairing.junior_id), pairing.id, NOW)

    assert (view.state, view.began_at, pairing.wake_at) == (Standing.ACTIVE, NOW, None)
    assert view.partner_email is not None
    assert await events(db) == ["PairingBegan"]


@pytest.mark.parametrize("state", [PairingState.ASKING_LEADER, PairingState.ASKING_JUNIOR])
async def test_who_declines_says_why_to_the_coordinator_alone(db: AsyncSession, state: PairingState) -> None:
    pairing = await a_pairing(db, state)
    asked = pairing.leader_id if state is PairingState.ASKING_LEADER else pairing.junior_id

    view = await service.decline_pairing(db, as_actor(asked), pairing.id, Decline("no time"), NOW)

    programme = await db.get_one(Programme, pairing.programme_id)
    [record] = await queries.list_records(db, as_actor(uuid4(), coordinates=(programme,)))
    [managed] = await queries.list_records(db, MACHINE)
    assert (view.state, record.state, record.decline_reason) == (Standing.DECLINED, PairingState.DECLINED, "no time")
    assert managed.decline_reason is None
    assert await events(db) == ["PairingFellThrough"]


async def test_a_juniors_no_leaves_no_trace_for_the_leader(db: AsyncSession) -> None:
    declined = await a_pairing(db, PairingState.ASKING_JUNIOR)
    expired = await a_pairing(db, PairingState.ASKING_JUNIOR, wake_at=NOW + timedelta(days=7))
    await service.decline_pairing(db, as_actor(declined.junior_id), declined.id, Decline("rather not"), NOW)
    await service.wake_pairing(db, NOW + timedelta(days=7))

    said_no, said_nothing = [
        await queries.read_pairing(db, as_actor(one.leader_id), one.id) for one in (declined, expired)
    ]

    same = {"id": said_no.id, "programme": said_no.programme, "partner": said_no.partner}
    assert replace(said_nothing, **same, partner_unit=said_no.partner_unit) == said_no
    assert (said_no.state, said_no.answer_by, said_no.partner_email) == (Standing.NOT_ARRANGED, None, None)


async def test_a_junior_never_learns_of_what_the_leader_declined(db: AsyncSession) -> None:
    pairing = await a_pairing(db)
    junior = as_actor(pairing.junior_id)
    await service.decline_pairing(db, as_actor(pairing.leader_id), pairing.id, Decline(), NOW)

    assert await queries.my_pairings(db, junior) == []
    with pytest.raises(PairingNotFound):
        await queries.read_pairing(db, junior, pairing.id)


async def test_a_junior_cannot_answer_before_being_asked(db: AsyncSession) -> None:
    pairing = await a_pairing(db)

    with pytest.raises(PairingNotFound):
        await service.accept_pairing(db, as_actor(pairing.junior_id), pairing.id, NOW)


async def test_a_stranger_a_coordinator_and_nobody_cannot_answer_for_the_two(db: AsyncSession) -> None:
    programme = await a_programme(db)
    pairing = await a_pairing(db, programme=programme)
    others = [
        as_actor(await a_person(db)),
        as_actor(await a_person(db), coordinates=(programme,), administrator=True),
        ANONYMOUS,
        MACHINE,
    ]

    for other in others:
        with pytest.raises(PairingNotFound):
            await service.accept_pairing(db, other, pairing.id, NOW)


@pytest.mark.parametrize("state", [state for state in PairingState if state is not PairingState.ASKING_LEADER])
async def test_the_leader_answers_once_and_only_while_asked(db: AsyncSession, state: PairingState) -> None:
    pairing = await a_pairing(db, state)
    leader = as_actor(pairing.leader_id)

    for answer in (service.accept_pairing(db, leader, pairing.id, NOW),
                   service.decline_pairing(db, leader, pairing.id, Decline(), NOW)):  # fmt: skip
        with pytest.raises(PairingNotAsking):
            await answer


async def test_a_junior_whose_places_are_taken_cannot_take_one_more(db: AsyncSession) -> None:
    programme = await a_programme(db)
    enrolment = await an_enrolment(db, Role.JUNIOR, programme=programme, capacity=1)
    await a_pairing(db, PairingState.ACTIVE, programme=programme, junior_enrolment=enrolment)
    second = await a_pairing(db, PairingState.ASKING_JUNIOR, programme=programme, junior_enrolment=enrolment)

    with pytest.raises(rules.NoPlaceLeft):
        await service.accept_pairing(db, as_actor(second.junior_id), second.id, NOW)


async def test_two_yeses_at_once_do_not_share_the_last_place(database: Database) -> None:
    async with database.sessions.begin() as db:
        programme = await a_programme(db)
        enrolment = await an_enrolment(db, Role.JUNIOR, programme=programme, capacity=1)
        pairings = [
            await a_pairing(db, PairingState.ASKING_JUNIOR, programme=programme, junior_enrolment=enrolment)
            for _ in range(2)
        ]

    async def accept(pairing: Pairing) -> None:
        async with database.sessions.begin() as db:
            await service.accept_pairing(db, as_actor(pairing.junior_id), pairing.id, NOW)

    outcomes = await asyncio.gather(*map(accept, pairings), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoPlaceLeft", "NoneType"]


async def test_of_two_answers_at_once_the_first_counts(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db)
    leader = as_actor(pairing.leader_id)

    async def answer(yes: bool) -> None:
        async with database.sessions.begin() as db:
            if yes:
                await service.accept_pairing(db, leader, pairing.id, NOW)
            else:
                await service.decline_pairing(db, leader, pairing.id, Decline(), NOW)

    outcomes = await asyncio.gather(answer(True), answer(False), answer(True), return_exceptions=True)

    async with database.reading() as db:
        recorded = await db.scalar(select(func.count()).select_from(JournalEntry))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "NoneType",
        "PairingNotAsking",
        "PairingNotAsking",
    ]
    assert recorded == 1


WAKES = {
    "before the first reminder": (timedelta(days=1), PairingState.ASKING_LEADER, 0, []),
    "at the first reminder": (timedelta(days=2), PairingState.ASKING_LEADER, 1, ["ConsentReminded"]),
    "after the second, both missed": (timedelta(days=6, hours=1), PairingState.ASKING_LEADER, 2, ["ConsentReminded"]),
    "long after": (timedelta(days=60), PairingState.EXPIRED, 0, ["PairingFellThrough"]),
}


@pytest.mark.parametrize("since, state, reminders, recorded", WAKES.values(), ids=WAKES)
async def test_silence_is_reminded_of_and_then_expires_by_working_days(
    db: AsyncSession, since: timedelta, state: PairingState, reminders: int, recorded: list[str]
) -> None:
    pairing = await a_pairing(db, wake_at=NOW + timedelta(days=1))

    await service.wake_pairing(db, NOW + since)

    assert (pairing.state, pairing.reminders) == (state, reminders)
    assert await events(db) == recorded


async def test_waking_twice_reminds_once(db: AsyncSession) -> None:
    await a_pairing(db, wake_at=NOW + timedelta(days=2))
    at = NOW + timedelta(days=2)

    woken = [await service.wake_pairing(db, at) for _ in range(3)]

    assert [one is not None for one in woken] == [True, False, False]
    assert await events(db) == ["ConsentReminded"]


async def test_the_working_days_are_those_of_the_persons_own_place(db: AsyncSession) -> None:
    """From Wednesday on, two working days end on Friday in Switzerland, and on Sunday in Egypt."""
    programme = await a_programme(db, ladder=Ladder(consent_reminders=(2,)))
    cairo = await a_person(db, country="EG", time_zone="Africa/Cairo")
    wednesday = datetime(2026, 3, 4, 9, tzinfo=UTC)
    pairs = []
    for person in (None, cairo):
        leader = await an_enrolment(db, Role.LEADER, person, programme)
        junior = await an_enrolment(db, Role.JUNIOR, programme=programme)
        pairs.append(NewPairing(leader.id, junior.id, leader.person_id, junior.person_id, 0.5, REASONS))

    ids = await service.make_pairings(db, programme, pairs, None, wednesday)

    wakes = [(await db.get_one(Pairing, one)).wake_at for one in ids]
    assert wakes == [datetime(2026, 3, 6, 9, tzinfo=UTC), datetime(2026, 3, 8, 9, tzinfo=UTC)]


async def test_undoing_withdraws_what_is_open_and_cancels_its_sessions(db: AsyncSession) -> None:
    asking, active = await a_pairing(db), await a_pairing(db, PairingState.ACTIVE)
    over = await a_pairing(db, PairingState.DECLINED)
    await service.plan_sessions(db, [PairingBegan(active.id)], NOW)

    withdrawn = await service.withdraw_pairings(db, [asking.id, active.id, over.id], None, NOW)

    states = set(await db.scalars(select(PairSession.state)))
    assert set(withdrawn) == {asking.id, active.id}
    assert states == {SessionState.CANCELLED}
    assert await service.withdraw_pairings(db, [asking.id, active.id, over.id], None, NOW) == []
    assert await events(db) == ["PairingsWithdrawn"]


async def test_nobody_waits_for_a_leaver(db: AsyncSession) -> None:
    asking = await a_pairing(db, PairingState.ASKING_JUNIOR)
    active = await a_pairing(db, PairingState.ACTIVE)
    await service.plan_sessions(db, [PairingBegan(active.id)], NOW)

    for pairing in (asking, active, asking, active):
        await service.let_go_of_leavers(db, [PersonLeft(pairing.junior_id)], NOW)
        await db.flush()

    assert (asking.state, active.state, active.over_at) == (PairingState.EXPIRED, PairingState.ENDED, NOW)
    sessions = await db.execute(select(PairSession.state, PairSession.wake_at))
    assert {tuple(row) for row in sessions} == {(SessionState.CANCELLED, None)}
    assert await events(db) == ["PairingFellThrough", "PairingEnded"]


@pytest.mark.parametrize("state", [PairingState.ASKING_LEADER, PairingState.ASKING_JUNIOR])
@pytest.mark.parametrize("role", Role)
async def test_nobody_waits_for_the_answer_of_who_has_withdrawn(
    db: AsyncSession, state: PairingState, role: Role
) -> None:
    pairing = await a_pairing(db, state)
    enrolment_id = pairing.leader_enrolment_id if role is Role.LEADER else pairing.junior_enrolment_id
    enrolment = await db.get_one(Enrolment, enrolment_id)
    enrolment.state = EnrolmentState.WITHDRAWN
    asked = pairing.leader_id if state is PairingState.ASKING_LEADER else pairing.junior_id

    with pytest.raises(PairingNotAsking):
        await service.accept_pairing(db, as_actor(asked), pairing.id, NOW)
    for _ in range(2):
        await service.let_go_of_withdrawn(db, [PersonWithdrew(enrolment_id)], NOW)
        await db.flush()

    assert (pairing.state, pairing.declined_by_id) == (PairingState.EXPIRED, enrolment.person_id)
    assert await events(db) == ["PairingFellThrough"]


async def test_withdrawing_leaves_alone_what_has_begun_and_what_was_asked_after_coming_back(db: AsyncSession) -> None:
    asking, active = await a_pairing(db), await a_pairing(db, PairingState.ACTIVE)
    (await db.get_one(Enrolment, active.leader_enrolment_id)).state = EnrolmentState.WITHDRAWN
    withdrew = [PersonWithdrew(one.leader_enrolment_id) for one in (asking, active)]

    await service.let_go_of_withdrawn(db, withdrew, NOW)

    assert (asking.state, active.state) == (PairingState.ASKING_LEADER, PairingState.ACTIVE)
