"""When a proposal falls through, the best alternate is offered at once; all other pairings are left alone.

The best is what solving would give were everybody else held where they are: by the round's own objective, waiting and
lots included. A leader and a junior who lost each other are apart, so what one is offered never costs the other.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from matching import COVERAGE_FIRST, Objective, Problem, next_for_junior, next_for_leader
from mentoring import journal
from mentoring.failpoints import failpoint
from mentoring.pairings.contracts import NewPairing, PairingFellThrough, RematchRequested, RematchWaits
from mentoring.pairings.models import Pairing, Rematch
from mentoring.pairings.rules import OPEN, PairingState
from mentoring.pairings.service import make_pairings
from mentoring.people.models import Person
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import EnrolmentState, Role
from mentoring.rounds.aims import settled
from mentoring.rounds.models import ProposedPair, Round, RoundInputs, Unmatched
from mentoring.rounds.publishing import lock_programme
from mentoring.rounds.results import reasons_of
from mentoring.rounds.rules import MOST_REFUSALS, RoundState
from mentoring.rounds.snapshot import read_exclusions
from mentoring.rounds.solver import explained_one
from mentoring.rounds.today import allowed_today

LOOKED_AT_ONCE = 50
"""Candidates whose present state is read in one query; the first is free more often than not."""


class _Fallen(NamedTuple):
    round_id: UUID
    leader_enrolment_id: UUID
    junior_enrolment_id: UUID


@dataclass(frozen=True)
class _Scene:
    """The round as it was solved, and who may not be asked in it again."""

    round: Round
    programme: Programme
    inputs: RoundInputs
    problem: Problem
    done: frozenset[UUID]
    """Enrolments that let a proposal of this round expire, or declined ``MOST_REFUSALS`` of them."""

    @property
    def objective(self) -> Objective:
        """Of the round's policy; where no objective tells it, fit counts alone."""
        return settled(self.inputs.aim) or COVERAGE_FIRST

    def row(self, enrolment_id: UUID) -> int:
        return self.inputs.leaders.index(str(enrolment_id))

    def column(self, enrolment_id: UUID) -> int:
        return self.inputs.juniors.index(str(enrolment_id))


async def offer_alternates(db: AsyncSession, events: Sequence[PairingFellThrough], now: datetime) -> None:
    """Reaction: whoever lost a pairing is offered the best that is free now, one after the other."""
    for event in events:
        await offer_alternate(db, event, now)


async def offer_alternate(db: AsyncSession, event: PairingFellThrough, now: datetime) -> None:
    """Offer the best that is free now to the two of one pairing. Running it twice is running it once.

    The leader gets another junior, unless it was the leader who did not answer or has declined too often. A junior who
    lost the place without a fault is offered to the best leader who has nobody. Whoever stays without a pairing, and
    without a fault, has waited one round more.
    """
    fallen = await _settle(db, event.pairing_id, now)
    if fallen is None:
        return
    scene = await _scene(db, fallen.round_id)
    if scene is None:
        return
    pairing = await db.get_one(Pairing, event.pairing_id)
    leader_stopped_it = event.by_id == pairing.leader_id
    await _offer_to_leader(db, scene, fallen.leader_enrolment_id, now)
    if leader_stopped_it:
        await _offer_to_junior(db, scene, fallen.junior_enrolment_id, now)
    await _count_waiting(db, scene, fallen.junior_enrolment_id if leader_stopped_it else fallen.leader_enrolment_id)


async def _settle(db: AsyncSession, pairing_id: UUID, now: datetime) -> _Fallen | None:
    """Mark the pair as answered. Whoever runs this a second time finds it marked, and does nothing."""
    row = (
        await db.execute(
            update(ProposedPair)
            .where(ProposedPair.pairing_id == pairing_id, ProposedPair.settled_at.is_(None))
            .values(settled_at=now)
            .returning(ProposedPair.round_id, ProposedPair.leader_enrolment_id, ProposedPair.junior_enrolment_id)
            .execution_options(synchronize_session=False)
        )
    ).one_or_none()
    return _Fallen._make(row) if row else None


