"""The desk's process, ``python -m mentoring.rounds.drafts``: keeps some rounds open, answers what-if from old prices.

It speaks as the solver does, but goes on: it ends when its input does, or when nobody has asked for a while. It owns
nothing, so that killing it costs the next question a second and nobody anything else.
"""

import resource
import select
import sys
from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from matching import Draft, Edit, Forbid, JuniorPlaces, LeaderPlaces, Pin, Problem, Proposal, Release, raised_last
from matching.policies import STANDARD
from mentoring.rounds.aims import settled
from mentoring.rounds.otherwise import engine_answers, listed_first
from mentoring.rounds.proof import proposal_of
from mentoring.rounds.rules import Aim
from mentoring.rounds.solver import LENGTH_BYTES, MOST_MEMORY, Answer, Request, concluded, framed
from mentoring.rounds.trying import Edits, Ready, Tried, Unopened, difference, tried

MOST_OPEN = 3
"""Rounds: hardly more coordinators review at the same hour, and the largest takes some hundred megabytes."""
PATIENCE = 900
"""Seconds without a question after which the memory is given back."""


@dataclass(frozen=True)
class Opened:
    """A round as it was solved, and its draft under an objective that edits are tried by."""

    problem: Problem
    proof: bytes
    before: Proposal
    draft: Draft
    aim: Aim

    def tried(self, edits: Edits) -> Tried:
        """The very proposal that solving the edited round by its policy would give.

        Raises: Infeasible, CannotAnswer.
        """
        forbidden = set(map(tuple, self.problem.forbidden.tolist()))
        # a draft knows no way to take a ban back, nor skills that nobody listed so far
        if forbidden.intersection(edits.pins) or listed_first(self.problem, edits.answers):
            return tried(self.problem, self.proof, edits, self.aim)
        found = self.draft.tried(changes(self.problem, edits))
        after = found.proposal
        if self.aim.policy == "standard":
            after = raised_last(found.problem, STANDARD, best=after).proposal
        return difference(self.before, after)


def changes(problem: Problem, edits: Edits) -> list[Edit]:
    """The edits as the engine knows them; see ``trying.edited``. Raises: CannotAnswer."""
    absent = [pair for pair in problem.pinned.tolist() if pair[0] in edits.leaders or pair[1] in edits.juniors]
    return [
        *(Release(*pair) for pair in absent),
        *(Forbid(*pair) for pair in edits.forbids),
        *(Pin(*pair) for pair in edits.pins),
        *(JuniorPlaces(junior, places) for junior, places in edits.places),
        *(LeaderPlaces(leader, 0) for leader in edits.leaders),
        *(JuniorPlaces(junior, 0) for junior in edits.juniors),
        *engine_answers(problem, edits.answers),
    ]


class Drafts:
    """Open rounds by key; the one that was not asked about for longest is closed first."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Opened] = OrderedDict()

    def answer(self, request: Request) -> Answer:
        """``Unopened`` where the round has to be brought along."""
        return concluded(lambda: self._answer(request))

    def _answer(self, request: Request) -> Answer:
        if request.problem:
            self._open[request.key] = opened(request)
            while len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
        if request.key not in self._open:
            return Unopened()
        self._open.move_to_end(request.key)
        return Ready() if request.task == "open" else self._open[request.key].tried(request.edits)


def opened(request: Request) -> Opened:
    problem, objective = Problem.from_bytes(request.problem), settled(request.aim)
    assert objective is not None
    draft = Draft.opened(problem, objective)
    return Opened(problem, request.proof, proposal_of(request.proof), draft, request.aim)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    source, sink, drafts = sys.stdin.buffer, sys.stdout.buffer, Drafts()
    while select.select([source], [], [], PATIENCE)[0] and (length := source.read(LENGTH_BYTES)):
        request = msgspec.msgpack.decode(source.read(int.from_bytes(length, "big")), type=Request)
        sink.write(framed(drafts.answer(request)))
        sink.flush()


if __name__ == "__main__":
    main()
