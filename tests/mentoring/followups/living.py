"""A real pairing on a real database, lived through by moving ``now`` from moment to moment."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.checkins import service as checkins
from mentoring.checkins.contracts import AnswerCheckIn
from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState, Met
from mentoring.db import Database
from mentoring.followups import service as followups
from mentoring.followups.models import Watch
from mentoring.followups.simulation import ANSWERS_AFTER, Where
from mentoring.journal import JournalEntry
from mentoring.messages.bundles import BUNDLE
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings import agreements
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import PairingsProposed
from mentoring.pairings.life import SignAgreement, WriteAgreement
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.rules import PairingState
from mentoring.people import pacing
from mentoring.programmes.models import Coordinator, Programme
from mentoring.programmes.rules import Ladder, Plan
from mentoring.reactions import COMPOSERS, deliver_next, pass_over_unanswered
from tests.builders import REASONS, a_pairing, a_person, a_programme, as_actor

Wake = Callable[[AsyncSession, datetime], Awaitable[UUID | int | None]]
WAKES: Sequence[Wake] = (
    pairings.wake_pairing,
    pairings.wake_session,
    checkins.wake_check_ins,
    followups.wake_watch,
)
MET = AnswerCheckIn(met=Met.YES, usefulness=5)
WELL = AnswerCheckIn(good_fit=4, candour=5, clarity=4, protected_time=4)


async def proposed(
    database: Database, plan: Plan, ladder: Ladder, leader: Where, junior: Where, at: datetime
) -> Pairing:
    """A pairing whose leader is asked at that moment; its programme has a coordinator where the leader is."""
    async with database.sessions.begin() as db:
        programme = await a_programme(db, plan=plan, ladder=ladder)
        two = [await a_person(db, country=place.country, time_zone=place.zone) for place in (leader, junior)]
        runs_it = await a_person(db, country=leader.country, time_zone=leader.zone)
        db.add(Coordinator(programme_id=programme.id, person_id=runs_it.id))
        pairing = await a_pairing(
            db, PairingState.ASKING_LEADER, leader=two[0], junior=two[1], programme=programme, asked_at=at, made_at=at,
            reasons=type(REASONS)(REASONS.parts, [], 0.0, "en", [], True),
        )  # fmt: skip
        journal.record(db, PairingsProposed([pairing.id]), by=None, at=at)
    return pairing


async def begun(database: Database, pairing: Pairing, at: datetime) -> None:
    """Both say yes, each as soon as a simulated one would."""
    await settle(database, at)
    for person_id, after in ((pairing.leader_id, 1), (pairing.junior_id, 2)):
        async with database.sessions.begin() as db:
            await pairings.accept_pairing(db, as_actor(person_id), pairing.id, at + after * ANSWERS_AFTER)
        await settle(database, at + after * ANSWERS_AFTER)


async def signed(database: Database, pairing: Pairing, at: datetime) -> None:
    """The junior writes and signs the agreement, then the leader signs it, each as soon as a simulated one would."""
    async with database.reading() as db:
        plan = (await db.get_one(Programme, pairing.programme_id)).plan
    words = WriteAgreement(plan.every_days, plan.minutes, "en")
    for person_id, after in ((pairing.junior_id, 1), (pairing.leader_id, 2)):
        async with database.sessions.begin() as db:
            now, actor = at + after * ANSWERS_AFTER, as_actor(person_id)
            if after == 1:
                await agreements.write_agreement(db, actor, pairing.id, words, now)
            await agreements.sign_agreement(db, actor, pairing.id, SignAgreement(1, 1), now)
        await settle(database, at + after * ANSWERS_AFTER)


async def live(database: Database, until: datetime, *, answering: bool = False) -> None:
    """Let the clock run until then, going from each moment at which something is due to the next."""
    now = await _next_moment(database, answering)
    while now is not None and now <= until:
        if answering:
            await _answer(database, now)
        await settle(database, now)
        now = await _next_moment(database, answering)


async def settle(database: Database, now: datetime) -> None:
    """Everything that is due: events and rows until there is none, then what waited for its reader."""
    await pass_over_unanswered(database, now)
    while await deliver_next(database, now) or await _wake(database, now):
        await pass_over_unanswered(database, now)
    while await _once(database, _release, now):
        pass


async def _wake(database: Database, now: datetime) -> bool:
    for wake in WAKES:
        if await _once(database, wake, now):
            return True
    return False


async def _once(database: Database, wake: Wake, now: datetime) -> bool:
    async with database.sessions.begin() as db:
        return bool(await wake(db, now))


async def _release(db: AsyncSession, now: datetime) -> int:
    return await pacing.release_messages(db, COMPOSERS, now)


async def _next_moment(database: Database, answering: bool) -> datetime | None:
    async with database.reading() as db:
        columns = (JournalEntry.wake_at, Pairing.wake_at, PairSession.wake_at, CheckIn.wake_at, Watch.wake_at)
        ahead = [await db.scalar(select(func.min(column))) for column in columns]
        ahead.append(await db.scalar(select(func.min(Message.wake_at)).where(Message.state == MessageState.HELD)))
        if answering:
            fired = await db.scalar(select(func.min(CheckIn.fired_at)).where(CheckIn.state == CheckInState.OPEN))
            ahead.append(fired + ANSWERS_AFTER if fired else None)
    return min((at for at in ahead if at is not None), default=None)


async def _answer(database: Database, now: datetime) -> None:
    async with database.sessions.begin() as db:
        due = select(CheckIn).where(CheckIn.state == CheckInState.OPEN, CheckIn.fired_at <= now - ANSWERS_AFTER)
        for one in list(await db.scalars(due)):
            answer = MET if one.kind is CheckInKind.SESSION else WELL
            await checkins.answer_check_in(db, as_actor(one.person_id), one.id, answer, now)


async def told(database: Database, who: Mapping[UUID, str]) -> list[tuple[datetime, str, str, tuple[str, ...]]]:
    """What went out: when, to whom, of which kind, and what was merged into it."""
    async with database.reading() as db:
        rows = list(await db.scalars(select(Message)))
    parts: dict[UUID, list[str]] = {}
    for one in rows:
        if one.within_id is not None:
            parts.setdefault(one.within_id, []).append(one.kind)
    out = [one for one in rows if one.state is MessageState.PENDING]
    return sorted(
        (one.released_at or one.made_at, who.get(one.recipient_id, "coordinator"), one.kind, _parts(one, parts))
        for one in out
    )


def _parts(one: Message, parts: Mapping[UUID, list[str]]) -> tuple[str, ...]:
    return tuple(sorted(parts.get(one.id, []))) if one.kind == BUNDLE else ()


LOOKING_BACK = timedelta(days=400)
"""Longer than a whole life."""
