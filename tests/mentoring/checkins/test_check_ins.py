"""A check-in is scheduled, fires, chases, and is answered, or lapses."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import queries, service
from mentoring.checkins.contracts import AnswerCheckIn, CheckInFired, CheckInFollowedUp, CheckInLapsed
from mentoring.checkins.models import CheckIn, FollowUp
from mentoring.checkins.rules import (
    AnswerDoesNotFit,
    AnswerIncomplete,
    CheckInKind,
    CheckInNotFound,
    CheckInNotOpen,
    CheckInState,
    Met,
)
from mentoring.db import Database
from mentoring.directory.contracts import PersonLeft
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import PairingBegan, PairingEnded, PairingsWithdrawn
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.settings import Settings
from tests.builders import NOW, a_check_in, a_pairing, a_person, a_programme, as_actor

YES = AnswerCheckIn(met=Met.YES, usefulness=5)
WELL = AnswerCheckIn(good_fit=4, candour=5, clarity=3, protected_time=2, note="all is well")


async def begun(db: AsyncSession) -> Pairing:
    """An active pairing with its sessions and check-ins."""
    pairing = await a_pairing(db, PairingState.ACTIVE)
    await pairings.plan_sessions(db, [PairingBegan(pairing.id)], NOW)
    await service.schedule_check_ins(db, [PairingBegan(pairing.id)], NOW)
    return pairing


async def states(db: AsyncSession) -> Counter[CheckInState]:
    return Counter(await db.scalars(select(CheckIn.state)))


async def test_both_are_asked_after_every_session_and_four_times_how_it_goes(db: AsyncSession) -> None:
    pairing = await begun(db)

    moments = list(await db.scalars(select(CheckIn.moment).where(CheckIn.person_id == pairing.junior_id)))
    sessions = [f"session_{number}" for number in range(1, 8)]
    assert sorted(moments) == sorted([*sessions, "day_30", "midpoint", "end", "look_back"])
    assert await states(db) == {CheckInState.SCHEDULED: 22}


async def test_a_check_in_is_due_when_its_session_ends(db: AsyncSession) -> None:
    pairing = await begun(db)

    [first] = await db.scalars(
        select(CheckIn).where(CheckIn.moment == "session_1", CheckIn.person_id == pairing.leader_id)
    )
    assert first.due_at == first.wake_at == NOW + timedelta(days=7, minutes=45)


async def test_scheduling_twice_is_scheduling_once(db: AsyncSession) -> None:
    pairing = await begun(db)

    await service.schedule_check_ins(db, [PairingBegan(pairing.id)], NOW)

    assert await states(db) == {CheckInState.SCHEDULED: 22}


async def test_a_pulse_comes_in_the_morning_of_a_working_day_where_the_person_is(db: AsyncSession) -> None:
    """Thirty days after 3 March is Thursday 2 April; in Switzerland Good Friday and Easter follow."""
    pairing = await begun(db)

    due = await db.scalar(
        select(CheckIn.due_at).where(CheckIn.moment == "day_30", CheckIn.person_id == pairing.leader_id)
    )
    assert due is not None
    assert due.isoformat() == "2026-04-02T08:00:00+00:00"


WAKES = {
    "before it is due": (timedelta(seconds=-1), CheckInState.SCHEDULED, []),
    "when it is due": (timedelta(0), CheckInState.OPEN, ["CheckInFired"]),
    "long after": (timedelta(days=30), CheckInState.OPEN, ["CheckInFired"]),
}


@pytest.mark.parametrize("late, state, recorded", WAKES.values(), ids=WAKES)
async def test_a_check_in_fires_once_however_late(
    db: AsyncSession, late: timedelta, state: CheckInState, recorded: list[str]
) -> None:
    check_in = await a_check_in(db, state=CheckInState.SCHEDULED, wake_at=NOW)

    for _ in range(3):
        await service.wake_check_ins(db, NOW + late)
        await db.flush()

    assert check_in.state is state
    assert list(await db.scalars(select(JournalEntry.event))) == recorded


async def test_an_unanswered_check_in_is_followed_up_and_lapses(db: AsyncSession) -> None:
    check_in = await a_check_in(db, wake_at=NOW + timedelta(days=1))

    for days in (1, 4, 7, 8):
        await service.wake_check_ins(db, NOW + timedelta(days=days))
        await db.flush()

    recorded = list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))
    assert recorded == ["CheckInFollowedUp", "CheckInFollowedUp", "CheckInLapsed"]
    assert (check_in.state, check_in.wake_at, check_in.follow_ups) == (CheckInState.LAPSED, None, 2)


async def test_check_ins_are_woken_together_the_oldest_first_and_each_by_its_own_pairing(db: AsyncSession) -> None:
    over = await a_pairing(db, PairingState.WITHDRAWN)
    paused = await a_pairing(db, PairingState.PAUSED)
    due = [
        await a_check_in(db, pairing=pairing, state=CheckInState.SCHEDULED, wake_at=NOW - timedelta(hours=hours))
        for pairing, hours in ((over, 4), (paused, 3), (None, 2), (None, 1), (None, -1))
    ]

    woken = [await service.wake_check_ins(db, NOW, 3) for _ in range(3)]
    await db.flush()

    assert woken == [3, 1, 0]
    scheduled, open_ = CheckInState.SCHEDULED, CheckInState.OPEN
    assert [one.state for one in due] == [CheckInState.CANCELLED, scheduled, open_, open_, scheduled]
    assert [one.wake_at is None for one in due] == [True, True, False, False, False]


async def test_nobody_is_asked_about_a_pairing_that_is_over(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.WITHDRAWN)
    check_in = await a_check_in(db, pairing=pairing, state=CheckInState.SCHEDULED, wake_at=NOW)

    await service.wake_check_ins(db, NOW)

    assert (check_in.state, check_in.wake_at) == (CheckInState.CANCELLED, None)


async def test_the_one_who_was_asked_answers_and_the_session_counts_as_held(db: AsyncSession) -> None:
    pairing = await begun(db)
    check_in = await asked(db, pairing, "session_1")

    view = await service.answer_check_in(db, as_actor(pairing.leader_id), check_in.id, YES, NOW)

    session = await db.scalar(select(PairSession.state).where(PairSession.number == 1))
    assert (view.state, view.met, view.usefulness) == (CheckInState.ANSWERED, Met.YES, 5)
    assert session is SessionState.HELD
    assert check_in.wake_at is None


async def asked(db: AsyncSession, pairing: Pairing, moment: str) -> CheckIn:
    """The leader's check-in at ``moment``, fired."""
    [check_in] = await db.scalars(
        select(CheckIn).where(CheckIn.moment == moment, CheckIn.person_id == pairing.leader_id)
    )
    check_in.state, check_in.fired_at = CheckInState.OPEN, NOW
    return check_in


