"""A form that is refused comes back: the same page, with what was typed and the words of the refusal."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import msgspec
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.errors import Invalid, MentoringError

Command = TypeVar("Command")
Typed = dict[str, str | list[str]]
"""A form as the browser sends it: fields left empty are absent, fields ticked several times are lists."""


class FormRefused(Exception):
    """The form's page again; it leaves the door as an exception, so that nothing of the request is committed."""

    def __init__(self, refusal: MentoringError, again: Template) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.again = again


@asynccontextmanager
async def kept(again: Callable[[], Awaitable[Template]], db: AsyncSession | None = None) -> AsyncIterator[None]:
    """Run a use case for a form; where it is refused, raise ``FormRefused`` with the page that ``again`` makes.

    ``db`` is the request's session: what the use case did is undone first, so that the page shows what is true.
    """
    try:
        async with AsyncExitStack() as undoing:
            if db is not None:
                await undoing.enter_async_context(db.begin_nested())
            yield
    except MentoringError as refusal:
        raise FormRefused(refusal, await again()) from refusal


def several(typed: Typed, name: str) -> list[str]:
    """All values of a field; none where it was left empty."""
    value = typed.get(name, [])
    return value if isinstance(value, list) else [value]


def single(typed: Typed, name: str) -> str:
    """The one value of a field; the last, should a browser send several."""
    return (several(typed, name) or [""])[-1].strip()


def flat(typed: Typed) -> dict[str, str]:
    """The one value of every field."""
    return {name: single(typed, name) for name in typed}


class FormUnreadable(Invalid):
    """The form's ``field`` holds what it cannot hold: too long, out of range, or in another form."""


def command_of(kind: type[Command], values: object) -> Command:
    """Make a command out of what a form says. Raises ``FormUnreadable``."""
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        place = str(error).partition("`$.")[2] or str(error).partition("missing required field `")[2]
        raise FormUnreadable(field=place.partition("`")[0].partition("[")[0]) from error
