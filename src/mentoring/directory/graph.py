"""The reporting lines, held by networkx: an arrow goes from a manager to each who reports to them.

Solid and dotted lines are one graph; a dotted arrow carries ``dotted``. Appraisers are no line: they
count only directly. A graph whose loops have been refused has no cycle over both kinds together.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

import networkx as nx

from mentoring.directory.rules import StaffRow

DEEPEST_LINE = 100
"""Levels from the top, dotted steps included. The real files have 12; an export gone wrong has one chain."""

MOST_LOOPS = 100
"""Listed at once: a tangle of dotted lines can hold more loops than there are atoms."""

LARGEST_TANGLE = 500
"""People; in a larger knot one loop is shown, because finding each next one walks all of it again."""


def reporting_lines(rows: Iterable[StaffRow]) -> "nx.DiGraph[str]":
    """Everybody in the rows, and the arrows between them. Managers who are not in the rows are left out."""
    rows = list(rows)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(row.staff_no for row in rows)
    # Dotted first: where a line is both, the solid one stays without the mark.
    graph.add_edges_from(
        (manager, row.staff_no, {"dotted": True})
        for row in rows
        for manager in row.dotted_manager_staff_nos
        if manager in graph
    )
    for row in rows:
        if row.manager_staff_no and row.manager_staff_no in graph:
            graph.add_edge(row.manager_staff_no, row.staff_no)
            graph[row.manager_staff_no][row.staff_no].pop("dotted", None)
    return graph


def loops(graph: "nx.DiGraph[str]") -> list[tuple[str, ...]]:
    """Return each loop once: who reports to whom, from its smallest staff number on.

    Solid lines alone can hold one loop per knot, so all of them are found. Where dotted lines tie
    larger knots, at most ``MOST_LOOPS`` are listed; the next import finds the others.
    """
    found = [_turned(loop) for knot in _knots(graph) for loop in _loops_of(knot)]
    found += [(person,) for person in graph if graph.has_edge(person, person)]
    return sorted(found)[:MOST_LOOPS]


def _knots(graph: "nx.DiGraph[str]") -> "Iterator[nx.DiGraph[str]]":
    for members in nx.strongly_connected_components(graph):
        if len(members) > 1:
            knot: nx.DiGraph[str] = nx.DiGraph()
            knot.add_edges_from(
                (person, report)
                for person in sorted(members)
                for report in graph[person]
                if report in members and report != person
            )
            yield knot


def _loops_of(knot: "nx.DiGraph[str]") -> Iterator[list[str]]:
    if len(knot) > LARGEST_TANGLE:
        return iter([[manager for manager, _ in nx.find_cycle(knot)]])
    return islice(nx.simple_cycles(knot), MOST_LOOPS)


def _turned(loop: list[str]) -> tuple[str, ...]:
    """Against the arrows, as people say it ("A reports to B"), begun where every reader would begin."""
    upwards = loop[::-1]
    start = upwards.index(min(upwards))
    return (*upwards[start:], *upwards[:start])


def roots(graph: "nx.DiGraph[str]") -> list[str]:
    """Those above whom no solid line leads, in the order of the rows."""
    return [person for person in graph if next(_solid_managers(graph, person), None) is None]


def depths(graph: "nx.DiGraph[str]") -> dict[str, int]:
    """Solid steps down from a root. Who hangs on a loop has no depth and is left out."""
    depth = dict.fromkeys(roots(graph), 0)
    level = list(depth)
    while level:
        below = [
            (report, depth[person] + 1)
            for person in level
            for report, line in graph[person].items()
            if "dotted" not in line and report not in depth
        ]
        depth.update(below)
        level = [report for report, _ in below]
    return depth


def deepest(graph: "nx.DiGraph[str]") -> dict[str, int]:
    """The longest way down to each over lines of both kinds. Raises nx.NetworkXUnfeasible on a loop."""
    steps: dict[str, int] = {}
    for person in nx.topological_sort(graph):
        steps[person] = max((steps[manager] + 1 for manager in graph.predecessors(person)), default=0)
    return steps


def _solid_managers(graph: "nx.DiGraph[str]", person: str) -> Iterator[str]:
    return (manager for manager, line in graph.pred[person].items() if "dotted" not in line)
