"""Reporting lines: loops, tops and depths."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentoring.directory import graph
from mentoring.directory.rules import StaffRow


def a_person(number: str, manager: str = "", dotted: str = "") -> StaffRow:
    return StaffRow(
        line=2,
        staff_no=number,
        given_name="Zoë",
        email="",
        manager_staff_no=manager,
        dotted_manager_staff_nos=tuple(dotted),
    )


def lines(*people: str) -> "nx.DiGraph[str]":
    """``"ba"``: b reports to a; ``"bac"``: and by a dotted line to c."""
    return graph.reporting_lines(a_person(person[0], person[1:2].strip(), person[2:]) for person in people)


OFFICE = ("a", "ba", "ca", "db", "edc")


def test_top_and_depth_follow_the_solid_lines_alone() -> None:
    office = lines(*OFFICE, "f e")

    assert graph.roots(office) == ["a", "f"]
    assert graph.depths(office) == {"a": 0, "f": 0, "b": 1, "c": 1, "d": 2, "e": 3}
    assert graph.deepest(office)["f"] == 4


def test_a_line_that_is_both_solid_and_dotted_is_solid() -> None:
    office = lines("a", "baa")

    assert graph.roots(office) == ["a"]
    assert graph.depths(office) == {"a": 0, "b": 1}


def test_a_manager_who_is_not_there_makes_no_line() -> None:
    office = lines("ax", "ba")

    assert sorted(office) == ["a", "b"]
    assert graph.roots(office) == ["a"]


LOOPS = {
    "none": (OFFICE, []),
    "oneself": (("aa",), [("a",)]),
    "two, told from the smaller number": (("ba", "ab", "ca"), [("a", "b")]),
    "three in the order of reporting": (("ac", "cb", "ba"), [("a", "c", "b")]),
    "each of several once": (("ab", "ba", "cd", "dc", "ea"), [("a", "b"), ("c", "d")]),
    "through a dotted line": (("a c", "ba", "cb"), [("a", "c", "b")]),
    "two that share a person": (("a bc", "ba", "ca"), [("a", "b"), ("a", "c")]),
}


@pytest.mark.parametrize(("people", "loops"), LOOPS.values(), ids=LOOPS)
def test_loops_are_found(people: tuple[str, ...], loops: list[tuple[str, ...]]) -> None:
    assert graph.loops(lines(*people)) == loops


def test_a_tangle_of_more_loops_than_can_be_counted_is_told_in_part() -> None:
    tangle: nx.DiGraph[str] = nx.complete_graph([f"{n:02}" for n in range(30)], nx.DiGraph)

    found = graph.loops(tangle)

    assert len(set(found)) == len(found) == graph.MOST_LOOPS


def test_of_a_knot_that_is_too_large_to_walk_again_and_again_one_loop_is_told() -> None:
    knot: nx.DiGraph[str] = nx.cycle_graph([f"{n:04}" for n in range(2_000)], nx.DiGraph)

    assert [len(loop) for loop in graph.loops(knot)] == [2_000]


@given(st.sets(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"))))
def test_a_loop_is_found_wherever_there_is_one(arrows: set[tuple[str, str]]) -> None:
    office: nx.DiGraph[str] = nx.DiGraph(sorted(arrows))

    assert bool(graph.loops(office)) is not nx.is_directed_acyclic_graph(office)


def test_a_chain_of_thousands_needs_no_recursion() -> None:
    chain: nx.DiGraph[str] = nx.path_graph([f"{n:05}" for n in range(20_000)], nx.DiGraph)

    assert graph.loops(chain) == []
    assert graph.depths(chain)["19999"] == 19_999
