"""In which order readers of a language look for names; why not a library: docs/decisions/0016-order-of-names.md.

Letters count first, accents only between names that are otherwise alike, capitals last of all. The reader's own script
stands before the others. It is Unicode's root order (CLDR) for what names are made of, with what the six languages ask
for besides: the Spanish ñ after n, й after и, Arabic alefs alike whatever they carry, Chinese by sound (pinyin).
"""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

BARE = {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
"""Letters that Unicode does not take apart, as they are typed by who has no key for them."""
AFTER = "\U0010ffff"
"""Puts a letter after all words with the letter before it."""
LETTERS = BARE | {
    # of Azerbaijani and Turkish: letters of their own
    "ə": f"e{AFTER}", "ı": f"i{AFTER}",
    # of Arabic: alef wasla is an alef, a tatweel is nothing; Persian and Urdu letters stand beside those they came from
    "ٱ": "ا", "ـ": "", "پ": f"ب{AFTER}", "چ": f"ج{AFTER}", "ژ": f"ز{AFTER}", "ک": "ك", "گ": f"ك{AFTER}", "ی": "ي",
    # of Cyrillic: Unicode has the letters of Ukrainian after all others
    "ґ": f"г{AFTER}", "є": f"е{AFTER}", "і": f"и{AFTER}",
}  # fmt: skip
COMPOSED = {"й": f"и{AFTER}{AFTER}"}
"""Letters of their own, which Unicode takes apart into another and a mark."""
COMPOSED_IN = {"es": {"ñ": f"n{AFTER}"}}
SCRIPTS = {"ar": "ARABIC", "ru": "CYRILLIC", "zh": "CJK"}
"""How Unicode's names of the reader's own letters begin; all others write Latin ones."""
LATIN = "LATIN"
VOWELS_END = 10
"""Combining classes below are of marks that make a syllable, as in Hindi and Khmer; those from here on are accents."""
SOUNDED = range(0xB0A1, 0xD7FA)
"""Where GB 2312 has the 3,755 commonest characters, in the order of their sound."""


class Place(NamedTuple):
    """Where something stands among others; less is earlier."""

    letters: str
    marks: str
    text: str


@lru_cache(maxsize=16_384)
def place_of(text: str, language: str) -> Place:
    """The place of a name among others for a reader of ``language``; found once, as lists are looked at again."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    letters = "".join([_letter(one, language) for one in composed])
    return Place(letters, unicodedata.normalize("NFKD", composed), text.swapcase())


@lru_cache(maxsize=16_384)
def _letter(character: str, language: str) -> str:
    """What one character counts for: without its marks, each letter behind its rank."""
    known = COMPOSED_IN.get(language, {}).get(character) or COMPOSED.get(character)
    apart = known or "".join(LETTERS.get(one, one) for one in unicodedata.normalize("NFKD", character))
    kept = "".join(one for one in apart if one == AFTER or _counts(one))
    return "".join(one if one == AFTER else _rank(one, language) + _sounded(one, language) for one in kept)


def _counts(character: str) -> bool:
    """Neither an accent nor something that nobody sees."""
    return unicodedata.combining(character) < VOWELS_END and not unicodedata.category(character).startswith("C")


def _rank(character: str, language: str) -> str:
    """Spaces and signs, numbers, letters of one's own script, all others."""
    if not character.isalpha():
        return "1" if character.isdigit() else "0"
    own = unicodedata.name(character, "").startswith(SCRIPTS.get(language, LATIN))
    return "2" if own else "3"


def _sounded(character: str, language: str) -> str:
    """Chinese by its sound for who reads it; rarer characters, which no table here tells, after all others by shape."""
    if language != "zh" or not unicodedata.name(character, "").startswith(SCRIPTS["zh"]):
        return character
    code = int.from_bytes(character.encode("gb2312", "replace"))
    return f"\u4e00{code:04x}" if code in SOUNDED else f"\u4e01{character}"
