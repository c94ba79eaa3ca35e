"""A stored round is verified: apart from the solver, over all pairs, and against what the tables show of it."""

from time import perf_counter
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.rounds.asking import proven
from mentoring.rounds.child import run_solver
from mentoring.rounds.findings import Member, Verification, VerifyFault
from mentoring.rounds.models import ProposedPair, Round, RoundInputs
from mentoring.rounds.queries import find_round, members_of
from mentoring.rounds.rules import NothingToVerify
from mentoring.rounds.solver import Request
from mentoring.rounds.verdicts import ShownPair, Verified


async def verify_round(database: Database, actor: Actor, round_ref: str) -> Verification:
    """Check the stored proposal. What fails is the answer, no refusal. Raises ``NothingToVerify``, ``SolverDied``."""
    began = perf_counter()
    async with database.reading() as db:
        round_ = await find_round(db, actor, round_ref)
        inputs = await proven(db, round_)
        shown = await _shown(db, inputs)
    answer = await run_solver(Request("verify", inputs.problem, aim=inputs.aim, proof=inputs.proof or b"", shown=shown))
    if not isinstance(answer, Verified):
        raise NothingToVerify()
    async with database.reading() as db:
        faults = await _named(db, inputs, answer)
    return _verification(round_, inputs, answer, faults, perf_counter() - began)


async def _shown(db: AsyncSession, inputs: RoundInputs) -> list[ShownPair]:
    """The pairs as the tables have them; whoever was not in the round has the number -1."""
    row_of = {enrolment: row for row, enrolment in enumerate(inputs.leaders)}
    column_of = {enrolment: column for column, enrolment in enumerate(inputs.juniors)}
    rows = await db.execute(
        select(
            ProposedPair.leader_enrolment_id,
            ProposedPair.junior_enrolment_id,
            ProposedPair.fit,
            ProposedPair.alternate,
        ).where(ProposedPair.round_id == inputs.round_id)
    )
    return [
        ShownPair(row_of.get(str(leader), -1), column_of.get(str(junior), -1), fit, alternate)
        for leader, junior, fit, alternate in rows
    ]


async def _named(db: AsyncSession, inputs: RoundInputs, answer: Verified) -> list[VerifyFault]:
    leaders = [inputs.leaders[one.leader] if one.leader >= 0 else None for one in answer.faults]
    juniors = [inputs.juniors[one.junior] if one.junior >= 0 else None for one in answer.faults]
    members = await members_of(db, [UUID(one) for one in (*leaders, *juniors) if one])

    def member(enrolment: str | None) -> Member | None:
        return members[UUID(enrolment)] if enrolment else None

    return [
        VerifyFault(one.cause, member(leader), member(junior), one.rules)
        for one, leader, junior in zip(answer.faults, leaders, juniors, strict=True)
    ]


def _verification(
    round_: Round, inputs: RoundInputs, answer: Verified, faults: list[VerifyFault], seconds: float
) -> Verification:
    return Verification(
        round=round_.id,
        name=round_.name,
        holds=answer.holds,
        pairs=answer.pairs,
        eligible=answer.eligible,
        matched=answer.matched,
        weak=answer.weak,
        weak_below=answer.weak_below,
        total_fit=answer.total_fit,
        floor=answer.floor,
        policy=inputs.aim.policy,
        aims=answer.aims,
        found=answer.found,
        faults=faults,
        seconds=seconds,
    )
