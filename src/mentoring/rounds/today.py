"""Whether pairs found earlier still keep the hard rules: lines, units and people change after a round is solved."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import numpy as np
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

import matching
from mentoring.programmes.models import Programme
from mentoring.rounds.models import Round
from mentoring.rounds.problem import Snapshot, build_in_thread
from mentoring.rounds.rules import NobodyToMatch
from mentoring.rounds.snapshot import read_rows

PAIRS_AT_ONCE = 64
"""The engine measures all leaders by all juniors it is given: of 64 pairs that is 4096, of 10,000 far too many."""

Two = tuple[UUID, UUID]
"""The enrolments of a leader and a junior."""


async def allowed_today(
    db: AsyncSession, programme: Programme, round_: Round, among: ColumnElement[bool], pairs: Sequence[Two]
) -> set[Two]:
    """Those of the pairs that no rule refuses by what the tables say now; ``among`` chooses their enrolments.

    Raises ``ProblemRefused``.
    """
    rows = await read_rows(db, programme, round_.year, round_.id, among)
    try:
        snapshot = await build_in_thread(rows)
    except NobodyToMatch:
        return set()
    return await asyncio.to_thread(_allowed, snapshot, pairs)


def _allowed(snapshot: Snapshot, pairs: Sequence[Two]) -> set[Two]:
    row_of = {one: row for row, one in enumerate(snapshot.leaders)}
    column_of = {one: column for column, one in enumerate(snapshot.juniors)}
    there = [two for two in pairs if two[0] in row_of and two[1] in column_of]
    allowed: set[Two] = set()
    for start in range(0, len(there), PAIRS_AT_ONCE):
        some = there[start : start + PAIRS_AT_ONCE]
        leaders, row = np.unique([row_of[leader] for leader, _ in some], return_inverse=True)
        juniors, column = np.unique([column_of[junior] for _, junior in some], return_inverse=True)
        refused = matching.refusals(snapshot.problem, leaders, juniors)[row, column]
        allowed.update(two for two, bits in zip(some, refused.tolist(), strict=True) if not bits)
    return allowed
