"""argon2id off the event loop, at most two at a time: one hash takes 64 MiB and a tenth of a second."""

import anyio
from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mentoring.people.rules import (
    LONGEST_PASSWORD,
    SHORTEST_PASSWORD,
    PasswordTooCommon,
    PasswordTooLong,
    PasswordTooShort,
)

HASHER = PasswordHasher()
_AT_ONCE = 2
_limiter: list[anyio.CapacityLimiter] = []
COMMON_PARTS = ("password", "motdepasse", "123456", "qwerty", "azerty", "letmein", "welcome", "iloveyou", "abc123")
"""A password that is one of these, repeated or with digits around it, is among the first that are tried."""


def check_strength(password: str, own: tuple[str, ...] = ()) -> None:
    """Raises what is wrong with a new password. ``own`` are words that a stranger would guess: name and address."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort(least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise PasswordTooLong(most=LONGEST_PASSWORD)
    rest = password.lower()
    for word in (*COMMON_PARTS, *(word.lower() for word in own if len(word) > 3)):
        rest = rest.replace(word, "")
    if len(set(rest.strip("0123456789!?.-_ "))) < 4:
        raise PasswordTooCommon()


async def digest(password: str) -> str:
    return await to_thread.run_sync(HASHER.hash, password, limiter=_gate())


async def matches(known: str | None, password: str) -> bool:
    """Compare; without a known hash the same work is done, so that time tells nothing about who has an account."""
    return await to_thread.run_sync(_verify, known or _nobody(), password, limiter=_gate()) and known is not None


def outdated(known: str) -> bool:
    return HASHER.check_needs_rehash(known)


def _verify(known: str, password: str) -> bool:
    try:
        return HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


_nobodys_hash: list[str] = []


def _nobody() -> str:
    if not _nobodys_hash:
        _nobodys_hash.append(HASHER.hash("nobody has this password"))
    return _nobodys_hash[0]


def _gate() -> anyio.CapacityLimiter:
    if not _limiter:
        _limiter.append(anyio.CapacityLimiter(_AT_ONCE))
    return _limiter[0]
