"""Whatever the database does in the middle of an operation: nothing half-done stays, and it can be done again."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from mentoring.checkins import service as checkins
from mentoring.checkins.contracts import AnswerCheckIn
from mentoring.checkins.rules import CheckInState, Met
from mentoring.db import Database
from mentoring.directory.importing import ImportUnderWay
from mentoring.directory.service import import_staff
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.messages.rules import LEASE, MessageState
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import Decline
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState
from mentoring.people.contracts import NewPerson
from mentoring.people.service import add_and_invite
from mentoring.programmes.contracts import NewProgramme, SignUp, SkillLevel
from mentoring.programmes.models import Enrolment
from mentoring.programmes.rules import Role
from mentoring.programmes.service import create_programme
from mentoring.programmes.sign_ups import sign_up, withdraw
from mentoring.reactions import COMPOSERS, deliver_next
from mentoring.rounds import service as rounds
from mentoring.rounds.contracts import Propose, Publish
from mentoring.skills.service import ensure_catalogue
from mentoring.upkeep.invariants import broken_rules
from tests.builders import NOW, a_check_in, a_pairing, a_person, a_programme, an_enrolment, as_actor
from tests.chaos.outside import doubled
from tests.chaos.sweep import Act, BrokenOff, everything, fault, swept
from tests.harness.smtp import Sink
from tests.mentoring.directory.staff_files import a_file, a_row
from tests.mentoring.messages.posting import Time, a_sender, asked_leaders, post_all
from tests.mentoring.rounds.worlds import a_world, proposed, published

Prepare = Callable[[Database], Awaitable[Act]]
LATER = NOW + timedelta(days=40)
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
        await a_check_in(db, state=CheckInState.SCHEDULED, wake_at=NOW)
    return lambda db: checkins.wake_check_in(db, NOW)


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


OPERATIONS: tuple[Prepare, ...] = (
    signing_up, withdrawing, inviting, creating_a_programme, proposing, publishing, undoing, a_leaders_yes,
    a_juniors_yes, a_no, an_answer, a_silence, a_question, an_invitation,
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
