"""``make bench-strategy``: does it pay to list fewer hours or fewer skills than is true?

In real and in drawn rounds one person at a time leaves something out; the round is solved again, and what that person
then has is measured by the truth: the true fit of the partner (nothing without one) and whether there is one at all.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching import COVERAGE_FIRST, WEEK, Objective, Problem, fit, solve
from tests.bench.report import Figure, show, write
from tests.bench.workshop import BUILD
from tests.matching.cabinet import cabinet

LEADERS, JUNIORS = 60, 46
"""Of a small round, in the proportion of the cabinet's."""

DRAWS = 2000

Hiding = Callable[[Problem, int, np.random.Generator], Problem]
People = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Outcome:
    """Differences (n,) to telling the truth, of the people who left something out: of true fit, of being matched."""

    fit: NDArray[np.float64]
    matched: NDArray[np.float64]


def rounds(number: int, seed: int) -> Iterator[Problem]:
    """Yield parts of the cabinet's round and, every other time, a round of drawn people."""
    whole, draw = cabinet(), np.random.default_rng(seed)
    for turn in range(number):
        if turn % 2:
            yield drawn(draw)
        else:
            leaders = np.sort(draw.choice(whole.leaders, LEADERS, replace=False))
            yield part_of(whole, leaders, np.sort(draw.choice(whole.juniors, JUNIORS, replace=False)))


def part_of(problem: Problem, leaders: People, juniors: People) -> Problem:
    """Keep these people, and the pairs named of which both are kept."""
    places = np.full(problem.leaders, -1), np.full(problem.juniors, -1)
    places[0][leaders], places[1][juniors] = np.arange(len(leaders)), np.arange(len(juniors))
    kept: dict[str, NDArray[np.generic]] = {}
    for name in problem.__dataclass_fields__:
        array = getattr(problem, name)
        if name.endswith("_hours"):
            kept[name] = array[:, leaders if name.startswith("leader") else juniors]
        elif name in ("in_line", "barred", "forbidden", "pinned", "leader_wishes", "junior_wishes"):
            pairs = np.stack([places[0][array[:, 0]], places[1][array[:, 1]]], axis=1)
            kept[name] = pairs[(pairs >= 0).all(axis=1)]
        elif name not in ("rules", "weights"):
            kept[name] = array[juniors if name.startswith(("junior", "offer")) else leaders]
    return Problem(**kept, rules=problem.rules, weights=problem.weights)  # type: ignore[arg-type]  # by name


def drawn(draw: np.random.Generator, skills: int = 12, tools: int = 8) -> Problem:
    """Draw people of three regions: everybody speaks the first language, hours are stretches of working days."""
    needs = np.argsort(draw.random((LEADERS, skills)), axis=1)[:, :3]
    needs[np.arange(3) >= draw.integers(1, 4, LEADERS)[:, None]] = -1
    offers = np.where(draw.random((JUNIORS, skills)) < 0.3, draw.integers(2, 5, (JUNIORS, skills)), 0)
    return Problem(
        need_skill=needs.astype(np.int16),
        need_level=draw.integers(0, 3, (LEADERS, 3)).astype(np.int8),
        offer_level=offers.astype(np.int8),
        wanted_tools=draw.random((LEADERS, tools)) < 0.2,
        offered_tools=draw.random((JUNIORS, tools)) < 0.3,
        leader_fluency=draw.integers(2, 4, (LEADERS, 1)).astype(np.int8),
        junior_fluency=draw.integers(2, 4, (JUNIORS, 1)).astype(np.int8),
        leader_hours=_hours(draw, LEADERS),
        junior_hours=_hours(draw, JUNIORS),
        leader_country=draw.integers(0, 3, LEADERS).astype(np.int16),
        junior_country=draw.integers(0, 3, JUNIORS).astype(np.int16),
        leader_unit=draw.integers(0, 12, LEADERS).astype(np.int32),
        junior_unit=draw.integers(0, 12, JUNIORS).astype(np.int32),
        leader_grade=draw.integers(18, 24, LEADERS).astype(np.int16),
        junior_grade=draw.integers(6, 17, JUNIORS).astype(np.int16),
        leader_manager=np.full(LEADERS, -1, np.int32),
        junior_manager=np.full(JUNIORS, -1, np.int32),
        leader_capacity=np.ones(LEADERS, np.int32),
        junior_capacity=draw.choice([1, 1, 1, 2], JUNIORS).astype(np.int32),
        leader_waiting=np.zeros(LEADERS),
        junior_waiting=np.zeros(JUNIORS),
    )


