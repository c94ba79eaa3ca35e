"""Whatever the database does in the middle of an operation: nothing half-done stays, and it can be done again."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins import service as checkins
from mentoring.checkins.contracts import AnswerCheckIn
from mentoring.checkins.rules import CheckInState, Met
from mentoring.db import Database
from mentoring.directory.importing import ImportUnderWay
from mentoring.directory.service import import_staff
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.inbound.service import receive_mail
from mentoring.journal import JournalEntry, event_of
from mentoring.messages.contracts import Claimed, Intended
from mentoring.messages.mime import message_id
from mentoring.messages.models import Message
from mentoring.messages.rules import LEASE, MessageState
from mentoring.messages.service import enqueue
from mentoring.pairings import agreements, booking, endings, pausing
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import Decline
from mentoring.pairings.life import BookSession, EndPairing, LeaveProgramme, Pause, SignAgreement
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.contracts import NewPerson
from mentoring.people.models import Person
from mentoring.people.service import add_and_invite
from mentoring.programmes.contracts import NewProgramme, SignUp, SkillLevel
from mentoring.programmes.models import Coordinator, Enrolment
from mentoring.programmes.rules import Role
from mentoring.programmes.service import create_programme
from mentoring.programmes.sign_ups import sign_up, withdraw
from mentoring.reactions import COMPOSERS, REACTIONS, deliver_next
from mentoring.rounds import service as rounds
from mentoring.rounds.contracts import Propose, Publish
from mentoring.settings import Settings
from mentoring.skills.service import ensure_catalogue
from mentoring.upkeep.invariants import broken_rules
from tests.builders import (
    NOW,
    a_check_in,
    a_pairing,
    a_person,
    a_programme,
    a_session,
    an_agreement,
    an_enrolment,
    as_actor,
)
from tests.chaos.outside import doubled
from tests.chaos.sweep import Act, BrokenOff, everything, fault, swept
from tests.harness.smtp import Sink
from tests.mentoring.directory.staff_files import a_file, a_row
from tests.mentoring.inbound.letters import a_bounce, a_reply
from tests.mentoring.messages.posting import Time, a_sender, asked_leaders, post_all
from tests.mentoring.rounds.test_rematches import meeting
from tests.mentoring.rounds.worlds import a_world, proposed, published

Prepare = Callable[[Database], Awaitable[Act]]
LATER = NOW + timedelta(days=40)
SETTINGS = Settings(mail_from="mentoring@example.org")
ASKING = {"consent_leader": COMPOSERS["consent_leader"]}


async def signing_up(database: Database) -> Act:
    async with database.sessions.begin() as db:
        await ensure_catalogue(db)
        programme, person, wished = await a_programme(db), await a_person(db), await a_person(db)
    given = SignUp([SkillLevel("2.6", 1), SkillLevel("3.1", 0)], [(0, 540, 720)], ["LinkedIn"], wishes=[wished.email])
    return lambda db: sign_up(db, as_actor(person), programme.name, Role.LEADER, given, NOW)


async def withdrawing(database: Database) -> Act:
    async with database.sessions.begin() as db:
        programme, person = await a_programme(db), await a_person(db)
        await an_enrolment(db, Role.LEADER, person, programme)
    return lambda db: withdraw(db, as_actor(person), programme.name, Role.LEADER, NOW)


async def inviting(_: Database) -> Act:
    new = NewPerson(given_name="Ama", family_name="Mensah", email="ama@example.org")
    return lambda db: add_and_invite(db, MACHINE, new, NOW)


async def creating_a_programme(_: Database) -> Act:
    return lambda db: create_programme(db, MACHINE, NewProgramme("Digital leaders"), NOW)


async def proposing(database: Database) -> Act:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 1}, {"J1": 3, "J2": 3})
    return lambda db: rounds.propose_round(db, MACHINE, str(world.programme.id), Propose(2026), NOW)


async def publishing(database: Database) -> Act:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 1, "L3": 1}, {"J1": 3, "J2": 3})
    round_id = await proposed(database, world)
    return lambda db: rounds.publish_round(db, MACHINE, str(round_id), Publish(), NOW)


async def undoing(database: Database) -> Act:
    async with database.sessions.begin() as db:
        world = await a_world(db, {"L1": 1, "L2": 1, "L3": 1}, {"J1": 3, "J2": 3})
    round_id = await proposed(database, world)
    await published(database, round_id)
    return lambda db: rounds.undo_round(db, MACHINE, str(round_id), NOW)


async def a_leaders_yes(database: Database) -> Act:
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ASKING_LEADER)
    return lambda db: pairings.accept_pairing(db, as_actor(pairing.leader_id), pairing.id, NOW)


async def a_juniors_yes(database: Database) -> Act:
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ASKING_JUNIOR)
    return lambda db: pairings.accept_pairing(db, as_actor(pairing.junior_id), pairing.id, NOW)


async def a_no(database: Database) -> Act:
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ASKING_LEADER)
    return lambda db: pairings.decline_pairing(db, as_actor(pairing.leader_id), pairing.id, Decline("busy"), NOW)


async def an_answer(database: Database) -> Act:
    async with database.sessions.begin() as db:
        check_in = await a_check_in(db)
    answer = AnswerCheckIn(met=Met.YES, usefulness=4)
    return lambda db: checkins.answer_check_in(db, as_actor(check_in.person_id), check_in.id, answer, NOW)


async def a_silence(database: Database) -> Act:
    async with database.sessions.begin() as db:
        await a_pairing(db, PairingState.ASKING_LEADER, wake_at=NOW)
    return lambda db: pairings.wake_pairing(db, LATER)


async def a_question(database: Database) -> Act:
    async with database.sessions.begin() as db:
        for _ in range(2):
            await a_check_in(db, state=CheckInState.SCHEDULED, wake_at=NOW)
    return lambda db: checkins.wake_check_ins(db, NOW, 2)


async def an_invitation(database: Database) -> Act:
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ACTIVE)
        start = NOW + timedelta(days=7)
        db.add(
            PairSession(
                pairing_id=pairing.id, number=1, local_start=start.replace(tzinfo=None), time_zone="UTC",
                starts_at=start, minutes=45, wake_at=NOW,
            )
        )  # fmt: skip
    return lambda db: pairings.wake_session(db, NOW)


async def under_way(database: Database, state: SessionState = SessionState.INVITED) -> tuple[Pairing, PairSession]:
    """A pairing that has begun, a session that lies ahead, and a question that waits."""
    async with database.sessions.begin() as db:
        pairing = await a_pairing(db, PairingState.ACTIVE)
        await a_check_in(db, pairing=pairing, wake_at=LATER)
        return pairing, await a_session(db, pairing, state=state)


async def booking_a_session(database: Database) -> Act:
    pairing, session = await under_way(database, SessionState.PLANNED)
    wanted = BookSession("2026-03-12T14:30", "UTC")
    return lambda db: booking.book_session(db, as_actor(pairing.leader_id), session.id, wanted, NOW)


async def moving_a_session(database: Database) -> Act:
    pairing, session = await under_way(database)
    wanted = BookSession("2026-03-12T14:30", "UTC", session.sequence)
    return lambda db: booking.book_session(db, as_actor(pairing.junior_id), session.id, wanted, NOW)


async def calling_a_session_off(database: Database) -> Act:
    pairing, session = await under_way(database)
    return lambda db: booking.call_off_session(db, as_actor(pairing.leader_id), session.id, NOW)


async def pausing_a_pairing(database: Database) -> Act:
    pairing, _ = await under_way(database)
    until = Pause((NOW + timedelta(days=20)).date())
    return lambda db: pausing.pause_pairing(db, as_actor(pairing.leader_id), pairing.id, until, NOW)


async def going_on(database: Database) -> Act:
    act = await pausing_a_pairing(database)
    async with database.sessions.begin() as db:
        await act(db)
        pairing = (await db.scalars(select(Pairing))).one()
    return lambda db: pausing.resume_pairing(db, as_actor(pairing.leader_id), pairing.id, NOW + timedelta(days=3))


async def signing(database: Database) -> Act:
    """The second signature, with which the agreement is in force, and its rhythm with it."""
    pairing, _ = await under_way(database, SessionState.PLANNED)
    async with database.sessions.begin() as db:
        await an_agreement(db, pairing, agreed=False, leader_signed_at=NOW, every_days=14, minutes=60)
    signed = SignAgreement(1, 1)
    return lambda db: agreements.sign_agreement(db, as_actor(pairing.junior_id), pairing.id, signed, NOW)


async def ending(database: Database) -> Act:
    """Before its time, with the wish for somebody else."""
    pairing, _ = await under_way(database)
    end = EndPairing("busy", rematch=True)
    return lambda db: endings.end_pairing(db, as_actor(pairing.leader_id), pairing.id, end, NOW)


async def leaving(database: Database) -> Act:
    pairing, _ = await under_way(database)
    leave = LeaveProgramme("busy")
    return lambda db: endings.leave_programme(db, as_actor(pairing.junior_id), pairing.id, leave, NOW)


async def asking_for_somebody_else(database: Database) -> Act:
    pairing, _ = await under_way(database)
    async with database.sessions.begin() as db:
        await endings.end_pairing(db, as_actor(pairing.leader_id), pairing.id, EndPairing("busy"), NOW)
    return lambda db: endings.request_rematch(db, as_actor(pairing.junior_id), pairing.id, NOW)


async def ending_in_a_round(database: Database) -> Act:
    """Somebody else is free, and is offered at once."""
    world = await meeting(database, {"L1": 1}, {"J1": 3, "J2": 2})
    leader = world["L1"]
    async with database.sessions.begin() as db:
        pairing = (await db.scalars(select(Pairing).where(Pairing.leader_enrolment_id == leader.id))).one()
    end = EndPairing("busy", rematch=True)
    return lambda db: endings.end_pairing(db, as_actor(leader.person_id), pairing.id, end, NOW)


async def a_reply_from_a_calendar(database: Database) -> Act:
    pairing, session = await under_way(database)
    async with database.reading() as db:
        junior = await db.get_one(Person, pairing.junior_id)
    mail = a_reply(session.id, junior.email, "DECLINED", at=NOW, start=session.starts_at)
    return lambda db: receive_mail(db, MACHINE, SETTINGS, mail, NOW)


async def a_mail_that_comes_back(database: Database) -> Act:
    async with database.sessions.begin() as db:
        enrolment = await an_enrolment(db)
        person, coordinator = await db.get_one(Person, enrolment.person_id), await a_person(db)
        db.add(Coordinator(programme_id=enrolment.programme_id, person_id=coordinator.id))
        await enqueue(db, [Intended("check_in", person.id, person.id, NOW)])
        row = (await db.scalars(select(Message))).one()
    about = message_id(Claimed(row.id, row.kind, row.about, row.sequence, row.recipient_id, 0), SETTINGS.mail_from)
    return lambda db: receive_mail(db, MACHINE, SETTINGS, a_bounce(person.email, about), NOW)


LIFE: tuple[Prepare, ...] = (
    booking_a_session, moving_a_session, calling_a_session_off, pausing_a_pairing, going_on, signing, ending,
    ending_in_a_round, leaving, asking_for_somebody_else, a_reply_from_a_calendar, a_mail_that_comes_back,
)  # fmt: skip
OPERATIONS: tuple[Prepare, ...] = (
    signing_up, withdrawing, inviting, creating_a_programme, proposing, publishing, undoing, a_leaders_yes,
    a_juniors_yes, a_no, an_answer, a_silence, a_question, an_invitation, *LIFE,
)  # fmt: skip


@pytest.mark.parametrize("prepare", OPERATIONS, ids=lambda one: one.__name__)
async def test_nothing_half_done_stays_wherever_it_breaks_off(database: Database, prepare: Prepare) -> None:
    act = await prepare(database)
    untouched = await everything(database)

    broken_at = await swept(database, act)

    # The last try of the sweep met no fault and was committed.
    assert broken_at >= 3
    assert await everything(database) != untouched
    async with database.reading() as db:
        assert [one for one in await broken_rules(db, NOW) if not one.startswith("N12")] == []


@pytest.mark.parametrize("prepare", LIFE, ids=lambda one: one.__name__)
async def test_what_follows_is_there_whole_or_not_at_all(database: Database, prepare: Prepare) -> None:
    """Sessions planned anew, questions frozen, mails to both, somebody else offered: in one transaction."""
    act = await prepare(database)
    async with database.sessions.begin() as db:
        await act(db)
    untouched = await everything(database)

    broken_at = await swept(database, all_that_follows)

    assert broken_at >= 3
    assert await everything(database) != untouched


async def all_that_follows(db: AsyncSession) -> None:
    """What the clock does about everything that has happened."""
    kinds = {kind.__name__: kind for kind in REACTIONS}
    happened = select(JournalEntry).where(JournalEntry.delivered_at.is_(None), JournalEntry.event.in_(kinds))
    for entry in list(await db.scalars(happened.order_by(JournalEntry.number))):
        for reaction in REACTIONS[kinds[entry.event]]:
            await reaction(db, [event_of(entry, kinds)], NOW)


async def test_a_staff_file_that_breaks_off_is_not_in(database: Database) -> None:
    upload = a_file(a_row("A1"), a_row("A2", manager_staff_no="A1"), a_row("A3", manager_staff_no="A1"))
    before, at = await everything(database), 0

    while True:
        at += 1
        with fault(database, at) as struck:
            try:
                await import_staff(database, MACHINE, upload, Words("en"), NOW)
            except (BrokenOff, ImportUnderWay):
                assert await everything(database) == before
        if struck.seen < at:
            break

    assert at > 6
    again = await import_staff(database, MACHINE, upload, Words("en"), NOW)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 3)


async def test_what_follows_from_an_event_follows_once_wherever_its_delivery_breaks_off(database: Database) -> None:
    """Both say yes; sessions, questions and mails follow. Delivering breaks off at one statement after the other."""
    at, seen = 0, 1
    while seen >= at:
        at += 1
        async with database.sessions.begin() as db:
            pairing = await a_pairing(db, PairingState.ASKING_JUNIOR)
        async with database.sessions.begin() as db:
            await pairings.accept_pairing(db, as_actor(pairing.junior_id), pairing.id, NOW)
        with fault(database, at) as struck, suppress(BrokenOff):
            await deliver_next(database, NOW)
        seen = struck.seen
        while await deliver_next(database, LATER):
            pass
        async with database.reading() as db:
            told = list(await db.scalars(select(Message.kind).where(Message.about == pairing.id)))
            sessions = list(await db.scalars(select(PairSession.number).where(PairSession.pairing_id == pairing.id)))
            assert (told, sorted(sessions)) == (["pairing_began"] * 2, list(range(1, 8)))
            assert list(await db.scalars(select(JournalEntry).where(JournalEntry.delivered_at.is_(None)))) == []
            assert await broken_rules(db, NOW) == []
    assert at > 10


async def test_a_message_goes_out_once_wherever_the_database_goes_away(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    """Four messages; the sender loses the database at one statement after the other, and another goes on."""
    at, seen = 0, 1
    time = Time()
    while seen >= at:
        at += 1
        await asked_leaders(database, 4)
        with fault(database, at) as struck, suppress(BrokenOff):
            await post_all(a_sender(database, tmp_path, smtp.url, time, ASKING))
        seen = struck.seen
        time.pass_by(LEASE)
        await post_all(a_sender(database, tmp_path, smtp.url, time, ASKING))
        async with database.reading() as db:
            states = set(await db.scalars(select(Message.state)))
            pairings_asked = set(await db.scalars(select(Pairing.id).join(Message, Message.about == Pairing.id)))
        assert states <= {MessageState.SENT, MessageState.UNCERTAIN}
        assert doubled(smtp) == []
        assert len(pairings_asked) == 4 * at
    async with database.reading() as db:
        assert len(set(await db.scalars(select(Enrolment.id)))) == 8 * at
    assert at > 3
