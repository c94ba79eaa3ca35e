"""The solver: ``python -m mentoring.rounds.solver``, a process of its own that reads a problem and writes an answer.

Solving takes seconds of one core and cannot be interrupted inside scipy; in its own process it disturbs nobody, can be
killed, and gives its memory back. On both pipes a message is its length (4 bytes, big-endian) and msgpack. It imports
the engine and nothing of the service, so that it starts quickly.
"""

import gc
import os
import resource
import select
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, Literal

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

import matching
from matching import RULE_NAMES, RULES, Funnel, Problem, Rule
from mentoring.rounds.aims import terms_of
from mentoring.rounds.otherwise import CannotAnswer
from mentoring.rounds.proof import proof_of
from mentoring.rounds.rules import Aim
from mentoring.rounds.trying import Compared, Edits, Ready, Recruited, Tried, Unopened, compared, recruited, tried
from mentoring.rounds.verdicts import ShownPair, Verified, verified
from mentoring.rounds.weighing import Weighed, weighed

MOST_MEMORY = 8 << 30
"""Bytes of address space. The largest real round takes 1 GB; beyond this the machine would swap for everybody."""
POLITE = 5
"""Added to its niceness: it gives way to whoever opens a page, and is as quick where nobody does."""
LENGTH_BYTES = 4
LONG = 0.3
"""Seconds: when whoever asks reads for longer, the problem is large, and what is compiled will be wanted."""
QUARTER_MINUTES = 15
WINTER, SUMMER = 0, 1
ALWAYS_ON = Rule.CONSENT | Rule.FORBIDDEN
"""What people asked for and coordinators decided is no setting: nobody is told to switch it off."""
SWITCHED = np.array([rule not in ALWAYS_ON for rule in RULES])


class Request(Struct, frozen=True):
    """``solve``: a proposal with its reasons. ``survey``: who could be paired at all. ``verify``: whether ``proof``
    holds and is what is ``shown``. ``try``: what ``edits`` would change. ``compare``: all policies. ``recruit``: what a
    further junior of each skill would bring. ``weigh``: what each rule does. ``open``: nothing but to keep the round
    open. ``minutes``: of a session. ``key`` names a round that the desk keeps open.
    """

    task: Literal["solve", "survey", "verify", "try", "compare", "recruit", "weigh", "open"]
    problem: bytes
    minutes: int = 0
    aim: Aim = Aim()
    proof: bytes = b""
    shown: list[ShownPair] = []
    edits: Edits = Edits()
    key: str = ""


class Progress(Struct, frozen=True, tag=True):
    stage: str
    share: float


class Need(Struct, frozen=True, array_like=True):
    """A need that the junior meets; ``priority`` from 1, ``skill`` by number."""

    skill: int
    priority: int
    held: int
    offered: int


class Pair(Struct, frozen=True, array_like=True):
    """A pair with the facts behind its fit. Everything by number; ``language`` is -1 where none is shared."""

    leader: int
    junior: int
    fit: float
    parts: list[float]
    quarters: int
    language: int
    needs: list[Need]
    tools: list[int]
    leader_wished: bool
    junior_wished: bool
    slots: list[int]


class Alone(Struct, frozen=True, array_like=True):
    """Somebody without a pair. ``taken`` by rule, in the engine's order; ``relaxation`` is such a place, or -1."""

    leads: bool
    index: int
    candidates: int
    eligible: int
    taken: list[int]
    relaxation: int
    gain: int


class Solved(Struct, frozen=True, tag=True):
    pairs: list[Pair]
    alone: list[Alone]
    matched: int
    total_fit: float
    proof: bytes
    """The proposal with its prices."""
    peak_bytes: int


class Surveyed(Struct, frozen=True, tag=True):
    """Eligible partners of each leader and junior, the share of pairs that each rule refuses, leaders without any."""

    leaders: list[int]
    juniors: list[int]
    shares: list[float]
    alone: list[Alone]
    peak_bytes: int


class Refused(Struct, frozen=True, tag=True):
    """The engine's conclusion that there is no answer: ``code`` is ``pins``, ``problem``, ``size``, ``quota``; or
    ``answers``: nobody can give those at ``place`` about a ``skill``.
    """

    code: str
    cause: str = ""
    field: str = ""
    why: str = ""
    places: int = 0
    asked: int = 0
    most: int = 0
    pairs: list[tuple[int, int]] = []
    rules: list[str] = []
    place: int = 0
    skill: int = 0


