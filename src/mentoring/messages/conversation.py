"""A conversation with an SMTP server, several commands at a time where the server allows it (RFC 2920).

aiosmtplib connects, encrypts and signs in, and then waits for an answer to each single command; with one recipient a
message that is four ways there and back where two will do. So once it has connected, we speak for ourselves.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

LONGEST_REPLY = 65_536
"""Bytes; a server that says more without coming to an end is not believed."""


@runtime_checkable
class Line(Protocol):
    """What we need of a transport, whichever event loop made it."""

    def write(self, data: bytes) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def is_closing(self) -> bool: ...
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None: ...


class Reply(NamedTuple):
    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:500]


class Interrupted(Exception):
    """The connection broke, the server fell silent, or said what no server says."""


class Conversation(asyncio.Protocol):
    """Takes a connected transport over. ``timeout``: seconds that the server may be silent."""

    def __init__(self, transport: Line, timeout: float) -> None:
        self._transport = transport
        self._timeout = timeout
        self._unread = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._news = asyncio.Event()
        self._lost = False
        transport.set_protocol(self)

    @property
    def open(self) -> bool:
        return not self._lost and not self._transport.is_closing()

    def say(self, *commands: bytes) -> None:
        """Send without waiting for what the server answers. Where nobody listens any more, whoever waits learns it."""
        if self.open:
            self._transport.write(b"".join(command + b"\r\n" for command in commands))

    async def ask(self, commands: Sequence[bytes]) -> list[Reply]:
        """Send the commands at once and wait for the answer to each."""
        self.say(*commands)
        return await self.replies(len(commands))

    async def replies(self, count: int) -> list[Reply]:
        """The next answers. Raises ``Interrupted``."""
        return [await self.reply() for _ in range(count)]

    async def reply(self) -> Reply:
        """The next answer. Raises ``Interrupted``."""
        while not self._replies:
            if self._lost:
                raise Interrupted("connection lost")
            self._news.clear()
            try:
                async with asyncio.timeout(self._timeout):
                    await self._news.wait()
            except TimeoutError as error:
                self.abort()
                raise Interrupted("no answer") from error
        return self._replies.popleft()

    def close(self) -> None:
        """Hang up once everything has been said."""
        self._transport.close()

    def abort(self) -> None:
        """Hang up at once."""
        self._lost = True
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._read(line.rstrip(b"\r").decode("utf-8", "replace"))
        if len(self._unread) + sum(map(len, self._lines)) > LONGEST_REPLY:
            self.abort()
        self._news.set()

    def _read(self, line: str) -> None:
        if not line[:3].isdecimal():
            self.abort()
            return
        self._lines.append(line[4:])
        if line[3:4] != "-":
            self._replies.append(Reply(int(line[:3]), " ".join(self._lines)))
            self._lines = []

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._news.set()
