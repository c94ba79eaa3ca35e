"""Pairings are made, both people are asked, sessions are planned; and all that can go another way."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.db import among, insert_missing
from mentoring.directory.contracts import PersonLeft
from mentoring.identity import Actor
from mentoring.messages import service as messages
from mentoring.messages.contracts import Intended
from mentoring.messages.rules import Pace
from mentoring.pairings import rules
from mentoring.pairings.closing import wake_under_way
from mentoring.pairings.consent import calendar_of, calendars
from mentoring.pairings.contracts import (
    ConsentReminded,
    Decline,
    JuniorAsked,
    NewPairing,
    PairingBegan,
    PairingFellThrough,
    PairingsProposed,
    PairingsWithdrawn,
    PairingView,
    SessionBooked,
    SessionHeld,
    SessionInvited,
    SessionMissed,
)
from mentoring.pairings.endings import cancel_sessions, conclude
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.planning import closes_at, planned_end, planned_rows
from mentoring.pairings.queries import begun_pairings, view
from mentoring.pairings.rules import ConsentStep, Ending, PairingNotAsking, PairingNotFound, PairingState, SessionState
from mentoring.policy import Action
from mentoring.programmes.contracts import PersonWithdrew
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import EnrolmentState


async def make_pairings(
    db: AsyncSession, programme: Programme, pairs: Sequence[NewPairing], by: UUID | None, now: datetime
) -> list[UUID]:
    """Make a published round's pairs into pairings whose leaders are to be asked; return their ids in that order."""
    if not pairs:
        return []
    places = await calendars(db, [pair.leader_id for pair in pairs], programme.ladder)
    rows = [
        {
            "id": uuid4(),
            "programme_id": programme.id,
            "leader_enrolment_id": pair.leader_enrolment_id,
            "junior_enrolment_id": pair.junior_enrolment_id,
            "leader_id": pair.leader_id,
            "junior_id": pair.junior_id,
            "state": PairingState.ASKING_LEADER,
            "fit": pair.fit,
            "reasons": pair.reasons,
            "made_at": now,
            "asked_at": now,
            "wake_at": places[pair.leader_id].first_look(now),
        }
        for pair in pairs
    ]
    await (await db.connection()).execute(insert(Pairing), rows)
    ids = [row["id"] for row in rows]
    made = [one for one in ids if isinstance(one, UUID)]
    journal.record(db, PairingsProposed(made), by=by, at=now)
    return made


async def accept_pairing(db: AsyncSession, actor: Actor, pairing_id: UUID, now: datetime) -> PairingView:
    """Say yes: the leader's lets the junior be asked, the junior's lets the pairing begin.

    Raises ``PairingNotAsking``, or ``NoPlaceLeft`` where the junior has meanwhile as many pairings as they can take.
    """
    pairing = await _asked(db, actor, pairing_id)
    if not await _both_enrolled(db, pairing):
        raise PairingNotAsking()
    if pairing.state is PairingState.ASKING_LEADER:
        await _ask_junior(db, pairing, now)
        journal.record(db, JuniorAsked(pairing.id), by=actor.id, at=now)
    else:
        await _take_place(db, pairing)
        pairing.state, pairing.began_at, pairing.wake_at = PairingState.ACTIVE, now, None
        journal.record(db, PairingBegan(pairing.id), by=actor.id, at=now)
    await db.flush()
    return await view(db, actor, pairing)


async def decline_pairing(
    db: AsyncSession, actor: Actor, pairing_id: UUID, answer: Decline, now: datetime
) -> PairingView:
    """Say no. The reason is for the coordinator alone. Raises ``PairingNotAsking``."""
    pairing = await _asked(db, actor, pairing_id)
    assert actor.id is not None
    pairing.decline_reason = answer.reason.strip() or None
    _fall_through(db, pairing, PairingState.DECLINED, actor.id, now)
    await db.flush()
    return await view(db, actor, pairing)


