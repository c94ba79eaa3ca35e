"""Single values of a file: tidied, read, or refused. Every check is linear in the length."""

import re
import unicodedata
from collections.abc import Iterator

from mentoring.directory.rules import FLUENCIES, MOST_LANGUAGES

FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters break mails and databases; overrides of direction show one text and are another."""

LINE_BREAKS = re.compile("[\t\n\v\f\r\u2028\u2029]")

EDGES = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, 0x1680, *range(0x2000, 0x2010), 0x2028, 0x2029]))
EDGES += "\u061c\u202f\u205f\u3000\ufeff"
"""Blanks of all kinds and marks of direction: what spreadsheets and copying leave round a value, seen by nobody."""

FORMULA_TEXT = re.compile(r'="([^"]*)"')
"""How spreadsheets are told in CSV to keep leading zeros: ``="00123"``."""


def tidied(raw: str) -> str:
    """Composed (NFC), on one line, without blanks at the ends."""
    if raw.isascii() and raw.isprintable():
        value = raw.strip()
    else:
        value = unicodedata.normalize("NFC", raw)
        if LINE_BREAKS.search(value):
            value = " ".join(value.split())
        value = value.strip(EDGES)
    if value.startswith('="') and (quoted := FORMULA_TEXT.fullmatch(value)):
        return quoted[1].strip()
    return value


def holds_forbidden(value: str) -> bool:
    """Characters that no name, post or address has."""
    return not (value.isascii() and value.isprintable()) and FORBIDDEN.search(value) is not None


def listed(value: str) -> list[str]:
    """The parts between upright lines; empty ones are nothing."""
    return [part for piece in value.split("|") if (part := piece.strip())]


def languages_of(value: str) -> dict[str, int] | None:
    """``"en:native|fr:basic"`` as fluency by code, or nothing when it does not read so."""
    pairs = list(_fluencies(value))
    languages = {code: FLUENCIES[fluency] for code, fluency in pairs if fluency in FLUENCIES and _is_code(code)}
    return languages if len(languages) == len(pairs) <= MOST_LANGUAGES else None


def _fluencies(value: str) -> Iterator[tuple[str, str]]:
    for part in listed(value):
        code, _, fluency = part.partition(":")
        yield code.strip().casefold(), fluency.strip().casefold()


def _is_code(code: str) -> bool:
    return len(code) in {2, 3} and code.isascii() and code.isalpha()
