"""What the tests of rounds share besides what all tests may ask for."""

from collections.abc import AsyncIterator

import pytest

from mentoring.rounds.desk import Desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """Whose process ends with the test."""
    opened = Desk()
    yield opened
    await opened.close()
