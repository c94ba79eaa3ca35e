"""The ladder and the life of a pairing together: it rests in pauses, reads what was signed and booked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.contracts import CheckInAnswered
from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState
from mentoring.db import Database
from mentoring.followups import queries, service
from mentoring.followups.models import Rung, Watch
from mentoring.followups.rules import Level, Matter, Reason
from mentoring.messages.bundles import BUNDLE
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings import agreements, booking, delegates, endings, pausing
from mentoring.pairings.contracts import PairingBegan
from mentoring.pairings.life import BookSession, EndPairing, NameDelegate, Pause, SignAgreement, WriteAgreement
from mentoring.pairings.models import Pairing, PastPause
from mentoring.pairings.rules import Ending, PairingState
from mentoring.people.models import Person
from mentoring.programmes.models import Coordinator
from tests.builders import NOW, a_check_in, a_pairing, a_person, a_session, an_agreement, as_actor
from tests.harness.smtp import Sink
from tests.mentoring.followups.living import settle
from tests.mentoring.messages.posting import Time, a_sender, post_all
from tests.mentoring.visitor import Page, come_in

DAY = timedelta(days=1)


async def under_way(db: AsyncSession, *, agreed: bool = True) -> Pairing:
    """A pairing that began just now, watched over."""
    pairing = await a_pairing(db, PairingState.ACTIVE)
    db.add(Coordinator(programme_id=pairing.programme_id, person_id=(await a_person(db)).id))
    if agreed:
        await an_agreement(db, pairing)
    await service.watch_over(db, [PairingBegan(pairing.id)], NOW)
    return pairing


async def pause(db: AsyncSession, pairing: Pairing, begin: datetime) -> None:
    until = Pause((begin + 60 * DAY).date())
    await pausing.pause_pairing(db, as_actor(pairing.leader_id), pairing.id, until, begin)


async def resume(db: AsyncSession, pairing: Pairing, end: datetime) -> None:
    await pausing.resume_pairing(db, as_actor(pairing.leader_id), pairing.id, end)


async def rungs(database: Database, matter: Matter) -> list[datetime]:
    async with database.reading() as db:
        return list(await db.scalars(select(Rung.taken_at).where(Rung.matter == matter).order_by(Rung.taken_at)))


async def told(database: Database, kind: str) -> Sequence[UUID]:
    async with database.reading() as db:
        rows = await db.scalars(select(Message.recipient_id).where(Message.kind == kind).order_by(Message.made_at))
        return list(rows)


async def test_no_rung_is_taken_in_a_pause_and_its_time_does_not_count(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
        await pause(db, pairing, NOW + 2 * DAY)
    for days in (3, 10, 30):
        await settle(database, NOW + days * DAY)
    during = await rungs(database, Matter.FIRST_SESSION)
    async with database.sessions.begin() as db:
        await resume(db, pairing, NOW + 30 * DAY)

    await settle(database, NOW + 31 * DAY - timedelta(seconds=1))
    before = await rungs(database, Matter.FIRST_SESSION)
    await settle(database, NOW + 31 * DAY)

    assert (during, before) == ([], [])
    assert await rungs(database, Matter.FIRST_SESSION) == [NOW + 31 * DAY]


async def test_points_stand_still_in_a_pause_and_go_on_after_it(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
        await pause(db, pairing, NOW + 10 * DAY)
    await settle(database, NOW + 29 * DAY)
    async with database.sessions.begin() as db:
        await resume(db, pairing, NOW + 30 * DAY)

    seen = []
    for days in (30, 33, 34, 41):
        await settle(database, NOW + days * DAY)
        async with database.reading() as db:
            seen.append((await db.get_one(Watch, pairing.id)).points)

    assert seen == [0, 0, 20, 40]


async def test_a_reminder_that_waited_is_not_sent_into_a_pause(database: Database) -> None:
    evening = NOW + 3 * DAY + timedelta(hours=12)
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
    await settle(database, evening)
    async with database.sessions.begin() as db:
        await pause(db, pairing, evening)

    await settle(database, evening + 3 * DAY)

    async with database.reading() as db:
        [state] = await db.scalars(select(Message.state).where(Message.kind == "nudge_first_session"))
    assert state is MessageState.SKIPPED


async def test_a_pairing_at_risk_leaves_the_queue_while_it_rests_but_whoever_confides_is_heard(
    database: Database,
) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
        administrator = as_actor(await a_person(db), administrator=True)
    for days in (3, 7, 14):
        await settle(database, NOW + days * DAY)
    queue = []
    async with database.sessions.begin() as db:
        queue.append([one.level for one in await queries.at_risk(db, administrator)])
        await pause(db, pairing, NOW + 15 * DAY)
        queue.append([one.level for one in await queries.at_risk(db, administrator)])
        answer = await a_check_in(
            db, pairing=pairing, person_id=pairing.junior_id, kind=CheckInKind.PULSE, state=CheckInState.ANSWERED,
            candour=1, good_fit=4, clarity=4, protected_time=4, answered_at=NOW + 16 * DAY,
        )  # fmt: skip
        await service.look_after_check_ins(db, [CheckInAnswered(answer.id)], NOW + 16 * DAY)

    await settle(database, NOW + 16 * DAY)

    async with database.reading() as db:
        queue.append([one.level for one in await queries.at_risk(db, administrator)])
        findings = (await db.get_one(Watch, pairing.id)).findings
    assert queue == [[Level.AMBER], [], [Level.RED]]
    assert Reason.CANDOUR in {one.reason for one in findings}
    assert len(await told(database, "confided")) == 1


async def test_only_who_has_not_signed_is_reminded_and_a_signature_of_both_settles_it(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db, agreed=False)
    await settle(database, NOW + 7 * DAY)
    first = await told(database, "nudge_agreement")
    async with database.sessions.begin() as db:
        junior, leader = as_actor(pairing.junior_id), as_actor(pairing.leader_id)
        await agreements.write_agreement(db, junior, pairing.id, WriteAgreement(21, 45, "en"), NOW + 8 * DAY)
        await agreements.sign_agreement(db, junior, pairing.id, SignAgreement(1, 1), NOW + 8 * DAY)
    await settle(database, NOW + 12 * DAY)
    second = await told(database, "nudge_agreement")
    async with database.sessions.begin() as db:
        await agreements.sign_agreement(db, leader, pairing.id, SignAgreement(1, 1), NOW + 13 * DAY)
    await settle(database, NOW + 13 * DAY)
    await settle(database, NOW + 21 * DAY)

    async with database.reading() as db:
        settled = set(await db.scalars(select(Rung.settled_at).where(Rung.matter == Matter.AGREEMENT)))
        findings = (await db.get_one(Watch, pairing.id)).findings
    assert sorted(first) == sorted([pairing.leader_id, pairing.junior_id])
    assert list(second[2:]) == [pairing.leader_id]
    assert settled == {NOW + 13 * DAY}
    assert await told(database, "look_agreement") == []
    assert Reason.UNSIGNED not in {one.reason for one in findings}


async def test_an_agreement_that_nobody_signs_comes_to_the_coordinators(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db, agreed=False)
    for days in (7, 12, 21):
        await settle(database, NOW + days * DAY)

    async with database.reading() as db:
        findings = (await db.get_one(Watch, pairing.id)).findings
    assert len(await told(database, "look_agreement")) == 1
    assert Reason.UNSIGNED in {one.reason for one in findings}


async def test_that_an_agreement_waits_goes_out_with_what_else_waits(database: Database) -> None:
    evening = NOW + 3 * DAY + timedelta(hours=12)
    async with database.sessions.begin() as db:
        pairing = await under_way(db, agreed=False)
        leader = as_actor(pairing.leader_id)
    await settle(database, evening - timedelta(minutes=1))
    async with database.sessions.begin() as db:
        await agreements.write_agreement(db, leader, pairing.id, WriteAgreement(21, 45, "en"), evening)
        await agreements.sign_agreement(db, leader, pairing.id, SignAgreement(1, 1), evening)
    await settle(database, evening)
    await settle(database, NOW + 6 * DAY + timedelta(hours=6))

    async with database.reading() as db:
        rows = await db.execute(
            select(Message.kind, Message.state).where(Message.recipient_id == pairing.junior_id).order_by(Message.kind)
        )
    assert [tuple(row) for row in rows] == [
        ("agreement_to_sign", MessageState.MERGED),
        (BUNDLE, MessageState.PENDING),
        ("nudge_first_session", MessageState.MERGED),
    ]


async def test_a_first_session_that_is_called_off_must_be_booked_again_and_booking_settles_it(
    database: Database,
) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
        session = await a_session(db, pairing)
        leader = as_actor(pairing.leader_id)
        await booking.book_session(db, leader, session.id, BookSession("2026-03-12T10:00"), NOW)
    await settle(database, NOW + 3 * DAY)
    arranged = await rungs(database, Matter.FIRST_SESSION)
    async with database.sessions.begin() as db:
        await booking.call_off_session(db, leader, session.id, NOW + 4 * DAY)
    await settle(database, NOW + 4 * DAY)
    called_off = await rungs(database, Matter.FIRST_SESSION)
    async with database.sessions.begin() as db:
        await booking.book_session(db, leader, session.id, BookSession("2026-03-12T14:00"), NOW + 5 * DAY)
    await settle(database, NOW + 5 * DAY)

    async with database.reading() as db:
        settled = list(await db.scalars(select(Rung.settled_at)))
    assert (arranged, called_off, settled) == ([], [NOW + 4 * DAY], [NOW + 5 * DAY])


async def test_who_books_or_meets_is_not_silent(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
        first, second = await a_session(db, pairing), await a_session(db, pairing, 2)
        leader, gap = as_actor(pairing.leader_id), 1.5 * 21 * DAY
        await booking.book_session(db, leader, first.id, BookSession("2026-03-10T10:00"), NOW)
        await booking.book_session(db, leader, second.id, BookSession("2026-06-30T10:00"), NOW + 20 * DAY)

    await settle(database, NOW + 20 * DAY + gap - timedelta(seconds=1))
    before = await rungs(database, Matter.SILENCE)
    await settle(database, NOW + 20 * DAY + gap)

    assert before == []
    assert await rungs(database, Matter.SILENCE) == [NOW + 20 * DAY + gap]


async def test_a_delegate_is_told_where_the_ladder_says_so_and_only_as_long_as_they_are_one(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
        books, no_longer = await a_person(db), await a_person(db)
        leader, person = as_actor(pairing.leader_id), await db.get_one(Person, pairing.leader_id)
        for one in (books, no_longer):
            await delegates.name_delegate(db, leader, NameDelegate(str(one.id)), NOW)
    await settle(database, NOW + 3 * DAY)
    await settle(database, NOW + 7 * DAY)
    async with database.sessions.begin() as db:
        await delegates.remove_delegate(db, leader, no_longer.id, NOW + 7 * DAY)
    time = Time()
    time.now = NOW + 7 * DAY

    await post_all(a_sender(database, tmp_path, smtp.url, time))

    mails = {str(mail["to"]): mail for mail in smtp.messages}
    assert {books.email, person.email} <= set(mails)
    assert no_longer.email not in mails
    assert f"{person.given_name} {person.family_name}" in str(mails[books.email]["subject"])
    body = mails[books.email].get_body(("plain",))
    assert body is not None
    assert "https://mentoring.example.org/me/sessions" in body.get_content()


async def test_a_pairing_that_is_over_hears_of_nothing_but_that(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db, agreed=False)
        await a_check_in(db, pairing=pairing, state=CheckInState.SCHEDULED, wake_at=NOW + 9 * DAY)
    await settle(database, NOW + 3 * DAY)
    async with database.sessions.begin() as db:
        await endings.end_pairing(db, as_actor(pairing.junior_id), pairing.id, EndPairing(), NOW + 4 * DAY)
    for days in (4, 7, 9, 14, 21, 40):
        await settle(database, NOW + days * DAY)

    async with database.reading() as db:
        later = select(Message.kind).where(Message.made_at > NOW + 3 * DAY).order_by(Message.kind)
        assert list(await db.scalars(later)) == ["ended_early", "pairing_ended"]  # the second is for the partner
        assert list(await db.scalars(select(CheckIn.state))) == [CheckInState.CANCELLED]
        watch = await db.get_one(Watch, pairing.id)
    assert (watch.wake_at, watch.level) == (None, Level.GREEN)


async def test_the_coordinator_is_told_of_an_early_end_without_who_and_why_and_of_no_other(
    database: Database, tmp_path: Path, smtp: Sink
) -> None:
    async with database.sessions.begin() as db:
        early, complete = await under_way(db), await under_way(db)
        runs_it = (await db.scalars(coordinators_of(early))).one()
        whole = (await db.scalars(coordinators_of(complete))).one()
        gone = EndPairing(reason="we do not get on")
        await endings.end_pairing(db, as_actor(early.leader_id), early.id, gone, NOW)
        await endings.conclude(db, complete, Ending.COMPLETED, None, NOW)
    time = Time()
    time.now = NOW + timedelta(hours=3)
    await settle(database, time.now)

    await post_all(a_sender(database, tmp_path, smtp.url, time))

    mails = {str(mail["to"]): mail for mail in smtp.messages}
    body = mails[runs_it.email].get_body(("plain",))
    assert body is not None
    assert f"https://mentoring.example.org/programmes/{early.programme_id}" in body.get_content()
    assert "we do not get on" not in body.get_content()
    assert whole.email not in mails


def coordinators_of(pairing: Pairing) -> Select[Person]:
    return (
        select(Person)
        .join(Coordinator, Coordinator.person_id == Person.id)
        .where(Coordinator.programme_id == pairing.programme_id)
    )


async def test_every_pause_is_kept_with_its_end_however_it_ended(database: Database) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
        await pause(db, pairing, NOW + DAY)
        await resume(db, pairing, NOW + 3 * DAY)
        await pause(db, pairing, NOW + 5 * DAY)
        await endings.conclude(db, pairing, Ending.EARLY, pairing.leader_id, NOW + 9 * DAY)

    async with database.reading() as db:
        rows = await db.execute(select(PastPause.began_at, PastPause.ended_at).order_by(PastPause.began_at))
    assert [tuple(row) for row in rows] == [(NOW + DAY, NOW + 3 * DAY), (NOW + 5 * DAY, NOW + 9 * DAY)]


async def test_the_navigation_shows_each_link_once_and_only_to_whom_it_is_open(
    client: AsyncClient, database: Database
) -> None:
    async with database.sessions.begin() as db:
        pairing = await under_way(db)
        runs_it = (await db.scalars(select(Person).join(Coordinator, Coordinator.person_id == Person.id))).one()
        books, leader = await a_person(db), as_actor(pairing.leader_id)
        await delegates.name_delegate(db, leader, NameDelegate(str(books.id)), NOW)
    special = ("/me/sessions", "/concerns", "/at-risk", "/staff")
    shown = {}
    for who, person in {"coordinator": runs_it, "delegate": books}.items():
        await come_in(client, database, person)
        links = Page(await client.get("/programmes")).links
        shown[who] = sorted(link for link in links if link in special)

    assert shown == {"coordinator": ["/at-risk", "/concerns", "/staff"], "delegate": ["/me/sessions"]}