@pytest.mark.parametrize("met, state", [(Met.NO, SessionState.MISSED), (Met.MOVED, SessionState.PLANNED)])
async def test_what_was_not_held_was_not_useful(db: AsyncSession, met: Met, state: SessionState) -> None:
    pairing = await begun(db)
    check_in = await asked(db, pairing, "session_2")
    answer = AnswerCheckIn(met=met, usefulness=4)

    view = await service.answer_check_in(db, as_actor(pairing.leader_id), check_in.id, answer, NOW)

    assert (view.met, view.usefulness) == (met, None)
    assert await db.scalar(select(PairSession.state).where(PairSession.number == 2)) is state


async def test_a_pulse_takes_four_answers_and_a_private_line(db: AsyncSession) -> None:
    check_in = await a_check_in(db, kind=CheckInKind.PULSE)

    view = await service.answer_check_in(db, as_actor(check_in.person_id), check_in.id, WELL, NOW)

    assert (view.good_fit, view.candour, view.clarity, view.protected_time) == (4, 5, 3, 2)
    assert view.note == "all is well"


WRONG = {
    "nothing about a session": (CheckInKind.SESSION, AnswerCheckIn(), AnswerIncomplete),
    "a pulse's answer about a session": (CheckInKind.SESSION, WELL, AnswerDoesNotFit),
    "a session's answer to a pulse": (CheckInKind.PULSE, YES, AnswerDoesNotFit),
    "three of four answers": (CheckInKind.PULSE, AnswerCheckIn(good_fit=1, candour=1, clarity=1), AnswerIncomplete),
}


@pytest.mark.parametrize("kind, answer, refusal", WRONG.values(), ids=WRONG)
async def test_an_answer_that_does_not_fit_changes_nothing(
    db: AsyncSession, kind: CheckInKind, answer: AnswerCheckIn, refusal: type[Exception]
) -> None:
    check_in = await a_check_in(db, kind=kind)

    with pytest.raises(refusal):
        await service.answer_check_in(db, as_actor(check_in.person_id), check_in.id, answer, NOW)

    assert check_in.state is CheckInState.OPEN


@pytest.mark.parametrize(
    "body", [b'{"met":"yes","usefulness":6}', b'{"met":"perhaps"}', b'{"note":"\\u0000"}', b'{"x":1}']
)
def test_what_is_no_answer_does_not_come_through_the_door(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=AnswerCheckIn)


async def test_a_stranger_and_the_partner_do_not_learn_that_the_check_in_exists(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)
    check_in = await a_check_in(db, pairing=pairing)

    for other in (as_actor(await a_person(db)), as_actor(pairing.junior_id)):
        with pytest.raises(CheckInNotFound):
            await service.answer_check_in(db, other, check_in.id, YES, NOW)
        with pytest.raises(CheckInNotFound):
            await queries.read_check_in(db, other, check_in.id)
        assert await queries.my_check_ins(db, other) == []


