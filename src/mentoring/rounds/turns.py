"""How many solvers one process has at work for those who look on, and how long somebody waits for a turn."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from mentoring.rounds.rules import SolversBusy

PATIENCE = timedelta(seconds=20)
"""How long a page waits for a turn: longer than most answers take, shorter than a browser or a proxy gives up."""
MOST_WAITING = 4
"""Whoever waits keeps a round's numbers in memory: some megabytes, so few may."""


class Turns:
    """At most ``at_once`` at work; who waits too long, or behind too many, is asked to come back."""

    def __init__(self, at_once: int, waiting: int = MOST_WAITING, patience: timedelta = PATIENCE) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._most_waiting = waiting
        self._patience = patience.total_seconds()

    @asynccontextmanager
    async def mine(self) -> AsyncIterator[None]:
        """One's turn, for the block. Raises ``SolversBusy``."""
        await self._wait()
        try:
            yield
        finally:
            self._free.release()

    async def _wait(self) -> None:
        if self._free.locked() and self._waiting >= self._most_waiting:
            raise SolversBusy()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError as late:
            raise SolversBusy() from late
        finally:
            self._waiting -= 1
