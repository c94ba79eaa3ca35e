"""Places in the walk and pairs in line: together they refuse whom a climb over every line refuses."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching import Problem, refusals
from mentoring.directory.models import LineKind
from mentoring.rounds.lines import NOWHERE, Standing, standing, walked
from mentoring.rounds.snapshot import Line
from tests.matching.cabinet import DATA, cabinet

PEOPLE = "abcdefgh"
SOLID, DOTTED, APPRAISER = LineKind.SOLID, LineKind.DOTTED, LineKind.APPRAISER

some_lines = st.dictionaries(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)),
    st.sampled_from([SOLID, SOLID, DOTTED, APPRAISER]),
    max_size=12,
)
sides = st.lists(st.sampled_from(PEOPLE), unique=True)


def of_one_manager(drawn: dict[tuple[str, str], LineKind]) -> list[Line]:
    """As the tables have it: one solid line each; what would be a second one is dotted."""
    solid: set[str] = set()
    lines = []
    for (person, manager), kind in drawn.items():
        lines.append(Line(person, manager, DOTTED if kind is SOLID and person in solid else kind))
        solid |= {person} if kind is SOLID else set()
    return lines


def apart(lines: Sequence[Line], one: str, other: str) -> bool:
    """By climbing: whether either stands above the other over both kinds of line, or appraises the other."""
    office: nx.DiGraph[str] = nx.DiGraph([(line.manager, line.person) for line in lines if line.kind is not APPRAISER])
    office.add_nodes_from((one, other))
    if one == other:
        return any(nx.has_path(office, one, manager) for manager in office.predecessors(one)) or any(
            line.kind is APPRAISER and line.person == line.manager == one for line in lines
        )
    appraising = any(line.kind is APPRAISER and {line.person, line.manager} == {one, other} for line in lines)
    return appraising or nx.has_path(office, one, other) or nx.has_path(office, other, one)


def found_apart(found: Standing, leader: int, junior: int) -> bool:
    (enter, leave), (entered, left) = found.leader_line[leader], found.junior_line[junior]
    walk = enter >= 0 and entered >= 0 and (enter < entered < leave or entered < enter < left)
    return bool(walk) or [leader, junior] in found.in_line.tolist()


@given(some_lines, sides, sides)
def test_the_same_two_are_kept_apart_as_by_climbing(
    drawn: dict[tuple[str, str], LineKind], leaders: list[str], juniors: list[str]
) -> None:
    lines = of_one_manager(drawn)

    found = standing(lines, leaders, juniors)

    for (row, leader), (column, junior) in product(enumerate(leaders), enumerate(juniors)):
        assert found_apart(found, row, column) is apart(lines, leader, junior), (leader, junior)


def test_a_tree_of_solid_lines_needs_no_pairs() -> None:
    lines = [Line(person, manager, SOLID) for person, manager in ("ba", "ca", "db", "ec")]

    found = standing(lines, "ab", "de")

    assert found.in_line.tolist() == []
    assert found_apart(found, 1, 0)
    assert not found_apart(found, 1, 1)


def test_who_hangs_on_a_loop_has_no_place() -> None:
    place = walked({"a": "b", "b": "a", "c": "b", "e": "d"})

    assert [place.get(one, NOWHERE) for one in "abcde"] == [NOWHERE, NOWHERE, NOWHERE, (0, 2), (1, 2)]


def test_a_chain_of_thousands_needs_no_recursion() -> None:
    place = walked({str(number): str(number - 1) for number in range(1, 20_000)})

    assert (place["0"], place["19999"]) == ((0, 20_000), (19_999, 20_000))


def test_the_cabinet_office_keeps_the_same_people_apart_as_with_pairs_for_everything() -> None:
    by_pairs = cabinet()
    by_walk = with_places(by_pairs)

    assert (by_pairs.leader_line >= 0).any()
    assert len(by_walk.in_line) == 0
    everybody = slice(None)
    assert np.array_equal(refusals(by_walk, everybody, everybody), refusals(by_pairs, everybody, everybody))


def with_places(problem: Problem) -> Problem:
    with (DATA / "cabinet-staff.csv").open(encoding="utf-8", newline="") as staff:
        managers = {row["staff_no"]: row["manager_staff_no"] for row in csv.DictReader(staff)}
    with (DATA / "cabinet-signups.csv").open(encoding="utf-8", newline="") as signups:
        joined = sorted((row["staff_no"], row["role"]) for row in csv.DictReader(signups))
    lines = [Line(person, manager, SOLID) for person, manager in managers.items() if manager]
    leaders, juniors = ([number for number, role in joined if role == side] for side in ("leader", "junior"))
    found = standing(lines, leaders, juniors)
    return replace(problem, in_line=found.in_line, leader_line=found.leader_line, junior_line=found.junior_line)
