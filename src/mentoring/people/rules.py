"""Accounts and the keys that let people in: constants, causes of errors, pure decisions."""

import enum
import re
import string
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from mentoring.collation import BARE
from mentoring.errors import Conflict, Invalid, NotAllowed, NotFound

IDLE_LIMIT = timedelta(minutes=30)
"""A coordinator's screen left open is closed after this; see ``PARTICIPANT_IDLE_LIMIT``."""
ABSOLUTE_LIMIT = timedelta(hours=8)
"""However busy, one signs in again after a working day."""
LINK_LASTS = {
    "invitation": timedelta(hours=72),
    "reset": timedelta(minutes=30),
    "sign_in": timedelta(hours=72),
}
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
MOST_TRIES = 5
"""Wrong passwords for one account within ``TRY_WINDOW``; a right one is refused too until it has passed."""
MOST_TRIES_BY_ADDRESS = 50
TRY_WINDOW = timedelta(minutes=15)
TOKEN_LASTS = timedelta(days=365)

OFFICE_OPENS, OFFICE_CLOSES = time(9), time(17)
"""Unless an administrator chose others. Wall time of the person's own place, between which reminders come."""
MOST_A_WEEK = 2
"""Questions and reminders that one person gets in one week of their own place, Monday to Sunday; the rest is merged
and goes out with the first of the next."""
WEEK = timedelta(days=7)

SEARCHED = ("given_name", "family_name", "email", "staff_no", "job_title", "unit")
"""By which somebody is found."""
LONGEST_KNOWN_BY = 250
"""Characters: with two names of 100 they are what an entry of PostgreSQL's index can hold, however they are written."""
WORD = re.compile(r"[^\W_]+")
TYPED = str.maketrans(BARE)
DOMAIN = re.compile(r"@\S*")
"""Of an address only what stands before it tells people apart."""

LOCAL_CHARACTERS = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~.")
LABEL_CHARACTERS = frozenset(string.ascii_letters + string.digits + "-")
LONGEST_LOCAL, LONGEST_LABEL, LONGEST_ADDRESS = 64, 63, 254


NOBODY = "—"
"""Stands where the name of somebody stood who had themselves forgotten."""
ERASED = "@erased.invalid"
"""Where their addresses end: the name of no host, for ever (RFC 2606)."""


class MailHours(NamedTuple):
    """When reminders come, and how many a week at most."""

    opens: time = OFFICE_OPENS
    closes: time = OFFICE_CLOSES
    a_week: int = MOST_A_WEEK


MAIL_HOURS = MailHours()


class LinkPurpose(enum.StrEnum):
    INVITATION = "invitation"
    RESET = "reset"
    SIGN_IN = "sign_in"


class WrongCredentials(NotAllowed):
    """The address or the password is wrong; which of the two is not said."""

    http_status = 401


class TooManyTries(NotAllowed):
    """Too many tries; come back after ``minutes``."""

    http_status = 429


class LinkNotUsable(Conflict):
    """The link was used, has expired or never was."""

    http_status = 410


class PasswordTooShort(Invalid):
    """Under ``least`` characters."""


class PasswordTooLong(Invalid):
    """Over ``most`` characters."""


class PasswordTooCommon(Invalid):
    """One of those that are tried first."""


class PersonNotFound(NotFound):
    """Nobody of that id, staff number or address."""


class LastAdministrator(Conflict):
    """Nobody else administers the service; let somebody else do so first."""


class AddressTaken(Conflict):
    """Another person has this address."""


class AddressNotPlausible(Invalid):
    """``email`` is no address that a mail server takes."""


class NameMissing(Invalid):
    """A name of blanks alone."""


class LanguageNotOffered(Invalid):
    """``language`` is none of those ``offered``."""


class ScopeUnknown(Invalid):
    """``scope`` is none of ``known``."""


@lru_cache(maxsize=1024)
def _days_off(country: str, year: int) -> frozenset[date] | None:
    """None where we know no public holidays of the country."""
    if country not in holidays.list_supported_countries(include_aliases=True):
        return None
    calendar = holidays.country_holidays(country, years=year)
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    return frozenset(day for day in map(date.fromordinal, range(first, last + 1)) if not calendar.is_working_day(day))


