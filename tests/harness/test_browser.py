"""The browser of the tests shows every script and hears what goes wrong on a page."""

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.async_api import Browser

from tests.harness.browser import Browsing, browsing, picture

ARABIC = '<!doctype html><html lang="ar" dir="rtl"><title>إرشاد</title><h1>مرحبا بكم في الإرشاد</h1>'
STRICT = "default-src 'self'; script-src 'self'; style-src 'self'"
PAGES = {
    "/plain": (200, "<!doctype html><h1>Plain</h1>"),
    "/inline-script": (200, "<!doctype html><script>document.title = 'no'</script>"),
    "/broken-script": (200, "<!doctype html><script src=/script.js></script>"),
    "/script.js": (200, "nowhere()"),
    "/elsewhere": (200, "<!doctype html><img src=http://192.0.2.1/x.png>"),
    # Chromium asks for it when it pleases.
    "/favicon.ico": (200, ""),
    "/refused": (403, "<!doctype html><h1>No</h1>"),
}


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, content = PAGES[self.path]
        self.send_response(status)
        self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
        self.send_header("Content-Security-Policy", STRICT)
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing: a served page is no news."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_an_arabic_page_runs_from_right_to_left_and_can_be_pictured(windows: Browsing) -> None:
    page = await windows.open(width=390)
    await page.goto("data:text/html;charset=utf-8," + quote(ARABIC))

    heading = await page.locator("h1").bounding_box()
    shown = await picture(page, "harness-arabic")

    assert heading is not None
    assert await page.locator("h1").evaluate("e => getComputedStyle(e).direction") == "rtl"
    assert shown.read_bytes().startswith(b"\x89PNG")
    assert shown.stat().st_size > 3000


async def test_a_page_without_fault_raises_no_complaint(windows: Browsing, site: str) -> None:
    page = await windows.open(base_url=site)
    await page.goto("/plain")

    assert windows.complaints == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/inline-script", "policy: script-src-elem stopped inline"),
        ("/broken-script", "nowhere is not defined"),
        ("/elsewhere", "asked another machine: http://192.0.2.1/x.png"),
        ("/refused", "403"),
    ],
)
async def test_what_goes_wrong_in_silence_fails_the_test(browser: Browser, site: str, path: str, words: str) -> None:
    async def visit() -> None:
        async with browsing(browser) as windows:
            page = await windows.open(base_url=site)
            await page.goto(path)

    with pytest.raises(AssertionError, match=words):
        await visit()


async def test_an_expected_complaint_passes(windows: Browsing, site: str) -> None:
    windows.expect("403")
    page = await windows.open(base_url=site)

    answer = await page.goto("/refused")

    assert answer is not None
    assert answer.status == 403
