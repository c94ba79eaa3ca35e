"""Every proposal there is for a small problem, and what each policy thinks of it, from the wording of the policies."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from matching import POINTS, WEAK, Problem, fit, refusals
from matching.block import measure
from matching.lots import drawn
from matching.points import tables
from matching.stability import views

Pair = tuple[int, int]
Chosen = tuple[Pair, ...]
Own = tuple[list[list[int]], list[list[int]]]

EVERYBODY = slice(None)


@dataclass(frozen=True)
class Everything:
    problem: Problem

    @cached_property
    def fits(self) -> list[list[int]]:
        whole: list[list[int]] = np.rint(fit(self.problem, EVERYBODY, EVERYBODY) * POINTS).astype(int).tolist()
        return whole

    @cached_property
    def pins(self) -> set[Pair]:
        return {(leader, junior) for leader, junior in self.problem.pinned.tolist()}

    @cached_property
    def open(self) -> set[Pair]:
        return set(zip(*map(list, np.nonzero(refusals(self.problem, EVERYBODY, EVERYBODY) == 0)), strict=True))

    @cached_property
    def proposals(self) -> list[Chosen]:
        return list(self._from(0, tuple(self.problem.junior_capacity.tolist())))

    def _from(self, leader: int, left: tuple[int, ...]) -> Iterator[Chosen]:
        if leader == self.problem.leaders:
            yield ()
            return
        juniors = [junior for junior in range(self.problem.juniors) if (leader, junior) in self.open and left[junior]]
        pinned = {junior for one, junior in self.pins if one == leader}
        for size in range(int(self.problem.leader_capacity[leader]) + 1):
            for chosen in combinations(juniors, size):
                if pinned <= set(chosen):
                    rest = tuple(places - (junior in chosen) for junior, places in enumerate(left))
                    for others in self._from(leader + 1, rest):
                        yield (*((leader, junior) for junior in chosen), *others)

    def matched(self, pairs: Chosen) -> int:
        return len({leader for leader, _ in pairs})

    def weak(self, pairs: Chosen) -> int:
        return sum(self.fits[leader][junior] < WEAK for leader, junior in pairs)

    def total(self, pairs: Chosen) -> int:
        """Fit and waiting bonuses, in points."""
        theirs, ours = self.problem.leader_waiting, self.problem.junior_waiting
        return sum(
            self.fits[leader][junior] + round(POINTS * theirs[leader]) + round(POINTS * ours[junior])
            for leader, junior in pairs
        )

    def ladder(self, pairs: Chosen) -> list[int]:
        """Fits from the lowest up, pins aside."""
        return sorted(self.fits[leader][junior] for leader, junior in pairs if (leader, junior) not in self.pins)

    def lowest(self, pairs: Chosen) -> int:
        """Where there is no pair nothing is low."""
        return min(self.ladder(pairs), default=POINTS)

    @cached_property
    def scores(self) -> Own:
        """Own scores of leaders and of juniors."""
        theirs, ours = views(measure(self.problem, EVERYBODY, EVERYBODY), tables(self.problem))
        return theirs.tolist(), ours.tolist()

    @cached_property
    def likings(self) -> Own:
        """Own scores in which the lots have settled what is alike."""
        lots = drawn(self.problem.leader_lot[:, None], self.problem.junior_lot).tolist()
        theirs, ours = self.scores
        return liked(theirs, lots), liked(ours, lots)

    def blocking(self, pairs: Chosen, own: Own) -> list[Pair]:
        """Who would both rather have each other, by own scores, than a free place or somebody not pinned to them."""
        theirs, ours = own

        def would(person: int, side: int, score: int, capacity: int) -> bool:
            with_them = [pair for pair in pairs if pair[side] == person]
            scores = [own[side][pair[0]][pair[1]] for pair in with_them if pair not in self.pins]
            return len(with_them) < capacity or any(score > one for one in scores)

        return [
            (leader, junior)
            for leader, junior in sorted(self.open - set(pairs))
            if would(leader, 0, theirs[leader][junior], int(self.problem.leader_capacity[leader]))
            and would(junior, 1, ours[leader][junior], int(self.problem.junior_capacity[junior]))
        ]


def liked(scores: list[list[int]], lots: list[list[int]]) -> list[list[int]]:
    return [[score << 64 | lot for score, lot in zip(*rows, strict=True)] for rows in zip(scores, lots, strict=True)]


def chosen(pairs: NDArray[np.int32]) -> Chosen:
    return tuple((leader, junior) for leader, junior in pairs.tolist())