async def offer_rematches(db: AsyncSession, events: Sequence[RematchRequested], now: datetime) -> None:
    """Reaction: who lost a partner and asked for another is offered the best that is free now; all others stay.

    Where nobody is free they have waited one round more, and come first in the next.
    """
    for event in events:
        asked = await db.get(Rematch, (event.pairing_id, event.person_id), with_for_update=True, populate_existing=True)
        if asked is None or asked.settled_at is not None:
            continue
        asked.settled_at = now
        pairing = await db.get_one(Pairing, event.pairing_id)
        leads = event.person_id == pairing.leader_id
        enrolment_id = pairing.leader_enrolment_id if leads else pairing.junior_enrolment_id
        if scene := await _latest_scene(db, pairing.programme_id, enrolment_id, leads=leads):
            offer = _offer_to_leader if leads else _offer_to_junior
            asked.offered_id = await offer(db, scene, enrolment_id, now)
            failpoint("rematch.offered")
            await _count_waiting(db, scene, enrolment_id)
        if asked.offered_id is None:
            journal.record(db, RematchWaits(pairing.id, event.person_id), by=None, at=now)


async def _latest_scene(db: AsyncSession, programme_id: UUID, enrolment_id: UUID, *, leads: bool) -> _Scene | None:
    """The latest published round of the programme in which this enrolment could be matched."""
    rounds = await db.scalars(
        select(Round)
        .where(Round.programme_id == programme_id, Round.state == RoundState.PUBLISHED)
        .order_by(Round.number.desc())
    )
    for one in rounds.all():
        scene = await _scene(db, one.id)
        if scene and str(enrolment_id) in (scene.inputs.leaders if leads else scene.inputs.juniors):
            return scene
    return None


async def _scene(db: AsyncSession, round_id: UUID) -> _Scene | None:
    round_ = await db.get_one(Round, round_id)
    programme = await lock_programme(db, round_.programme_id)
    await db.refresh(round_)
    inputs = await db.get(RoundInputs, round_.id)
    if round_.state is not RoundState.PUBLISHED or inputs is None:
        return None
    return _Scene(round_, programme, inputs, Problem.from_bytes(inputs.problem), await _done(db, round_.id))


async def _done(db: AsyncSession, round_id: UUID) -> frozenset[UUID]:
    rows = await db.execute(
        select(
            Pairing.state,
            Pairing.declined_by_id,
            Pairing.leader_id,
            Pairing.leader_enrolment_id,
            Pairing.junior_enrolment_id,
        )
        .join(ProposedPair, ProposedPair.pairing_id == Pairing.id)
        .where(ProposedPair.round_id == round_id)
        .where(Pairing.state.in_((PairingState.DECLINED, PairingState.EXPIRED)))
    )
    refusals: Counter[UUID] = Counter()
    for row in rows:
        who = row.leader_enrolment_id if row.declined_by_id == row.leader_id else row.junior_enrolment_id
        refusals[who] += MOST_REFUSALS if row.state is PairingState.EXPIRED else 1
    return frozenset(who for who, times in refusals.items() if times >= MOST_REFUSALS)


async def _offer_to_leader(db: AsyncSession, scene: _Scene, leader: UUID, now: datetime) -> UUID | None:
    """The pairing that was offered, if anybody could be."""
    if leader in scene.done or not (leads := await _free(db, [leader], Role.LEADER)):
        return None
    candidates = next_for_leader(scene.problem, scene.objective, scene.row(leader))
    found = await _best(db, scene, (leader, leads[leader]), candidates, Role.JUNIOR)
    return await _offer(db, scene, (leader, leads[leader]), found, now) if found else None


async def _offer_to_junior(db: AsyncSession, scene: _Scene, junior: UUID, now: datetime) -> UUID | None:
    """As ``_offer_to_leader``."""
    if junior in scene.done or not (teaches := await _free(db, [junior], Role.JUNIOR)):
        return None
    candidates = next_for_junior(scene.problem, scene.objective, scene.column(junior))
    found = await _best(db, scene, (junior, teaches[junior]), candidates, Role.LEADER)
    return await _offer(db, scene, found, (junior, teaches[junior]), now) if found else None


async def _best(
    db: AsyncSession, scene: _Scene, who: tuple[UUID, UUID], candidates: NDArray[np.intp], role: Role
) -> tuple[UUID, UUID] | None:
    """The enrolment and person of the best candidate of ``role`` who can be paired with this one now."""
    enrolments = scene.inputs.leaders if role is Role.LEADER else scene.inputs.juniors
    apart = await _apart(db, scene.programme.id, who[1])
    for start in range(0, len(candidates), LOOKED_AT_ONCE):
        some = candidates[start : start + LOOKED_AT_ONCE]
        wanted = [one for one in (UUID(enrolments[place]) for place in some) if one not in scene.done]
        free = await _free(db, wanted, role)
        possible = [one for one in wanted if one in free and free[one] not in apart]
        allowed = await _allowed(db, scene, who[0], possible, role)
        if best := next((one for one in possible if one in allowed), None):
            return best, free[best]
    return None


