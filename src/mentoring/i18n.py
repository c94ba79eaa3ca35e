"""Every word that people read: looked up by key in the catalogues ``locale/<language>.po``.

A key that a language lacks is read in English; a key that English lacks too is a mistake and raises.
"""

import gettext
import io
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, get_timezone_location
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from mentoring.collation import Place, place_of

CATALOGUES = Path(__file__).parent / "locale"
LANGUAGES = ("en", "fr", "es", "ar", "ru", "zh")
"""The six in which the product speaks once their catalogues are there; ``offered`` says which are."""

REGIONS = {"en": "en_001"}
"""Whose dates and numbers a language takes, where its own would be one country's: English is the world's here."""

MOMENT = "EEEE d MMMM y, HH:mm"
MOMENTS = {
    "es": "EEEE d 'de' MMMM 'de' y, HH:mm",
    "ru": "EEEE, d MMMM y 'г'., HH:mm",
    "ar": "EEEE، d MMMM y، HH:mm",
    "zh": "y年M月d日EEEE HH:mm",
}
"""How a day and its hour are written, and where a language does so in another order or with other marks."""


class KeyUnknown(LookupError):
    """A text was asked for that no catalogue has."""


@lru_cache
def offered() -> tuple[str, ...]:
    """The languages that have a catalogue."""
    return tuple(language for language in LANGUAGES if (CATALOGUES / f"{language}.po").exists())


@lru_cache
def _catalogue(language: str) -> gettext.GNUTranslations:
    with (CATALOGUES / f"{language}.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@lru_cache(maxsize=4096)
def _text(language: str, key: str) -> str:
    """Looked up once: a mail has a dozen of them, and they are the same in the next."""
    for tongue in (language, "en"):
        found = _catalogue(tongue).gettext(key)
        if found != key:
            return found
    raise KeyUnknown(key)


@lru_cache(maxsize=4096)
def _markup(language: str, key: str) -> Markup:
    return Markup(escape(_text(language, key)))  # noqa: S704  # escaped in the line itself


@lru_cache(maxsize=4096)
def _unfilled(language: str, key: str) -> Markup:
    """A text of the catalogue that has nothing to be filled in; a page has hundreds."""
    return _markup(language, key).format()


@lru_cache(maxsize=16_384)
def _exact(value: float, digits: int, language: str) -> str:
    """Written once: a round's page has a thousand of them, and they are the same when it is looked at again."""
    return str(format_decimal(value, format=f"#,##0.{'0' * digits}", locale=_locale(language)))


@lru_cache(maxsize=4096)
def _counted(value: float, language: str) -> str:
    return str(format_decimal(value, locale=_locale(language)))


@lru_cache(maxsize=4096)
def _language_name(language: str, code: str) -> str:
    return str(_locale(language).languages.get(code.replace("-", "_"), code))


def _locale(language: str) -> Locale:
    return Locale.parse(REGIONS.get(language, language))


def best_language(wanted: str | None, otherwise: str = "en") -> str:
    """The first offered language of an ``Accept-Language`` header or of a plain code; else ``otherwise``."""
    weighted = []
    for place, part in enumerate((wanted or "").split(",")[:20]):
        code, _, quality = part.strip().partition(";q=")
        try:
            weighted.append((-float(quality or 1), place, code.partition("-")[0].lower()))
        except ValueError:
            continue
    return next((code for _, _, code in sorted(weighted) if code in offered()), otherwise)


def own_name(language: str) -> str:
    """What a language calls itself, for the list in which people look for theirs."""
    name = Locale.parse(language).get_display_name() or language
    return name[:1].upper() + name[1:]


class Words:
    """The words, dates and numbers of one reader: their language and their zone."""

    def __init__(self, language: str, zone: str = "UTC") -> None:
        self.language = language if language in offered() else "en"
        self.zone = ZoneInfo(zone or "UTC")
        self.locale = _locale(self.language)

    @property
    def direction(self) -> str:
        return str(self.locale.text_direction)

    def text(self, key: str, **details: object) -> str:
        """The text behind ``key`` with its placeholders filled."""
        return self._raw(key).format(**details) if details else self._raw(key)

    def html(self, key: str, **details: object) -> Markup:
        """As ``text``, for pages: what is filled in is escaped, the catalogue's own words are plain text too."""
        return _markup(self.language, key).format(**details) if details else _unfilled(self.language, key)

    def plural(self, key: str, number: int, **details: object) -> str:
        """The form of ``key`` that ``number`` takes in this language, with ``{number}`` filled."""
        for language in (self.language, "en"):
            found = _catalogue(language).ngettext(key, "", number)
            if found not in (key, ""):
                return found.format(number=self.number(number), **details)
        raise KeyUnknown(key)

    def has(self, key: str) -> bool:
        return _catalogue("en").gettext(key) != key

    def _raw(self, key: str) -> str:
        return _text(self.language, key)

    def listed(self, things: Iterable[object]) -> str:
        """Several things in one breath: a, b and c."""
        return str(format_list([str(one) for one in things], locale=self.locale))

    def place(self, name: str) -> Place:
        """Where a name stands in a list, as readers of this language look for it."""
        return place_of(name, self.language)

    def named(self, codes: Iterable[str], name: Callable[[str], str]) -> list[tuple[str, str]]:
        """Codes with what the reader calls them, in the order of the names, to choose from."""
        return sorted(((code, name(code)) for code in codes), key=lambda one: self.place(one[1]))

    def number(self, value: float, digits: int = 0) -> str:
        return _counted(round(value, digits) + 0, self.language)  # nothing has no sign

    def exact(self, value: float, digits: int) -> str:
        """A number with all its digits, so that a column of them can be compared and added up."""
        return _exact(value + 0, digits, self.language)

    def share(self, value: float) -> str:
        return str(format_percent(value, locale=self.locale))

    def share_to(self, value: float, digits: int) -> str:
        """A share with the digits that tell a little from nothing."""
        return str(format_percent(round(value, digits + 2), locale=self.locale, decimal_quantization=False))

    def day(self, value: date) -> str:
        return str(format_date(value, format="full", locale=self.locale))

    def moment(self, value: datetime) -> str:
        """A moment on the reader's own wall clock, with the zone's name."""
        pattern = MOMENTS.get(self.language, MOMENT)
        local = format_datetime(value.astimezone(self.zone), format=pattern, locale=self.locale)
        return f"{local} ({self.zone.key})"

    def wall_clock(self, minutes: int) -> str:
        """What a clock shows so many minutes after midnight."""
        return str(format_time(time(minutes // 60 % 24, minutes % 60), "HH:mm", locale=self.locale))

    def city(self, zone: str) -> str:
        """The place by which people know a time zone."""
        return str(get_timezone_location(ZoneInfo(zone), locale=self.locale, return_city=True))

    def language_name(self, code: str) -> str:
        """What the reader calls a language; its code where nobody has a name for it."""
        return _language_name(self.language, code)

    def country_name(self, code: str) -> str:
        return str(self.locale.territories.get(code, code))

    def weekday(self, day: int) -> str:
        """The name of a weekday, Monday being 0, as it stands alone."""
        return str(self.locale.days["stand-alone"]["wide"][day])
