"""What the tests of the service share besides what all tests may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mentoring.app import create_app
from mentoring.db import open_database
from mentoring.settings import Settings
from tests.harness.databases import sqlite_url
from tests.mentoring.routes import Door, visiting
from tests.mentoring.world import build, copied


@pytest.fixture(scope="module")
async def door(folder: Path, anyio_backend: str) -> AsyncIterator[Door]:
    """A world of people of every kind, and a way to knock as each of them; tests that change it put it back."""
    url = sqlite_url(folder / "mentoring.db")
    settings = Settings(database_url=url, secret_file=folder / "secret")
    opened = open_database(url)
    async with opened.sessions.begin() as db:
        world = await build(db, settings)
    copied(folder / "mentoring.db", folder / "pristine.db")
    async with visiting(create_app(settings, opened), opened, settings) as client:
        yield Door(client, world, folder / "pristine.db", folder / "mentoring.db")
    await opened.close()
