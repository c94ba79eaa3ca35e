"""``make screenshots``: every page in every language, on a phone and at a desk, into ``build/screenshots``."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from playwright.async_api import Page

from mentoring.db import make_ready
from mentoring.i18n import offered
from tests.harness.browser import Browsing, picture, running_browser
from tests.harness.databases import sqlite_url
from tests.journeys.walking import DESK, PHONE, Place, opened, places, read_in, serving


async def pictures(folder: Path) -> int:
    """Take them; return how many there are."""
    taken = 0
    async with AsyncExitStack() as closing:
        organisation = await closing.enter_async_context(serving(folder))
        windows = Browsing(await closing.enter_async_context(running_browser()), closing)
        for place in await places(organisation):
            async with opened(windows, organisation, place, "en") as (page, _):
                for language in offered():
                    await read_in(page, place, language)
                    taken += await _both_widths(page, place, f"{language}/")
                await page.emulate_media(color_scheme="dark")
                await read_in(page, place, "en")
                taken += await _both_widths(page, place, "en-dark/")
    return taken


async def _both_widths(page: Page, place: Place, beginning: str) -> int:
    for width in (PHONE, DESK):
        await page.set_viewport_size({"width": width, "height": 844})
        await picture(page, f"{beginning}{place.name}-{width}")
    return 2


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="screenshots-") as folder:
        make_ready(sqlite_url(Path(folder) / "mentoring.db"))
        taken = asyncio.run(pictures(Path(folder)))
    print(f"{taken} pictures in build/screenshots")


if __name__ == "__main__":
    main()
