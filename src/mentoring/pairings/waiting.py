"""What the pairings of somebody wait for, all of them at once: signatures, closing questions."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.identity import Actor
from mentoring.pairings import rules
from mentoring.pairings.contracts import PairingView
from mentoring.pairings.models import Agreement, Assessment, PairSession
from mentoring.pairings.rules import Standing
from mentoring.policy import Action
from mentoring.programmes.rules import Role


class Waiting(Struct, frozen=True):
    """Ids of pairings that wait for the one who asks."""

    to_write: frozenset[UUID]
    """They have no agreement, and none is being written."""
    to_sign: frozenset[UUID]
    to_close: frozenset[UUID]
    """Whose closing questions are open, and not answered by the one who asks."""


async def read_waiting(db: AsyncSession, actor: Actor, pairings: Sequence[PairingView], now: datetime) -> Waiting:
    """For one's own ``pairings``, in three queries at most, however many they are."""
    policy.require_right(actor, Action.SIGNED_IN)
    active = {one.id for one in pairings if one.state is Standing.ACTIVE}
    leads = {one.id for one in pairings if one.my_role == Role.LEADER}
    latest = {
        one.pairing_id: one
        for one in await db.scalars(
            select(Agreement).where(Agreement.pairing_id.in_(active)).order_by(Agreement.version)
        )
    }
    unsigned = {
        id_
        for id_, one in latest.items()
        if one.agreed_at is None and not (one.leader_signed_at if id_ in leads else one.junior_signed_at)
    }
    went = {one.id for one in pairings if one.completed} | await _at_their_end(db, active, now)
    asked = select(Assessment.pairing_id).where(Assessment.pairing_id.in_(went), Assessment.person_id == actor.id)
    return Waiting(
        to_write=frozenset(active - latest.keys()),
        to_sign=frozenset(unsigned),
        to_close=frozenset(went - set(await db.scalars(asked))) if went else frozenset(),
    )


async def _at_their_end(db: AsyncSession, active: set[UUID], now: datetime) -> set[UUID]:
    sessions = defaultdict(list)
    for row in await db.execute(
        select(PairSession.pairing_id, PairSession.state, PairSession.starts_at).where(
            PairSession.pairing_id.in_(active)
        )
    ):
        sessions[row.pairing_id].append((row.state, row.starts_at))
    return {pairing_id for pairing_id, known in sessions.items() if rules.went_its_way(known, now)}
