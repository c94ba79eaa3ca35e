"""An answer to an invitation, and a bounce: as calendars and mail servers write them, and as others forge them."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.__main__ import main
from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.inbound import service
from mentoring.inbound.contracts import SessionAnswered
from mentoring.inbound.models import SessionAnswer
from mentoring.inbound.reading import Bounce, Reply, read_mail
from mentoring.inbound.rules import LARGEST_MAIL, Answer, MailUnreadable, Outcome
from mentoring.messages.contracts import Claimed, Intended
from mentoring.messages.mime import message_id
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState, Pace
from mentoring.messages.service import enqueue
from mentoring.pairings.booking import book_session
from mentoring.pairings.life import BookSession
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.contracts import AddressBounced
from mentoring.people.models import Mailing, Person
from mentoring.people.pacing import release_messages
from mentoring.programmes.models import Coordinator
from mentoring.reactions import COMPOSERS
from mentoring.settings import Settings
from tests.builders import NOW, a_pairing, a_person, as_actor
from tests.harness.smtp import Sink
from tests.mentoring.followups.living import settle
from tests.mentoring.inbound.letters import a_bounce, a_reply
from tests.mentoring.messages.posting import a_sender, post_all

SETTINGS = Settings(mail_from="mentoring@example.org")
START = NOW + timedelta(days=7)


class Invited(NamedTuple):
    pairing: Pairing
    session: PairSession
    leader: Person
    junior: Person


async def invited(db: AsyncSession, sequence: int = 0) -> Invited:
    leader, junior = await a_person(db), await a_person(db, given_name="Jo")
    pairing = await a_pairing(db, PairingState.ACTIVE, leader=leader, junior=junior)
    session = PairSession(
        pairing_id=pairing.id, number=1, local_start=START.replace(tzinfo=None), time_zone="UTC", starts_at=START,
        minutes=45, state=SessionState.INVITED, sequence=sequence,
    )  # fmt: skip
    db.add(session)
    await db.flush()
    return Invited(pairing, session, leader, junior)


def an_answer(
    one: Invited,
    says: str = "DECLINED",
    *,
    who: str | None = None,
    sender: str | None = None,
    sequence: int = 0,
    method: str = "REPLY",
    at: datetime = NOW,
    start: datetime = START,
) -> bytes:
    attendee = who or one.junior.email
    return a_reply(one.session.id, attendee, says, sender=sender, sequence=sequence, method=method, at=at, start=start)


async def receive(db: AsyncSession, content: bytes, now: datetime = NOW) -> Outcome:
    return (await service.receive_mail(db, MACHINE, SETTINGS, content, now)).outcome


@pytest.mark.parametrize(
    "says, answer", [("ACCEPTED", Answer.ACCEPTED), ("DECLINED", Answer.DECLINED), ("TENTATIVE", Answer.TENTATIVE)]
)
async def test_an_answer_from_a_calendar_is_taken(db: AsyncSession, says: str, answer: Answer) -> None:
    one = await invited(db)

    outcome = await receive(db, an_answer(one, says))

    [seen] = await service.read_answers(db, as_actor(one.leader), one.session.id)
    assert (outcome, seen.answer, seen.person, seen.proposed_at) == (
        Outcome.ANSWERED, answer, f"Jo {one.junior.family_name}", None,
    )  # fmt: skip


async def test_an_answer_to_a_time_that_was_moved_since_counts_for_nothing(db: AsyncSession) -> None:
    one = await invited(db)
    await receive(db, an_answer(one, "ACCEPTED"))
    moved = BookSession(f"{START + timedelta(days=1):%Y-%m-%dT%H:%M}")
    seen = await book_session(db, as_actor(one.leader), one.session.id, moved, NOW + timedelta(minutes=5))

    old = await receive(db, an_answer(one, "DECLINED", sequence=0, at=NOW + timedelta(minutes=6)))
    new = await receive(db, an_answer(one, "TENTATIVE", sequence=1, at=NOW + timedelta(minutes=7)))

    [answer] = await service.read_answers(db, as_actor(one.leader), one.session.id)
    assert (seen.sequence, old, new, answer.answer) == (1, Outcome.OUTDATED, Outcome.ANSWERED, Answer.TENTATIVE)


async def test_another_time_may_be_proposed(db: AsyncSession) -> None:
    one = await invited(db)
    wanted = START + timedelta(days=1)

    await receive(db, an_answer(one, "NEEDS-ACTION", method="COUNTER", start=wanted))

    [seen] = await service.read_answers(db, as_actor(one.leader), one.session.id)
    assert (seen.answer, seen.proposed_at) == (Answer.COUNTERED, wanted)


async def test_the_latest_answer_counts_whatever_the_order_and_the_same_again_is_none(db: AsyncSession) -> None:
    one = await invited(db)
    later = NOW + timedelta(hours=1)

    outcomes = [
        await receive(db, mail)
        for mail in (
            an_answer(one, "ACCEPTED", at=later), an_answer(one, "ACCEPTED", at=later), an_answer(one, "DECLINED"),
        )
    ]  # fmt: skip

    assert outcomes == [Outcome.ANSWERED, Outcome.OUTDATED, Outcome.OUTDATED]
    [kept] = await db.scalars(select(SessionAnswer))
    assert (kept.answer, kept.times) == (Answer.ACCEPTED, 1)


async def test_an_answer_to_an_earlier_invitation_says_nothing_of_the_session_as_it_stands(db: AsyncSession) -> None:
    one = await invited(db, sequence=2)

    assert await receive(db, an_answer(one, sequence=1)) is Outcome.OUTDATED
    assert await receive(db, an_answer(one, sequence=2)) is Outcome.ANSWERED


async def test_nobody_answers_for_somebody_else(db: AsyncSession) -> None:
    one = await invited(db)
    stranger = await a_person(db)

    forged = [
        an_answer(one, sender=stranger.email),
        an_answer(one, who=stranger.email),
        an_answer(one, who="nobody@example.org"),
    ]

    assert [await receive(db, mail) for mail in forged] == [Outcome.IGNORED] * 3
    assert list(await db.scalars(select(SessionAnswer))) == []


async def test_who_waits_for_the_other_is_told_of_a_no_once(database: Database, tmp_path: Path, smtp: Sink) -> None:
    async with database.sessions.begin() as db:
        one = await invited(db)
        await receive(db, an_answer(one))
        await service.tell_the_other(db, [SessionAnswered(one.session.id, one.junior.id, Answer.DECLINED, 1)], NOW)
    await settle(database, NOW)

    await post_all(a_sender(database, tmp_path, smtp.url))

    [mail] = smtp.received
    assert mail.recipients == (one.leader.email,)
    assert str(mail.message["subject"]) == f"Jo {one.junior.family_name} cannot come"


async def test_that_somebody_comes_is_no_news(database: Database) -> None:
    async with database.sessions.begin() as db:
        one = await invited(db)
        await receive(db, an_answer(one, "ACCEPTED"))
    await settle(database, NOW)

    async with database.reading() as db:
        assert list(await db.scalars(select(Message))) == []


async def sent_to(db: AsyncSession, person: Person) -> str:
    """The id of a mail that went out to somebody."""
    await enqueue(db, [Intended("check_in", person.id, person.id, NOW)])
    row = (await db.scalars(select(Message).where(Message.recipient_id == person.id))).one()
    row.state = MessageState.SENT
    await db.flush()
    return message_id(Claimed(row.id, row.kind, row.about, row.sequence, row.recipient_id, 1), SETTINGS.mail_from)


@pytest.mark.parametrize("whole", [True, False])
async def test_a_bounce_marks_the_address_and_is_told_to_the_coordinators(db: AsyncSession, whole: bool) -> None:
    one = await invited(db)
    coordinator = await a_person(db)
    db.add(Coordinator(programme_id=one.pairing.programme_id, person_id=coordinator.id))
    about = await sent_to(db, one.leader)

    outcomes = [await receive(db, a_bounce(one.leader.email, about, whole=whole)) for _ in range(2)]
    for _ in range(2):
        await service.tell_of_bounces(db, [AddressBounced(one.leader.id)], NOW)

    mailing = await db.get_one(Mailing, one.leader.id)
    told = await db.execute(select(Message.recipient_id).where(Message.kind == "bounced"))
    assert outcomes == [Outcome.BOUNCED] * 2
    assert (mailing.bounced_address, mailing.bounce) == (one.leader.email, "550 5.1.1 User unknown")
    assert list(told.scalars()) == [coordinator.id]


async def test_a_bounce_of_nothing_that_we_sent_is_not_believed(db: AsyncSession) -> None:
    one = await invited(db)
    about = await sent_to(db, one.junior)

    not_ours = [
        a_bounce(one.leader.email, about),
        a_bounce(one.leader.email, "<made-up@example.org>"),
        a_bounce(one.junior.email, about, action="delayed", status="4.4.7"),
        a_bounce(one.junior.email, about, status="4.2.2"),
    ]

    assert [await receive(db, mail) for mail in not_ours] == [Outcome.IGNORED] * 4
    assert list(await db.scalars(select(Mailing))) == []


async def test_to_an_address_that_takes_nothing_no_reminders_go_until_it_is_another(db: AsyncSession) -> None:
    person = await a_person(db)
    about = await sent_to(db, person)
    await receive(db, a_bounce(person.email, about))
    everything = {"x": COMPOSERS["bundle"]}

    async def reminded(number: int) -> MessageState:
        await enqueue(db, [Intended("x", person.id, person.id, NOW, number, Pace.REMINDER)])
        await release_messages(db, everything, NOW)
        await db.flush()
        return (await db.scalars(select(Message.state).where(Message.kind == "x", Message.sequence == number))).one()

    before = await reminded(1)
    person.email = "another@example.org"
    await db.flush()

    assert (before, await reminded(2)) == (MessageState.SKIPPED, MessageState.PENDING)


@pytest.mark.parametrize("content", [b"", b"  \r\n", b"x" * (LARGEST_MAIL + 1)])
def test_what_is_no_mail_is_refused(content: bytes) -> None:
    with pytest.raises(MailUnreadable):
        read_mail(content)


@given(st.binary(min_size=1, max_size=400))
def test_whatever_comes_in_is_an_answer_a_bounce_or_nothing(noise: bytes) -> None:
    head = b"From: a@example.org\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n"
    for content in (b"x" + noise, head + b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n" + noise):
        assert isinstance(read_mail(content), Reply | Bounce | None)


def test_the_command_reads_a_mail_from_its_standard_input(
    sqlite_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MENTORING_DATABASE_URL", sqlite_database_url.replace("+aiosqlite", ""))
    monkeypatch.setenv("MENTORING_SECRET_FILE", str(tmp_path / "secret"))

    done = CliRunner().invoke(main, ["inbound", "--json"], input=b"From: a@example.org\r\n\r\nHello\r\n")

    assert (done.exit_code, '"ignored"' in done.output) == (0, True)
