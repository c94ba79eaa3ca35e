"""What the two of a pairing see of it, and what its coordinator sees."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import structs
from sqlalchemy import ColumnElement, Result, and_, bindparam, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mentoring import policy
from mentoring.db import among
from mentoring.identity import Actor
from mentoring.pairings import rules
from mentoring.pairings.consent import Calendar
from mentoring.pairings.contracts import PairingRecord, PairingView, Reasons, SessionView
from mentoring.pairings.models import Agreement, Pairing, PairSession, Rematch
from mentoring.pairings.rules import Ending, PairingNotFound, PairingState, SessionState, Standing
from mentoring.pairings.slots import shared_times
from mentoring.people.models import Person
from mentoring.people.queries import full_name
from mentoring.policy import Action
from mentoring.programmes.models import Programme
from mentoring.programmes.rules import Plan, Role

MANY = 200
AHEAD = (SessionState.PLANNED, SessionState.INVITED)
LEADER, JUNIOR = aliased(Person), aliased(Person)

ME, PAIRING = bindparam("me", type_=Pairing.id.type), bindparam("pairing", type_=Pairing.id.type)
VISIBLE = or_(Pairing.leader_id == ME, and_(Pairing.junior_id == ME, Pairing.junior_asked_at.is_not(None)))
"""Row by row what ``PAIRING_READ`` allows whoever is given as ``me``."""

# Put together once: people look at their pairings and sessions more than at all else, and each statement is put
# together as slowly as it is answered. All that a view is made of comes in one way to the database.
_SEEN = (
    select(
        Pairing,
        LEADER,
        JUNIOR,
        Programme,
        select(Rematch.pairing_id).where(Rematch.pairing_id == Pairing.id, Rematch.person_id == ME).exists(),
    )
    .join(LEADER, LEADER.id == Pairing.leader_id)
    .join(JUNIOR, JUNIOR.id == Pairing.junior_id)
    .join(Programme, Programme.id == Pairing.programme_id)
)
_MINE = _SEEN.where(VISIBLE).order_by(Pairing.made_at.desc(), Pairing.id).limit(MANY)
_ONE = _SEEN.where(Pairing.id == PAIRING)
_SESSIONS = (
    select(PairSession, Person)
    .join(Pairing, Pairing.id == PairSession.pairing_id)
    .join(
        Person,
        or_(
            and_(Pairing.leader_id == ME, Person.id == Pairing.junior_id),
            and_(Pairing.junior_id == ME, Person.id == Pairing.leader_id),
        ),
    )
    .where(VISIBLE)
    .order_by(PairSession.starts_at, PairSession.number)
    .limit(MANY)
)
_SESSIONS_AHEAD = _SESSIONS.where(Pairing.state == PairingState.ACTIVE, PairSession.state.in_(AHEAD))
_SESSIONS_OF_ONE = _SESSIONS.where(Pairing.id == PAIRING)


def surveyed_by(actor: Actor) -> ColumnElement[bool]:
    """Row by row what ``PAIRING_SURVEY`` allows."""
    return true() if actor.administrator else Pairing.programme_id.in_(actor.coordinates)


async def my_pairings(db: AsyncSession, actor: Actor) -> list[PairingView]:
    """One's own pairings, the latest first."""
    policy.require_right(actor, Action.SIGNED_IN)
    return [_view(actor, *row) for row in await db.execute(_MINE, {"me": actor.id})]


async def read_pairing(db: AsyncSession, actor: Actor, pairing_id: UUID) -> PairingView:
    """One of one's own pairings. Raises ``PairingNotFound``."""
    row = (await db.execute(_ONE, {"me": actor.id, "pairing": pairing_id})).one_or_none()
    policy.require(actor, Action.PAIRING_READ, row[0] if row else None, PairingNotFound)
    assert row is not None
    return _view(actor, *row)


async def view(db: AsyncSession, actor: Actor, pairing: Pairing) -> PairingView:
    """A pairing as the actor, one of the two, sees it."""
    row = (await db.execute(_ONE, {"me": actor.id, "pairing": pairing.id})).one()
    return _view(actor, *row)


def _view(
    actor: Actor, pairing: Pairing, leads: Person, teaches: Person, programme: Programme, rematch_asked: bool
) -> PairingView:
    leader = actor.id == pairing.leader_id
    me, partner = (leads, teaches) if leader else (teaches, leads)
    standing = rules.standing(pairing.state, leader=leader, by_me=pairing.declined_by_id == actor.id)
    place = Calendar(me.country, me.time_zone or "UTC", programme.ladder)
    begun = pairing.began_at is not None
    return PairingView(
        id=pairing.id,
        programme=programme.name,
        state=standing,
        my_role=Role.LEADER if leader else Role.JUNIOR,
        my_turn=standing is Standing.PROPOSED,
        partner=full_name(partner),
        partner_title=partner.job_title,
        partner_unit=partner.unit,
        partner_place=partner.duty_station,
        partner_email=partner.email if begun else None,
        fit=pairing.fit,
        reasons=pairing.reasons if leader or begun else without_levels(pairing.reasons),
        answer_by=place.expires(pairing.asked_at) if standing is Standing.PROPOSED else None,
        began_at=pairing.began_at,
        over_at=pairing.over_at if begun else None,
        paused_until=pairing.paused_until,
        paused_by_me=pairing.paused_by_id == actor.id and pairing.state is PairingState.PAUSED,
        completed=pairing.ending is Ending.COMPLETED,
        times=shared_times(pairing.reasons.slots, place.zone, partner.time_zone or "UTC", pairing.made_at),
        may_rematch=rules.may_rematch(pairing.state, pairing.ending) and not rematch_asked,
        rematch_asked=rematch_asked,
    )


