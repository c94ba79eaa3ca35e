"""Where else things are told: chats and programs. States, limits, and which addresses we do not call."""

import enum
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from mentoring.errors import Invalid, NotFound

TIMEOUT = 5.0
"""Seconds for the whole exchange with a receiver."""
LARGEST_ANSWER = 65_536
"""Bytes of an answer that are read at most."""
LEASE = timedelta(seconds=60)

SHARED = ip_network("100.64.0.0/10")
"""Addresses behind a carrier's translator (RFC 6598); Python does not count them as private."""


class HookKind(enum.StrEnum):
    """In which form a receiver wants it: a chat's card, or JSON with a signature (Standard Webhooks)."""

    SLACK = "slack"
    TEAMS = "teams"
    SIGNED = "signed"


class Topic(enum.StrEnum):
    """What is told of. Ids, never words of a person, and nothing that was said in confidence."""

    PAIRING_BEGAN = "pairing.began"
    PAIRING_ENDED = "pairing.ended"
    PAIRING_AT_RISK = "pairing.at_risk"
    PING = "ping"
    """Somebody tries out whether it arrives."""


TOLD = tuple(topic for topic in Topic if topic is not Topic.PING)
"""What happens by itself, and can be chosen."""


class HookNotFound(NotFound):
    """No such webhook, or none of a programme that you run."""


class AddressRefused(Invalid):
    """``url`` is not https, or leads to an address that is not public."""


def plausible_url(url: str) -> bool:
    """Whether a webhook may have this address as far as it can be seen without asking for it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = parts.username is None and parts.password is None and port != 0 and url.isprintable() and " " not in url
    return parts.scheme == "https" and bool(parts.hostname) and plain and not _is_refused(parts.hostname or "")


def _is_refused(host: str) -> bool:
    try:
        return not public(host)
    except ValueError:  # a name; what is behind it is seen when it is called
        return False


def public(address: str) -> bool:
    """Whether an address is one of the open internet. Raises ``ValueError`` where it is none at all."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    inner = (found.ipv4_mapped or found.sixtofour or _translated(found)) if isinstance(found, IPv6Address) else None
    if inner is not None:
        return public(str(inner))
    shared = found.version == 4 and found in SHARED
    return found.is_global and not (shared or found.is_multicast or found.is_reserved or found.is_unspecified)


def _translated(found: IPv6Address) -> IPv4Address | None:
    """The address inside of one of the translation prefix 64:ff9b::/96 (RFC 6052)."""
    return IPv4Address(int(found) & 0xFFFFFFFF) if found in ip_network("64:ff9b::/96") else None
