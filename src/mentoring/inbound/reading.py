"""Mails as they come in: what of them is an answer to an invitation (RFC 5546), what a bounce (RFC 3464).

Nothing that is in them is believed: whom it is about is looked up among what we sent.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_bytes, message_from_string
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from uuid import UUID

from icalendar import Calendar, Event
from msgspec import Struct

from mentoring.inbound.rules import LARGEST_MAIL, Answer, MailUnreadable

_OURS = re.compile(r"session-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")
ANSWERS = {"ACCEPTED": Answer.ACCEPTED, "DECLINED": Answer.DECLINED, "TENTATIVE": Answer.TENTATIVE}


class Reply(Struct, frozen=True):
    """An answer to an invitation: who says so, to which revision, and when they wrote it."""

    session_id: UUID
    sequence: int
    address: str
    answer: Answer
    proposed_at: datetime | None
    stamped_at: datetime


class Bounce(Struct, frozen=True):
    """A mail that came back for good: to which address, which of ours it was, and why."""

    address: str
    message_id: str
    why: str


def read_mail(content: bytes) -> Reply | Bounce | None:
    """Say what a mail is; None where it is nothing of ours. Raises ``MailUnreadable``."""
    if not content.strip() or len(content) > LARGEST_MAIL:
        raise MailUnreadable(most=LARGEST_MAIL)
    mail = message_from_bytes(content, EmailMessage, policy=default)
    try:
        return _bounce(mail) or _reply(mail)
    except (ValueError, KeyError, IndexError, LookupError, AttributeError, TypeError):
        return None  # whatever mail programs write: what cannot be read is no answer


def _parts(mail: EmailMessage, kind: str) -> Iterator[EmailMessage]:
    return (part for part in mail.walk() if part.get_content_type() == kind and isinstance(part, EmailMessage))


def _reply(mail: EmailMessage) -> Reply | None:
    sender = parseaddr(str(mail.get("from", "")))[1].lower()
    for part in _parts(mail, "text/calendar"):
        calendar = Calendar.from_ical(part.get_content())
        method = str(calendar.get("METHOD", "")).upper()
        if method in ("REPLY", "COUNTER") and calendar.events:
            return _answer(calendar.events[0], sender, countered=method == "COUNTER")
    return None


def _answer(event: Event, sender: str, *, countered: bool) -> Reply | None:
    """The answer of whoever sent the mail: nobody answers for somebody else."""
    ours = _OURS.match(str(event["UID"]))
    listed = event.get("ATTENDEE", [])
    mine = [one for one in (listed if isinstance(listed, list) else [listed]) if _address(str(one)) == sender]
    if ours is None or not mine:
        return None
    said = Answer.COUNTERED if countered else ANSWERS.get(str(mine[0].params.get("PARTSTAT", "")).upper())
    if said is None:
        return None
    return Reply(
        session_id=UUID(ours[1]),
        sequence=int(event.get("SEQUENCE", 0)),
        address=sender,
        answer=said,
        proposed_at=_moment(event.DTSTART) if countered else None,
        stamped_at=_moment(event.DTSTAMP),
    )


def _address(value: str) -> str:
    return value.lower().removeprefix("mailto:").strip()


def _moment(value: date | None) -> datetime:
    """A day alone, or a time without a zone, is read as UTC: better than nothing, and a person decides anyway."""
    if value is None:
        raise ValueError("no moment")
    at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _bounce(mail: EmailMessage) -> Bounce | None:
    if mail.get_content_type() != "multipart/report" or mail.get_param("report-type") != "delivery-status":
        return None
    message_id = _message_id(mail)
    for status in _parts(mail, "message/delivery-status"):
        for fields in status.iter_parts() if status.is_multipart() else ():
            failed = str(fields.get("Action", "")).strip().lower() == "failed"
            code = str(fields.get("Status", "")).strip()
            if failed and code.startswith("5") and message_id:
                recipient = str(fields.get("Original-Recipient") or fields["Final-Recipient"])
                why = str(fields.get("Diagnostic-Code", code)).partition(";")[2].strip() or code
                return Bounce(_address(recipient.partition(";")[2]), message_id, " ".join(why.split())[:200])
    return None


def _message_id(mail: EmailMessage) -> str:
    """Of the mail that came back, whole or as its headers alone."""
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload()
            returned = inner[0] if isinstance(inner, list) and inner else None
            return str(returned.get("Message-ID", "")).strip() if isinstance(returned, EmailMessage) else ""
        if part.get_content_type() == "text/rfc822-headers":
            headers = message_from_string(str(part.get_payload()), EmailMessage, policy=default)
            return str(headers.get("Message-ID", "")).strip()
    return ""
