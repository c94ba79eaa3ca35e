"""Goals: what the two want to have done together, set and ticked by either."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.identity import Actor
from mentoring.pairings import rules
from mentoring.pairings.contracts import GoalDropped, GoalReached, GoalSet
from mentoring.pairings.life import GoalView, SetGoal, TickGoal
from mentoring.pairings.models import Goal, Pairing
from mentoring.pairings.rules import GoalNotFound, PairingNotFound
from mentoring.policy import Action


async def list_goals(db: AsyncSession, actor: Actor, pairing_id: UUID) -> list[GoalView]:
    """What the two have set themselves, in the order in which they did. Raises ``PairingNotFound``."""
    pairing = policy.require(actor, Action.GOAL_SET, await db.get(Pairing, pairing_id), PairingNotFound)
    return [_view(one) for one in await _goals(db, pairing.id)]


async def set_goal(db: AsyncSession, actor: Actor, pairing_id: UUID, wanted: SetGoal, now: datetime) -> GoalView:
    """Set a goal; the same words twice are the same as once.

    Raises ``PairingNotFound``, ``PairingNotUnderWay``, ``GoalWithoutWords``, ``GoalsEnough``.
    """
    found = await db.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    pairing = _under_way(policy.require(actor, Action.GOAL_SET, found, PairingNotFound))
    words = wanted.words.strip()
    if not words:
        raise rules.GoalWithoutWords()
    goals = await _goals(db, pairing.id)
    for one in goals:
        if one.words == words:
            return _view(one)
    if len(goals) >= rules.MOST_GOALS:
        raise rules.GoalsEnough(most=rules.MOST_GOALS)
    goal = Goal(id=uuid4(), pairing_id=pairing.id, words=words, set_at=now)
    db.add(goal)
    journal.record(db, GoalSet(goal.id), by=actor.id, at=now)
    await db.flush()
    return _view(goal)


async def tick_goal(db: AsyncSession, actor: Actor, goal_id: UUID, tick: TickGoal, now: datetime) -> GoalView:
    """Tick a goal as reached, or take the tick back. Raises ``GoalNotFound``, ``PairingNotUnderWay``."""
    goal, _ = await _goal(db, actor, goal_id)
    if tick.reached is (goal.reached_at is None):
        goal.reached_at = now if tick.reached else None
        journal.record(db, GoalReached(goal.id, tick.reached), by=actor.id, at=now)
    await db.flush()
    return _view(goal)


async def drop_goal(db: AsyncSession, actor: Actor, goal_id: UUID, now: datetime) -> None:
    """Take a goal away. Raises ``GoalNotFound``, ``PairingNotUnderWay``."""
    goal, pairing = await _goal(db, actor, goal_id)
    await db.delete(goal)
    journal.record(db, GoalDropped(pairing.id, goal.id), by=actor.id, at=now)
    await db.flush()


async def _goal(db: AsyncSession, actor: Actor, goal_id: UUID) -> tuple[Goal, Pairing]:
    goal = await db.get(Goal, goal_id, with_for_update=True, populate_existing=True)
    found = await db.get(Pairing, goal.pairing_id) if goal else None
    pairing = policy.require(actor, Action.GOAL_SET, found, GoalNotFound)
    assert goal is not None
    return goal, _under_way(pairing)


def _under_way(pairing: Pairing) -> Pairing:
    if pairing.state not in rules.UNDER_WAY:
        raise rules.PairingNotUnderWay()
    return pairing


async def _goals(db: AsyncSession, pairing_id: UUID) -> list[Goal]:
    return list(await db.scalars(select(Goal).where(Goal.pairing_id == pairing_id).order_by(Goal.set_at, Goal.id)))


def _view(goal: Goal) -> GoalView:
    return GoalView(goal.id, goal.words, goal.set_at, goal.reached_at)
