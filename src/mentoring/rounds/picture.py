"""A frontier as a picture: its points laid on a field, for a line and dots that a page draws without script."""

from collections.abc import Sequence
from typing import NamedTuple

from mentoring.rounds.trying import FrontierPoint

WIDTH, HEIGHT, MARGIN = 320, 180, 16


class Dot(NamedTuple):
    x: float
    y: float


def dots(points: Sequence[FrontierPoint]) -> list[Dot]:
    """Further right is more reached, further up is more total fit; the field is as wide as the points."""
    across, up = [one.reached for one in points], [one.total_fit for one in points]
    return [Dot(_laid(x, across, WIDTH), HEIGHT - _laid(y, up, HEIGHT)) for x, y in zip(across, up, strict=True)]


def line(points: Sequence[FrontierPoint]) -> str:
    """The dots as an SVG polyline has them."""
    return " ".join(f"{dot.x},{dot.y}" for dot in dots(points))


def _laid(value: float, values: Sequence[float], length: int) -> float:
    """All alike stand in the middle."""
    span = max(values) - min(values)
    share = (value - min(values)) / span if span else 0.5
    return round(MARGIN + share * (length - 2 * MARGIN), 1)
