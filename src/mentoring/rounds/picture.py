"""Numbers as a picture: laid on a field, for lines, dots and bars that a page draws without script."""

from collections.abc import Sequence
from typing import NamedTuple

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
