"""What coordinators decide themselves about a round: pairs to have, pairs never to have, people to leave out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import matching
from mentoring import journal
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import Role
from mentoring.rounds import rules
from mentoring.rounds.contracts import (
    NamedPair,
    OverrideCleared,
    OverridePair,
    PairOverridden,
    PersonHeldOut,
    PersonReadmitted,
    RoundRequested,
    RoundSummary,
)
from mentoring.rounds.findings import Decide, Readmit
from mentoring.rounds.models import HeldOut, Override, Round
from mentoring.rounds.problem import build
from mentoring.rounds.queries import find_enrolment, find_enrolments, find_round, summary
from mentoring.rounds.rules import OverrideKind, RoundState
from mentoring.rounds.snapshot import read_rows


async def pin_pair(db: AsyncSession, actor: Actor, round_ref: str, data: OverridePair, now: datetime) -> RoundSummary:
    """Have this pair in the round whatever else is better, and solve again.

    Raises ``PairRefused`` with the rules that it breaks, ``PinTaken`` where a capacity is used up, ``NotEnrolled``.
    """
    round_ = await _editable(db, actor, round_ref)
    pair = await _pair(db, round_, data.leader, data.junior)
    await _check_pin(db, round_, pair, data)
    return await _override(db, actor, round_, pair, OverrideKind.PIN, data.reason, now)


async def forbid_pair(
    db: AsyncSession, actor: Actor, round_ref: str, data: OverridePair, now: datetime
) -> RoundSummary:
    """Never have this pair in the round, pinned or not, and solve again. Raises ``NotEnrolled``."""
    round_ = await _editable(db, actor, round_ref)
    pair = await _pair(db, round_, data.leader, data.junior)
    return await _override(db, actor, round_, pair, OverrideKind.FORBID, data.reason, now)


async def clear_override(
    db: AsyncSession, actor: Actor, round_ref: str, data: NamedPair, now: datetime
) -> RoundSummary:
    """Leave this pair to the engine again, and solve again. Raises ``OverrideNotFound``."""
    round_ = await _editable(db, actor, round_ref)
    leader, junior = await _pair(db, round_, data.leader, data.junior)
    override = await db.get(Override, (round_.id, leader.id, junior.id))
    if override is None:
        raise rules.OverrideNotFound()
    await db.delete(override)
    journal.record(db, OverrideCleared(round_.id, leader.id, junior.id), by=actor.id, at=now)
    return await _solve_again(db, round_, actor, now)


async def _editable(db: AsyncSession, actor: Actor, round_ref: str) -> Round:
    """The round, locked. Raises ``RoundSolving`` or ``RoundIsPublished``."""
    round_ = await find_round(db, actor, round_ref, Action.ROUND_WRITE)
    await db.refresh(round_, with_for_update=True)
    rules.ensure_editable(round_.state)
    return round_


async def _pair(db: AsyncSession, round_: Round, leader: str, junior: str) -> tuple[Enrolment, Enrolment]:
    return (
        await find_enrolment(db, round_.programme_id, leader, Role.LEADER),
        await find_enrolment(db, round_.programme_id, junior, Role.JUNIOR),
    )


async def _check_pin(
    db: AsyncSession, round_: Round, pair: tuple[Enrolment, Enrolment], named: OverridePair | NamedPair
) -> None:
    leader, junior = pair
    if junior.prepared_at is None:
        raise rules.PairRefused(rules="consent")
    programme = await db.get_one(Programme, round_.programme_id)
    rows = await read_rows(db, programme, round_.year, only=Enrolment.id.in_((leader.id, junior.id)))
    for who, found, enrolment in ((named.leader, rows.leaders, leader), (named.junior, rows.juniors, junior)):
        pins = await _other_pins(db, round_.id, pair, enrolment)
        if pins >= sum(one.capacity for one in found):  # nobody is found where open pairings take all places
            raise rules.PinTaken(who=who)
    refused = int(matching.refusals(build(rows).problem, slice(None), slice(None))[0, 0])
    if refused:
        broken = [name for rule, name in zip(matching.RULES, matching.RULE_NAMES, strict=True) if rule & refused]
        raise rules.PairRefused(rules=", ".join(broken))


async def _other_pins(db: AsyncSession, round_id: UUID, pair: tuple[Enrolment, Enrolment], enrolment: Enrolment) -> int:
    leader, junior = pair
    pins = await db.execute(
        select(Override.leader_enrolment_id, Override.junior_enrolment_id).where(
            Override.round_id == round_id, Override.kind == OverrideKind.PIN
        )
    )
    return sum(enrolment.id in pin for pin in map(tuple, pins) if pin != (leader.id, junior.id))


async def decide_pairs(db: AsyncSession, actor: Actor, round_ref: str, data: Decide, now: datetime) -> RoundSummary:
    """Pin and forbid pairs and hold people out, all at once, and solve again once.

    Raises as ``pin_pair`` and ``forbid_pair``; ``NotInRound``, ``RoundRevised``.
    """
    round_ = await _editable(db, actor, round_ref)
    if data.revision not in (None, round_.revision):
        raise rules.RoundRevised(revision=round_.revision)
    for who in data.without:
        await _hold_out(db, actor, round_, who, data.reason, now)
    for kind, named in ((OverrideKind.FORBID, data.forbids), (OverrideKind.PIN, data.pins)):
        for one in named:
            pair = await _pair(db, round_, one.leader, one.junior)
            if kind is OverrideKind.PIN:
                await _check_pin(db, round_, pair, one)
            await _put_override(db, actor, round_, pair, kind, data.reason, now)
    return await _solve_again(db, round_, actor, now)


async def _hold_out(db: AsyncSession, actor: Actor, round_: Round, who: str, reason: str, now: datetime) -> None:
    """In whichever role. Raises ``NotInRound``."""
    enrolments = await find_enrolments(db, round_.programme_id, who)
    if not enrolments:
        raise rules.NotInRound(who=who)
    for one in enrolments.values():
        if await db.get(HeldOut, (round_.id, one.id)) is None:
            db.add(HeldOut(round_id=round_.id, enrolment_id=one.id, reason=reason, by_id=actor.id, at=now))
            journal.record(db, PersonHeldOut(round_.id, one.id), by=actor.id, at=now)
    await db.flush()


async def readmit(db: AsyncSession, actor: Actor, round_ref: str, data: Readmit, now: datetime) -> RoundSummary:
    """Let somebody take part in the round again, and solve it again. Raises ``NotHeldOut``."""
    round_ = await _editable(db, actor, round_ref)
    enrolments = await find_enrolments(db, round_.programme_id, data.person)
    held = [await db.get(HeldOut, (round_.id, one.id)) for one in enrolments.values()]
    if not any(held):
        raise rules.NotHeldOut(who=data.person)
    for one in filter(None, held):
        await db.delete(one)
        journal.record(db, PersonReadmitted(round_.id, one.enrolment_id), by=actor.id, at=now)
    return await _solve_again(db, round_, actor, now)


async def _override(
    db: AsyncSession,
    actor: Actor,
    round_: Round,
    pair: tuple[Enrolment, Enrolment],
    kind: OverrideKind,
    reason: str,
    now: datetime,
) -> RoundSummary:
    await _put_override(db, actor, round_, pair, kind, reason, now)
    return await _solve_again(db, round_, actor, now)


async def _put_override(
    db: AsyncSession,
    actor: Actor,
    round_: Round,
    pair: tuple[Enrolment, Enrolment],
    kind: OverrideKind,
    reason: str,
    now: datetime,
) -> None:
    leader, junior = pair
    override = await db.get(Override, (round_.id, leader.id, junior.id))
    if override is None:
        override = Override(round_id=round_.id, leader_enrolment_id=leader.id, junior_enrolment_id=junior.id)
        db.add(override)
    override.kind, override.reason, override.by_id, override.at = kind, reason, actor.id, now
    journal.record(db, PairOverridden(round_.id, leader.id, junior.id, kind), by=actor.id, at=now)
    await db.flush()


async def _solve_again(db: AsyncSession, round_: Round, actor: Actor, now: datetime) -> RoundSummary:
    round_.revision += 1
    ask_for_solving(db, round_, actor, now)
    await db.flush()
    return summary(round_)


def ask_for_solving(db: AsyncSession, round_: Round, actor: Actor, now: datetime) -> None:
    round_.state, round_.stage, round_.progress, round_.failure = RoundState.SOLVING, None, 0.0, None
    round_.lease_until, round_.attempts = None, 0
    round_.requested_at, round_.requested_by_id = now, actor.id
    journal.record(db, RoundRequested(round_.id, round_.revision), by=actor.id, at=now)