def working(day: datetime, country: str) -> bool:
    """Whether ``day`` is a working day in ``country``: neither its weekend nor a public holiday there."""
    off = _days_off(country, day.year)
    return day.weekday() < 5 if off is None else day.date() not in off


def after_working_days(moment: datetime, days: int, country: str, zone: str) -> datetime:
    """The same wall time, ``days`` working days of the person's own place later, as a moment in UTC."""
    local = moment.astimezone(ZoneInfo(zone))
    while days > 0:
        local += timedelta(days=1)  # wall time: zoneinfo keeps the hour across a change of offset
        days -= working(local, country)
    return local.astimezone(UTC)


def at_wall_time(day: datetime, clock: time, zone: str) -> datetime:
    """The moment at which a clock on the wall in ``zone`` shows ``clock`` on that day (RFC 5545 3.3.5)."""
    return datetime.combine(day.date(), clock, ZoneInfo(zone)).astimezone(UTC)


def in_office_hours(moment: datetime, country: str, zone: str, hours: MailHours = MAIL_HOURS) -> datetime:
    """``moment``, or the next one that falls into office hours of a working day of that place."""
    local = moment.astimezone(ZoneInfo(zone))
    if working(local, country) and hours.opens <= local.time() < hours.closes:
        return moment
    day = local if local.time() < hours.opens else local + timedelta(days=1)
    while not working(day, country):
        day += timedelta(days=1)
    return at_wall_time(day, hours.opens, zone)


def good_moment(
    now: datetime,
    country: str,
    zone: str,
    got: Sequence[datetime],
    any_hour: bool = False,
    hours: MailHours = MAIL_HOURS,
) -> datetime:
    """When somebody may be written to, who ``got`` messages at those moments already: ``now``, or later.

    ``any_hour``: its hour was agreed, so that it need not be office hours, unless it has to wait anyway.
    """
    monday = _monday(now, zone)
    if sum(monday <= at for at in got) < hours.a_week:
        return now if any_hour else in_office_hours(now, country, zone, hours)
    return in_office_hours(_monday(now, zone, weeks=1), country, zone, hours)


def _monday(moment: datetime, zone: str, weeks: int = 0) -> datetime:
    """When the week of ``moment`` began on a wall clock of that place, or one that many weeks later."""
    local = moment.astimezone(ZoneInfo(zone))
    return at_wall_time(local + timedelta(days=7 * weeks - local.weekday()), time(0), zone)


def plausible_address(value: str) -> bool:
    """An address that any mail server takes: no comments, quotes, scripts or bare hosts."""
    local, _, domain = value.rpartition("@")
    return (
        len(value) <= LONGEST_ADDRESS
        and 0 < len(local) <= LONGEST_LOCAL
        and LOCAL_CHARACTERS.issuperset(local)
        and all(local.split("."))
        and _is_domain(domain)
    )


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) >= 2 and all(map(_is_label, labels)) and not labels[-1].isdigit()


def _is_label(label: str) -> bool:
    return (
        0 < len(label) <= LONGEST_LABEL and LABEL_CHARACTERS.issuperset(label) and label[0] != "-" and label[-1] != "-"
    )


def local_path(path: str) -> str:
    """``path`` where it stays on this service, else the front page: no link of ours leads a person elsewhere."""
    plain = path.startswith("/") and path[1:2] not in ("/", "\\") and not set(path) & set("\\@\r\n\t ")
    return path if plain and path.isprintable() else "/"


@lru_cache(maxsize=20_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as they are looked for: no capitals, accents or signs. ``José O'Neill``: jose, o, neill."""
    plain = DOMAIN.sub(" ", text).casefold()
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain.translate(TYPED))
        plain = "".join(one for one in apart if not unicodedata.combining(one))
    return tuple(WORD.findall(plain))


def known_by(values: Mapping[str, object]) -> str:
    """All words by which a person is found, a blank before each, so that `` kar`` finds who has one that begins so.

    Where names are written without capitals, both together are a word too: so they are typed in Chinese and Korean.
    """
    texts = [str(values.get(name) or "") for name in SEARCHED]
    given, family = texts[:2]
    together = [] if family.casefold() != family.upper() else [f"{family}{given}"]
    words = dict.fromkeys(word for text in (*texts, *together) for word in words_of(text))
    return "".join(f" {word}" for word in words)[:LONGEST_KNOWN_BY]
