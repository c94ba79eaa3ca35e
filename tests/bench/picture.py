"""A picture of times and memory by size: two panels, both axes by powers of ten, drawn by hand as SVG."""

import math
from collections.abc import Iterator, Sequence
from html import escape

Point = tuple[str, int, float, float]

WIDTH, HEIGHT, GAP = 420, 360, 70
TOP, LEFT, LEGEND = 40, 70, 190
COLOURS = (
    "#0b5394", "#6fa8dc", "#cc0000", "#e69138", "#6aa84f", "#674ea7", "#a64d79", "#45818e", "#7f6000", "#999999",
    "#f1c232", "#274e13", "#000000",
)  # fmt: skip


def drawn(points: Sequence[Point]) -> str:
    """``points``: contestant, people of a side, seconds, MB. Who has one point is a dot, who has more a line."""
    names = list(dict.fromkeys(name for name, *_ in points))
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}
    wide, high = LEFT + 2 * WIDTH + GAP + LEGEND, TOP + HEIGHT + 60
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12">',
        f'<rect width="{wide}" height="{high}" fill="white"/>',
    ]
    if points:
        for panel, (title, value) in enumerate((("seconds", 2), ("peak memory, MB", 3))):
            parts += _panel(
                LEFT + panel * (WIDTH + GAP), title, [(p[0], p[1], float(p[value])) for p in points], colours
            )
    for place, (name, colour) in enumerate(colours.items()):
        x, y = LEFT + 2 * WIDTH + GAP + 20, TOP + 10 + 20 * place
        parts.append(f'<rect x="{x}" y="{y - 8}" width="14" height="4" fill="{colour}"/>')
        parts.append(f'<text x="{x + 20}" y="{y}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(left: int, title: str, points: list[tuple[str, int, float]], colours: dict[str, str]) -> Iterator[str]:
    across, up = _powers([people for _, people, _ in points]), _powers([value for _, _, value in points])

    def at(people: float, value: float) -> tuple[float, float]:
        x = left + WIDTH * (math.log10(people) - across[0]) / (across[1] - across[0])
        return x, TOP + HEIGHT * (1 - (math.log10(value) - up[0]) / (up[1] - up[0]))

    yield f'<text x="{left}" y="{TOP - 14}" font-weight="bold">{title}</text>'
    for power in range(across[0], across[1] + 1):
        x = at(10**power, 10 ** up[0])[0]
        yield f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{TOP + HEIGHT}" stroke="#ddd"/>'
        yield f'<text x="{x}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{10**power:,}</text>'
    for power in range(up[0], up[1] + 1):
        y = at(10 ** across[0], 10**power)[1]
        yield f'<line x1="{left}" x2="{left + WIDTH}" y1="{y}" y2="{y}" stroke="#ddd"/>'
        yield f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{10**power:g}</text>'
    yield f'<text x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 40}" text-anchor="middle">people of each side</text>'
    for name, colour in colours.items():
        spots = [at(people, value) for one, people, value in sorted(points) if one == name]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots)


def _powers(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around the values; always two that differ."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)
