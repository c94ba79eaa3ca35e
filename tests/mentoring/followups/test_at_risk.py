"""A pairing that is dying is noticed, its coordinators are told, and one of them acts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.contracts import CheckInAnswered
from mentoring.checkins.models import CheckIn, FollowUp
from mentoring.checkins.rules import CheckInKind, CheckInState
from mentoring.db import Database
from mentoring.followups import mails, queries, service
from mentoring.followups.contracts import Acted, AtRiskView, PairingAtRisk, RungTaken
from mentoring.followups.models import Intervention, Rung, Watch
from mentoring.followups.rules import Level, Matter, NextAction, PairingNotAtRisk, Reason
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.messages.rules import Pace
from mentoring.pairings.contracts import PairingBegan, PairingEnded, SessionInvited
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.models import Person
from mentoring.programmes.models import Coordinator, Programme
from mentoring.programmes.rules import Ladder
from tests.builders import NOW, a_check_in, a_pairing, a_person, an_agreement, as_actor
from tests.harness.smtp import Sink
from tests.mentoring.followups.living import settle
from tests.mentoring.messages.posting import Time, a_sender, post_all
from tests.mentoring.visitor import Page, come_in

DAY = timedelta(days=1)


class Watched(NamedTuple):
    pairing: Pairing
    coordinator: Person
    programme: Programme

    @property
    def runs_it(self) -> Actor:
        return as_actor(self.coordinator, coordinates=(self.programme,))


async def watched(db: AsyncSession) -> Watched:
    """A pairing that began just now and has signed its agreement, watched over, with a coordinator."""
    pairing = await a_pairing(db, PairingState.ACTIVE)
    await an_agreement(db, pairing)
    coordinator = await a_person(db)
    db.add(Coordinator(programme_id=pairing.programme_id, person_id=coordinator.id))
    await db.flush()
    await service.watch_over(db, [PairingBegan(pairing.id)], NOW)
    return Watched(pairing, coordinator, await db.get_one(Programme, pairing.programme_id))


async def look(db: AsyncSession, at: datetime) -> UUID | None:
    """Look at a pairing at that moment, if it is due."""
    found = await service.wake_watch(db, at)
    await db.flush()
    return found


async def look_now(db: AsyncSession, pairing: Pairing, at: datetime) -> Watch:
    await db.execute(update(Watch).where(Watch.pairing_id == pairing.id).values(wake_at=at))
    await look(db, at)
    return await db.get_one(Watch, pairing.id, populate_existing=True)


async def a_session(db: AsyncSession, pairing: Pairing, state: SessionState, days: float, number: int = 1) -> None:
    at = NOW + days * DAY
    session = PairSession(
        pairing_id=pairing.id, number=number, local_start=at.replace(tzinfo=None), time_zone="UTC", starts_at=at,
        minutes=45, state=state,
    )  # fmt: skip
    db.add(session)
    await db.flush()


async def rungs(db: AsyncSession) -> Sequence[tuple[Matter, int]]:
    rows = await db.execute(select(Rung.matter, Rung.number).order_by(Rung.taken_at, Rung.number))
    return [(row.matter, row.number) for row in rows]


LOOKS = {
    "before the first rung": (3 * DAY - timedelta(seconds=1), [], 0),
    "at it": (3 * DAY, [(Matter.FIRST_SESSION, 0)], 1),
    "long after": (50 * DAY, [(Matter.FIRST_SESSION, 0), (Matter.SILENCE, 0)], 1),
}


@pytest.mark.parametrize("late, taken, told", LOOKS.values(), ids=LOOKS)
async def test_however_late_it_is_one_rung_of_each_ladder(
    db: AsyncSession, late: timedelta, taken: list[tuple[Matter, int]], told: int
) -> None:
    await watched(db)

    for _ in range(3):
        await look(db, NOW + late)

    recorded = list(await db.scalars(select(JournalEntry.event).where(JournalEntry.event == "RungTaken")))
    assert (sorted(await rungs(db)), bool(recorded)) == (sorted(taken), bool(told))


async def test_the_junior_then_the_leader_are_told_and_each_once(db: AsyncSession) -> None:
    one = await watched(db)
    for days in (3, 7, 14):
        await look(db, NOW + days * DAY)
        events = [RungTaken(rung_id) for rung_id in await db.scalars(select(Rung.id))]
        for _ in range(2):
            await mails.tell_of_rungs(db, events, NOW + days * DAY)

    rows = await db.execute(select(Message.kind, Message.recipient_id, Message.pace).order_by(Message.made_at))
    assert [tuple(row) for row in rows] == [
        ("nudge_first_session", one.pairing.junior_id, Pace.REMINDER),
        ("nudge_first_session", one.pairing.leader_id, Pace.REMINDER),
    ]


async def test_a_coordinator_may_be_told_on_a_rung_too(db: AsyncSession) -> None:
    one = await watched(db)
    one.programme.ladder = Ladder(first_session=("1:coordinator+junior",))
    await look_now(db, one.pairing, NOW + DAY)

    await mails.tell_of_rungs(db, [RungTaken(await db.scalar(select(Rung.id)) or UUID(int=0))], NOW)

    found = await db.execute(select(Message.kind, Message.recipient_id).order_by(Message.kind))
    assert [tuple(row) for row in found] == [
        ("look_first_session", one.coordinator.id),
        ("nudge_first_session", one.pairing.junior_id),
    ]


async def test_a_session_that_is_arranged_settles_what_was_asked_for(db: AsyncSession) -> None:
    one = await watched(db)
    await look(db, NOW + 3 * DAY)
    await a_session(db, one.pairing, SessionState.INVITED, 10)
    session_id = await db.scalar(select(PairSession.id))
    assert session_id is not None

    await service.look_after_sessions(db, [SessionInvited(session_id, 0)], NOW + 4 * DAY)
    await look(db, NOW + 4 * DAY)

    assert list(await db.scalars(select(Rung.settled_at))) == [NOW + 4 * DAY]


async def test_a_pairing_that_is_over_is_watched_over_no_more(db: AsyncSession) -> None:
    one = await watched(db)
    await look(db, NOW + 21 * DAY)
    one.pairing.state = PairingState.ENDED
    await service.look_after_pairings(db, [PairingEnded(one.pairing.id, one.pairing.leader_id)], NOW + 22 * DAY)

    await look(db, NOW + 22 * DAY)

    watch = await db.get_one(Watch, one.pairing.id, populate_existing=True)
    assert (watch.wake_at, watch.level) == (None, Level.GREEN)
    assert await queries.at_risk(db, one.runs_it) == []


async def test_points_add_up_and_say_why(db: AsyncSession) -> None:
    one = await watched(db)
    await a_session(db, one.pairing, SessionState.MISSED, 7)
    for number in (1, 2):
        await a_check_in(
            db, pairing=one.pairing, state=CheckInState.LAPSED, moment=f"session_{number}", due_at=NOW + number * DAY
        )

    watch = await look_now(db, one.pairing, NOW + 21 * DAY)

    assert (watch.level, watch.points) == (Level.RED, 10 + 40 + 20)
    assert {finding.reason for finding in watch.findings} == {Reason.CANCELLED, Reason.FIRST_SESSION, Reason.UNANSWERED}


@pytest.mark.parametrize("good_fit, points", [((2, 5), 40), ((5, 1), 40), ((3, 3), 0)])
async def test_either_side_may_say_that_it_does_not_fit(
    db: AsyncSession, good_fit: tuple[int, int], points: int
) -> None:
    one = await watched(db)
    for person_id, score in zip((one.pairing.leader_id, one.pairing.junior_id), good_fit, strict=True):
        await an_answer(db, one.pairing, person_id, good_fit=score)

    assert (await look_now(db, one.pairing, NOW + DAY)).points == points


async def an_answer(
    db: AsyncSession, pairing: Pairing, person_id: UUID, *, candour: int = 5, good_fit: int = 5
) -> CheckIn:
    return await a_check_in(
        db, pairing=pairing, person_id=person_id, kind=CheckInKind.PULSE, state=CheckInState.ANSWERED, answered_at=NOW,
        candour=candour, good_fit=good_fit, clarity=4, protected_time=4,
    )  # fmt: skip


async def test_who_cannot_say_what_they_think_makes_it_red_at_once(db: AsyncSession) -> None:
    one = await watched(db)
    answer = await an_answer(db, one.pairing, one.pairing.junior_id, candour=2)

    await service.look_after_check_ins(db, [CheckInAnswered(answer.id)], NOW + DAY)
    await look(db, NOW + DAY)

    [seen] = await queries.at_risk(db, one.runs_it)
    assert (seen.level, seen.points, seen.next_action) == (Level.RED, 60, NextAction.SPEAK_ALONE)
    assert [(finding.reason, finding.people) for finding in seen.findings] == [(Reason.CANDOUR, [seen.junior.name])]


async def test_what_was_said_in_confidence_stays_with_the_programmes_own_coordinators(db: AsyncSession) -> None:
    one = await watched(db)
    await an_answer(db, one.pairing, one.pairing.junior_id, candour=1)
    await look_now(db, one.pairing, NOW + DAY)

    [seen] = await queries.at_risk(db, as_actor(await a_person(db), administrator=True))

    assert (seen.level, seen.points, seen.next_action) == (Level.RED, None, NextAction.ASK_ITS_COORDINATOR)
    assert [(finding.reason, finding.points, finding.people) for finding in seen.findings] == [
        (Reason.CONFIDENTIAL, None, [])
    ]
    for outsider in (as_actor(one.pairing.leader_id), as_actor(one.pairing.junior_id)):
        assert await queries.at_risk(db, outsider) == []


async def test_the_partner_is_told_nothing_and_the_coordinator_at_once_whatever_the_hour(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    async with database.sessions.begin() as db:
        one = await watched(db)
        answer = await an_answer(db, one.pairing, one.pairing.junior_id, candour=1)
        night = NOW + timedelta(hours=14)
        await service.look_after_check_ins(db, [CheckInAnswered(answer.id)], night)
    await settle(database, night)
    time = Time()
    time.now = night

    await post_all(a_sender(database, tmp_path, smtp.url, time))

    [mail] = smtp.received
    assert mail.recipients == (one.coordinator.email,)
    assert str(mail.message["subject"]) == Words("en").text("mail.confided.subject")
    assert "think" not in mail.message.as_string()


async def test_coordinators_are_told_once_when_it_gets_worse_and_only_of_the_latest(db: AsyncSession) -> None:
    one = await watched(db)

    for days in (14, 21, 21, 43, 46):
        await look_now(db, one.pairing, NOW + days * DAY)

    rows = await db.scalars(select(JournalEntry.details).where(JournalEntry.event == "PairingAtRisk"))
    assert [(row["level"], row["alert"]) for row in rows] == [("amber", 1), ("red", 2)]
    for _ in range(2):
        await mails.tell_of_risk(db, [PairingAtRisk(one.pairing.id, Level.RED, 2, confided=False)], NOW)
    assert [tuple(row) for row in await db.execute(select(Message.kind, Message.recipient_id, Message.sequence))] == [
        ("at_risk", one.coordinator.id, 2)
    ]


async def at_risk(db: AsyncSession) -> Watched:
    one = await watched(db)
    await look_now(db, one.pairing, NOW + 21 * DAY)
    return one


async def test_a_coordinator_acts_and_everybody_who_coordinates_sees_it(db: AsyncSession) -> None:
    one = await at_risk(db)
    db.add(
        FollowUp(
            programme_id=one.programme.id, pairing_id=one.pairing.id, person_id=one.pairing.leader_id, reason="silent",
            opened_at=NOW,
        )
    )  # fmt: skip
    await db.flush()

    seen = await service.act(db, one.runs_it, one.pairing.id, Acted(" I called both. "), NOW + 22 * DAY)

    assert seen.acted is not None
    assert (seen.acted.at, seen.acted.note) == (NOW + 22 * DAY, "I called both.")
    [closed] = await db.scalars(select(FollowUp))
    assert (closed.closed_at, closed.closed_by_id) == (NOW + 22 * DAY, one.coordinator.id)
    [listed] = await queries.at_risk(db, as_actor(await a_person(db), administrator=True), str(one.programme.id))
    assert listed.acted is not None
    assert listed.acted.note is None


async def test_that_somebody_acted_no_longer_counts_when_it_gets_worse(db: AsyncSession) -> None:
    one = await at_risk(db)
    await service.act(db, one.runs_it, one.pairing.id, Acted(), NOW + 22 * DAY)
    for number in (1, 2):
        await a_session(db, one.pairing, SessionState.MISSED, 20 + number, number)

    await look_now(db, one.pairing, NOW + 25 * DAY)

    [seen] = await queries.at_risk(db, one.runs_it)
    assert (seen.level, seen.acted) == (Level.RED, None)
    assert await db.scalar(select(func.count()).select_from(Intervention)) == 1


async def test_nobody_acts_on_what_is_not_at_risk_or_not_theirs(db: AsyncSession) -> None:
    ill, well = await at_risk(db), await watched(db)

    for actor, pairing in ((well.runs_it, well.pairing), (well.runs_it, ill.pairing)):
        with pytest.raises(PairingNotAtRisk):
            await service.act(db, actor, pairing.id, Acted(), NOW)
    with pytest.raises(PairingNotAtRisk):
        await service.act(db, as_actor(ill.pairing.leader_id), ill.pairing.id, Acted(), NOW)


async def test_what_nobody_acted_on_comes_first_and_the_red_before_the_amber(db: AsyncSession) -> None:
    first = await at_risk(db)
    administrator = as_actor(await a_person(db), administrator=True)
    ill = [first, await at_risk(db), await at_risk(db)]
    await a_session(db, ill[2].pairing, SessionState.MISSED, 1)
    await a_session(db, ill[2].pairing, SessionState.MISSED, 2, 2)
    await look_now(db, ill[2].pairing, NOW + 22 * DAY)
    await service.act(db, first.runs_it, first.pairing.id, Acted(), NOW + 22 * DAY)

    found: list[AtRiskView] = await queries.at_risk(db, administrator)

    assert [one.pairing_id for one in found] == [ill[2].pairing.id, ill[1].pairing.id, first.pairing.id]


async def test_the_page_shows_the_queue_and_takes_that_i_acted(client: AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as db:
        one = await at_risk(db)
    await come_in(client, database, one.coordinator)

    queue = Page(await client.get("/at-risk"))
    done = await client.post(f"/at-risk/{one.pairing.id}/acted", data={"note": "Called both <3"})
    after = Page(await client.get(done.headers["location"]))

    assert Words("en").text("risk.reason.first_session") in queue.text
    assert Words("en").text("risk.action.offer_slots") in queue.text
    assert done.status_code == 303
    assert "Called both <3" in after.text


async def test_the_page_tries_the_ladder_out(client: AsyncClient, database: Database) -> None:
    async with database.sessions.begin() as db:
        one = await watched(db)
    await come_in(client, database, one.coordinator)

    silent, fine = [
        Page(await client.get(f"/programmes/{one.programme.id}/simulation?scenario={scenario}"))
        for scenario in ("silent", "fine")
    ]

    follow_up = Words("en").text("simulation.nudge_silence")
    assert (follow_up in silent.text, follow_up in fine.text) == (True, False)
    assert Words("en").text("page.session.number", number=2) in fine.text
    assert not any(code in page.text for page in (silent, fine) for code in ("session_", "day_30", "look_back"))


WRONG = {
    "no zone": ({"leader_zone": "Mars/Olympus"}, 422, "ZoneUnknown"),
    "no day": ({"asked_on": "2026-02-30"}, 422, "DayUnreadable"),
}


@pytest.mark.parametrize("body, status, code", WRONG.values(), ids=WRONG)
async def test_a_try_out_of_what_cannot_be_is_refused(
    client: AsyncClient, database: Database, body: dict[str, str], status: int, code: str
) -> None:
    async with database.sessions.begin() as db:
        one = await watched(db)
    await come_in(client, database, one.coordinator)

    answer = await client.post(f"/api/v1/programmes/{one.programme.id}/simulation", json=body)

    assert answer.json()["code"] == code
