"""Use cases that write programmes: made from a preset, changed by name, run by coordinators."""

from datetime import datetime
from uuid import uuid4

from msgspec import UNSET
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.db import insert_missing
from mentoring.identity import Actor
from mentoring.people.queries import find_person
from mentoring.people.rules import PersonNotFound
from mentoring.policy import Action
from mentoring.programmes import changes, queries, rules
from mentoring.programmes.contracts import (
    ChangeProgramme,
    CoordinatorAdded,
    CoordinatorRemoved,
    NewProgramme,
    ProgrammeChanged,
    ProgrammeCreated,
    ProgrammeView,
)
from mentoring.programmes.models import Coordinator, Programme
from mentoring.skills.service import ensure_catalogue


async def create_programme(db: AsyncSession, actor: Actor, new: NewProgramme, now: datetime) -> ProgrammeView:
    """Make a programme from a preset; whoever makes it coordinates it. Raises ``ProgrammeNameTaken``."""
    policy.require_right(actor, Action.PROGRAMME_CREATE)
    programme = Programme(
        id=uuid4(),
        name=new.name.strip(),
        preset=new.preset,
        created_at=now,
        open=True,
        rules=rules.MatchingRules(),
        weights=rules.MatchingWeights(),
        matching=rules.Matching(),
        plan=rules.PLANS[new.preset],
        ladder=rules.Ladder(),
    )
    db.add(programme)
    await _flush(db, programme.name)
    if actor.id is not None:
        db.add(Coordinator(programme_id=programme.id, person_id=actor.id))
    await ensure_catalogue(db)
    journal.record(db, ProgrammeCreated(programme.id), by=actor.id, at=now)
    await db.flush()
    return await queries.view(db, actor, programme)


async def change_programme(
    db: AsyncSession, actor: Actor, ref: str, change: ChangeProgramme, now: datetime
) -> ProgrammeView:
    """Set some of what a programme decides; the rest stays.

    Raises ``ProgrammeNotFound``, ``ProgrammeNameTaken``, ``LadderOutOfOrder``, ``WeightsEmpty``.
    """
    programme = await queries.find_programme(db, actor, ref, Action.PROGRAMME_WRITE, lock=True)
    weights, ladder = changes.merged(programme.weights, change.weights), changes.merged(programme.ladder, change.ladder)
    rules.check_weights(weights)
    rules.check_ladder(ladder)
    programme.weights, programme.ladder = weights, ladder
    programme.rules = changes.merged(programme.rules, change.rules)
    programme.matching = changes.merged(programme.matching, change.matching)
    programme.plan = changes.merged(programme.plan, change.plan)
    programme.open = programme.open if change.open is UNSET else change.open
    programme.name = programme.name if change.name is UNSET else change.name.strip()
    await _flush(db, programme.name)
    if names := changes.names_set(change):
        journal.record(db, ProgrammeChanged(programme.id, names), by=actor.id, at=now)
    return await queries.view(db, actor, programme)


async def _flush(db: AsyncSession, name: str) -> None:
    try:
        await db.flush()
    except IntegrityError as error:
        raise rules.ProgrammeNameTaken(name=name) from error


async def add_coordinator(db: AsyncSession, actor: Actor, ref: str, person: str, now: datetime) -> ProgrammeView:
    """Let somebody run a programme; twice is the same as once. Raises ``PersonNotFound``."""
    programme = await queries.find_programme(db, actor, ref, Action.PROGRAMME_WRITE, lock=True)
    found = await find_person(db, person)
    if found.left_on is not None:
        raise PersonNotFound(who=person)
    if await db.get(Coordinator, (programme.id, found.id)) is None:
        await insert_missing(db, Coordinator, [{"programme_id": programme.id, "person_id": found.id}])
        journal.record(db, CoordinatorAdded(programme.id, found.id), by=actor.id, at=now)
    return await queries.view(db, actor, programme)


async def remove_coordinator(db: AsyncSession, actor: Actor, ref: str, person: str, now: datetime) -> ProgrammeView:
    """Take a programme out of somebody's hands; twice is the same as once. Raises ``PersonNotFound``."""
    programme = await queries.find_programme(db, actor, ref, Action.PROGRAMME_WRITE, lock=True)
    found = await find_person(db, person)
    held = await db.get(Coordinator, (programme.id, found.id))
    if held is not None:
        await db.execute(
            delete(Coordinator).where(Coordinator.programme_id == programme.id, Coordinator.person_id == found.id)
        )
        journal.record(db, CoordinatorRemoved(programme.id, found.id), by=actor.id, at=now)
    return await queries.view(db, actor, programme)