def without_levels(reasons: Reasons) -> Reasons:
    """What speaks for a pair, without the levels that the leader holds."""
    return structs.replace(reasons, needs=[structs.replace(need, held=None) for need in reasons.needs])


async def my_sessions(db: AsyncSession, actor: Actor) -> list[SessionView]:
    """The sessions that lie ahead in all one's pairings, the next first."""
    policy.require_right(actor, Action.SIGNED_IN)
    return _session_views(await db.execute(_SESSIONS_AHEAD, {"me": actor.id}))


async def pairing_sessions(db: AsyncSession, actor: Actor, pairing_id: UUID) -> list[SessionView]:
    """All sessions of one pairing, in order. Raises ``PairingNotFound``."""
    policy.require(actor, Action.PAIRING_READ, await db.get(Pairing, pairing_id), PairingNotFound)
    return _session_views(await db.execute(_SESSIONS_OF_ONE, {"me": actor.id, "pairing": pairing_id}))


def _session_views(rows: Result[PairSession, Person]) -> list[SessionView]:
    return [
        SessionView(
            id=session.id,
            pairing_id=session.pairing_id,
            partner=full_name(partner),
            number=session.number,
            starts_at=session.starts_at,
            minutes=session.minutes,
            state=session.state,
            booked=session.booked_at is not None,
        )
        for session, partner in rows
    ]


async def list_records(
    db: AsyncSession,
    actor: Actor,
    programme_id: UUID | None = None,
    state: PairingState | None = None,
    limit: int = 200,
    person_id: UUID | None = None,
) -> list[PairingRecord]:
    """Pairings as their coordinators see them, the latest first."""
    agreed = (
        select(func.min(Agreement.agreed_at))
        .where(Agreement.pairing_id == Pairing.id)
        .correlate(Pairing)
        .scalar_subquery()
    )
    chosen = (
        select(Pairing, LEADER, JUNIOR, agreed)
        .join(LEADER, LEADER.id == Pairing.leader_id)
        .join(JUNIOR, JUNIOR.id == Pairing.junior_id)
        .where(surveyed_by(actor))
        .order_by(Pairing.made_at.desc(), Pairing.id)
        .limit(limit)
    )
    if programme_id is not None:
        chosen = chosen.where(Pairing.programme_id == programme_id)
    if state is not None:
        chosen = chosen.where(Pairing.state == state)
    if person_id is not None:
        chosen = chosen.where(or_(Pairing.leader_id == person_id, Pairing.junior_id == person_id))
    return [_record(actor, *row) for row in await db.execute(chosen)]


def _record(
    actor: Actor, pairing: Pairing, leader: Person, junior: Person, agreed_at: datetime | None
) -> PairingRecord:
    confided = policy.allows(actor, Action.DECLINE_REASON_READ, pairing)
    return PairingRecord(
        id=pairing.id,
        programme_id=pairing.programme_id,
        state=pairing.state,
        leader_id=leader.id,
        leader=full_name(leader),
        junior_id=junior.id,
        junior=full_name(junior),
        fit=pairing.fit,
        reminders=pairing.reminders,
        asked_at=pairing.asked_at,
        began_at=pairing.began_at,
        over_at=pairing.over_at,
        decline_reason=pairing.decline_reason if confided else None,
        paused_until=pairing.paused_until,
        agreed_at=agreed_at,
        ending=pairing.ending,
        end_reason=pairing.end_reason if confided else None,
    )


class Place(NamedTuple):
    """Where somebody is, and so when they work."""

    person_id: UUID
    country: str
    zone: str


class Begun(NamedTuple):
    """An active pairing, as what follows from its beginning needs to know it."""

    pairing: Pairing
    at: datetime
    plan: Plan
    leader: Place
    junior: Place


async def begun_pairings(db: AsyncSession, ids: Sequence[UUID]) -> list[Begun]:
    """Those of the pairings that are active, in three queries however many they are."""
    pairings = list(
        await db.scalars(select(Pairing).where(among(Pairing.id, ids), Pairing.state == PairingState.ACTIVE))
    )
    plans = {one.id: one.plan for one in await db.scalars(select(Programme))}
    people = {person_id for one in pairings for person_id in (one.leader_id, one.junior_id)}
    rows = await db.execute(select(Person.id, Person.country, Person.time_zone).where(among(Person.id, people)))
    places = {row.id: Place(row.id, row.country, row.time_zone or "UTC") for row in rows}
    return [
        Begun(one, one.began_at, plans[one.programme_id], places[one.leader_id], places[one.junior_id])
        for one in pairings
        if one.began_at is not None
    ]