@pytest.mark.parametrize("state", [state for state in CheckInState if state is not CheckInState.OPEN])
async def test_a_check_in_is_answered_once_and_only_while_it_is_open(db: AsyncSession, state: CheckInState) -> None:
    check_in = await a_check_in(db, state=state)

    with pytest.raises(CheckInNotOpen):
        await service.answer_check_in(db, as_actor(check_in.person_id), check_in.id, YES, NOW)


async def test_of_two_answers_at_once_one_counts(database: Database) -> None:
    async with database.sessions.begin() as db:
        check_in = await a_check_in(db)

    async def answer(usefulness: int) -> None:
        async with database.sessions.begin() as db:
            given = AnswerCheckIn(met=Met.YES, usefulness=usefulness)
            await service.answer_check_in(db, as_actor(check_in.person_id), check_in.id, given, NOW)

    outcomes = await asyncio.gather(*map(answer, (1, 2, 3)), return_exceptions=True)

    assert Counter(type(one).__name__ for one in outcomes) == {"NoneType": 1, "CheckInNotOpen": 2}


async def test_a_mails_link_shows_the_question_and_takes_one_answer(db: AsyncSession, tmp_path: Path) -> None:
    check_in = await a_check_in(db)
    settings = Settings(secret_file=tmp_path / "secret")
    token = service.link_token(settings.secret(), check_in.id, check_in.person_id)

    shown = [await service.open_from_mail(db, settings, token) for _ in range(2)]
    answered = await service.answer_from_mail(db, settings, token, YES, NOW)

    assert [one.state for one in shown] == [CheckInState.OPEN] * 2
    assert answered.state is CheckInState.ANSWERED
    with pytest.raises(CheckInNotOpen):
        await service.answer_from_mail(db, settings, token, YES, NOW)


async def test_a_link_that_was_changed_or_signed_by_another_opens_nothing(db: AsyncSession, tmp_path: Path) -> None:
    check_in = await a_check_in(db)
    settings, other = Settings(secret_file=tmp_path / "secret"), Settings(secret_file=tmp_path / "other")
    token = service.link_token(settings.secret(), check_in.id, check_in.person_id)
    foreign = service.link_token(settings.secret(), check_in.id, (await a_person(db)).id)

    for settings_of_reader, wrong in (
        (settings, token[:-1]),
        (settings, "x" + token),
        (other, token),
        (settings, foreign),
    ):
        with pytest.raises(CheckInNotFound):
            await service.open_from_mail(db, settings_of_reader, wrong)


async def test_firing_writes_one_mail_and_each_follow_up_one_more(db: AsyncSession) -> None:
    check_in = await a_check_in(db)

    for event in (CheckInFired(check_in.id), CheckInFollowedUp(check_in.id, 1)):
        for _ in range(2):
            await service.mail_the_questions(db, [event], NOW)

    rows = await db.execute(select(Message.kind, Message.sequence).order_by(Message.sequence))
    assert [tuple(row) for row in rows] == [("check_in", 0), ("check_in", 1)]


async def test_a_coordinator_learns_of_two_silences_in_a_row_once(db: AsyncSession) -> None:
    pairing = await a_pairing(db, PairingState.ACTIVE)
    lapsed = [
        await a_check_in(
            db, pairing=pairing, state=CheckInState.LAPSED, moment=f"session_{n}", due_at=NOW + timedelta(days=n)
        )
        for n in (1, 2)
    ]

    found = []
    for check_in in (lapsed[0], lapsed[1], lapsed[1]):
        await service.notice_silence(db, [CheckInLapsed(check_in.id)], NOW)
        found.append(await db.scalar(select(func.count()).select_from(FollowUp)))

    assert found == [0, 1, 1]


async def test_who_left_is_asked_nothing_more_and_their_coordinator_looks_after_the_pairing(db: AsyncSession) -> None:
    pairing = await begun(db)
    programme = await a_programme(db)

    for _ in range(2):
        await service.look_after_the_left_behind(db, [PersonLeft(pairing.junior_id)], NOW)

    assert await states(db) == {CheckInState.SCHEDULED: 11, CheckInState.CANCELLED: 11}
    coordinator = as_actor(await a_person(db), coordinates=(await db.get_one(type(programme), pairing.programme_id),))
    seen = [len(await queries.list_follow_ups(db, who)) for who in (coordinator, as_actor(pairing.leader_id))]
    assert seen == [1, 0]


@pytest.mark.parametrize("ended", [False, True])
async def test_a_pairing_that_is_over_cancels_what_was_not_asked_yet(db: AsyncSession, ended: bool) -> None:
    pairing = await begun(db)
    over = PairingEnded(pairing.id, pairing.leader_id) if ended else PairingsWithdrawn([pairing.id])

    for _ in range(2):
        await service.cancel_check_ins(db, [over], NOW)

    assert await states(db) == {CheckInState.CANCELLED: 22}
