"""One contestant and one problem, alone in a process: ``python -m tests.bench.arena CONTESTANT PROBLEM``.

A problem is ``KIND:LEADERSxJUNIORS`` (made) or the path of a stored one. Everybody first solves a small one, so that
what is compiled or imported at first use is so before the clock starts.
"""

import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from matching import COVERAGE_FIRST, GREATEST_TOTAL, POINTS, Objective, Problem, solve
from tests.bench.market import ANSWERS, organisation
from tests.bench.peers import PEERS, Peer, points_of, solved

FEATURES = 96
"""Numbers by person in the bare pass: about what describes needs, hours, tools and languages."""

TILE = 4096
WARM_UP = 80


class Outcome(Struct, frozen=True):
    """What a contestant did. solving: without the time for the points of all pairs, which a peer is given.

    total: points of the pairs made, in the greatest total. peak_mb: of the whole process.
    """

    seconds: float
    solving: float | None
    total: int
    pairs: int
    peak_mb: float


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
    **{name: _peer(peer) for name, peer in PEERS.items()},
    "bare pass": bare_pass,
}


def main(arguments: Sequence[str]) -> None:
    contestant, problem, most_mb = arguments
    limit = int(most_mb) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    CONTESTANTS[contestant](organisation(WARM_UP, WARM_UP))
    outcome = CONTESTANTS[contestant](named_problem(problem))
    print(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