async def _asked(db: AsyncSession, actor: Actor, pairing_id: UUID) -> Pairing:
    """The pairing, locked, if the question is open and it is the actor's turn to answer it."""
    found = await db.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    pairing = policy.require(actor, Action.PAIRING_ANSWER, found, PairingNotFound)
    if pairing.state not in rules.ASKING or actor.id != _whose_turn(pairing):
        raise PairingNotAsking()
    return pairing


async def _both_enrolled(db: AsyncSession, pairing: Pairing) -> bool:
    """Whether neither has withdrawn: a yes may come before what follows from a withdrawal."""
    both = (pairing.leader_enrolment_id, pairing.junior_enrolment_id)
    withdrawn = select(Enrolment.id).where(Enrolment.id.in_(both), Enrolment.state != EnrolmentState.ENROLLED)
    return await db.scalar(withdrawn.limit(1)) is None


def _whose_turn(pairing: Pairing) -> UUID:
    return pairing.leader_id if pairing.state is PairingState.ASKING_LEADER else pairing.junior_id


async def _ask_junior(db: AsyncSession, pairing: Pairing, now: datetime) -> None:
    programme = await db.get_one(Programme, pairing.programme_id)
    place = (await calendars(db, [pairing.junior_id], programme.ladder))[pairing.junior_id]
    pairing.state, pairing.asked_at, pairing.junior_asked_at = PairingState.ASKING_JUNIOR, now, now
    pairing.reminders, pairing.wake_at = 0, place.first_look(now)


async def _take_place(db: AsyncSession, pairing: Pairing) -> None:
    """Hold the junior's enrolment while we count, so that two yeses at once cannot share the last place."""
    enrolment = await db.get_one(Enrolment, pairing.junior_enrolment_id, with_for_update=True, populate_existing=True)
    taken = await db.scalar(
        select(func.count())
        .select_from(Pairing)
        .where(Pairing.junior_enrolment_id == enrolment.id, Pairing.state.in_(rules.UNDER_WAY))
    )
    if (taken or 0) >= enrolment.capacity:
        raise rules.NoPlaceLeft()


def _fall_through(
    db: AsyncSession, pairing: Pairing, state: PairingState, by_id: UUID, now: datetime, *, withdrew: bool = False
) -> None:
    """End the asking. ``by_id`` said no, or said nothing; who withdrew need not be told that it is over."""
    pairing.state, pairing.over_at, pairing.wake_at = state, now, None
    pairing.declined_by_id = by_id
    expired = state is PairingState.EXPIRED and not withdrew
    journal.record(db, PairingFellThrough(pairing.id, by_id, expired), by=None if expired else by_id, at=now)


