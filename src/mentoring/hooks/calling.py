"""Calling an address that somebody else chose: over TLS, to the open internet, once, for five seconds at most.

The name is resolved once, and the address that was looked at is the one that is called: a name that is public when it
is looked up and private a moment later (DNS rebinding) gains nothing. Redirects are not followed.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from mentoring.hooks.rules import LARGEST_ANSWER, TIMEOUT, plausible_url, public

Resolve = Callable[[str, int], Awaitable[list[str]]]


class Unheard(Exception):
    """Nothing of the message was said: the name is unknown, the address refused, or nobody answers there."""


class Cut(Exception):
    """The message was said, and no answer came."""


class Forbidden(Exception):
    """The address is not one that we call."""


async def resolve(host: str, port: int) -> list[str]:
    """Every address behind a name, in the order of the system."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class Caller(NamedTuple):
    """How addresses are looked up, which of them are called, and how the line is secured."""

    resolve: Resolve = resolve
    public: Callable[[str], bool] = public
    tls: ssl.SSLContext | None = ssl.create_default_context()
    timeout: float = TIMEOUT

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Say it once; return the status of the answer. Raises ``Forbidden``, ``Unheard``, ``Cut``."""
        if not plausible_url(url):
            raise Forbidden("not https, or a private address")
        said = asyncio.Event()
        try:
            async with asyncio.timeout(self.timeout):
                return await self._exchange(url, body, headers, said)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
            raise (Cut if said.is_set() else Unheard)(f"{type(error).__name__}: {error}"[:200]) from error

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str], said: asyncio.Event) -> int:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        addresses = await self.resolve(host, port)
        if not addresses or not all(map(self.public, addresses)):
            raise Forbidden("leads to an address that is not public")
        named = host if self.tls else None
        reader, writer = await asyncio.open_connection(addresses[0], port, ssl=self.tls, server_hostname=named)
        try:
            said.set()
            writer.write(_request(parts.path or "/", parts.query, parts.netloc, body, headers))
            await writer.drain()
            return _status(await reader.read(LARGEST_ANSWER))
        finally:
            writer.transport.abort()


def _request(path: str, query: str, host: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    target = f"{path}?{query}" if query else path
    lines = {
        "Host": host,
        "User-Agent": "mentoring",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {target} HTTP/1.1\r\n{head}\r\n".encode("ascii") + body


def _status(answer: bytes) -> int:
    """The number in the first line of an answer; the rest is nobody's business."""
    first = answer.partition(b"\r\n")[0].split(b" ")
    if len(first) < 2 or not first[0].startswith(b"HTTP/1.") or not first[1].isdigit():
        raise ValueError("no answer that we understand")
    return int(first[1])
