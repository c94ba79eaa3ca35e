"""The agreement: either writes it, both sign the words they have read, and at the midpoint it lies there again."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.pairings import agreements, queries, rules
from mentoring.pairings.contracts import AgreementMade, AgreementSigned, SessionHeld
from mentoring.pairings.life import SignAgreement, WriteAgreement
from mentoring.pairings.models import Agreement, Pairing
from mentoring.pairings.rules import Occasion, PairingState, SessionState
from mentoring.programmes.models import Programme
from tests.builders import NOW, a_pairing, a_person, a_session, an_agreement, as_actor

WORDS = WriteAgreement(14, 60, "fr", "Post once a week", "See the house from below", "Learn how decisions are made")
FIRST = SignAgreement(version=1, revision=1)


async def active(db: AsyncSession) -> Pairing:
    return await a_pairing(db, PairingState.ACTIVE)


async def told(db: AsyncSession) -> list[str]:
    await db.flush()
    return list(await db.scalars(select(JournalEntry.event).order_by(JournalEntry.number)))


async def test_an_empty_page_proposes_what_the_plan_says(db: AsyncSession) -> None:
    pairing = await active(db)

    seen = await agreements.read_agreements(db, as_actor(pairing.leader_id), pairing.id)

    assert (seen.in_force, seen.open, seen.signed_by_me) == (None, None, False)
    assert seen.proposed == WriteAgreement(21, 45, "en")


async def test_what_both_have_signed_is_in_force_and_the_coordinator_learns_when_and_not_what(
    db: AsyncSession,
) -> None:
    pairing = await active(db)
    leader, junior = as_actor(pairing.leader_id), as_actor(pairing.junior_id)
    await agreements.write_agreement(db, junior, pairing.id, WORDS, NOW)

    half = await agreements.sign_agreement(db, leader, pairing.id, FIRST, NOW)
    await agreements.sign_agreement(db, leader, pairing.id, FIRST, NOW + timedelta(hours=1))
    whole = await agreements.sign_agreement(db, junior, pairing.id, FIRST, NOW + timedelta(days=1))

    programme = await db.get_one(Programme, pairing.programme_id)
    [record] = await queries.list_records(db, as_actor(await a_person(db), coordinates=(programme,)))
    assert half.open is not None
    assert (half.in_force, half.open.leader_signed_at, half.signed_by_me) == (None, NOW, True)
    assert whole.open is None
    assert whole.in_force is not None
    assert (whole.in_force.agreed_at, whole.in_force.skill_goal) == (NOW + timedelta(days=1), "Post once a week")
    assert record.agreed_at == NOW + timedelta(days=1)
    assert "Post once a week" not in repr(record)
    assert await told(db) == ["AgreementWritten", "AgreementSigned", "AgreementMade"]


async def test_other_words_take_the_signatures_off_and_the_same_words_do_not(db: AsyncSession) -> None:
    pairing = await active(db)
    leader, junior = as_actor(pairing.leader_id), as_actor(pairing.junior_id)
    await agreements.write_agreement(db, junior, pairing.id, WORDS, NOW)
    await agreements.sign_agreement(db, leader, pairing.id, FIRST, NOW)

    same = await agreements.write_agreement(db, junior, pairing.id, WORDS, NOW)
    other = await agreements.write_agreement(db, junior, pairing.id, replace(WORDS, minutes=45), NOW)

    assert same.open is not None
    assert other.open is not None
    assert (same.open.revision, same.open.leader_signed_at) == (1, NOW)
    assert (other.open.version, other.open.revision, other.open.leader_signed_at) == (1, 2, None)
    with pytest.raises(rules.AgreementChanged):
        await agreements.sign_agreement(db, leader, pairing.id, FIRST, NOW)


async def test_the_version_in_force_holds_until_both_have_signed_another(db: AsyncSession) -> None:
    pairing = await active(db)
    await an_agreement(db, pairing)
    leader, junior = as_actor(pairing.leader_id), as_actor(pairing.junior_id)

    written = await agreements.write_agreement(db, leader, pairing.id, WORDS, NOW)
    second = SignAgreement(version=2, revision=1)
    await agreements.sign_agreement(db, leader, pairing.id, second, NOW)
    signed = await agreements.sign_agreement(db, junior, pairing.id, second, NOW)

    assert written.in_force is not None
    assert written.open is not None
    assert signed.in_force is not None
    assert (written.in_force.version, written.open.version, written.open.occasion) == (1, 2, Occasion.CHANGE)
    assert (signed.in_force.version, signed.open) == (2, None)


async def test_nothing_is_signed_that_nobody_has_written(db: AsyncSession) -> None:
    pairing = await active(db)

    with pytest.raises(rules.AgreementNotFound):
        await agreements.sign_agreement(db, as_actor(pairing.leader_id), pairing.id, FIRST, NOW)


@pytest.mark.parametrize("state", [PairingState.PAUSED, PairingState.ENDED])
async def test_who_does_not_meet_signs_nothing_and_can_still_read(db: AsyncSession, state: PairingState) -> None:
    pairing = await a_pairing(db, state)
    await an_agreement(db, pairing)
    leader = as_actor(pairing.leader_id)

    assert (await agreements.read_agreements(db, leader, pairing.id)).in_force is not None
    with pytest.raises(rules.PairingNotActive):
        await agreements.write_agreement(db, leader, pairing.id, WORDS, NOW)


async def test_nobody_else_reads_it(db: AsyncSession) -> None:
    pairing = await active(db)
    await an_agreement(db, pairing)
    programme = await db.get_one(Programme, pairing.programme_id)
    others = [as_actor(await a_person(db)), as_actor(await a_person(db), coordinates=(programme,), administrator=True)]

    for other in others:
        with pytest.raises(rules.PairingNotFound):
            await agreements.read_agreements(db, other, pairing.id)


async def test_two_signatures_at_once_are_both_there(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await active(db)
        agreement = await an_agreement(db, pairing, agreed=False)

    async def sign(leader: bool) -> None:
        async with database.sessions.begin() as db:
            who = as_actor(pairing.leader_id if leader else pairing.junior_id)
            await agreements.sign_agreement(db, who, pairing.id, FIRST, NOW)

    await asyncio.gather(sign(True), sign(False))

    async with database.reading() as db:
        signed = await db.get_one(Agreement, agreement.id)
        made = await db.scalars(select(JournalEntry.event).where(JournalEntry.event == "AgreementMade"))
        assert (signed.leader_signed_at, signed.junior_signed_at, signed.agreed_at) == (NOW, NOW, NOW)
        assert list(made) == ["AgreementMade"]


async def test_whoever_has_not_signed_is_asked_to_once(db: AsyncSession) -> None:
    pairing = await active(db)
    agreement = await an_agreement(db, pairing, agreed=False, leader_signed_at=NOW)

    for _ in range(2):
        await agreements.ask_to_sign(db, [AgreementSigned(agreement.id, 1, pairing.leader_id)], NOW)

    rows = await db.execute(select(Message.kind, Message.recipient_id))
    assert [tuple(row) for row in rows] == [("agreement_to_sign", pairing.junior_id)]


async def test_at_the_midpoint_it_lies_there_again_once(db: AsyncSession) -> None:
    pairing = await active(db)
    await an_agreement(db, pairing)
    early, middle = [await a_session(db, pairing, number, state=SessionState.HELD) for number in (1, 3)]

    await agreements.look_at_it_again(db, [SessionHeld(early.id)], NOW)
    before = await db.scalar(select(func.count()).select_from(Agreement))
    for _ in range(2):
        await agreements.look_at_it_again(db, [SessionHeld(middle.id)], NOW)
        await db.flush()

    seen = await agreements.read_agreements(db, as_actor(pairing.leader_id), pairing.id)
    asked = set(await db.scalars(select(Message.recipient_id).where(Message.kind == "agreement_to_renew")))
    assert before == 1
    assert seen.open is not None
    assert (seen.open.version, seen.open.occasion, seen.open.skill_goal) == (2, Occasion.MIDPOINT, "Post once a week")
    assert (seen.open.leader_signed_at, seen.open.junior_signed_at) == (None, None)
    assert asked == {pairing.leader_id, pairing.junior_id}


async def test_what_was_never_signed_is_not_renewed(db: AsyncSession) -> None:
    pairing = await active(db)
    await an_agreement(db, pairing, agreed=False)
    middle = await a_session(db, pairing, 3, state=SessionState.HELD)

    await agreements.look_at_it_again(db, [SessionHeld(middle.id)], NOW)

    assert await db.scalar(select(func.count()).select_from(Agreement)) == 1


async def test_sessions_nobody_has_booked_follow_the_rhythm_that_both_signed(db: AsyncSession) -> None:
    pairing = await active(db)
    agreement = await an_agreement(db, pairing, every_days=14, minutes=60)
    invited = await a_session(db, pairing, 1, state=SessionState.INVITED)
    planned = [await a_session(db, pairing, number) for number in (2, 3)]

    once = []
    for _ in range(2):
        await agreements.keep_the_rhythm(db, [AgreementMade(agreement.id)], NOW)
        once.append([one.starts_at for one in planned])

    gaps = [planned[0].starts_at - invited.starts_at, planned[1].starts_at - planned[0].starts_at]
    assert (invited.minutes, [one.minutes for one in planned]) == (45, [60, 60])
    assert all(timedelta(days=13) < gap < timedelta(days=21) for gap in gaps)
    assert once[0] == once[1]
    assert pairing.wake_at == planned[1].starts_at + timedelta(minutes=60) + rules.CLOSING_AFTER


async def test_the_rhythm_of_the_plan_moves_nothing(db: AsyncSession) -> None:
    pairing = await active(db)
    agreement = await an_agreement(db, pairing)
    planned = await a_session(db, pairing, 2)
    before = planned.starts_at

    await agreements.keep_the_rhythm(db, [AgreementMade(agreement.id)], NOW)

    assert planned.starts_at == before
    assert await told(db) == []