async def wake_pairing(db: AsyncSession, now: datetime) -> UUID | None:
    """Remind, or let expire, the one pairing whose time came first. None when nothing is due."""
    pairing = await db.scalar(
        select(Pairing)
        .where(Pairing.wake_at <= now)
        .order_by(Pairing.wake_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if pairing is None:
        return None
    if pairing.state not in rules.ASKING:
        await wake_under_way(db, pairing, now)
        return pairing.id
    place = await calendar_of(db, pairing)
    reminders, expires = place.moments(pairing.asked_at)
    step, reminded, wake_at = rules.consent_step(pairing.reminders, now, reminders, expires)
    pairing.reminders, pairing.wake_at = reminded, wake_at
    if step is ConsentStep.REMIND:
        journal.record(db, ConsentReminded(pairing.id, reminded), by=None, at=now)
    elif step is ConsentStep.EXPIRE:
        _fall_through(db, pairing, PairingState.EXPIRED, _whose_turn(pairing), now)
    return pairing.id


async def withdraw_pairings(db: AsyncSession, ids: Sequence[UUID], by: UUID | None, now: datetime) -> list[UUID]:
    """Take back those of the pairings that are still open, with their sessions; return which they were."""
    open_ones = await db.scalars(
        update(Pairing)
        .where(among(Pairing.id, ids), Pairing.state.in_(rules.OPEN))
        .values(state=PairingState.WITHDRAWN, over_at=now, wake_at=None)
        .returning(Pairing.id)
    )
    if withdrawn := list(open_ones):
        await cancel_sessions(db, withdrawn, by, now)
        journal.record(db, PairingsWithdrawn(withdrawn), by=by, at=now)
    return withdrawn


async def mark_session(
    db: AsyncSession, pairing_id: UUID, number: int, *, held: bool, by: UUID | None, now: datetime
) -> None:
    """Put down that a session was held, or missed. What one of the two saw held stays held."""
    over = (SessionState.HELD, SessionState.CANCELLED) if held else (SessionState.HELD, *_SETTLED)
    marked = await db.scalar(
        update(PairSession)
        .where(PairSession.pairing_id == pairing_id, PairSession.number == number, PairSession.state.not_in(over))
        .values(state=SessionState.HELD if held else SessionState.MISSED, wake_at=None)
        .returning(PairSession.id)
    )
    if marked is not None:
        journal.record(db, SessionHeld(marked) if held else SessionMissed(marked), by=by, at=now)


_SETTLED = (SessionState.MISSED, SessionState.CANCELLED)


async def plan_sessions(db: AsyncSession, events: Sequence[PairingBegan], _now: datetime) -> None:
    """Reaction: a pairing that began gets its sessions, at wall times of the leader's zone."""
    begun = await begun_pairings(db, [event.pairing_id for event in events])
    rows = {one.pairing.id: planned_rows(one) for one in begun}
    await insert_missing(db, PairSession, [row for planned in rows.values() for row in planned])
    for one in begun:
        one.pairing.wake_at = closes_at(map(planned_end, rows[one.pairing.id]))


async def wake_session(db: AsyncSession, now: datetime) -> UUID | None:
    """Invite to the one session whose time came first. None when nothing is due."""
    session = await db.scalar(
        select(PairSession)
        .where(PairSession.wake_at <= now)
        .order_by(PairSession.wake_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if session is None:
        return None
    session.wake_at = None
    pairing = await db.get_one(Pairing, session.pairing_id)
    if session.state is SessionState.PLANNED and session.starts_at > now and pairing.state is PairingState.ACTIVE:
        session.sequence = rules.next_sequence(session.state, session.sequence)
        session.state = SessionState.INVITED
        journal.record(db, SessionInvited(session.id, session.sequence), by=None, at=now)
    return session.id


async def let_go_of_leavers(db: AsyncSession, events: Sequence[PersonLeft], now: datetime) -> None:
    """Reaction: nobody waits for somebody who has left, neither for an answer nor at the next session."""
    for event in events:
        theirs = or_(Pairing.leader_id == event.person_id, Pairing.junior_id == event.person_id)
        for pairing in await db.scalars(select(Pairing).where(Pairing.state.in_(rules.OPEN), theirs).with_for_update()):
            if pairing.state in rules.UNDER_WAY:
                await conclude(db, pairing, Ending.LEFT, event.person_id, now)
            else:
                _fall_through(db, pairing, PairingState.EXPIRED, event.person_id, now)


async def let_go_of_withdrawn(db: AsyncSession, events: Sequence[PersonWithdrew], now: datetime) -> None:
    """Reaction: nobody waits for the answer of somebody who has withdrawn, unless they are back by now."""
    for event in events:
        enrolment = await db.get_one(Enrolment, event.enrolment_id)
        if enrolment.state is EnrolmentState.ENROLLED:
            continue
        theirs = or_(Pairing.leader_enrolment_id == enrolment.id, Pairing.junior_enrolment_id == enrolment.id)
        asking = select(Pairing).where(Pairing.state.in_(rules.ASKING), theirs).with_for_update()
        for pairing in await db.scalars(asking):
            _fall_through(db, pairing, PairingState.EXPIRED, enrolment.person_id, now, withdrew=True)


async def ask_leaders(db: AsyncSession, events: Sequence[PairingsProposed], now: datetime) -> None:
    """Reaction: the leaders of new pairings are asked."""
    ids = [pairing_id for event in events for pairing_id in event.pairing_ids]
    rows = await db.execute(select(Pairing.id, Pairing.leader_id).where(among(Pairing.id, ids)))
    await messages.enqueue(db, [Intended("consent_leader", row.id, row.leader_id, now) for row in rows])


async def ask_juniors(db: AsyncSession, events: Sequence[JuniorAsked], now: datetime) -> None:
    """Reaction: the leader said yes, so the junior is asked."""
    pairings = await _by_id(db, [event.pairing_id for event in events])
    await messages.enqueue(db, [Intended("consent_junior", one.id, one.junior_id, now) for one in pairings.values()])


async def remind_asked(db: AsyncSession, events: Sequence[ConsentReminded], now: datetime) -> None:
    """Reaction: whoever has not answered is asked again."""
    pairings = await _by_id(db, [event.pairing_id for event in events])
    await messages.enqueue(
        db,
        [
            Intended(_CONSENT[pairing.state], pairing.id, _whose_turn(pairing), now, event.reminder, Pace.REMINDER)
            for event in events
            if (pairing := pairings[event.pairing_id]).state in _CONSENT
        ],
    )


_CONSENT = {PairingState.ASKING_LEADER: "consent_leader", PairingState.ASKING_JUNIOR: "consent_junior"}


async def tell_both(db: AsyncSession, events: Sequence[PairingBegan], now: datetime) -> None:
    """Reaction: both learn that it begins, and how to reach each other."""
    pairings = await _by_id(db, [event.pairing_id for event in events])
    await messages.enqueue(
        db,
        [
            Intended("pairing_began", one.id, person_id, now)
            for one in pairings.values()
            for person_id in (one.leader_id, one.junior_id)
        ],
    )


async def tell_fallen_through(db: AsyncSession, events: Sequence[PairingFellThrough], now: datetime) -> None:
    """Reaction: whoever waits for an answer learns that none will come, and whoever let it expire, that it is over."""
    pairings = await _by_id(db, [event.pairing_id for event in events])
    told = []
    for event in events:
        pairing = pairings[event.pairing_id]
        if event.by_id == pairing.junior_id or event.expired:
            told.append(Intended("pairing_fell_through", pairing.id, pairing.leader_id, now))
        if pairing.junior_asked_at is not None and (event.expired or event.by_id == pairing.leader_id):
            told.append(Intended("pairing_fell_through", pairing.id, pairing.junior_id, now))
    await messages.enqueue(db, told)


async def tell_withdrawn(db: AsyncSession, events: Sequence[PairingsWithdrawn], now: datetime) -> None:
    """Reaction: whoever had been asked learns that the proposal was taken back."""
    ids = [pairing_id for event in events for pairing_id in event.pairing_ids]
    columns = (Pairing.id, Pairing.leader_id, Pairing.junior_id, Pairing.junior_asked_at)
    rows = await db.execute(select(*columns).where(among(Pairing.id, ids)))
    told = [
        Intended("pairing_withdrawn", row.id, person_id, now)
        for row in rows
        for person_id in (row.leader_id, *((row.junior_id,) if row.junior_asked_at else ()))
    ]
    await messages.enqueue(db, told)


async def invite_to_sessions(db: AsyncSession, events: Sequence[SessionInvited | SessionBooked], now: datetime) -> None:
    """Reaction: both get the session for their calendars."""
    sequences = {event.session_id: event.sequence for event in events}
    rows = await db.execute(
        select(PairSession.id, Pairing.leader_id, Pairing.junior_id)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .where(PairSession.id.in_(sequences))
    )
    await messages.enqueue(
        db,
        [
            Intended("session_invitation", row.id, person_id, now, sequences[row.id])
            for row in rows
            for person_id in (row.leader_id, row.junior_id)
        ],
    )


async def _by_id(db: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Pairing]:
    return {one.id: one for one in await db.scalars(select(Pairing).where(Pairing.id.in_(ids)))}
