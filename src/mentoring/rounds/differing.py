"""Two runs beside each other, person by person: another round of the programme, or this one by another policy."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, structs
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.collation import place_of
from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.programmes.rules import PolicyName
from mentoring.rounds.asking import proven
from mentoring.rounds.child import run_solver
from mentoring.rounds.findings import Member
from mentoring.rounds.models import ProposedPair, Round
from mentoring.rounds.queries import find_round, members_of
from mentoring.rounds.results import refusal_of
from mentoring.rounds.review import is_weak
from mentoring.rounds.rules import RoundNotFound
from mentoring.rounds.solver import Request
from mentoring.rounds.trying import Edits, Sums, Tried, TriedPair

Fits = dict[tuple[UUID, UUID], float]
"""The fit of each pair of enrolments."""


class Against(Struct, frozen=True, forbid_unknown_fields=True):
    """The other run: a round by id or name, or a policy by which this round is solved anew. With neither the round
    before this one, or the one after it where it is the first, and this one itself where it is the only one.
    """

    other: Annotated[str, Meta(min_length=1, max_length=320)] | None = None
    policy: PolicyName | None = None


class Partner(Struct, frozen=True):
    member: Member
    fit: float


class Difference(Struct, frozen=True):
    """A leader who is served otherwise: by whom here, by whom there."""

    leader: Member
    here: list[Partner]
    there: list[Partner]


class RunDifference(Struct, frozen=True):
    """``before``: this run; ``after``: the other. ``same``: leaders who have the same in both."""

    round: UUID
    name: str
    programme: UUID
    other: str
    policy: PolicyName | None
    before: Sums
    after: Sums
    same: int
    differences: list[Difference]


async def compare_runs(database: Database, actor: Actor, round_ref: str, data: Against) -> RunDifference:
    """Say for whom two runs differ. Raises ``RoundNotFound``, ``NothingToVerify``, ``SolverDied``."""
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        here = await _fits(db, round_.id)
        other = round_ if data.policy else await _other(db, actor, round_, data)
        there = {} if data.policy else await _fits(db, other.id)
    if data.policy:
        there = await _by_policy(database, round_, here, data.policy)
    async with database.reading() as db:
        differences = await _differences(db, here, there, actor.language)
    leaders = {leader for leader, _ in (*here, *there)}
    return RunDifference(
        round=round_.id,
        name=round_.name,
        programme=round_.programme_id,
        other=other.name,
        policy=data.policy,
        before=_sums(here),
        after=_sums(there),
        same=len(leaders) - len(differences),
        differences=differences,
    )


async def _other(db: AsyncSession, actor: Actor, round_: Round, data: Against) -> Round:
    if data.other:
        other = await find_round(db, actor, data.other)
        if other.programme_id != round_.programme_id:
            raise RoundNotFound()
        return other
    nearest = await db.scalar(
        select(Round)
        .where(Round.programme_id == round_.programme_id, Round.number != round_.number)
        .order_by(Round.number > round_.number, func.abs(Round.number - round_.number))
        .limit(1)
    )
    return nearest or round_


async def _fits(db: AsyncSession, round_id: UUID) -> Fits:
    rows = await db.execute(
        select(ProposedPair.leader_enrolment_id, ProposedPair.junior_enrolment_id, ProposedPair.fit).where(
            ProposedPair.round_id == round_id, ProposedPair.alternate.is_(False)
        )
    )
    return {(leader, junior): fit for leader, junior, fit in rows}


async def _by_policy(database: Database, round_: Round, here: Fits, policy: PolicyName) -> Fits:
    """The pairs that this round would have by another policy."""
    async with database.reading() as db:
        inputs = await proven(db, round_)
    aim = structs.replace(inputs.aim, policy=policy.value)
    leaders, juniors = list(map(UUID, inputs.leaders)), list(map(UUID, inputs.juniors))
    answer = await run_solver(Request("try", inputs.problem, aim=aim, proof=inputs.proof or b"", edits=Edits()))
    if not isinstance(answer, Tried):
        raise refusal_of(answer, leaders, juniors)

    def named(pairs: Iterable[TriedPair]) -> Fits:
        return {(leaders[one.leader], juniors[one.junior]): one.fit for one in pairs}

    gone = named(answer.given_up)
    return {pair: fit for pair, fit in here.items() if pair not in gone} | named(answer.made)


async def _differences(db: AsyncSession, here: Fits, there: Fits, language: str) -> list[Difference]:
    only: tuple[Fits, Fits] = (
        {pair: fit for pair, fit in here.items() if pair not in there},
        {pair: fit for pair, fit in there.items() if pair not in here},
    )
    members = await members_of(db, sorted({one for side in only for pair in side for one in pair}))
    by_leader: dict[UUID, tuple[list[Partner], list[Partner]]] = defaultdict(lambda: ([], []))
    for place, side in enumerate(only):
        for (leader, junior), fit in side.items():
            by_leader[leader][place].append(Partner(members[junior], fit))
    found = [Difference(members[leader], *both) for leader, both in by_leader.items()]
    return sorted(found, key=lambda one: (place_of(one.leader.name, language), one.leader.staff_no or ""))


def _sums(fits: Fits) -> Sums:
    values = sorted(fits.values())
    leaders = len({leader for leader, _ in fits})
    return Sums(leaders, sum(map(is_weak, values)), sum(values), values[0] if values else 0.0)
