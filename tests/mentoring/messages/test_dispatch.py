"""Every message goes out once, or it can be seen why not."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import MACHINE
from mentoring.messages import queries
from mentoring.messages.contracts import Claimed, Intended, Kind, Post, Write
from mentoring.messages.dispatch import claim, send_due
from mentoring.messages.models import Message
from mentoring.messages.rules import LEASE, MOST_ATTEMPTS, MessageNotFound, MessageState
from mentoring.messages.service import enqueue
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.reactions import COMPOSERS
from tests.builders import NOW, a_person, as_actor
from tests.harness.run import free_port
from tests.harness.smtp import Fault, Sink
from tests.mentoring.messages.posting import Time, a_sender, asked_leaders, messages_of, post_all, states_of

SENT, PENDING, UNCERTAIN = MessageState.SENT, MessageState.PENDING, MessageState.UNCERTAIN


async def address_of(database: Database, pairing: Pairing) -> str:
    async with database.reading() as db:
        return (await db.get_one(Person, pairing.leader_id)).email


async def test_writing_a_message_twice_is_writing_it_once(db: AsyncSession) -> None:
    person = await a_person(db)
    message = Intended("consent_leader", person.id, person.id, NOW)

    for _ in range(2):
        await enqueue(db, [message, message])

    assert await db.scalar(select(func.count()).select_from(Message)) == 1


async def test_what_is_due_goes_out_once_to_the_right_person(database: Database, tmp_path: Path, smtp: Sink) -> None:
    pairings = await asked_leaders(database, 3)
    sender = a_sender(database, tmp_path, smtp.url)

    sent = [await post_all(sender) for _ in range(2)]

    assert sent == [3, 0]
    addresses = {await address_of(database, one) for one in pairings}
    assert {(one.sender, one.recipients) for one in smtp.received} == {
        ("mentoring@example.org", (address,)) for address in addresses
    }
    assert len({one.message["message-id"] for one in smtp.received}) == 3
    assert [(one.state, one.sent_at, one.wake_at) for one in await messages_of(database)] == [(SENT, NOW, None)] * 3


async def test_what_is_not_due_yet_waits(database: Database, tmp_path: Path, smtp: Sink) -> None:
    await asked_leaders(database)
    time = Time()
    time.pass_by(timedelta(seconds=-1))
    sender = a_sender(database, tmp_path, smtp.url, time)

    before = await send_due(sender)
    time.pass_by(timedelta(seconds=1))
    after = await post_all(sender)

    assert (before, after) == (0, 1)


async def test_more_than_one_batch_goes_out_in_one_go(database: Database, tmp_path: Path, smtp: Sink) -> None:
    await asked_leaders(database, 105)

    assert await post_all(a_sender(database, tmp_path, smtp.url)) == 105
    assert len(smtp.received) == 105


async def test_a_question_that_was_answered_meanwhile_is_not_asked(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    answered, left, open_ = await asked_leaders(database, 3)
    async with database.sessions.begin() as db:
        (await db.get_one(Pairing, answered.id)).state = PairingState.DECLINED
        (await db.get_one(Person, left.leader_id)).left_on = NOW.date()

    await post_all(a_sender(database, tmp_path, smtp.url))

    assert [one.recipients for one in smtp.received] == [(await address_of(database, open_),)]
    assert await states_of(database) == [SENT, MessageState.SKIPPED, MessageState.SKIPPED]


async def test_a_mailbox_that_does_not_exist_is_refused_and_shown(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    bad, _ = await asked_leaders(database, 2)
    smtp.plan(await address_of(database, bad), Fault.REFUSE)

    await post_all(a_sender(database, tmp_path, smtp.url))

    async with database.reading() as db:
        [refused] = await queries.list_messages(db, MACHINE, MessageState.REFUSED)
    assert await states_of(database) == [MessageState.REFUSED, SENT]
    assert refused.error is not None
    assert refused.error.startswith("550")
    assert refused.address == await address_of(database, bad)


async def test_a_server_that_says_later_is_asked_again_later(database: Database, tmp_path: Path, smtp: Sink) -> None:
    [pairing] = await asked_leaders(database)
    smtp.plan(await address_of(database, pairing), Fault.DEFER, times=1)
    time = Time()
    sender = a_sender(database, tmp_path, smtp.url, time)

    await post_all(sender)
    [waiting] = await messages_of(database)
    time.pass_by(timedelta(minutes=1))
    await post_all(sender)

    assert (waiting.state, waiting.error) == (PENDING, "451 4.3.0 Try again later")
    assert waiting.wake_at is not None
    assert timedelta(seconds=20) < waiting.wake_at - NOW < timedelta(seconds=40)
    assert (await states_of(database), len(smtp.received)) == ([SENT], 1)


async def test_a_message_that_is_never_taken_is_given_up_and_shown(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    [pairing] = await asked_leaders(database)
    smtp.plan(await address_of(database, pairing), Fault.DEFER)
    async with database.sessions.begin() as db:
        await db.execute(update(Message).values(attempt=MOST_ATTEMPTS - 1))

    await post_all(a_sender(database, tmp_path, smtp.url))

    assert await states_of(database) == [MessageState.REFUSED]


@pytest.mark.parametrize("fault", [Fault.HANG_UP_AFTER, Fault.HANG_UP_BEFORE])
async def test_a_message_whose_fate_nobody_knows_is_shown_and_never_repeated(
    database: Database, tmp_path: Path, smtp: Sink, fault: Fault
) -> None:
    lost, other = await asked_leaders(database, 2)
    smtp.plan(await address_of(database, lost), fault, times=1)
    time = Time()
    sender = a_sender(database, tmp_path, smtp.url, time)

    await post_all(sender)
    time.pass_by(timedelta(days=30))
    await post_all(sender)

    assert await states_of(database) == [SENT, UNCERTAIN]
    assert len(smtp.sent_to(await address_of(database, other))) == 1
    assert len(smtp.received) == (2 if fault is Fault.HANG_UP_AFTER else 1)


async def test_while_no_server_answers_nothing_is_claimed_and_nothing_is_lost(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    await asked_leaders(database, 2)

    nobody_there = await send_due(a_sender(database, tmp_path, f"smtp://127.0.0.1:{free_port()}"))
    await post_all(a_sender(database, tmp_path, smtp.url))

    assert nobody_there == 0
    assert (await states_of(database), len(smtp.received)) == ([SENT] * 2, 2)


async def test_a_message_that_cannot_be_composed_does_not_hold_up_the_others(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    broken, _, _ = await asked_leaders(database, 3)
    ordinary = COMPOSERS["consent_leader"].compose

    async def compose(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Write]:
        if broken.id in {one.about for one in messages}:
            await db.scalar(select(func.count()).select_from(Person))
            raise RuntimeError("cannot be written")
        return await ordinary(db, post, messages)

    await post_all(a_sender(database, tmp_path, smtp.url, kinds={"consent_leader": Kind(true(), compose)}))

    assert await states_of(database) == [PENDING, SENT, SENT]
    assert len(smtp.received) == 2


@pytest.mark.parametrize("server", ["smtp", "mailbox"])
async def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(
    database: Database, tmp_path: Path, smtp: Sink, server: str
) -> None:
    odd, _, _ = await asked_leaders(database, 3)
    async with database.sessions.begin() as db:
        (await db.get_one(Person, odd.leader_id)).email = "two@example.org\r\nBcc: lines@example.org"

    await post_all(a_sender(database, tmp_path, smtp.url if server == "smtp" else None))

    out = SENT if server == "smtp" else MessageState.KEPT
    assert sorted(await states_of(database)) == sorted([PENDING, out, out])


async def test_what_is_left_when_told_to_stop_is_given_back(database: Database, tmp_path: Path, smtp: Sink) -> None:
    await asked_leaders(database, 5)
    sender = a_sender(database, tmp_path, smtp.url)

    await send_due(sender, lambda: len(smtp.received) >= 2)

    assert await states_of(database) == [PENDING] * 3 + [SENT] * 2
    assert await post_all(sender) == 3
    assert len(smtp.received) == 5


async def test_what_a_dead_sender_held_is_sent_by_another_when_its_lease_has_passed(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    await asked_leaders(database, 2)
    async with database.sessions.begin() as db:
        [intended, claimed] = await claim(db, "a sender that dies", NOW)
        await db.execute(update(Message).where(Message.id == intended.id).values(state=MessageState.SENDING))
    time = Time()
    sender = a_sender(database, tmp_path, smtp.url, time)

    too_soon = await send_due(sender)
    time.pass_by(LEASE)
    in_time = await post_all(sender)

    assert (too_soon, in_time, len(smtp.received)) == (0, 1, 1)
    assert {one.id: one.state for one in await messages_of(database)} == {intended.id: UNCERTAIN, claimed.id: SENT}


async def test_a_sender_whose_lease_has_passed_sends_nothing_any_more(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    await asked_leaders(database, 3)
    time = Time()
    sender = a_sender(database, tmp_path, smtp.url, time)

    def asleep_after_the_first() -> bool:
        if smtp.received:
            time.pass_by(LEASE)
        return False

    await send_due(sender, asleep_after_the_first)

    assert len(smtp.received) == 1
    assert await states_of(database) == [MessageState.CLAIMED] * 2 + [SENT]
    assert await post_all(sender) == 2
    assert await states_of(database) == [SENT] * 3


async def test_two_senders_share_the_work_and_double_nothing(database: Database, tmp_path: Path, smtp: Sink) -> None:
    await asked_leaders(database, 120)
    senders = [a_sender(database, tmp_path, smtp.url) for _ in range(2)]

    await asyncio.gather(*map(post_all, senders))

    assert len({one.recipients for one in smtp.received}) == len(smtp.received) == 120
    assert await states_of(database) == [SENT] * 120


async def test_without_a_server_mails_lie_in_the_mailbox_for_their_reader(database: Database, tmp_path: Path) -> None:
    kept, answered = await asked_leaders(database, 2)
    async with database.sessions.begin() as db:
        (await db.get_one(Pairing, answered.id)).state = PairingState.DECLINED

    await post_all(a_sender(database, tmp_path, None))

    async with database.reading() as db:
        [mail] = await queries.list_kept(db, as_actor(kept.leader_id))
        opened = await queries.read_kept(db, as_actor(kept.leader_id), mail.id)
        seen_by = [len(await queries.list_kept(db, who)) for who in (MACHINE, as_actor(kept.junior_id))]
        with pytest.raises(MessageNotFound):
            await queries.read_kept(db, as_actor(kept.junior_id), mail.id)
    assert mail.to == await address_of(database, kept)
    assert f"https://mentoring.example.org/pairings/{kept.id}" in opened.text
    assert opened.html.startswith("<!DOCTYPE html>")
    assert seen_by == [1, 0]
    assert await states_of(database) == [MessageState.KEPT, MessageState.SKIPPED]
