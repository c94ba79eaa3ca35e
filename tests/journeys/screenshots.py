"""``make screenshots``: every page in every language, on a phone and at a desk, light and dark.

They land in ``build/screenshots``.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

from mentoring.i18n import offered
from mentoring.schema import make_ready
from tests.harness.browser import Browsing, picture, running_browser
from tests.harness.databases import sqlite_url
from tests.journeys.walking import DESK, PATIENCE, PHONE, opened, places, read_in, serving

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def pictures(folder: Path, languages: Sequence[str]) -> int:
    """Take them; return how many there are."""
    taken = 0
    async with AsyncExitStack() as closing:
        organisation = await closing.enter_async_context(serving(folder))
        windows = Browsing(await closing.enter_async_context(running_browser()), closing, PATIENCE)
        for place in await places(organisation):
            async with opened(windows, organisation, place, languages[0]) as (page, _):
                for language, width in product(languages, (PHONE, DESK)):
                    await page.set_viewport_size({"width": width, "height": 844})
                    await read_in(page, place, language)
                    taken += await _in_both_lights(page, f"{place.name}-{width}", language)
    return taken


async def _in_both_lights(page: Page, name: str, language: str) -> int:
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await picture(page, f"{language}-{scheme}/{name}")
    return len(SCHEMES)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("languages", nargs="*", default=offered(), help="such as: en ar")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        make_ready(sqlite_url(Path(folder) / "mentoring.db"))
        taken = asyncio.run(pictures(Path(folder), chosen.languages))
    print(f"{taken} pictures in build/screenshots")


if __name__ == "__main__":
    main()