Answer = Solved | Surveyed | Verified | Tried | Compared | Recruited | Weighed | Unopened | Ready | Refused
Message = Progress | Answer
Told = Callable[[str, float], None]


def framed(message: Message | Request) -> bytes:
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def answer(request: Request, told: Told) -> Answer:
    """Do what is asked, and turn the engine's refusals into an answer."""
    return concluded(lambda: TASKS[request.task](Problem.from_bytes(request.problem), request, told))


def concluded(work: Callable[[], Answer]) -> Answer:
    """What the work answers, or why there is no answer."""
    try:
        return work()
    except matching.Infeasible as conclusion:
        broken = [name for rule, name in zip(matching.RULES, RULE_NAMES, strict=True) if rule & conclusion.rules]
        return Refused("pins", cause=conclusion.cause, pairs=list(conclusion.pairs), rules=broken)
    except matching.InvalidProblem as conclusion:
        return Refused("problem", field=conclusion.field, why=conclusion.why)
    except matching.OutOfReach as conclusion:
        return Refused("quota", asked=conclusion.asked, most=conclusion.most)
    except CannotAnswer as conclusion:
        return Refused("answers", cause=conclusion.cause, place=conclusion.place, skill=conclusion.skill)
    except matching.TooLarge as conclusion:
        return Refused("size", places=conclusion.places)
    except MemoryError:
        return Refused("size")


def _solved(problem: Problem, request: Request, told: Told) -> Solved:
    outcome = matching.propose(problem, request.aim.policy, terms_of(request.aim), told)
    proposal = outcome.proposal
    pairs = explained(problem, proposal.pairs, proposal.fit, proposal.parts, request.minutes)
    lone_leaders = np.setdiff1d(np.arange(problem.leaders), proposal.pairs[:, 0])
    lone_juniors = np.setdiff1d(np.arange(problem.juniors), proposal.pairs[:, 1])
    told("unmatched", 0.0)
    alone = [*_alone(matching.funnel(problem, lone_leaders), leads=True)]
    told("unmatched", 0.2)
    alone += _alone(matching.funnel_of_juniors(problem, lone_juniors), leads=False)
    told("unmatched", 1.0)
    return Solved(pairs, alone, proposal.matched, proposal.total_fit, proof_of(proposal), _peak_bytes())


def _surveyed(problem: Problem, _request: Request, told: Told) -> Surveyed:
    told("scoring", 0.0)
    counts = matching.eligible_counts(problem)
    lonely = np.flatnonzero(counts.leaders == 0)
    alone = list(_alone(matching.funnel(problem, lonely), leads=True))
    told("scoring", 1.0)
    shares = [float(share) for share in counts.rule_shares]
    return Surveyed(counts.leaders.tolist(), counts.juniors.tolist(), shares, alone, _peak_bytes())


def _verified(problem: Problem, request: Request, told: Told) -> Verified:
    told("verifying", 0.0)
    return verified(problem, request.proof, request.shown, request.aim)


def _tried(problem: Problem, request: Request, told: Told) -> Tried:
    told("trying", 0.0)
    return tried(problem, request.proof, request.edits, request.aim)


def _compared(problem: Problem, request: Request, told: Told) -> Compared:
    return compared(problem, request.aim, told)


def _recruited(problem: Problem, request: Request, told: Told) -> Recruited:
    told("recruiting", 0.0)
    return recruited(problem, request.proof)


def _weighed(problem: Problem, _request: Request, told: Told) -> Weighed:
    told("scoring", 0.0)
    return weighed(problem)


TASKS: dict[str, Callable[[Problem, Request, Told], Answer]] = {
    "solve": _solved,
    "survey": _surveyed,
    "verify": _verified,
    "try": _tried,
    "compare": _compared,
    "recruit": _recruited,
    "weigh": _weighed,
}