async def _allowed(db: AsyncSession, scene: _Scene, who: UUID, others: Sequence[UUID], role: Role) -> set[UUID]:
    """Those of the others, of ``role``, with whom no rule refuses this enrolment today."""
    if not others:
        return set()
    pairs = [(who, one) if role is Role.JUNIOR else (one, who) for one in others]
    allowed = await allowed_today(db, scene.programme, scene.round, Enrolment.id.in_((who, *others)), pairs)
    return {one for pair in allowed for one in pair}


async def _free(db: AsyncSession, enrolment_ids: Collection[UUID], role: Role) -> dict[UUID, UUID]:
    """Those who could take one more pairing now, with their persons."""
    side = Pairing.leader_enrolment_id if role is Role.LEADER else Pairing.junior_enrolment_id
    taken = (
        select(func.count())
        .select_from(Pairing)
        .where(side == Enrolment.id, Pairing.state.in_(OPEN))
        .correlate(Enrolment)
        .scalar_subquery()
    )
    rows = await db.execute(
        select(Enrolment.id, Enrolment.person_id)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Enrolment.id.in_(enrolment_ids),
            Enrolment.role == role,
            Enrolment.state == EnrolmentState.ENROLLED,
            Person.left_on.is_(None),
            or_(Enrolment.role == Role.LEADER, Enrolment.prepared_at.is_not(None)),
            taken < Enrolment.capacity,
        )
    )
    return dict(rows.all())


async def _apart(db: AsyncSession, programme_id: UUID, person_id: UUID) -> set[UUID]:
    """Whom this person must not be paired with: excluded by either, or proposed to each other before.

    A proposal that expired does not bar the two for good, but an alternate in the same breath would make no sense.
    """
    exclusions = [two for two in await read_exclusions(db, programme_id) if person_id.hex in two]
    apart = {UUID(one) for two in exclusions for one in two}
    rows = await db.execute(
        select(Pairing.leader_id, Pairing.junior_id)
        .where(or_(Pairing.leader_id == person_id, Pairing.junior_id == person_id))
        .where(Pairing.state != PairingState.WITHDRAWN)
    )
    return apart.union({person_id}, *map(tuple, rows))


async def _offer(
    db: AsyncSession, scene: _Scene, leader: tuple[UUID, UUID], junior: tuple[UUID, UUID], now: datetime
) -> UUID:
    """Make the pairing, and note it with the round, so that undoing the round finds it; return its id."""
    pair = explained_one(scene.problem, scene.row(leader[0]), scene.column(junior[0]), scene.programme.plan.minutes)
    reasons = reasons_of(pair, scene.inputs.vocabulary)
    new = NewPairing(leader[0], junior[0], leader[1], junior[1], pair.fit, reasons)
    [pairing_id] = await make_pairings(db, scene.programme, [new], None, now)
    row = await db.get(ProposedPair, (scene.round.id, leader[0], junior[0]))
    if row is None:
        row = ProposedPair(round_id=scene.round.id, leader_enrolment_id=leader[0], junior_enrolment_id=junior[0])
        db.add(row)
    row.fit, row.reasons, row.alternate, row.pairing_id = pair.fit, reasons, True, pairing_id
    await db.execute(
        update(Enrolment)
        .where(Enrolment.id.in_((leader[0], junior[0])))
        .values(waited_rounds=0)
        .execution_options(synchronize_session=False)
    )
    await db.flush()
    return pairing_id


async def _count_waiting(db: AsyncSession, scene: _Scene, enrolment_id: UUID) -> None:
    """Set, not added to, so that it stays right however often it is done."""
    taken = await db.scalar(
        select(func.count())
        .select_from(Pairing)
        .where(or_(Pairing.leader_enrolment_id == enrolment_id, Pairing.junior_enrolment_id == enrolment_id))
        .where(Pairing.state.in_(OPEN))
    )
    if taken:
        return
    before = [
        await db.scalar(select(func.max(waited)).where(kept_in == scene.round.id, who == enrolment_id))
        for waited, kept_in, who in (
            (ProposedPair.leader_waited, ProposedPair.round_id, ProposedPair.leader_enrolment_id),
            (ProposedPair.junior_waited, ProposedPair.round_id, ProposedPair.junior_enrolment_id),
            (Unmatched.waited, Unmatched.round_id, Unmatched.enrolment_id),
        )
    ]
    waited = max((one for one in before if one is not None), default=0)
    await db.execute(
        update(Enrolment)
        .where(Enrolment.id == enrolment_id)
        .values(waited_rounds=waited + 1)
        .execution_options(synchronize_session=False)
    )
