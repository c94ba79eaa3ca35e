"""What the solver found, in names and rows instead of numbers."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

import matching
from matching import RULE_NAMES
from mentoring.errors import MentoringError
from mentoring.pairings.contracts import NeedMet, Parts, Reasons
from mentoring.rounds.contracts import Vocabulary
from mentoring.rounds.models import ProposedPair, RoundInputs, Unmatched
from mentoring.rounds.problem import Snapshot
from mentoring.rounds.rules import PinsImpossible, ProblemRefused, QuotaOutOfReach, RoundTooLarge
from mentoring.rounds.solver import Answer, Pair, Refused, Request, Solved


def refused_by_engine(answer: Answer, snapshot: Snapshot) -> MentoringError:
    """The engine's conclusion that there is no answer, as a refusal of ours."""
    return refusal_of(answer, snapshot.leaders, snapshot.juniors)


def refusal_of(answer: Answer, leaders: Sequence[UUID], juniors: Sequence[UUID]) -> MentoringError:
    """The same for inputs that were stored; people are named by their enrolments."""
    if isinstance(answer, Refused) and answer.code == "pins":
        pairs = [[str(leaders[leader]), str(juniors[junior])] for leader, junior in answer.pairs]
        return PinsImpossible(cause=answer.cause, rules=", ".join(answer.rules), pairs=pairs)
    if isinstance(answer, Refused) and answer.code == "problem":
        return ProblemRefused(field=answer.field, why=answer.why)
    if isinstance(answer, Refused) and answer.code == "quota":
        return QuotaOutOfReach(asked=answer.asked, most=answer.most)
    return RoundTooLarge(places=answer.places if isinstance(answer, Refused) else 0)


async def replace_rows(
    db: AsyncSession, round_id: UUID, revision: int, snapshot: Snapshot, request: Request, solved: Solved
) -> None:
    for table in (ProposedPair, Unmatched, RoundInputs):
        await db.execute(delete(table).where(table.round_id == round_id))
    connection = await db.connection()
    await connection.execute(
        insert(RoundInputs).values(
            round_id=round_id,
            revision=revision,
            problem=request.problem,
            aim=request.aim,
            leaders=[str(one) for one in snapshot.leaders],
            juniors=[str(one) for one in snapshot.juniors],
            vocabulary=snapshot.vocabulary,
            engine=matching.VERSION,
            result=result_of(solved),
            proof=solved.proof,
        )
    )
    if pairs := _pair_rows(round_id, snapshot, solved):
        await connection.execute(insert(ProposedPair), pairs)
    if alone := _alone_rows(round_id, snapshot, solved):
        await connection.execute(insert(Unmatched), alone)


def _pair_rows(round_id: UUID, snapshot: Snapshot, solved: Solved) -> list[dict[str, object]]:
    pinned = {(leader, junior) for leader, junior in snapshot.problem.pinned.tolist()}
    return [
        {
            "round_id": round_id,
            "leader_enrolment_id": snapshot.leaders[pair.leader],
            "junior_enrolment_id": snapshot.juniors[pair.junior],
            "fit": pair.fit,
            "reasons": reasons_of(pair, snapshot.vocabulary),
            "pinned": (pair.leader, pair.junior) in pinned,
        }
        for pair in solved.pairs
    ]


def _alone_rows(round_id: UUID, snapshot: Snapshot, solved: Solved) -> list[dict[str, object]]:
    return [
        {
            "round_id": round_id,
            "enrolment_id": (snapshot.leaders if one.leads else snapshot.juniors)[one.index],
            "candidates": one.candidates,
            "eligible": one.eligible,
            "taken_away": taken_away(one.taken),
            "relaxation": RULE_NAMES[one.relaxation] if one.relaxation >= 0 else None,
            "relaxation_gain": one.gain,
        }
        for one in solved.alone
    ]


def taken_away(taken: list[int]) -> dict[str, int]:
    """How many candidates each rule took, by its name; rules that took nobody are left out."""
    return {name: number for name, number in zip(RULE_NAMES, taken, strict=True) if number}


def reasons_of(pair: Pair, vocabulary: Vocabulary) -> Reasons:
    """The facts behind a fit, by name."""
    return Reasons(
        parts=Parts(*pair.parts),
        needs=[NeedMet(vocabulary.skills[need.skill], need.priority, need.held, need.offered) for need in pair.needs],
        shared_hours=pair.quarters / 4,
        language=vocabulary.languages[pair.language] if pair.language >= 0 else None,
        tools=[vocabulary.tools[tool] for tool in pair.tools],
        across=pair.parts[-1] == 1,
        leader_wished=pair.leader_wished,
        junior_wished=pair.junior_wished,
        slots=pair.slots,
    )


def result_of(solved: Solved) -> str:
    """What two solutions have in common when they are the same: the pairs and, to the millionth, the total."""
    pairs = np.array([(pair.leader, pair.junior) for pair in solved.pairs], "<i4").reshape(-1, 2)
    return hashlib.sha256(pairs.tobytes() + f"{solved.total_fit:.6f}".encode()).hexdigest()
