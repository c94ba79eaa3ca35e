"""Without numba: the scans of numpy find what looking at all pairs finds, and problems beyond all pairs are solved."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings

from matching import COVERAGE_FIRST, WEAK, Objective, Problem
from matching.ground import Ground
from matching.market import places_of, scale_for
from matching.patient import scan
from matching.points import all_arcs
from matching.sheet import sheet_of
from tests.matching.problems import people

OBJECTIVES = {
    "coverage": COVERAGE_FIRST,
    "weak": Objective(weak_below=WEAK),
    "floor": Objective(floor=300_000),
    "leaders alone": Objective(total=False),
}

WITHOUT_NUMBA = """
import sys


class Hiding:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] == "numba" else self.finder.find_spec(name, path, target)


sys.meta_path[:] = [Hiding(finder) for finder in sys.meta_path]
from matching import assign, solve, verify
from tests.bench.market import organisation

problem = organisation(700, 600)
assign.ALL_PAIRS = int(sys.argv[1])
found = solve(problem)
assert verify(problem, found).holds
assert "numba" not in sys.modules
print(found.pairs.tolist())
"""


def grounded(problem: Problem, objective: Objective) -> Ground:
    scale = scale_for(problem, objective, places_of(problem, objective).pairs)
    places = places_of(problem, objective, scale)
    sheet = sheet_of(problem, objective, scale, 1)
    return Ground(scan, sheet, places.owner, places.bonus, places.capacity[sheet.junior], 1)


def weighed(problem: Problem, objective: Objective) -> dict[tuple[int, int], int]:
    """Weights of all pairs that may be made, by leader and junior numbers."""
    scale = scale_for(problem, objective, places_of(problem, objective).pairs)
    arcs = all_arcs(problem, objective, lambda _: None)
    weight = arcs.points - scale.weak * (arcs.fit < objective.weak_below)
    return dict(zip(zip(arcs.leader.tolist(), arcs.junior.tolist(), strict=True), weight.tolist(), strict=True))


@pytest.mark.parametrize("name", OBJECTIVES)
@given(problem=people())
@settings(max_examples=50, deadline=None)
def test_a_scan_tells_all_pairs_that_weigh_enough(name: str, problem: Problem) -> None:
    objective = OBJECTIVES[name]
    ground, weights = grounded(problem, objective), weighed(problem, objective)
    price = np.arange(problem.juniors) * 100_000
    for least in (-scale_for(problem, objective, 1).leader, 0, 400_000):
        pairs = ground.tell(ground.leaders, np.full(len(ground.leaders), least), price)

        junior = ground.sheet.junior[pairs.junior]
        found = dict(zip(zip(pairs.leader.tolist(), junior.tolist(), strict=True), pairs.weight.tolist(), strict=True))
        asked = dict(zip(ground.sheet.junior.tolist(), price.tolist(), strict=True))
        leaders = set(ground.leaders.tolist())
        assert found == {
            pair: weight for pair, weight in weights.items() if pair[0] in leaders and weight >= least + asked[pair[1]]
        }


@pytest.mark.parametrize("name", OBJECTIVES)
@given(problem=people())
@settings(max_examples=50, deadline=None)
def test_scans_raise_rows_to_their_best_and_prices_until_nobody_objects(name: str, problem: Problem) -> None:
    objective = OBJECTIVES[name]
    ground, weights = grounded(problem, objective), weighed(problem, objective)
    nothing = np.zeros(problem.juniors, np.int64)

    best = ground.best(ground.leaders, ground.lowest(), nothing)
    price = ground.raised(ground.leaders, ground.lowest())

    for place, leader in enumerate(ground.leaders.tolist()):
        theirs = [weight for (one, _), weight in weights.items() if one == leader]
        assert best[place] == max([int(ground.lowest()[place]), *theirs])
    lowest = dict(zip(ground.leaders.tolist(), ground.lowest().tolist(), strict=True))
    for place, junior in enumerate(ground.sheet.junior.tolist()):
        bids = [w - lowest[one] for (one, other), w in weights.items() if other == junior and one in lowest]
        assert price[place] == max([0, *bids])


def test_an_organisation_gets_the_same_pairs_where_numba_cannot_be_imported() -> None:
    by_prices, by_all_pairs = (
        subprocess.run(
            [sys.executable, "-c", WITHOUT_NUMBA, str(most)], check=True, capture_output=True, text=True
        ).stdout
        for most in (0, 1 << 40)
    )

    assert by_prices == by_all_pairs
    assert len(by_prices) > 700