def _hours(draw: np.random.Generator, people: int) -> NDArray[np.bool_]:
    """Three to six stretches of two to four hours; regions are four hours apart."""
    weeks = np.zeros((people, WEEK), np.bool_)
    for week, zone in zip(weeks, draw.integers(0, 3, people), strict=True):
        for _ in range(draw.integers(3, 7)):
            start = draw.integers(0, 5) * 96 + draw.integers(8, 15) * 4 + zone * 16
            week[start : start + draw.integers(2, 5) * 4] = True
    return np.stack([weeks, weeks])


def _fewer_hours(week: NDArray[np.bool_], draw: np.random.Generator) -> NDArray[np.bool_]:
    """Leave out every other day on which there are hours, from the first or from the second on."""
    left = week.copy().reshape(len(week), 7, -1)
    days = np.flatnonzero(left.any(axis=(0, 2)))
    left[:, days[draw.integers(0, 2) :: 2]] = False
    return left.reshape(week.shape)


def leader_hides_hours(problem: Problem, leader: int, draw: np.random.Generator) -> Problem:
    hours = problem.leader_hours.copy()
    hours[:, leader] = _fewer_hours(hours[:, leader], draw)
    return replace(problem, leader_hours=hours)


def leader_hides_needs(problem: Problem, leader: int, draw: np.random.Generator) -> Problem:
    """Only the first need is named."""
    needs = problem.need_skill.copy()
    needs[leader, 1:] = -1
    return replace(problem, need_skill=needs)


def junior_hides_hours(problem: Problem, junior: int, draw: np.random.Generator) -> Problem:
    hours = problem.junior_hours.copy()
    hours[:, junior] = _fewer_hours(hours[:, junior], draw)
    return replace(problem, junior_hours=hours)


def junior_hides_offers(problem: Problem, junior: int, draw: np.random.Generator) -> Problem:
    """Half of what is offered is left out."""
    offers = problem.offer_level.copy()
    given = draw.permutation(np.flatnonzero(offers[junior]))
    offers[junior, given[: len(given) // 2]] = 0
    return replace(problem, offer_level=offers)


HIDINGS: dict[str, tuple[int, Hiding]] = {
    "a leader lists half the days": (0, leader_hides_hours),
    "a leader lists the first need alone": (0, leader_hides_needs),
    "a junior lists half the days": (1, junior_hides_hours),
    "a junior lists half the skills": (1, junior_hides_offers),
}


def measured(number: int, people: int, seed: int, objective: Objective = COVERAGE_FIRST) -> dict[str, Outcome]:
    """Let so many people of so many rounds leave something out, in each of the ways."""
    draw = np.random.default_rng((seed, 1))
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in HIDINGS}
    for problem in rounds(number, seed):
        true_fit, honest = fit(problem, slice(None), slice(None)), solve(problem, objective).pairs
        for name, (side, hiding) in HIDINGS.items():
            for person in draw.choice((problem.leaders, problem.juniors)[side], people, replace=False):
                after = solve(hiding(problem, int(person), draw), objective).pairs
                gained = _has(true_fit, after, side, person) - _has(true_fit, honest, side, person)
                found[name].append((float(gained[0]), float(gained[1])))
    return {name: Outcome(*np.array(rows).T) for name, rows in found.items()}


def _has(true_fit: NDArray[np.float64], pairs: NDArray[np.int32], side: int, person: int) -> NDArray[np.float64]:
    """Return the true fit of the person's pairs together, and whether there is one."""
    own = pairs[pairs[:, side] == person]
    return np.array([true_fit[own[:, 0], own[:, 1]].sum(), float(len(own) > 0)])


def interval(differences: NDArray[np.float64], seed: int = 1) -> tuple[float, float, float]:
    """Return the mean and the ends of its 95 % interval, drawing people anew."""
    draw = np.random.default_rng(seed)
    chosen = draw.integers(0, len(differences), (DRAWS, len(differences)))
    low, high = np.quantile(differences[chosen].mean(axis=1), (0.025, 0.975))
    return float(differences.mean()), float(low), float(high)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make bench-strategy", description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--people", type=int, default=8, help="of each round, for each way of leaving out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=BUILD / "bench-strategy.json")
    given = parser.parse_args(arguments)
    figures = []
    for name, outcome in measured(given.rounds, given.people, given.seed).items():
        for what, differences in (("true fit", outcome.fit), ("chance of a match", outcome.matched)):
            mean, low, high = interval(differences)
            text = f"{mean:+.4f} ({low:+.4f} to {high:+.4f}, n = {len(differences)})"
            figures.append(Figure(f"{name}: change of {what}", text, "", 0, low <= 0))
    write(figures, given.output)
    show(figures, "Does it pay to leave something out?")
    return 0


if __name__ == "__main__":
    sys.exit(main())
