"""Which encoding a CSV file is in: one of a short list, or a refusal. Never a guess that garbles names."""

import codecs
import re

from mentoring.directory.table import EncodingUnclear, FileNotATable

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

STRETCH = 65_536
"""Bytes that are looked at in one go."""

HEADING = 64
"""Bytes of the column names, which tell UTF-16 without a mark: every second one is then 0."""

CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r")) + b"\x7f"
MOST_CONTROLS = 0.01
"""Share of control characters in text; compressed or binary content has some 10 %."""

OTHER_LANGUAGES = (b"<", b"{", b"[", b"%PDF")
"""A page, a picture made of text, JSON, a document: text, and no table."""

UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf][\x80-\xbf]|[\xf0-\xf4][\x80-\xbf][\x80-\xbf][\x80-\xbf]"
)
LONG_RUN = re.compile(rb"[\x80-\xff]{4,}")
"""No language of Windows-1252 has four accented letters in a row; Cyrillic or Arabic code pages do."""


def encoding_of(content: bytes) -> str:
    """Return the name of the codec that reads it. Raises ``FileNotATable``, ``EncodingUnclear``."""
    for mark, encoding in MARKS.items():
        if content.startswith(mark):
            return _unless_broken(content, encoding)
    if wide := _utf16_without_mark(content[:HEADING]):
        return _unless_broken(content, wide)
    beginning = content[:STRETCH]
    controls = len(beginning) - len(beginning.translate(None, CONTROLS))
    if controls > MOST_CONTROLS * len(beginning) or content.lstrip().startswith(OTHER_LANGUAGES):
        raise FileNotATable
    doubt = _first_doubt(content, "utf-8")
    return "utf-8" if doubt is None else _western(content, doubt)


def _unless_broken(content: bytes, encoding: str) -> str:
    doubt = _first_doubt(content, encoding)
    if doubt is None:
        return encoding
    if encoding == "utf-8-sig":
        raise EncodingUnclear(line=_line_of(content, doubt))
    raise FileNotATable


def _utf16_without_mark(heading: bytes) -> str | None:
    low, high = heading[::2], heading[1::2]
    if len(heading) < 4 or b"\n\n" in heading:
        return None
    if low.count(0) == 0 and high.count(0) >= 0.75 * len(high):
        return "utf-16-le"
    if high.count(0) == 0 and low.count(0) >= 0.75 * len(low):
        return "utf-16-be"
    return None


def _first_doubt(content: bytes, encoding: str) -> int | None:
    """Where it stops being of this encoding, or nothing. Keeps none of the text."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), STRETCH):
        try:
            decoder.decode(content[start : start + STRETCH], final=start + STRETCH >= len(content))
        except UnicodeDecodeError as broken:
            return start + broken.start
    return None


def _western(content: bytes, doubt: int) -> str:
    """Windows-1252, unless it is rather damaged UTF-8 or the code page of another script."""
    near = content[max(0, doubt - 8 * STRETCH) : doubt + 8 * STRETCH]
    accented = len(near) - len(near.translate(None, bytes(range(128, 256))))
    in_sequences = len(near) - len(UTF8_SEQUENCE.sub(b"", near))
    in_runs = len(near) - len(LONG_RUN.sub(b"", near))
    if 2 * max(in_sequences, in_runs) > accented or _first_doubt(content, "cp1252") is not None:
        raise EncodingUnclear(line=_line_of(content, doubt))
    return "cp1252"


def _line_of(content: bytes, position: int) -> int:
    return len(content[:position].splitlines()) or 1
