"""Delegates: whom a leader lets book and move their sessions, and what those may then see."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mentoring import journal, policy
from mentoring.db import insert_missing
from mentoring.identity import Actor
from mentoring.pairings.contracts import DelegateNamed, DelegateRemoved
from mentoring.pairings.life import DelegatedSession, DelegateView, NameDelegate
from mentoring.pairings.models import Delegate, Pairing, PairSession
from mentoring.pairings.queries import AHEAD, MANY
from mentoring.pairings.rules import DelegateNotSuitable, PairingState
from mentoring.people.models import Person
from mentoring.people.queries import by_name, find_person, full_name
from mentoring.policy import Action


async def list_delegates(db: AsyncSession, actor: Actor) -> list[DelegateView]:
    """Whom one lets book one's sessions as a leader."""
    policy.require_right(actor, Action.DELEGATES)
    rows = await db.execute(
        select(Person, Delegate.named_at)
        .join(Delegate, Delegate.person_id == Person.id)
        .where(Delegate.leader_id == actor.id)
    )
    named = {row.Person: row.named_at for row in rows}
    return [DelegateView(one.id, full_name(one), named[one]) for one in by_name(named, actor.language)]


async def name_delegate(db: AsyncSession, actor: Actor, named: NameDelegate, now: datetime) -> list[DelegateView]:
    """Let somebody book and move one's sessions; twice is the same as once.

    Raises ``PersonNotFound``, ``DelegateNotSuitable``.
    """
    policy.require_right(actor, Action.DELEGATES)
    person = await find_person(db, named.person.strip())
    if actor.id is None or person.id == actor.id or person.left_on is not None:
        raise DelegateNotSuitable()
    if await db.get(Delegate, (actor.id, person.id)) is None:
        await insert_missing(db, Delegate, [{"leader_id": actor.id, "person_id": person.id, "named_at": now}])
        journal.record(db, DelegateNamed(actor.id, person.id), by=actor.id, at=now)
    return await list_delegates(db, actor)


async def remove_delegate(db: AsyncSession, actor: Actor, person_id: UUID, now: datetime) -> list[DelegateView]:
    """Take it back; twice is the same as once."""
    policy.require_right(actor, Action.DELEGATES)
    removed = await db.scalar(
        delete(Delegate)
        .where(Delegate.leader_id == actor.id, Delegate.person_id == person_id)
        .returning(Delegate.leader_id)
    )
    if removed is not None:
        journal.record(db, DelegateRemoved(removed, person_id), by=actor.id, at=now)
    return await list_delegates(db, actor)


async def delegated_sessions(db: AsyncSession, actor: Actor) -> list[DelegatedSession]:
    """The sessions that lie ahead of the leaders for whom one may book, the next first."""
    policy.require_right(actor, Action.SIGNED_IN)
    leader, junior = aliased(Person), aliased(Person)
    rows = await db.execute(
        select(PairSession, leader, junior)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .join(leader, leader.id == Pairing.leader_id)
        .join(junior, junior.id == Pairing.junior_id)
        .where(Pairing.leader_id.in_(actor.stands_in_for), Pairing.state == PairingState.ACTIVE)
        .where(PairSession.state.in_(AHEAD))
        .order_by(PairSession.starts_at, PairSession.id)
        .limit(MANY)
    )
    return [
        DelegatedSession(
            id=session.id,
            leader=full_name(leads),
            junior=full_name(teaches),
            number=session.number,
            starts_at=session.starts_at,
            minutes=session.minutes,
            state=session.state,
        )
        for session, leads, teaches in rows
    ]
