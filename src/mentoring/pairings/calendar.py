"""A session as calendars read it (RFC 5545, 5546): one event, at a wall time with its zone, no repetition."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vCalAddress, vText

from mentoring.messages.contracts import Post
from mentoring.pairings.models import PairSession
from mentoring.people.recipients import Recipient


@lru_cache(maxsize=1024)
def _zone(name: str, year: int) -> Timezone:
    """The rules of a zone around one year; made once, because making it costs more than the rest of the mail."""
    return Timezone.from_tzid(name, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))


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
    calendar = Calendar()
    calendar.add("prodid", "-//mentoring//sessions//")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    if session.time_zone != "UTC":
        calendar.add_component(_zone(session.time_zone, session.local_start.year))
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


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
