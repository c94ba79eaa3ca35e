"""The ladder is climbed, risk is noticed, coordinators act."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.checkins.contracts import CheckInAnswered, CheckInLapsed
from mentoring.checkins.models import CheckIn, FollowUp
from mentoring.db import among, insert_missing
from mentoring.followups import queries, rules
from mentoring.followups.contracts import Acted, AtRiskView, CoordinatorActed, PairingAtRisk, RungTaken
from mentoring.followups.facts import facts_of
from mentoring.followups.models import Intervention, Rung, Watch
from mentoring.followups.rules import SEVERITY, Level, Look, Matter, PairingNotAtRisk, Reason, Step, Taken
from mentoring.identity import Actor
from mentoring.pairings.contracts import (
    AgreementMade,
    AgreementSigned,
    AgreementWritten,
    PairingBegan,
    PairingEnded,
    PairingPaused,
    PairingResumed,
    PairingsWithdrawn,
    SessionBooked,
    SessionHeld,
    SessionInvited,
    SessionMissed,
    SessionsCancelled,
)
from mentoring.pairings.models import Agreement, Pairing, PairSession
from mentoring.pairings.queries import begun_pairings
from mentoring.pairings.rules import UNDER_WAY, PairingState
from mentoring.policy import Action
from mentoring.programmes.models import Programme

AboutSessions = SessionBooked | SessionHeld | SessionMissed | SessionsCancelled | SessionInvited


async def watch_over(db: AsyncSession, events: Sequence[PairingBegan], now: datetime) -> None:
    """Reaction: a pairing that began is watched over."""
    begun = await begun_pairings(db, [event.pairing_id for event in events])
    programmes = await db.scalars(
        select(Programme).where(Programme.id.in_({one.pairing.programme_id for one in begun}))
    )
    ladders = {one.id: one.ladder for one in programmes}
    watched: list[dict[str, object]] = [
        {
            "pairing_id": one.pairing.id,
            "programme_id": one.pairing.programme_id,
            "wake_at": rules.first_look(one.at, one.plan, ladders[one.pairing.programme_id]),
            "changed_at": now,
        }
        for one in begun
    ]
    await insert_missing(db, Watch, watched)


async def look_after_check_ins(
    db: AsyncSession, events: Sequence[CheckInAnswered | CheckInLapsed], now: datetime
) -> None:
    """Reaction: an answer, or none, may change how a pairing stands."""
    asked = select(CheckIn.pairing_id).where(CheckIn.id.in_([event.check_in_id for event in events]))
    await _look_again(db, list(await db.scalars(asked)), now)


async def look_after_sessions(db: AsyncSession, events: Sequence[AboutSessions], now: datetime) -> None:
    """Reaction: a session that was arranged, held, missed or called off settles what was asked for, or begins it anew.

    That the time of one came near changes something only where it was asked for.
    """
    near = [one.session_id for one in events if isinstance(one, SessionInvited)]
    other = [session_id for one in events if not isinstance(one, SessionInvited) for session_id in _about(one)]
    for ids, which in ((near, _urged()), (other, select(Watch.pairing_id))):
        met = select(PairSession.pairing_id).where(among(PairSession.id, ids), PairSession.pairing_id.in_(which))
        await _look_again(db, list(await db.scalars(met)), now)


def _about(event: SessionBooked | SessionHeld | SessionMissed | SessionsCancelled) -> Sequence[UUID]:
    return event.session_ids if isinstance(event, SessionsCancelled) else [event.session_id]


def _urged() -> Select[UUID]:
    """Pairings that were told to arrange their first session: of the others nothing changes at once."""
    return select(Rung.pairing_id).where(Rung.matter == Matter.FIRST_SESSION, Rung.settled_at.is_(None))


async def look_after_agreements(
    db: AsyncSession, events: Sequence[AgreementWritten | AgreementSigned | AgreementMade], now: datetime
) -> None:
    """Reaction: a signature settles what was asked for; other words begin it anew."""
    ids = [event.agreement_id for event in events]
    await _look_again(db, list(await db.scalars(select(Agreement.pairing_id).where(Agreement.id.in_(ids)))), now)


async def look_after_pairings(
    db: AsyncSession, events: Sequence[PairingPaused | PairingResumed | PairingEnded | PairingsWithdrawn], now: datetime
) -> None:
    """Reaction: a pairing that is over is watched over no more, one that is paused rests, and then goes on."""
    met = [one.pairing_ids if isinstance(one, PairingsWithdrawn) else [one.pairing_id] for one in events]
    await _look_again(db, [pairing_id for ids in met for pairing_id in ids], now)


async def _look_again(db: AsyncSession, pairing_ids: Sequence[UUID], now: datetime) -> None:
    await db.execute(update(Watch).where(among(Watch.pairing_id, pairing_ids)).values(wake_at=now))


async def wake_watch(db: AsyncSession, now: datetime) -> UUID | None:
    """Look at the one pairing whose time came first. None when nothing is due."""
    watch = await db.scalar(
        select(Watch).where(Watch.wake_at <= now).order_by(Watch.wake_at).limit(1).with_for_update(skip_locked=True)
    )
    if watch is None:
        return None
    pairing = await db.get_one(Pairing, watch.pairing_id)
    if pairing.state not in UNDER_WAY:
        watch.wake_at, watch.level, watch.points, watch.findings = None, Level.GREEN, 0, []
        await _settle(db, pairing.id, list(Matter), now)
        return pairing.id
    ladder = (await db.get_one(Programme, pairing.programme_id)).ladder
    facts = (await facts_of(db, [pairing]))[pairing.id]
    seen = rules.look(facts, ladder, await _taken(db, pairing.id), now)
    if pairing.state is PairingState.PAUSED:
        _rest(db, watch, seen, now)
        return pairing.id
    await _settle(db, pairing.id, seen.over, now)
    for step in seen.taken:
        await _take(db, pairing.id, step, now)
    _note(db, watch, seen, now)
    return pairing.id


async def _taken(db: AsyncSession, pairing_id: UUID) -> dict[Matter, Taken]:
    """How far each ladder was climbed, of the matters that are open."""
    rows = await db.scalars(
        select(Rung).where(Rung.pairing_id == pairing_id, Rung.settled_at.is_(None)).order_by(Rung.number)
    )
    return {one.matter: Taken(one.since, one.number + 1, one.taken_at) for one in rows}


async def _settle(db: AsyncSession, pairing_id: UUID, matters: Sequence[Matter], now: datetime) -> None:
    if matters:
        open_rungs = (Rung.pairing_id == pairing_id, Rung.matter.in_(matters), Rung.settled_at.is_(None))
        await db.execute(update(Rung).where(*open_rungs).values(settled_at=now))


async def _take(db: AsyncSession, pairing_id: UUID, step: Step, now: datetime) -> None:
    rung = Rung(
        id=uuid4(),
        pairing_id=pairing_id,
        matter=step.matter,
        since=step.since,
        number=step.number,
        tell="+".join(step.tell),
        taken_at=now,
    )
    db.add(rung)
    journal.record(db, RungTaken(rung.id), by=None, at=now)
    await db.flush()


def _rest(db: AsyncSession, watch: Watch, seen: Look, now: datetime) -> None:
    """While it is paused it stands as it stood, and no rung is taken; but whoever confides in somebody is heard."""
    if _confided(seen.findings) and not _confided(watch.findings):
        _note(db, watch, seen, now)
    watch.wake_at = None


def _note(db: AsyncSession, watch: Watch, seen: Look, now: datetime) -> None:
    """Put down how it stands; the coordinators are told when it becomes worse, or when somebody confides in them."""
    confided = _confided(seen.findings) and not _confided(watch.findings)
    if confided or SEVERITY[seen.level] > SEVERITY[watch.level]:
        watch.alerts += 1
        journal.record(db, PairingAtRisk(watch.pairing_id, seen.level, watch.alerts, confided), by=None, at=now)
    if confided or seen.level is not watch.level:
        watch.changed_at = now
    watch.level, watch.points, watch.findings, watch.wake_at = seen.level, seen.points, seen.findings, seen.wake_at


def _confided(findings: Sequence[rules.Finding]) -> bool:
    return any(one.reason is Reason.CANDOUR for one in findings)


async def act(db: AsyncSession, actor: Actor, pairing_id: UUID, acted: Acted, now: datetime) -> AtRiskView:
    """Put down that a coordinator acted on a pairing at risk; what waited for them about it is closed.

    Raises ``PairingNotAtRisk``.
    """
    found = await db.get(Watch, pairing_id, with_for_update=True, populate_existing=True)
    watch = policy.require(actor, Action.RISK_ACT, found, PairingNotAtRisk)
    if watch.level is Level.GREEN:
        raise PairingNotAtRisk()
    intervention = Intervention(
        id=uuid4(),
        programme_id=watch.programme_id,
        pairing_id=pairing_id,
        by_id=actor.id,
        at=now,
        level=watch.level,
        points=watch.points,
        note=acted.note.strip() or None,
    )
    db.add(intervention)
    waiting = (FollowUp.pairing_id == pairing_id, FollowUp.closed_at.is_(None))
    await db.execute(update(FollowUp).where(*waiting).values(closed_at=now, closed_by_id=actor.id))
    journal.record(db, CoordinatorActed(pairing_id, intervention.id), by=actor.id, at=now)
    await db.flush()
    return await queries.at_risk_one(db, actor, pairing_id)
