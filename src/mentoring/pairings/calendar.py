"""A session as calendars read it (RFC 5545, 5546): one event, at a wall time with its zone, no repetition."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Event, Timezone, vCalAddress, vText

from mentoring.messages.contracts import Post
from mentoring.pairings.models import PairSession
from mentoring.people.recipients import Recipient

FRAME = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//mentoring//sessions//\r\nMETHOD:REQUEST\r\n"


@lru_cache(maxsize=1024)
def _zone(name: str, year: int) -> bytes:
    """The rules of a zone around one year; written once, because writing them costs more than the rest of the mail."""
    if name == "UTC":
        return b""
    rules = Timezone.from_tzid(name, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    written: bytes = rules.to_ical()
    return written


def invitation(session: PairSession, title: str, both: tuple[Recipient, Recipient], post: Post) -> bytes:
    """The request that puts a session into both calendars. The same id and a higher sequence move it later."""
    start = session.local_start.replace(tzinfo=ZoneInfo(session.time_zone))
    event = Event()
    event.add("uid", f"session-{session.id}@{_domain(post)}")
    event.add("sequence", session.sequence)
    event.add("dtstamp", post.now.replace(microsecond=0))
    event.add("dtstart", start)
    event.add("dtend", _end(start, session.minutes))
    event.add("summary", title)
    event.add("status", "CONFIRMED")
    event.add("url", post.url(f"/pairings/{session.pairing_id}"))
    event.add("organizer", _organizer(post), encode=False)
    for person in sorted(both, key=lambda one: one.email):
        event.add("attendee", _attendee(person), encode=False)
    zone = _zone(session.time_zone, session.local_start.year)
    written: bytes = event.to_ical()
    return FRAME + zone + written + b"END:VCALENDAR\r\n"


def _end(start: datetime, minutes: int) -> datetime:
    """Minutes later for those who meet, whatever the clocks on the wall do in between."""
    utc = ZoneInfo("UTC")
    return (start.astimezone(utc) + timedelta(minutes=minutes)).astimezone(start.tzinfo)


def _domain(post: Post) -> str:
    return post.settings.mail_from.rpartition("@")[2]


def _organizer(post: Post) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{post.settings.mail_from}")
    organizer.params["CN"] = vText(post.settings.organisation)
    return organizer


def _attendee(person: Recipient) -> vCalAddress:
    attendee = vCalAddress(f"mailto:{person.email}")
    attendee.params.update(
        {
            "CN": vText(person.name),
            "ROLE": vText("REQ-PARTICIPANT"),
            "PARTSTAT": vText("NEEDS-ACTION"),
            "RSVP": vText("TRUE"),
        }
    )
    return attendee
