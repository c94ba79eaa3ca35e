"""One contestant and one problem, alone in a process: ``python -m tests.bench.arena CONTESTANT PROBLEM``.

A problem is ``KIND:LEADERSxJUNIORS`` (made) or the path of a stored one. Everybody first solves a small one, so that
what is compiled or imported at first use is so before the clock starts; we a larger one: small ones need none of it.
"""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from matching import (
    COVERAGE_FIRST,
    GREATEST_TOTAL,
    POINTS,
    Draft,
    Edit,
    Forbid,
    JuniorPlaces,
    LeaderPlaces,
    Objective,
    Pin,
    Problem,
    refusals,
    solve,
    verify,
)
from tests.bench.market import ANSWERS, organisation
from tests.bench.peers import PEERS, Peer, points_of, solved

FEATURES = 96
"""Numbers by person in the bare pass: about what describes needs, hours, tools and languages."""

TILE = 4096
WARM_UP = 80
OUR_WARM_UP = 3_000
EDITS = 60
"""Edits tried one after the other, each on the round as it was."""

PLAIN = "MATCHING_PLAIN"
"""The environment variable that does without numba."""


class Outcome(Struct, frozen=True):
    """What a contestant did. solving: without the time for the points of all pairs, which a peer is given.

    total: points of the pairs made, in the greatest total. peak_mb: of the whole process. slowest: where several things
    were done, each as long as ``seconds`` in the middle, how long one in twenty took at least.
    """

    seconds: float
    solving: float | None
    total: int
    pairs: int
    peak_mb: float
    slowest: float | None = None


Contestant = Callable[[Problem], Outcome]


def named_problem(name: str) -> Problem:
    for kind in ANSWERS:
        if name.startswith(f"{kind}:"):
            leaders, juniors = (int(size) for size in name.removeprefix(f"{kind}:").split("x"))
            return organisation(leaders, juniors, kind=kind)
    return Problem.from_bytes(Path(name).read_bytes())


def peak_mb() -> float:
    """Of this process, since it became one: what the system tells of children counts their parent's pages too."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def _ours(objective: Objective) -> Contestant:
    def contestant(problem: Problem) -> Outcome:
        began = time.perf_counter()
        proposal = solve(problem, objective)
        seconds = time.perf_counter() - began
        return Outcome(seconds, None, round(proposal.objective * POINTS), len(proposal.pairs), peak_mb())

    return contestant


def _without_numba(problem: Problem) -> Outcome:
    os.environ[PLAIN] = "1"
    return _ours(GREATEST_TOTAL)(problem)


def _verifying(problem: Problem) -> Outcome:
    """The check of a proposal by code of its own; that of the solver before it is not counted."""
    proposal = solve(problem, GREATEST_TOTAL)
    began = time.perf_counter()
    verdict = verify(problem, proposal, GREATEST_TOTAL, count=False)
    seconds = time.perf_counter() - began
    if not verdict.holds:
        raise AssertionError("the proof does not hold")
    return Outcome(seconds, None, round(proposal.objective * POINTS), len(proposal.pairs), peak_mb())


def _editing(problem: Problem) -> Outcome:
    """One edit with its proof, of a round at hand: pins, forbidden pairs, people who leave or join, by turns."""
    draft = Draft.opened(problem, GREATEST_TOTAL)
    took = []
    for edit in _edits(draft):
        began = time.perf_counter()
        _ = draft.tried([edit]).proposal
        took.append(time.perf_counter() - began)
    median, slowest = np.percentile(took, [50, 95])
    before = draft.propose()
    total = round(before.objective * POINTS)
    return Outcome(float(median), None, total, len(before.pairs), peak_mb(), float(slowest))


def _edits(draft: Draft) -> Iterator[Edit]:
    """Of drawn pairs. A leader is pinned to another's partner where the rules allow it."""
    rng = np.random.default_rng(1)
    drawn = draft.pairs[rng.permutation(len(draft.pairs))[: EDITS // 4 + 1]].tolist()
    for (leader, junior), (_, other) in pairwise(drawn):
        yield Forbid(leader, junior)
        yield LeaderPlaces(leader, 0)
        yield JuniorPlaces(junior, 0)
        allowed = not refusals(draft.problem, slice(leader, leader + 1), slice(other, other + 1)).any()
        yield Pin(leader, other if allowed else junior)


def _peer(peer: Peer) -> Contestant:
    def contestant(problem: Problem) -> Outcome:
        began = time.perf_counter()
        points, capacity = points_of(problem), problem.junior_capacity
        if peer.repeats and capacity.max(initial=1) > 1:
            points, capacity = np.repeat(points, capacity, axis=1), np.ones(int(capacity.sum()), np.int32)
        given = time.perf_counter()
        total, pairs = solved(peer, points, capacity)
        ended = time.perf_counter()
        return Outcome(ended - began, ended - given, total, pairs, peak_mb())

    return contestant


def bare_pass(problem: Problem) -> Outcome:
    """One product of two short rows of numbers for each pair, tile by tile, and the largest: less can score no pair."""
    rng = np.random.default_rng(1)
    theirs, ours = (rng.random((people, FEATURES), np.float32) for people in (problem.leaders, problem.juniors))
    largest = np.float32(0)
    began = time.perf_counter()
    for row in range(0, len(theirs), TILE):
        for column in range(0, len(ours), TILE):
            largest = max(largest, (theirs[row : row + TILE] @ ours[column : column + TILE].T).max())
    return Outcome(time.perf_counter() - began, None, 0, 0, peak_mb())


CONTESTANTS: Mapping[str, Contestant] = {
    "ours": _ours(GREATEST_TOTAL),
    "ours, leaders first": _ours(COVERAGE_FIRST),
    "ours, without numba": _without_numba,
    "ours, verifying": _verifying,
    "ours, an edit": _editing,
    **{name: _peer(peer) for name, peer in PEERS.items()},
    "bare pass": bare_pass,
}


def main(arguments: Sequence[str]) -> None:
    contestant, problem, most_mb = arguments
    limit = int(most_mb) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    few = OUR_WARM_UP if contestant.startswith("ours") else WARM_UP
    CONTESTANTS[contestant](organisation(few, few))
    outcome = CONTESTANTS[contestant](named_problem(problem))
    print(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
