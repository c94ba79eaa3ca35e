"""A session as calendars read it (RFC 5545, 5546): one event, at a wall time with its zone, no repetition."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Event, Timezone, vCalAddress, vText
from icalendar.parser import Contentline, Parameters

from mentoring.messages.contracts import Post
from mentoring.pairings.models import PairSession
from mentoring.people.recipients import Recipient
from mentoring.settings import Settings

FRAME = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//mentoring//sessions//\r\nMETHOD:%s\r\n"
END = b"END:VEVENT\r\n"


@lru_cache(maxsize=1024)
def _zone(name: str, year: int) -> bytes:
    """The rules of a zone around one year; written once, because writing them costs more than the rest of the mail."""
    if name == "UTC":
        return b""
    rules = Timezone.from_tzid(name, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    written: bytes = rules.to_ical()
    return written


class Appointment(NamedTuple):
    """All that a calendar is told of a session."""

    uid: str
    sequence: int
    written_at: datetime
    local_start: datetime
    zone: str
    minutes: int
    url: str
    organizer: tuple[str, str]
    attendees: tuple[tuple[str, str], ...]
    """Names and addresses."""
    cancelled: bool


def uid_of(session: PairSession, settings: Settings) -> str:
    """The same in every mail and feed, so that calendars know what they have."""
    return f"session-{session.id}@{settings.mail_from.rpartition('@')[2]}"


def invitation(
    session: PairSession, title: str, both: tuple[Recipient, Recipient], post: Post, *, cancelled: bool
) -> bytes:
    """The request that puts a session into both calendars; the same id and a higher sequence move it later.

    ``cancelled``: what takes it out again.
    """
    settings = post.settings
    event = _written(
        Appointment(
            uid=uid_of(session, settings),
            sequence=session.sequence,
            written_at=post.now.replace(microsecond=0),
            local_start=session.local_start,
            zone=session.time_zone,
            minutes=session.minutes,
            url=post.url(f"/pairings/{session.pairing_id}"),
            organizer=(settings.organisation, settings.mail_from),
            attendees=tuple(sorted((one.name, one.email) for one in both)),
            cancelled=cancelled,
        )
    )
    summary: bytes = Contentline.from_parts("SUMMARY", Parameters(), vText(title)).to_ical()
    zone = _zone(session.time_zone, session.local_start.year)
    frame = FRAME % (b"CANCEL" if cancelled else b"REQUEST")
    return frame + zone + event.replace(END, summary + b"\r\n" + END) + b"END:VCALENDAR\r\n"


@lru_cache(maxsize=128)
def _written(appointment: Appointment) -> bytes:
    """The same for both, but for the title, which each reads in the own language."""
    start = appointment.local_start.replace(tzinfo=ZoneInfo(appointment.zone))
    event = Event()
    event.add("uid", appointment.uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.written_at)
    event.add("dtstart", start)
    _add_end(event, start, appointment.minutes)
    event.add("status", "CANCELLED" if appointment.cancelled else "CONFIRMED")
    event.add("url", appointment.url)
    event.add("organizer", _somebody(appointment.organizer), encode=False)
    asked = {} if appointment.cancelled else {"PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
    for person in appointment.attendees:
        event.add("attendee", _somebody(person, {"ROLE": "REQ-PARTICIPANT", **asked}), encode=False)
    written: bytes = event.to_ical()
    return written


def _add_end(event: Event, start: datetime, minutes: int) -> None:
    """Minutes later for those who meet, whatever the clocks on the wall do in between.

    An end in the second of two hours that clocks show twice would be read as the first, so its length is told instead.
    """
    length = timedelta(minutes=minutes)
    end = (start.astimezone(UTC) + length).astimezone(start.tzinfo)
    if end.fold:
        event.add("duration", length)
    else:
        event.add("dtend", end)


def _somebody(person: tuple[str, str], asked: Mapping[str, str] = MappingProxyType({})) -> vCalAddress:
    name, email = person
    address = vCalAddress(f"mailto:{email}")
    address.params.update({key: vText(value) for key, value in {"CN": name, **asked}.items()})
    return address
