"""Numbers as a picture: laid on a field or a circle, drawn by pages without script."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import networkx as nx

from mentoring.rounds.findings import Network
from mentoring.rounds.review import Bar
from mentoring.rounds.trying import FrontierPoint

WIDTH, HEIGHT, MARGIN = 320, 180, 16


class Dot(NamedTuple):
    x: float
    y: float


def dots(points: Sequence[FrontierPoint]) -> list[Dot]:
    """Further right is more reached, further up is more total fit; the field is as wide as the points."""
    across, up = [one.reached for one in points], [one.total_fit for one in points]
    return [Dot(_laid(x, across, WIDTH), HEIGHT - _laid(y, up, HEIGHT)) for x, y in zip(across, up, strict=True)]


class Column(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    weak: bool


def columns(bars: Sequence[Bar]) -> list[Column]:
    """A bar for each, the most pairs as high as the field without its margin."""
    most = max((one.pairs for one in bars), default=0) or 1
    wide = WIDTH / len(bars)
    heights = [one.pairs / most * (HEIGHT - MARGIN) for one in bars]
    return [
        Column(round(place * wide + 1, 1), round(HEIGHT - MARGIN - high, 1), wide - 2, round(high, 1), one.weak)
        for place, (one, high) in enumerate(zip(bars, heights, strict=True))
    ]


def marks(bars: Sequence[Bar], every: int = 4) -> list[tuple[float, float]]:
    """Where some of the bars begin, and with which value."""
    return [(round(place / len(bars) * WIDTH, 1), bars[place].low) for place in range(every, len(bars), every)]


def line(points: Sequence[FrontierPoint]) -> str:
    """The dots as an SVG polyline has them."""
    return " ".join(f"{dot.x},{dot.y}" for dot in dots(points))


def _laid(value: float, values: Sequence[float], length: int) -> float:
    """All alike stand in the middle."""
    span = max(values) - min(values)
    share = (value - min(values)) / span if span else 0.5
    return round(MARGIN + share * (length - 2 * MARGIN), 1)


ROUND, RADIUS = 480, 190
"""The side of the field on which the circle of offices is laid, and its radius: round it is room for the names."""
THINNEST, THICKEST = 1.2, 9.0


class Spot(NamedTuple):
    """An office on the circle: where its dot is, how large, and where its name begins or ends."""

    x: float
    y: float
    size: float
    name_x: float
    name_y: float
    anchor: str


class Curve(NamedTuple):
    """The pairings of two offices as an SVG path through the middle, thicker for more of them."""

    path: str
    width: float


def circle(network: Network) -> tuple[list[Spot], list[Curve]]:
    """Offices of one country stand side by side, as they are given; what stays inside one office is its dot alone."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(len(network.offices)))
    laid = nx.circular_layout(graph, scale=RADIUS)
    middle = ROUND / 2
    at = {number: (middle + float(x), middle + float(y)) for number, (x, y) in laid.items()}
    most = max((tie.pairings for tie in network.ties), default=1)
    spots = [_spot(*at[number], one.teaches + one.learns, 2 * most) for number, one in enumerate(network.offices)]
    apart = [tie for tie in network.ties if tie.teaches != tie.learns]
    return spots, [Curve(_path(at[one.teaches], at[one.learns]), _width(one.pairings, most)) for one in apart]


def _spot(x: float, y: float, people: int, most: int) -> Spot:
    outwards = 1 + 18 / RADIUS
    middle = ROUND / 2
    name_x, name_y = middle + (x - middle) * outwards, middle + (y - middle) * outwards + 4
    anchor = "middle" if abs(x - middle) < RADIUS / 8 else "start" if x > middle else "end"
    size = 4 + 8 * math.sqrt(min(1, people / most))
    return Spot(round(x, 1), round(y, 1), round(size, 1), round(name_x, 1), round(name_y, 1), anchor)


def _width(pairings: int, most: int) -> float:
    return round(THINNEST + (THICKEST - THINNEST) * (pairings - 1) / max(1, most - 1), 1)


def _path(begin: tuple[float, float], end: tuple[float, float]) -> str:
    """Bent towards the middle, and a little to one side, so that both directions can be told apart."""
    middle = ROUND / 2
    bend_x = middle + 0.25 * ((begin[0] + end[0]) / 2 - middle) + 0.06 * (end[1] - begin[1])
    bend_y = middle + 0.25 * ((begin[1] + end[1]) / 2 - middle) - 0.06 * (end[0] - begin[0])
    return "M{:.1f} {:.1f} Q{:.1f} {:.1f} {:.1f} {:.1f}".format(*begin, bend_x, bend_y, *end)
