"""The queue of pairings at risk, as their coordinators see it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mentoring import policy
from mentoring.db import among
from mentoring.followups.contracts import ActedView, Addressee, AtRiskView, FindingView
from mentoring.followups.facts import unsafe_in
from mentoring.followups.models import Intervention, Watch
from mentoring.followups.rules import ADDRESSED, Finding, Level, NextAction, PairingNotAtRisk, Reason, next_action
from mentoring.identity import Actor
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.models import Person
from mentoring.people.queries import full_name
from mentoring.policy import Action
from mentoring.programmes.models import Programme
from mentoring.programmes.queries import find_programme, name_of
from mentoring.programmes.rules import Role

MANY = 200
Found = Row[Watch, Pairing, Programme, Person, Person]


def acted_on_by(actor: Actor) -> ColumnElement[bool]:
    """Row by row what ``RISK_READ`` allows."""
    return true() if actor.administrator else Watch.programme_id.in_(actor.coordinates)


async def at_risk(
    db: AsyncSession, actor: Actor, ref: str | None = None, limit: int = MANY, level: Level | None = None
) -> list[AtRiskView]:
    """Who waits for a coordinator, of one programme or of all: first what nobody acted on, the red before the amber.

    Raises ``ProgrammeNotFound``.
    """
    chosen = _chosen(actor)
    if level is not None:
        chosen = chosen.where(Watch.level == level)
    if ref is not None:
        programme = await find_programme(db, actor, ref, Action.RISK_READ)
        chosen = chosen.where(Watch.programme_id == programme.id)
    views = await _views(db, actor, (await db.execute(chosen.limit(limit))).all())
    return sorted(views, key=lambda one: (one.acted is not None, one.level is not Level.RED, -(one.points or 100)))


async def at_risk_one(db: AsyncSession, actor: Actor, pairing_id: UUID) -> AtRiskView:
    """One pairing at risk. Raises ``PairingNotAtRisk``."""
    rows = (await db.execute(_chosen(actor).where(Watch.pairing_id == pairing_id))).all()
    if not rows:
        raise PairingNotAtRisk()
    return (await _views(db, actor, rows))[0]


def _chosen(actor: Actor) -> Select[Watch, Pairing, Programme, Person, Person]:
    leader, junior = aliased(Person), aliased(Person)
    return (
        select(Watch, Pairing, Programme, leader, junior)
        .join(Pairing, Pairing.id == Watch.pairing_id)
        .join(Programme, Programme.id == Watch.programme_id)
        .join(leader, leader.id == Pairing.leader_id)
        .join(junior, junior.id == Pairing.junior_id)
        .where(acted_on_by(actor), Watch.level != Level.GREEN, _waits_for_somebody())
        .order_by(Watch.level.desc(), Watch.points.desc(), Watch.changed_at, Watch.pairing_id)
    )


def _waits_for_somebody() -> ColumnElement[bool]:
    """A pairing that is paused rests, unless somebody confided in the coordinators since."""
    confided = and_(Pairing.state == PairingState.PAUSED, Watch.changed_at >= Pairing.paused_at)
    return or_(Pairing.state == PairingState.ACTIVE, confided)


async def _views(db: AsyncSession, actor: Actor, rows: Sequence[Found]) -> list[AtRiskView]:
    watches = [row[0] for row in rows]
    unsafe = await unsafe_in(db, [one.pairing_id for one in watches if _is_confided(one)])
    acted = await _acted(db, actor, watches)
    return [_view(actor, row, unsafe.get(row[1].id, frozenset()), acted) for row in rows]


def _is_confided(watch: Watch) -> bool:
    return any(one.reason is Reason.CANDOUR for one in watch.findings)


def _view(actor: Actor, row: Found, unsafe: frozenset[UUID], acted: Mapping[UUID, ActedView]) -> AtRiskView:
    watch, pairing, programme, leader, junior = row
    confidant = policy.allows(actor, Action.CONFIDENCE_READ, watch)
    shown = [one if confidant else _veiled(one) for one in watch.findings]
    said = [full_name(person) for person in (leader, junior) if person.id in unsafe]
    return AtRiskView(
        pairing_id=pairing.id,
        programme_id=programme.id,
        programme=programme.name,
        leader=name_of(leader),
        junior=name_of(junior),
        level=watch.level,
        points=watch.points if confidant or not _is_confided(watch) else None,
        since=watch.changed_at,
        findings=[_finding(one, said if confidant else []) for one in shown],
        next_action=next_action(shown),
        write_to=_addressees(next_action(shown), leader, junior),
        acted=acted.get(pairing.id),
    )


def _addressees(action: NextAction, leader: Person, junior: Person) -> list[Addressee]:
    two = {Role.LEADER: (leader, junior), Role.JUNIOR: (junior, leader)}
    return [
        Addressee(full_name(one), one.email, full_name(other))
        for one, other in (two[role] for role in ADDRESSED[action])
    ]


def _veiled(finding: Finding) -> Finding:
    """What was said in confidence, to those whom it was not said to: that there is something, not what."""
    return Finding(Reason.CONFIDENTIAL, 0) if finding.reason is Reason.CANDOUR else finding


def _finding(finding: Finding, said: list[str]) -> FindingView:
    veiled = finding.reason in (Reason.CONFIDENTIAL, Reason.LADDER)
    people = said if finding.reason is Reason.CANDOUR else []
    return FindingView(finding.reason, None if veiled else finding.points, people)


async def _acted(db: AsyncSession, actor: Actor, watches: Sequence[Watch]) -> dict[UUID, ActedView]:
    """The latest that was done about each since its level changed."""
    changed = {one.pairing_id: one for one in watches}
    rows = await db.execute(
        select(Intervention, Person)
        .outerjoin(Person, Person.id == Intervention.by_id)
        .where(among(Intervention.pairing_id, changed))
        .order_by(Intervention.at)
    )
    return {
        one.pairing_id: ActedView(
            by=full_name(person) if person else None,
            at=one.at,
            note=one.note if policy.allows(actor, Action.CONFIDENCE_READ, one) else None,
        )
        for one, person in rows
        if one.at >= changed[one.pairing_id].changed_at
    }