def explained(
    problem: Problem,
    pairs: NDArray[np.int32],
    fit: NDArray[np.float64],
    parts: NDArray[np.float64],
    minutes: int,
) -> list[Pair]:
    """Find the facts behind each of the pairs (P, 2), whose fit (P,) and parts (P, 6) are known."""
    leaders, juniors = pairs[:, 0], pairs[:, 1]
    both = problem.leader_hours[:, leaders] & problem.junior_hours[:, juniors]
    quarters = both.sum(axis=2).min(axis=0)
    slots = free_slots(both[WINTER] & both[SUMMER], -(-minutes // QUARTER_MINUTES))
    languages = _best_languages(problem, leaders, juniors)
    tools = problem.wanted_tools[leaders] & problem.offered_tools[juniors]
    leader_wished = _among(pairs, problem.leader_wishes, problem.juniors)
    junior_wished = _among(pairs, problem.junior_wishes, problem.juniors)
    return [
        Pair(
            leader=int(leader),
            junior=int(junior),
            fit=float(fit[place]),
            parts=parts[place].tolist(),
            quarters=int(quarters[place]),
            language=int(languages[place]),
            needs=list(_needs_met(problem, int(leader), int(junior))),
            tools=np.flatnonzero(tools[place]).tolist(),
            leader_wished=bool(leader_wished[place]),
            junior_wished=bool(junior_wished[place]),
            slots=slots[place],
        )
        for place, (leader, junior) in enumerate(pairs)
    ]


def explained_one(problem: Problem, leader: int, junior: int, minutes: int) -> Pair:
    """Score and explain one pair."""
    row, column = np.array([leader]), np.array([junior])
    fit = matching.fit(problem, row, column)[:, 0]
    parts = matching.parts(problem, row, column)[:, :, 0].T
    return explained(problem, np.array([[leader, junior]], np.int32), fit, parts, minutes)[0]


def free_slots(free: NDArray[np.bool_], length: int) -> list[list[int]]:
    """Return, for each row of free quarters (P, week), where its free stretches of at least ``length`` begin.

    The week wraps. Whoever is free all week begins at its first quarter.
    """
    long_enough = np.logical_and.reduce([np.roll(free, -ahead, axis=1) for ahead in range(length)])
    begins = long_enough & ~np.roll(free, 1, axis=1)
    begins[:, 0] |= free.all(axis=1)
    return [np.flatnonzero(row).tolist() for row in begins]


def _best_languages(problem: Problem, leaders: NDArray[np.int32], juniors: NDArray[np.int32]) -> NDArray[np.intp]:
    """The language with the best fluency of the weaker of the two; among equals the one both speak best together."""
    theirs, ours = problem.leader_fluency[leaders], problem.junior_fluency[juniors]
    shared = np.minimum(theirs, ours)
    if not shared.shape[1]:
        return np.full(len(leaders), -1)
    best = (shared.astype(np.int16) * 8 + theirs + ours).argmax(axis=1)
    spoken = shared[np.arange(len(best)), best] > 0
    return np.where(spoken, best, -1)


def _among(pairs: NDArray[np.int32], chosen: NDArray[np.int32], width: int) -> NDArray[np.bool_]:
    keys, wanted = pairs.astype(np.int64) @ [width, 1], chosen.astype(np.int64) @ [width, 1]
    return np.isin(keys, wanted)


def _needs_met(problem: Problem, leader: int, junior: int) -> Iterator[Need]:
    for place in range(matching.NEEDS):
        skill, held = int(problem.need_skill[leader, place]), int(problem.need_level[leader, place])
        offered = int(problem.offer_level[junior, skill]) if skill >= 0 else 0
        if offered > held and offered >= problem.rules.minimum_offer:
            yield Need(skill, place + 1, held, offered)


def _alone(funnel: Funnel, *, leads: bool) -> Iterator[Alone]:
    best = replace(funnel, gained=funnel.gained * SWITCHED).best_relaxations().tolist()
    people, taken, eligible = funnel.people.tolist(), funnel.taken.tolist(), funnel.eligible.tolist()
    for place, person in enumerate(people):
        gain = int(funnel.gained[place, best[place]]) if best[place] >= 0 else 0
        yield Alone(leads, person, funnel.candidates, eligible[place], taken[place], best[place], gain)


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _end_with(parent: BinaryIO) -> None:
    """Whoever asked holds our input open while waiting. Once it closes, nobody wants the answer any more."""
    parent.read(1)
    os._exit(1)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    os.nice(POLITE)
    gc.disable()  # one answer, and all memory is given back
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    if not select.select([source], [], [], LONG)[0]:
        threading.Thread(target=matching.awaken, daemon=True).start()
    length = int.from_bytes(source.read(LENGTH_BYTES), "big")
    request = msgspec.msgpack.decode(source.read(length), type=Request)
    threading.Thread(target=_end_with, args=(source,), daemon=True).start()

    def tell(message: Message) -> None:
        sink.write(framed(message))
        sink.flush()

    tell(answer(request, lambda stage, share: tell(Progress(stage, share))))
    os._exit(0)  # the thread above sits in a read that an ordinary exit would wait for


if __name__ == "__main__":
    main()
