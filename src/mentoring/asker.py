"""Whoever asked may go away before the answer is there: then nobody works on for nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from mentoring.errors import Conflict

Answer = TypeVar("Answer")
Leaving = Callable[[], Awaitable[None]]
"""Ends when the one who asked has gone."""
_leaving: ContextVar[Leaving | None] = ContextVar("leaving", default=None)


class AskerGone(Conflict):
    """Whoever asked has closed the window; nobody reads this."""


@contextmanager
def may_leave(leaving: Leaving) -> Iterator[None]:
    """Within the block the one who asked may go away, and ``leaving`` tells of it."""
    token = _leaving.set(leaving)
    try:
        yield
    finally:
        _leaving.reset(token)


async def while_awaited(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Do the work to its end, or until nobody waits for it. Raises ``AskerGone``."""
    leaving = _leaving.get()
    if leaving is None:
        return await work
    working = asyncio.create_task(work)
    both: tuple[asyncio.Future[Any], ...] = (working, asyncio.ensure_future(leaving()))
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise AskerGone()
        return working.result()
    finally:
        for one in both:
            one.cancel()
        await asyncio.wait(both)
