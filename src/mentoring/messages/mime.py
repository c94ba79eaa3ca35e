"""A draft as the bytes that travel (RFC 5322, 2045, 2047): text, HTML and, where there is one, the calendar's part.

The standard library's message classes parse and fold every header anew and cost more than all the rest of sending
(see docs/decisions/0009-mails-as-bytes.md); a test reads what is made here back with them.
"""

import hashlib
import re
from base64 import b64encode, encodebytes
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from mentoring.errors import Invalid
from mentoring.messages.contracts import Claimed, Draft

ENCODED_WORD = 45
"""Bytes in one encoded word: 60 characters of base64, within the 75 that RFC 2047 allows with its frame."""
CONTINUES = 0x80
"""The two upper bits of a byte that continues a character of UTF-8: no word is cut before one."""
_CONTROL, _NOT_IN_ADDRESS = re.compile(r"[\x00-\x1f\x7f]"), re.compile(r"[\x00-\x20\x7f<>]")
_METHOD = re.compile(rb"^METHOD:([A-Z]+)\r?$", re.MULTILINE)


class HeaderUnsafe(Invalid):
    """A line break or another control character where a header was to be written."""


def message_id(message: Claimed, sender: str) -> str:
    """The same for the same message however often it is tried, so that a server can drop a second one."""
    key = f"{message.kind}|{message.about}|{message.sequence}|{message.recipient_id}|email"
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{sender.rpartition('@')[2]}>"


def mail_bytes(draft: Draft, message: Claimed, sender: str, name: str, now: datetime, stop: str | None = None) -> bytes:
    """Write the whole mail. ``stop``: where its reader can stop what is like it, with one click."""
    identity = message_id(message, sender)
    boundary = f"=_{identity[1:33]}"
    heads = (
        f"From: {_words(name)} <{_address(sender)}>\r\n"
        f"To: <{_address(draft.to)}>\r\n"
        f"Subject: {_words(draft.subject)}\r\n"
        f"Date: {format_datetime(now)}\r\n"
        f"Message-ID: {identity}\r\n"
        "Auto-Submitted: auto-generated\r\n"
        f"{_stopping(stop)}"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    )
    parts = [_part("text/plain", _lines(draft.text)), _part("text/html", _lines(draft.html))]
    if draft.calendar is not None:
        parts.append(_part(f"text/calendar; method={_method(draft.calendar)}", draft.calendar))
    divider = f"--{boundary}\r\n".encode()
    return b"".join([heads.encode(), *(divider + part for part in parts), f"--{boundary}--\r\n".encode()])


def _stopping(stop: str | None) -> str:
    """What a mail program needs to stop it by a request of its own (RFC 8058)."""
    if stop is None:
        return ""
    return f"List-Unsubscribe: <{_address(stop)}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def _method(calendar: bytes) -> str:
    """What the calendar's part asks for, which its type must say too (RFC 6047 2.4)."""
    found = _METHOD.search(calendar)
    return found[1].decode() if found else "PUBLISH"


def _lines(text: str) -> bytes:
    """Lines end as they do in mails, whatever they are wrapped in."""
    return text.replace("\n", "\r\n").encode()


def _part(kind: str, content: bytes) -> bytes:
    head = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head.encode() + encodebytes(content).replace(b"\n", b"\r\n")


def _address(value: str) -> str:
    if _NOT_IN_ADDRESS.search(value):
        raise HeaderUnsafe()
    return value


@lru_cache(maxsize=1024)
def _words(value: str) -> str:
    """Text in a header: encoded words, cut between characters, one on each line."""
    if _CONTROL.search(value):
        raise HeaderUnsafe()
    words: list[bytes] = []
    coded, start = value.encode(), 0
    while start < len(coded) or not words:
        end = start + ENCODED_WORD
        while end < len(coded) and coded[end] & 0xC0 == CONTINUES:
            end -= 1
        words.append(coded[start:end])
        start = end
    return "\r\n ".join(f"=?utf-8?B?{b64encode(word).decode()}?=" for word in words)
