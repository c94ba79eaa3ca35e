"""The organisation's own look: its colour, made readable in light and dark, and its logo; both in the stylesheet."""

import base64
import colorsys
import struct
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from mentoring.settings import VIEW_BOX, Settings

STATIC = Path(__file__).parent / "static"
READABLE = 4.5
"""Contrast that text needs (WCAG 2.2, 1.4.3)."""
STEPS = 50
"""Tries on the way to black or white: so fine that a colour stays its own."""
CALM = 0.65
"""Most saturation of what had to be changed: brighter ones glare on a dark ground."""
SHEER = {"light": 0.08, "dark": 0.16}
"""Share of the accent in the tint behind what is chosen."""
GROUNDS = {"light": ("#ffffff", "#f6f7f5"), "dark": ("#1c2427", "#12181a")}
"""Card and ground of ``style.css``, on which text stands."""
SEEN = {"svg": "image/svg+xml", "png": "image/png"}


def _channels(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    shares = [value / 255 for value in _channels(colour)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """``share`` of ``one``, the rest ``other``."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def readable(colour: str, grounds: Sequence[str], theme: str) -> str:
    """``colour`` itself where it can be read on all grounds, else the nearest that can: darker, or in dark lighter."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in _channels(colour)))
    end = 0.0 if theme == "light" else 1.0
    shares = (step / STEPS for step in range(STEPS + 1))
    shifted = (lightness * (1 - share) + end * share for share in shares)
    tries = [colour, *(_of_hls(hue, one, min(saturation, CALM)) for one in shifted)]
    return next(one for one in tries if all(contrast(one, ground) >= READABLE for ground in grounds))


def _of_hls(hue: float, lightness: float, saturation: float) -> str:
    return "#" + "".join(f"{round(value * 255):02x}" for value in colorsys.hls_to_rgb(hue, lightness, saturation))


def tones(accent: str, theme: str) -> dict[str, str]:
    """What the stylesheet makes of an accent: a fill and the ink on it, links, and a tint on which links are read too.

    In light the fill is the organisation's colour to the letter; in dark it is as light as the links.
    """
    tint = mixed(accent, GROUNDS[theme][0], SHEER[theme])
    link = readable(accent, (*GROUNDS[theme], tint), theme)
    fill = accent if theme == "light" else link
    on_fill = "#ffffff" if contrast("#ffffff", fill) >= READABLE else "#000000"  # one of the two always can be read
    return {"accent": fill, "accent-ink": on_fill, "link": link, "tint": tint}


def colours(accent: str) -> str:
    """The rules for the stylesheet."""
    light, dark = (
        "".join(f"--{name}:{value};" for name, value in tones(accent, theme).items()) for theme in ("light", "dark")
    )
    return f":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def proportion(image: bytes) -> float:
    """Width by height of a PNG, or of an SVG by its viewBox; the settings take nothing else."""
    found = VIEW_BOX.search(image)
    width, height = map(float, found.groups()) if found else struct.unpack(">II", image[16:24])
    return float(width / height)


def logo(image: bytes) -> str:
    """The rule that shows the logo beside the name; within the stylesheet it costs no request and moves nothing."""
    kind = SEEN["png" if image.startswith(b"\x89PNG") else "svg"]
    address = f"data:{kind};base64,{base64.b64encode(image).decode()}"
    return f".brand::before{{--logo:url({address});aspect-ratio:{proportion(image):.3f}}}"


def icon(settings: Settings) -> str:
    """The sign in the browser's tab, in the organisation's colour, as an address that needs no request."""
    drawn = (STATIC / "favicon.svg").read_text(encoding="utf-8").replace(Settings().accent, settings.accent)
    return f"data:image/svg+xml,{quote(drawn, safe=' =:/')}"


def rules(settings: Settings) -> str:
    """What comes after ``style.css`` in this deployment."""
    own = logo(settings.logo.read_bytes()) if settings.logo else ""
    return colours(settings.accent) + own
