"""A pairing that has gone its whole way is over; both say how well they can do now what it was about."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.identity import Actor
from mentoring.pairings import rules
from mentoring.pairings.contracts import AssessmentTaken, SessionBooked, SessionHeld, SessionMissed
from mentoring.pairings.endings import conclude
from mentoring.pairings.life import Assess, AssessedSkill, AssessmentView
from mentoring.pairings.models import Assessment, Pairing, PairSession
from mentoring.pairings.pausing import go_on
from mentoring.pairings.planning import closes_at, end_of
from mentoring.pairings.rules import Ending, PairingNotFound, PairingState, SessionState
from mentoring.policy import Action


async def wake_under_way(db: AsyncSession, pairing: Pairing, now: datetime) -> None:
    """Take the one step of a woken pairing that both have said yes to: a pause ends, or the whole is over."""
    pairing.wake_at = None
    if pairing.state is PairingState.PAUSED:
        await go_on(db, pairing, None, now)
    elif pairing.state is PairingState.ACTIVE:
        sessions = await _standing(db, pairing.id)
        due = closes_at(map(end_of, sessions))
        if due is not None and due > now:
            pairing.wake_at = due
            return
        held = any(one.state is SessionState.HELD for one in sessions)
        await conclude(db, pairing, Ending.COMPLETED if held else Ending.EARLY, None, now)


async def _standing(db: AsyncSession, pairing_id: UUID) -> list[PairSession]:
    chosen = select(PairSession).where(
        PairSession.pairing_id == pairing_id, PairSession.state != SessionState.CANCELLED
    )
    return list(await db.scalars(chosen))


async def look_to_the_end(
    db: AsyncSession, events: Sequence[SessionBooked | SessionHeld | SessionMissed], _now: datetime
) -> None:
    """Reaction: with its sessions the end of a pairing moves."""
    ids = select(PairSession.pairing_id).where(PairSession.id.in_([event.session_id for event in events]))
    active = select(Pairing).where(Pairing.id.in_(ids), Pairing.state == PairingState.ACTIVE)
    for pairing in await db.scalars(active):
        pairing.wake_at = closes_at(map(end_of, await _standing(db, pairing.id)))


async def read_assessment(db: AsyncSession, actor: Actor, pairing_id: UUID, now: datetime) -> AssessmentView:
    """The closing assessment of the one who asks. Raises ``PairingNotFound``."""
    pairing = policy.require(actor, Action.ASSESS, await db.get(Pairing, pairing_id), PairingNotFound)
    return await _view(db, actor, pairing, now)


async def assess(db: AsyncSession, actor: Actor, pairing_id: UUID, said: Assess, now: datetime) -> AssessmentView:
    """Say how well one can do what the pairing was about, now and looking back to the start; again changes it.

    Raises ``PairingNotFound``, ``NothingToAssess``, ``AssessmentIncomplete``.
    """
    found = await db.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    pairing = policy.require(actor, Action.ASSESS, found, PairingNotFound)
    if not await _open(db, pairing, now):
        raise rules.NothingToAssess()
    levels = {one.skill: one for one in said.skills}
    if set(levels) != set(_skills(pairing)) or len(levels) != len(said.skills):
        raise rules.AssessmentIncomplete()
    assert actor.id is not None
    for one in said.skills:
        row = await db.get(Assessment, (pairing.id, actor.id, one.skill))
        if row is None:
            row = Assessment(pairing_id=pairing.id, person_id=actor.id, skill=one.skill)
            db.add(row)
        row.after, row.before, row.assessed_at = one.after, one.before, now
    journal.record(db, AssessmentTaken(pairing.id, actor.id), by=actor.id, at=now)
    await db.flush()
    return await _view(db, actor, pairing, now)


def _skills(pairing: Pairing) -> list[str]:
    """What the pairing was about: the needs that the junior could meet, the most urgent first."""
    return [need.skill for need in sorted(pairing.reasons.needs, key=lambda need: need.priority)]


async def _open(db: AsyncSession, pairing: Pairing, now: datetime) -> bool:
    if pairing.state is PairingState.ENDED:
        return pairing.ending is Ending.COMPLETED
    rows = await db.execute(
        select(PairSession.state, PairSession.starts_at).where(PairSession.pairing_id == pairing.id)
    )
    return rules.went_its_way([(row.state, row.starts_at) for row in rows], now)


async def _view(db: AsyncSession, actor: Actor, pairing: Pairing, now: datetime) -> AssessmentView:
    rows = await db.scalars(
        select(Assessment).where(Assessment.pairing_id == pairing.id, Assessment.person_id == actor.id)
    )
    mine = list(rows)
    return AssessmentView(
        open=await _open(db, pairing, now),
        skills=_skills(pairing),
        mine=[AssessedSkill(one.skill, one.after, one.before) for one in mine],
        assessed_at=max((one.assessed_at for one in mine), default=None),
    )
