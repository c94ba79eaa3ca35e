"""A proposed round is published, once; and a published one is taken back."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Update, bindparam, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from mentoring import journal
from mentoring.db import among
from mentoring.failpoints import failpoint
from mentoring.identity import Actor
from mentoring.pairings.contracts import NewPairing, Reasons
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import OPEN
from mentoring.pairings.service import make_pairings, withdraw_pairings
from mentoring.people.models import Person
from mentoring.policy import Action
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import EnrolmentState
from mentoring.rounds import rules
from mentoring.rounds.contracts import Dropped, Publish, PublishedRound, RoundPublished, RoundUndone, UndoneRound
from mentoring.rounds.models import ProposedPair, Round, Unmatched
from mentoring.rounds.queries import find_round, members_of
from mentoring.rounds.rules import RoundState
from mentoring.rounds.snapshot import read_exclusions
from mentoring.rounds.today import Two, allowed_today


class _Side(NamedTuple):
    """One of the two as they stand now."""

    enrolment_id: UUID
    person_id: UUID
    state: EnrolmentState
    capacity: int
    left_on: date | None


class _Pair(NamedTuple):
    fit: float
    reasons: Reasons
    leader: _Side
    junior: _Side

    @property
    def two(self) -> Two:
        return self.leader.enrolment_id, self.junior.enrolment_id


async def publish_round(db: AsyncSession, actor: Actor, round_ref: str, data: Publish, now: datetime) -> PublishedRound:
    """Make the proposed pairs into pairings whose leaders will be asked. Happens once, whoever else tries.

    Pairs that cannot be any more are dropped and listed. Raises ``RoundNotProposed``, ``RoundRevised``,
    ``RoundOvertaken``.
    """
    round_ = await find_round(db, actor, round_ref, Action.ROUND_WRITE)
    programme = await lock_programme(db, round_.programme_id)
    await _move_to_published(db, round_, data, now)
    failpoint("publish.after_cas")
    kept, dropped = await still_possible(db, programme, round_, await proposed_pairs(db, round_.id))
    await _note_waiting(db, round_.id)
    try:
        made = await make_pairings(db, programme, [_new_pairing(pair) for pair in kept], actor.id, now)
    except IntegrityError as race:
        raise rules.RoundOvertaken() from race
    failpoint("publish.after_pairings")
    await _note_pairings(db, round_.id, kept, made)
    await _count_waiting(db, round_.id, kept, [pair for pair, _ in dropped])
    journal.record(db, RoundPublished(round_.id), by=actor.id, at=now)
    failpoint("publish.after_counts")
    return PublishedRound(round_.id, round_.name, len(made), await named_pairs(db, dropped))


async def lock_programme(db: AsyncSession, programme_id: UUID) -> Programme:
    """Hold the programme while places are counted and given away, so that no place is given twice."""
    return await db.get_one(Programme, programme_id, with_for_update={"key_share": True}, populate_existing=True)


async def _move_to_published(db: AsyncSession, round_: Round, data: Publish, now: datetime) -> None:
    """Compare and set: of two who publish at once, the second finds nothing left to move."""
    statement = update(Round).where(Round.id == round_.id, Round.state == RoundState.PROPOSED)
    if data.revision is not None:
        statement = statement.where(Round.revision == data.revision)
    moved = await db.execute(
        statement.values(state=RoundState.PUBLISHED, published_at=now)
        .returning(Round.id)
        .execution_options(synchronize_session=False)
    )
    missed = moved.one_or_none() is None
    await db.refresh(round_)
    if missed and round_.state is not RoundState.PROPOSED:
        raise rules.RoundNotProposed(state=round_.state.value)
    if missed:
        raise rules.RoundRevised(revision=round_.revision)


async def proposed_pairs(db: AsyncSession, round_id: UUID) -> list[_Pair]:
    leader, junior = aliased(Enrolment), aliased(Enrolment)
    led, taught = aliased(Person), aliased(Person)
    rows = await db.execute(
        select(ProposedPair.fit, ProposedPair.reasons)
        .add_columns(leader.id, leader.person_id, leader.state, leader.capacity, led.left_on)
        .add_columns(junior.id, junior.person_id, junior.state, junior.capacity, taught.left_on)
        .join(leader, leader.id == ProposedPair.leader_enrolment_id)
        .join(led, led.id == leader.person_id)
        .join(junior, junior.id == ProposedPair.junior_enrolment_id)
        .join(taught, taught.id == junior.person_id)
        .where(ProposedPair.round_id == round_id)
        .order_by(led.staff_no, taught.staff_no)
    )
    return [_Pair(row[0], row[1], _Side._make(row[2:7]), _Side._make(row[7:12])) for row in rows]


async def named_pairs(db: AsyncSession, dropped: Sequence[tuple[_Pair, str]]) -> list[Dropped]:
    """Pairs that can no longer be, by the names of the two."""
    who = await members_of(db, [side.enrolment_id for pair, _ in dropped for side in (pair.leader, pair.junior)])
    return [
        Dropped(leader.staff_no, junior.staff_no, cause, leader.name, junior.name)
        for pair, cause in dropped
        for leader, junior in [(who[pair.leader.enrolment_id], who[pair.junior.enrolment_id])]
    ]


async def still_possible(
    db: AsyncSession, programme: Programme, round_: Round, pairs: list[_Pair]
) -> tuple[list[_Pair], list[tuple[_Pair, str]]]:
    """Part the pairs into those that can be and those that no longer can, each with its cause."""
    taken = await _places_taken(db, round_.programme_id)
    apart = {frozenset(two) for two in await read_exclusions(db, round_.programme_id)}
    allowed = await allowed_today(db, programme, round_, _proposed_in(round_.id), [pair.two for pair in pairs])
    kept: list[_Pair] = []
    dropped: list[tuple[_Pair, str]] = []
    for pair in pairs:
        cause = _cause(pair, taken, apart, allowed)
        if cause is not None:
            dropped.append((pair, cause))
            continue
        kept.append(pair)
        for side in (pair.leader, pair.junior):
            taken[side.enrolment_id] = taken.get(side.enrolment_id, 0) + 1
    return kept, dropped


def _proposed_in(round_id: UUID) -> ColumnElement[bool]:
    """By a query, not by number: the largest rounds have more people than a statement may have parameters."""
    mine = ProposedPair.round_id == round_id
    return or_(
        Enrolment.id.in_(select(ProposedPair.leader_enrolment_id).where(mine)),
        Enrolment.id.in_(select(ProposedPair.junior_enrolment_id).where(mine)),
    )


def _cause(pair: _Pair, taken: dict[UUID, int], apart: set[frozenset[str]], allowed: set[Two]) -> str | None:
    sides = (pair.leader, pair.junior)
    if any(side.left_on is not None for side in sides):
        return "left"
    if any(side.state is not EnrolmentState.ENROLLED for side in sides):
        return "withdrawn"
    if frozenset(side.person_id.hex for side in sides) in apart:
        return "excluded"
    if any(taken.get(side.enrolment_id, 0) >= side.capacity for side in sides):
        return "taken"
    return None if pair.two in allowed else "rules"


async def _places_taken(db: AsyncSession, programme_id: UUID) -> dict[UUID, int]:
    taken: dict[UUID, int] = {}
    for side in (Pairing.leader_enrolment_id, Pairing.junior_enrolment_id):
        rows = await db.execute(
            select(side, func.count())
            .where(Pairing.programme_id == programme_id, Pairing.state.in_(OPEN))
            .group_by(side)
        )
        taken |= dict(rows.all())
    return taken


def _new_pairing(pair: _Pair) -> NewPairing:
    return NewPairing(
        leader_enrolment_id=pair.leader.enrolment_id,
        junior_enrolment_id=pair.junior.enrolment_id,
        leader_id=pair.leader.person_id,
        junior_id=pair.junior.person_id,
        fit=pair.fit,
        reasons=pair.reasons,
    )


async def _note_pairings(db: AsyncSession, round_id: UUID, pairs: Sequence[_Pair], made: Sequence[UUID]) -> None:
    table = ProposedPair.__table__.c
    statement = (
        update(ProposedPair)
        .where(
            table.round_id == round_id,
            table.leader_enrolment_id == bindparam("leader"),
            table.junior_enrolment_id == bindparam("junior"),
        )
        .values(pairing_id=bindparam("pairing"))
    )
    rows = [
        {"leader": pair.leader.enrolment_id, "junior": pair.junior.enrolment_id, "pairing": pairing_id}
        for pair, pairing_id in zip(pairs, made, strict=True)
    ]
    if rows:
        await (await db.connection()).execute(statement, rows)


async def _note_waiting(db: AsyncSession, round_id: UUID) -> None:
    """Keep with the round how long each of its people had waited before it."""
    waited = select(Enrolment.waited_rounds)
    await db.execute(
        update(ProposedPair)
        .where(ProposedPair.round_id == round_id)
        .values(
            leader_waited=waited.where(Enrolment.id == ProposedPair.leader_enrolment_id).scalar_subquery(),
            junior_waited=waited.where(Enrolment.id == ProposedPair.junior_enrolment_id).scalar_subquery(),
        )
        .execution_options(synchronize_session=False)
    )
    await db.execute(
        update(Unmatched)
        .where(Unmatched.round_id == round_id)
        .values(waited=waited.where(Enrolment.id == Unmatched.enrolment_id).scalar_subquery())
        .execution_options(synchronize_session=False)
    )


async def _count_waiting(db: AsyncSession, round_id: UUID, kept: Iterable[_Pair], dropped: Iterable[_Pair]) -> None:
    """Whoever was matched has waited long enough; whoever was not, or whose partner is gone, one round more."""
    mine = (ProposedPair.round_id == round_id, ProposedPair.pairing_id.is_not(None))
    matched = or_(
        Enrolment.id.in_(select(ProposedPair.leader_enrolment_id).where(*mine)),
        Enrolment.id.in_(select(ProposedPair.junior_enrolment_id).where(*mine)),
    )
    await _set_waiting(db, update(Enrolment).where(matched).values(waited_rounds=0))
    placed = {side.enrolment_id for pair in kept for side in (pair.leader, pair.junior)}
    bereft = {side.enrolment_id for pair in dropped for side in (pair.leader, pair.junior)} - placed
    alone = or_(
        Enrolment.id.in_(select(Unmatched.enrolment_id).where(Unmatched.round_id == round_id)),
        among(Enrolment.id, bereft),
    )
    await _set_waiting(
        db,
        update(Enrolment)
        .where(alone, Enrolment.state == EnrolmentState.ENROLLED)
        .values(waited_rounds=Enrolment.waited_rounds + 1),
    )


async def _set_waiting(db: AsyncSession, statement: Update) -> None:
    await db.execute(statement.execution_options(synchronize_session=False))


async def undo_round(db: AsyncSession, actor: Actor, round_ref: str, now: datetime) -> UndoneRound:
    """Take the round back: its open pairings are withdrawn, everybody gets their waiting place back.

    Raises ``RoundNotPublished``, and ``RoundNotLatest`` while a later round builds upon it.
    """
    round_ = await find_round(db, actor, round_ref, Action.ROUND_WRITE)
    await lock_programme(db, round_.programme_id)
    later = await db.scalar(
        select(Round.name)
        .where(Round.programme_id == round_.programme_id, Round.number > round_.number)
        .where(Round.state == RoundState.PUBLISHED)
        .limit(1)
    )
    if later is not None:
        raise rules.RoundNotLatest(later=later)
    moved = await db.execute(
        update(Round)
        .where(Round.id == round_.id, Round.state == RoundState.PUBLISHED)
        .values(state=RoundState.UNDONE, undone_at=now)
        .returning(Round.id)
        .execution_options(synchronize_session=False)
    )
    missed = moved.one_or_none() is None
    await db.refresh(round_)
    if missed:
        raise rules.RoundNotPublished(state=round_.state.value)
    made = await db.scalars(
        select(ProposedPair.pairing_id).where(ProposedPair.round_id == round_.id, ProposedPair.pairing_id.is_not(None))
    )
    withdrawn = await withdraw_pairings(db, [one for one in made if one is not None], actor.id, now)
    failpoint("undo.after_withdrawal")
    await _give_waiting_back(db, round_.id)
    journal.record(db, RoundUndone(round_.id), by=actor.id, at=now)
    return UndoneRound(round_.id, round_.name, len(withdrawn))


async def _give_waiting_back(db: AsyncSession, round_id: UUID) -> None:
    for enrolment_id, waited, kept_in in (
        (ProposedPair.leader_enrolment_id, ProposedPair.leader_waited, ProposedPair.round_id),
        (ProposedPair.junior_enrolment_id, ProposedPair.junior_waited, ProposedPair.round_id),
        (Unmatched.enrolment_id, Unmatched.waited, Unmatched.round_id),
    ):
        noted = (kept_in == round_id, waited.is_not(None))
        before = select(func.max(waited)).where(*noted, enrolment_id == Enrolment.id).scalar_subquery()
        who = Enrolment.id.in_(select(enrolment_id).where(*noted))
        await _set_waiting(db, update(Enrolment).where(who).values(waited_rounds=before))
