"""An organisation's colour is read in light and in dark, whatever it is; its look costs no request of its own."""

import re
import struct
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from mentoring.app import create_app, surrounded
from mentoring.db import Database
from mentoring.settings import Settings
from mentoring.web.look import GROUNDS, READABLE, STATIC, contrast, proportion, readable, tones

SHEET = (STATIC / "style.css").read_text(encoding="utf-8")
TOKENS = re.compile(r"--(card|ground|ink|soft): (#\w{6})")
ACCENTS = ["#0b5a6e", "#ffcc00", "#ffffff", "#000000", "#777777", "#00b140", "#e4002b", "#001f5b", "#7f7fff", "#00ffff"]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}"/>'


@pytest.mark.parametrize(
    "one, other, ratio", [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#0b5a6e", "#0b5a6e", 1.0)]
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("accent", ACCENTS)
def test_whatever_the_colour_is_all_that_is_written_in_it_can_be_read(accent: str, theme: str) -> None:
    made = tones(accent, theme)

    assert contrast(made["accent-ink"], made["accent"]) >= READABLE
    assert min(contrast(made["link"], ground) for ground in (*GROUNDS[theme], made["tint"])) >= READABLE


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert tones("#0b5a6e", "light")["accent"] == tones("#0b5a6e", "light")["link"] == "#0b5a6e"
    assert tones("#ffcc00", "light")["accent"] == "#ffcc00"
    assert readable("#ffcc00", ["#000000"], "dark") == "#ffcc00"


def test_the_grounds_here_are_those_of_the_stylesheet_and_its_inks_can_be_read_on_them() -> None:
    themes = dict(
        zip(("light", "dark"), (dict(TOKENS.findall(part)) for part in SHEET.split("@media")[:2]), strict=True)
    )

    assert {theme: (known["card"], known["ground"]) for theme, known in themes.items()} == GROUNDS
    for known in themes.values():
        for ink in ("ink", "soft"):
            assert min(contrast(known[ink], known[ground]) for ground in ("card", "ground")) >= READABLE


@pytest.mark.parametrize(
    "image, ratio",
    [
        (SVG.format(30, 10).encode(), 3.0),
        (SVG.format("12.5", 25).encode(), 0.5),
        (b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 200, 100), 2.0),
    ],
)
def test_a_logo_has_the_room_that_its_shape_needs(image: bytes, ratio: float) -> None:
    assert proportion(image) == ratio


async def test_name_colour_and_logo_reach_the_page_within_the_one_stylesheet(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text(SVG.format(40, 10))
    own = Settings(
        database_url=settings.database_url,
        organisation="Meridian",
        accent="#ffcc00",
        logo=logo,
        base_url="http://a.test",
    )
    service = surrounded(create_app(own, database), own, database)
    transport = ASGITransport(service, raise_app_exceptions=False)  # type: ignore[arg-type]  # Litestar types scopes narrower
    async with AsyncClient(transport=transport, base_url=own.base_url) as client:
        page = (await client.get("/sign-in")).text
        [sheet] = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
        rules = (await client.get(sheet)).text

    assert "Meridian" in page
    assert "--accent:#ffcc00;--accent-ink:#000000" in rules
    assert "aspect-ratio:4.000" in rules
    assert "data:image/svg+xml;base64," in rules
    assert "%23ffcc00" in page
