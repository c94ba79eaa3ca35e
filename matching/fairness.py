"""Who is matched, and how well, by groups of people that the engine itself never sees.

Region, grade band, gender where given: whole numbers beside the problem, not in it. What is said of few people is
hidden, and so is what would let it be computed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.assign import Proposal
from matching.errors import InvalidProblem
from matching.problem import Problem

SMALLEST_GROUP = 5
"""People. Of fewer one might tell who they are; they are hidden."""

FAIR_RATIO = 0.80
"""Lowest rate by highest: the four-fifths rule of employment practice. Below that, look closer."""

DRAWS = 1000
"""Times that people are drawn anew for an interval: its ends are then right to about a hundredth."""

LIKELY = (0.025, 0.975)
"""Ends of the interval: 95 % of what is drawn lies between."""

LOWEST_SHARE = 0.10

Labels = NDArray[np.int16] | NDArray[np.int32] | NDArray[np.int64]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Quality:
    """Of the matched people of a group: mean fit with its interval, and the fit that the lowest tenth stays below."""

    mean: float
    interval: Interval
    lowest_tenth: float


@dataclass(frozen=True)
class Group:
    """People of one label (-1: not known): how many, how many matched, the rate with its interval, and how well.

    A hidden group says nothing but its label. quality: None also where it would tell of few.
    """

    label: int
    hidden: bool
    people: int | None = None
    matched: int | None = None
    rate: float | None = None
    interval: Interval | None = None
    quality: Quality | None = None


@dataclass(frozen=True)
class Fairness:
    """The groups of one side, by label, and the impact ratio: lowest rate by highest, of those known and shown."""

    groups: tuple[Group, ...]
    impact_ratio: float | None

    @property
    def warns(self) -> bool:
        return self.impact_ratio is not None and self.impact_ratio < FAIR_RATIO


def fairness(
    problem: Problem,
    proposal: Proposal,
    leader_group: Labels,
    junior_group: Labels,
    seed: int,
) -> tuple[Fairness, Fairness]:
    """Return how the proposal treats the groups of leaders (L,) and of juniors (J,); -1 is unknown.

    The fit of a person is the mean over the own pairs. The same seed gives the same intervals. Raises: InvalidProblem.
    """
    sides = []
    for side, people, labels in ((0, problem.leaders, leader_group), (1, problem.juniors, junior_group)):
        if labels.shape != (people,):
            raise InvalidProblem(("leader_group", "junior_group")[side], "shape")
        pairs = np.bincount(proposal.pairs[:, side], minlength=people)
        total = np.bincount(proposal.pairs[:, side], weights=proposal.fit, minlength=people)
        fit = np.where(pairs > 0, total / np.maximum(pairs, 1), np.nan)
        sides.append(_of_side(fit, labels, np.random.default_rng((seed, side))))
    return sides[0], sides[1]


def hidden(counts: Labels) -> NDArray[np.bool_]:
    """Return which of the groups (G,) are hidden: those with few people and, where what is hidden could be had from
    the total by taking off the rest, the next smallest as well."""
    order = np.argsort(counts, kind="stable")
    few = int((counts < SMALLEST_GROUP).sum())
    while 0 < few < len(counts) and (few == 1 or counts[order[:few]].sum() < SMALLEST_GROUP):
        few += 1
    kept_back = np.zeros(len(counts), np.bool_)
    kept_back[order[:few]] = True
    return kept_back


def _of_side(fit: NDArray[np.float64], labels: Labels, draw: np.random.Generator) -> Fairness:
    """fit: nan where nobody was found."""
    kinds, place = np.unique(labels, return_inverse=True)
    people = np.bincount(place, minlength=len(kinds))
    matched = np.bincount(place[~np.isnan(fit)], minlength=len(kinds))
    kept_back, told = hidden(people), ~hidden(matched)
    groups = []
    for number, label in enumerate(kinds):
        if kept_back[number]:
            groups.append(Group(int(label), hidden=True))
            continue
        all_, some = int(people[number]), int(matched[number])
        found = fit[(place == number) & ~np.isnan(fit)]
        drawn = draw.binomial(all_, some / all_, DRAWS) / all_  # as drawing people anew, each matched or not
        quality = _quality(found, draw) if told[number] else None
        groups.append(Group(int(label), False, all_, some, some / all_, _interval(drawn), quality))
    rates = [group.rate for group in groups if group.label >= 0 and group.rate is not None]
    ratio = min(rates) / max(rates) if len(rates) > 1 and max(rates) > 0 else None
    return Fairness(tuple(groups), ratio)


def _quality(fit: NDArray[np.float64], draw: np.random.Generator) -> Quality:
    means = np.array([fit[draw.integers(0, len(fit), len(fit))].mean() for _ in range(DRAWS)])
    return Quality(float(fit.mean()), _interval(means), float(np.quantile(fit, LOWEST_SHARE)))


def _interval(drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, LIKELY)
    return float(low), float(high)
