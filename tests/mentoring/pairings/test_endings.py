"""A pairing ends: early and without a reason, with the programme, or when it has gone its whole way."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import service as checkins
from mentoring.checkins.rules import CheckInState
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.pairings import closing, endings, queries, rules, service
from mentoring.pairings.contracts import PairingEnded, SessionBooked
from mentoring.pairings.life import Assess, AssessedSkill, EndPairing, LeaveProgramme
from mentoring.pairings.models import Pairing, Rematch
from mentoring.pairings.rules import Ending, PairingState, SessionState, went_its_way
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import EnrolmentState, Role
from tests.builders import NOW, a_check_in, a_pairing, a_person, a_programme, a_session, an_enrolment, as_actor

BEFORE, AFTER = NOW - timedelta(days=1), NOW + timedelta(days=1)


async def told(db: AsyncSession) -> list[str]:
    await db.flush()
    return list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))


@pytest.mark.parametrize("state", [PairingState.ACTIVE, PairingState.PAUSED])
@pytest.mark.parametrize("by_leader", [True, False])
async def test_either_may_end_it_and_the_reason_is_for_the_coordinator_alone(
    db: AsyncSession, state: PairingState, by_leader: bool
) -> None:
    pairing = await a_pairing(db, state)
    session = await a_session(db, pairing, state=SessionState.INVITED)
    mine, theirs = pairing.leader_id, pairing.junior_id
    if not by_leader:
        mine, theirs = theirs, mine

    seen = await endings.end_pairing(db, as_actor(mine), pairing.id, EndPairing("we do not get on"), NOW)

    other = await queries.read_pairing(db, as_actor(theirs), pairing.id)
    programme = await db.get_one(Programme, pairing.programme_id)
    [record] = await queries.list_records(db, as_actor(uuid4(), coordinates=(programme,)))
    [managed] = await queries.list_records(db, MACHINE)
    assert (seen.state, pairing.ending, pairing.ended_by_id, pairing.wake_at) == ("ended", Ending.EARLY, mine, None)
    assert (session.state, session.sequence) == (SessionState.CANCELLED, 1)
    assert "get on" not in repr(other)
    assert "early" not in repr(other)
    assert (record.ending, record.end_reason, managed.end_reason) == (Ending.EARLY, "we do not get on", None)
    assert await told(db) == ["SessionsCancelled", "PairingEnded"]


@pytest.mark.parametrize(
    "state", [one for one in PairingState if one not in (PairingState.ACTIVE, PairingState.PAUSED)]
)
async def test_what_is_not_under_way_cannot_be_ended(db: AsyncSession, state: PairingState) -> None:
    pairing = await a_pairing(db, state, began_at=NOW)
    leader = as_actor(pairing.leader_id)

    for attempt in (
        endings.end_pairing(db, leader, pairing.id, EndPairing(), NOW),
        endings.leave_programme(db, leader, pairing.id, LeaveProgramme(), NOW),
    ):
        with pytest.raises(rules.PairingNotUnderWay):
            await attempt


async def test_leaving_the_programme_ends_all_one_has_in_it(db: AsyncSession) -> None:
    programme, junior = await a_programme(db), await a_person(db)
    enrolment = await an_enrolment(db, Role.JUNIOR, junior, programme, capacity=2)
    mine = [await a_pairing(db, PairingState.ACTIVE, programme=programme, junior_enrolment=enrolment) for _ in range(2)]
    elsewhere = await a_pairing(db, PairingState.ACTIVE, junior=junior)

    await endings.leave_programme(db, as_actor(junior), mine[0].id, LeaveProgramme(), NOW)

    assert [(one.state, one.ending) for one in mine] == [(PairingState.ENDED, Ending.WITHDREW)] * 2
    assert (elsewhere.state, enrolment.state) == (PairingState.ACTIVE, EnrolmentState.WITHDRAWN)
    assert await told(db) == ["PairingEnded", "PairingEnded", "PersonWithdrew"]


async def test_whoever_did_not_end_it_is_told_once_and_after_the_whole_way_both_are(db: AsyncSession) -> None:
    early, complete = [await a_pairing(db, PairingState.ENDED) for _ in range(2)]
    events = [
        PairingEnded(early.id, early.leader_id, Ending.EARLY),
        PairingEnded(complete.id, None, Ending.COMPLETED),
    ]

    for _ in range(2):
        await endings.tell_ended(db, events, NOW)

    asked = set(await db.scalars(select(Message.recipient_id)))
    assert asked == {early.junior_id, complete.leader_id, complete.junior_id}


async def test_after_the_whole_way_one_is_still_asked_and_after_an_early_end_no_more(db: AsyncSession) -> None:
    for ending, state in ((Ending.COMPLETED, CheckInState.SCHEDULED), (Ending.EARLY, CheckInState.CANCELLED)):
        pairing = await a_pairing(db, PairingState.ENDED)
        waits = await a_check_in(db, pairing=pairing, state=CheckInState.SCHEDULED, moment="look_back", wake_at=AFTER)

        await checkins.cancel_check_ins(db, [PairingEnded(pairing.id, None, ending)], NOW)

        await db.refresh(waits)
        assert waits.state is state


WAYS = {
    "none was held": ([(SessionState.MISSED, BEFORE)], False),
    "one still lies ahead": ([(SessionState.HELD, BEFORE), (SessionState.PLANNED, AFTER)], False),
    "all are past": ([(SessionState.HELD, BEFORE), (SessionState.MISSED, BEFORE)], True),
    "what lies ahead was called off": ([(SessionState.HELD, BEFORE), (SessionState.CANCELLED, AFTER)], True),
    "nobody has said of the last one": ([(SessionState.HELD, BEFORE), (SessionState.INVITED, BEFORE)], True),
    "there was nothing": ([], False),
}


@pytest.mark.parametrize("sessions, whole", WAYS.values(), ids=WAYS)
def test_the_whole_way_is_gone_when_something_was_held_and_nothing_lies_ahead(
    sessions: list[tuple[SessionState, object]], whole: bool
) -> None:
    assert went_its_way(sessions, NOW) is whole  # type: ignore[arg-type]  # the table holds moments


async def finished(db: AsyncSession) -> Pairing:
    """A pairing whose only session was held yesterday."""
    pairing = await a_pairing(db, PairingState.ACTIVE)
    await a_session(db, pairing, starts_at=BEFORE, state=SessionState.HELD)
    return pairing


async def test_ending_after_the_last_session_is_no_early_end(db: AsyncSession) -> None:
    pairing = await finished(db)
    leader = as_actor(pairing.leader_id)

    seen = await endings.end_pairing(db, leader, pairing.id, EndPairing(rematch=True), NOW)

    assert (pairing.ending, seen.completed, seen.may_rematch) == (Ending.COMPLETED, True, False)
    assert list(await db.scalars(select(Rematch))) == []
    with pytest.raises(rules.RematchNotPossible):
        await endings.request_rematch(db, leader, pairing.id, NOW)


CLOCKS = {
    "before": (-1, PairingState.ACTIVE),
    "at": (0, PairingState.ENDED),
    "long after": (60 * 60 * 24 * 90, PairingState.ENDED),
}


@pytest.mark.parametrize("late, state", CLOCKS.values(), ids=CLOCKS)
async def test_a_pairing_is_over_some_time_after_its_last_session(
    db: AsyncSession, late: int, state: PairingState
) -> None:
    pairing = await finished(db)
    over_at = BEFORE + timedelta(minutes=45) + rules.CLOSING_AFTER
    pairing.wake_at = over_at

    await service.wake_pairing(db, over_at + timedelta(seconds=late))

    assert pairing.state is state
    assert await told(db) == (["PairingEnded"] if state is PairingState.ENDED else [])


async def test_a_pairing_whose_last_session_was_moved_is_looked_at_again_later(db: AsyncSession) -> None:
    pairing = await finished(db)
    await a_session(db, pairing, 2, starts_at=AFTER, state=SessionState.INVITED)
    pairing.wake_at = NOW

    await service.wake_pairing(db, NOW)

    assert pairing.wake_at == AFTER + timedelta(minutes=45) + rules.CLOSING_AFTER
    assert pairing.state is PairingState.ACTIVE


async def test_a_pairing_that_never_met_ends_without_being_thanked_for(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE, wake_at=NOW)
    await a_session(db, pairing, starts_at=NOW - timedelta(days=30), state=SessionState.MISSED)

    await service.wake_pairing(db, NOW)

    assert (pairing.state, pairing.ending, pairing.ended_by_id) == (PairingState.ENDED, Ending.EARLY, None)


async def test_the_end_of_a_pairing_moves_with_its_sessions(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)
    session = await a_session(db, pairing)
    await a_session(db, pairing, 2, state=SessionState.CANCELLED)

    for _ in range(2):
        await closing.look_to_the_end(db, [SessionBooked(session.id, 0)], NOW)

    assert pairing.wake_at == session.starts_at + timedelta(minutes=45) + rules.CLOSING_AFTER


SAID = Assess([AssessedSkill("2.6", after=3, before=0)])


async def test_the_closing_assessment_opens_when_nothing_lies_ahead_and_can_be_changed(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)
    session = await a_session(db, pairing)
    leader, junior = as_actor(pairing.leader_id), as_actor(pairing.junior_id)
    with pytest.raises(rules.NothingToAssess):
        await closing.assess(db, leader, pairing.id, SAID, NOW)
    session.state, session.starts_at = SessionState.HELD, BEFORE

    await closing.assess(db, leader, pairing.id, Assess([AssessedSkill("2.6", 2, 1)]), NOW)
    seen = await closing.assess(db, leader, pairing.id, SAID, AFTER)

    assert (seen.open, seen.skills, seen.mine, seen.assessed_at) == (True, ["2.6"], SAID.skills, AFTER)
    assert (await closing.read_assessment(db, junior, pairing.id, NOW)).mine == []
    with pytest.raises(rules.PairingNotFound):
        await closing.read_assessment(db, as_actor(await a_person(db)), pairing.id, NOW)


@pytest.mark.parametrize("skills", [["3.4"], ["2.6", "2.6"], ["2.6", "3.4"]])
async def test_an_assessment_speaks_of_what_the_pairing_was_about(db: AsyncSession, skills: list[str]) -> None:
    pairing = await finished(db)
    said = Assess([AssessedSkill(skill, 1, 1) for skill in skills])

    with pytest.raises(rules.AssessmentIncomplete):
        await closing.assess(db, as_actor(pairing.leader_id), pairing.id, said, NOW)


async def test_somebody_else_is_asked_for_once_by_whoever_takes_part(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ENDED, ending=Ending.EARLY)
    leader, junior = as_actor(pairing.leader_id), as_actor(pairing.junior_id)
    (await db.get_one(Enrolment, pairing.junior_enrolment_id)).state = EnrolmentState.WITHDRAWN

    seen = [await endings.request_rematch(db, leader, pairing.id, NOW) for _ in range(2)]
    with pytest.raises(rules.RematchNotPossible):
        await endings.request_rematch(db, junior, pairing.id, NOW)

    assert [(one.may_rematch, one.rematch_asked) for one in seen] == [(False, True)] * 2
    assert await told(db) == ["RematchRequested"]
