"""``make chaos`` and ``make chaos-full``."""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from mentoring.db import migrate
from tests.bench.workshop import BUILD
from tests.chaos.rig import rig
from tests.chaos.walk import walk
from tests.harness.databases import sqlite_url
from tests.harness.smtp import Sink, smtp_sink


async def quick(folder: Path, url: str, smtp: Sink) -> str:
    """Each failpoint once."""
    async with rig(folder, url, smtp) as running:
        await walk(running)
        return await running.verdict()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.parse_args()
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="chaos-", dir=BUILD) as name, smtp_sink() as smtp:
        folder = Path(name)
        url = sqlite_url(folder / "mentoring.db")
        migrate(url)
        began = time.monotonic()
        print(asyncio.run(quick(folder, url, smtp)), file=sys.stdout)
        print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
