"""Chromium of the system, driven by playwright, with an ear for what goes wrong in silence.

Whatever a page says to its console as an error, whatever its Content-Security-Policy stops and
whatever it asks of another machine is a complaint, and a complaint fails the test.
"""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, async_playwright

from tests.harness.run import REPOSITORY
from tests.prerequisites import chromium

PICTURES = REPOSITORY / "build" / "screenshots"
FLAGS = (
    # Root has no sandbox in Chromium; the pages are our own, so nobody needs one.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    # The same letters on every machine.
    "--font-render-hinting=none",
)
REPORT_STOPPED = """document.addEventListener("securitypolicyviolation", event =>
    console.error(`policy: ${event.effectiveDirective} stopped ${event.blockedURI}`))"""


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """Start Chromium without a window."""
    path = chromium()
    if path is None:
        raise RuntimeError("There is no Chromium here: make test-setup says what to do.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


class Browsing:
    """The pages of one test, and what they complained about."""

    def __init__(self, browser: Browser, windows: AsyncExitStack, patience: int = 15) -> None:
        """``patience`` is how many seconds a page may take."""
        self._browser = browser
        self._windows = windows
        self._patience = patience
        self._expected: list[str] = []
        self.complaints: list[str] = []

    async def open(
        self,
        *,
        language: str = "en",
        width: int = 1280,
        height: int = 800,
        script: bool = True,
        base_url: str | None = None,
    ) -> Page:
        """Open a page in a window of its own: other cookies, another person."""
        context = await self._browser.new_context(
            locale=language,
            viewport={"width": width, "height": height},
            java_script_enabled=script,
            base_url=base_url,
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        self._windows.push_async_callback(context.close)
        context.set_default_timeout(1000 * self._patience)
        await self._listen(context)
        return await context.new_page()

    def expect(self, pattern: str) -> None:
        """Let a complaint pass that matches ``pattern``; a test of a refusal causes one."""
        self._expected.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self._expected)
        ]

    async def _listen(self, context: BrowserContext) -> None:
        await context.add_init_script(REPORT_STOPPED)
        context.on("console", self._hear_console)
        context.on("weberror", lambda event: self._hear_error(event.error))
        context.on("request", self._see_request)

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _hear_error(self, error: Error) -> None:
        self.complaints.append(f"script: {error}")

    def _see_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https") and address.hostname not in ("127.0.0.1", "localhost"):
            self.complaints.append(f"asked another machine: {request.url}")


@asynccontextmanager
async def browsing(browser: Browser) -> AsyncIterator[Browsing]:
    """Open pages for one test; at its end close them, and fail it for what they complained about."""
    async with AsyncExitStack() as windows:
        session = Browsing(browser, windows)
        yield session
    if session.unexpected:
        raise AssertionError("\n".join(["The pages complained:", *session.unexpected]))


async def picture(page: Page, name: str, *, full_page: bool = True) -> Path:
    """Keep what the page looks like as ``build/screenshots/NAME.png``."""
    path = PICTURES / f"{name}.png"
    await page.screenshot(path=path, full_page=full_page, animations="disabled")
    return path
