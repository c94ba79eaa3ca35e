"""The rules and the fit of one pair, and the best of all proposals, by trying everything.

Written from the wording of the rules, pair by pair, in whole numbers and fractions; shares nothing
with the engine but the problem.
"""

from dataclasses import astuple
from fractions import Fraction
from functools import cache
from itertools import combinations

from matching import POINTS, Problem, Rule, fit, refusals


def refusals_of(problem: Problem, leader: int, junior: int) -> Rule:
    rules, pair = problem.rules, [leader, junior]
    managers = (problem.leader_manager[leader], problem.junior_manager[junior])
    units = (problem.leader_unit[leader], problem.junior_unit[junior])
    gap = int(problem.leader_grade[leader]) - int(problem.junior_grade[junior])
    found = Rule(0)
    if pair in problem.in_line.tolist() or (managers[0] == managers[1] != -1):
        found |= Rule.REPORTING_LINE
    if units[0] == units[1] != -1:
        found |= Rule.UNIT
    if gap < rules.seniority_gap:
        found |= Rule.SENIORITY
    if not any(_gains(problem, leader, junior)):
        found |= Rule.SKILL
    if _fluency(problem, leader, junior) < rules.working_fluency:
        found |= Rule.LANGUAGE
    if _quarters(problem, leader, junior) < rules.shared_quarters:
        found |= Rule.TIME
    if pair in problem.barred.tolist():
        found |= Rule.CONSENT
    if pair in problem.forbidden.tolist():
        found |= Rule.FORBIDDEN
    return found & rules.on


def parts_of(problem: Problem, leader: int, junior: int) -> list[Fraction]:
    given = [3 - need for need in range(3) if problem.need_skill[leader, need] >= 0]
    gains = _gains(problem, leader, junior)
    weighted = sum((3 - need) * min(gain, 2) for need, gain in enumerate(gains))
    wanted = [tool for tool, wants in enumerate(problem.wanted_tools[leader]) if wants]
    offered = sum(bool(problem.offered_tools[junior, tool]) for tool in wanted)
    wishes = [leader, junior] in problem.leader_wishes.tolist(), [leader, junior] in problem.junior_wishes.tolist()
    countries = {int(problem.leader_country[leader]), int(problem.junior_country[junior])}
    return [
        Fraction(weighted, 2 * sum(given)) if given else Fraction(0),
        Fraction(min(_quarters(problem, leader, junior), 24), 24),
        Fraction(sum(wishes), 2),
        Fraction(offered, len(wanted)) if wanted else Fraction(0),
        Fraction(max(_fluency(problem, leader, junior) - 1, 0), 2),
        Fraction(len(countries) == 2 and -1 not in countries),
    ]


def fit_of(problem: Problem, leader: int, junior: int) -> Fraction:
    weights = [Fraction(weight) for weight in astuple(problem.weights)]
    parts = parts_of(problem, leader, junior)
    return sum((w * part for w, part in zip(weights, parts, strict=True)), Fraction(0)) / sum(weights)


def best_of_all(problem: Problem) -> tuple[int, float]:
    """Return how many leaders the best proposal matches, and its objective, by trying every one."""
    scores, refused = fit(problem, slice(None), slice(None)), refusals(problem, slice(None), slice(None))
    pins = {(int(leader), int(junior)) for leader, junior in problem.pinned}

    def points(leader: int, junior: int) -> int:
        bonus = problem.leader_waiting[leader] + problem.junior_waiting[junior]
        return round(POINTS * float(scores[leader, junior] + bonus))

    @cache
    def best(leader: int, left: tuple[int, ...]) -> tuple[int, int]:
        if leader == problem.leaders:
            return 0, 0
        open_to = [junior for junior in range(problem.juniors) if not refused[leader, junior] and left[junior]]
        pinned = {junior for one, junior in pins if one == leader}
        found = []
        for size in range(int(problem.leader_capacity[leader]) + 1):
            for chosen in combinations(open_to, size):
                if pinned <= set(chosen):
                    rest = tuple(n - (junior in chosen) for junior, n in enumerate(left))
                    matched, total = best(leader + 1, rest)
                    found.append((matched + bool(chosen), total + sum(points(leader, one) for one in chosen)))
        return max(found, default=(-1000, 0))

    matched, total = best(0, tuple(int(places) for places in problem.junior_capacity))
    return matched, total / POINTS


def _gains(problem: Problem, leader: int, junior: int) -> list[int]:
    gains = [0, 0, 0]
    for need, (skill, held) in enumerate(zip(problem.need_skill[leader], problem.need_level[leader], strict=True)):
        offered = int(problem.offer_level[junior, skill]) if skill >= 0 else 0
        if offered >= problem.rules.minimum_offer and offered > held:
            gains[need] = offered - int(held)
    return gains


def _fluency(problem: Problem, leader: int, junior: int) -> int:
    pairs = zip(problem.leader_fluency[leader], problem.junior_fluency[junior], strict=True)
    return max(min(int(one), int(other)) for one, other in pairs)


def _quarters(problem: Problem, leader: int, junior: int) -> int:
    seasons = zip(problem.leader_hours[:, leader], problem.junior_hours[:, junior], strict=True)
    return min(sum(bool(a and b) for a, b in zip(one, other, strict=True)) for one, other in seasons)
