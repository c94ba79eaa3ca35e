"""The sign-up as a form: what a browser sends becomes a ``SignUp``, and a sign-up becomes what a form shows."""

import re
from collections.abc import Iterator

from mentoring.people.contracts import UNSEEN
from mentoring.programmes.contracts import DraftView, SignUp, SignUpView
from mentoring.programmes.rules import MOST_NEEDS, MOST_WISHES, Role
from mentoring.web.forms import FormUnreadable, command_of
from mentoring.web.typed import Typed, several, single

INVISIBLE = re.compile(f"[{UNSEEN}]")
"""Comes in with what is pasted from address books and chats, and is meant by nobody: taken out, not refused."""
TOOLS = (
    "Bluesky", "Canva", "ChatGPT", "Copilot", "Facebook", "Instagram", "LinkedIn", "Mastodon", "Miro", "Power BI",
    "SharePoint", "Teams", "TikTok", "Viva Engage", "WhatsApp Channels", "X", "YouTube",
)  # fmt: skip
"""To tick; any other can be typed."""
SPANS_A_DAY = 5
"""As many as a sign-up file may state; a page shows two, and more where somebody has more."""
SPANS_SHOWN = 2
LANGUAGES_SHOWN = 4
DAY = 24 * 60
SPOKEN = (
    "am", "ar", "bn", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko",
    "ms", "my", "nb", "ne", "nl", "pl", "ps", "pt", "ro", "ru", "si", "so", "sv", "sw", "ta", "th", "tr", "uk", "ur",
    "vi", "zh",
)  # fmt: skip
"""Languages to choose from: the six of the house and those spoken in most of its offices."""
CLOCK = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::00)?")


def sign_up_of(typed: Typed, role: Role) -> SignUp:
    """Read the form. Raises ``FormUnreadable``; whether it makes sense is for the use case to say."""
    typed = cleaned(typed)
    values: dict[str, object] = {
        "skills": list(_needs(typed) if role is Role.LEADER else _offers(typed)),
        "hours": list(hours_of(typed)),
        "tools": [*several(typed, "tool"), *_parts(single(typed, "tools"))],
        "capacity": single(typed, "capacity") or "1",
        "wishes": [wish for number in range(1, MOST_WISHES + 1) if (wish := single(typed, f"wish-{number}"))],
        "exclusions": _exclusions(typed),
        **{name: single(typed, name) or None for name in ("evidence", "wants_back", "version", "draft")},
    }
    return command_of(SignUp, values | ({"languages": spoken} if (spoken := _languages(typed)) else {}))


def cleaned(typed: Typed) -> Typed:
    """A form without the characters that nobody sees and nobody meant."""
    without = {name: [INVISIBLE.sub("", one) for one in several(typed, name)] for name in typed}
    return {name: values[0] if isinstance(typed[name], str) else values for name, values in without.items()}


def _needs(typed: Typed) -> Iterator[dict[str, str]]:
    for number in range(1, MOST_NEEDS + 1):
        if code := single(typed, f"skill-{number}"):
            yield {"code": code, "level": single(typed, f"level-{number}") or "0"}


def _offers(typed: Typed) -> Iterator[dict[str, str]]:
    for name in typed:
        if name.startswith("offer-") and (level := single(typed, name)):
            yield {"code": name.removeprefix("offer-"), "level": level}


def hours_of(typed: Typed) -> Iterator[tuple[int, int, int]]:
    """Half a span is one that ends as it begins, which the rules refuse with the weekday's name."""
    for day in range(7):
        for number in range(1, SPANS_A_DAY + 1):
            begin, end = (single(typed, f"{edge}-{day}-{number}") for edge in ("from", "to"))
            if begin or end:
                yield day, _minutes(begin or end), _minutes(end or begin) or (DAY if begin else 0)


def _minutes(clock: str) -> int:
    found = CLOCK.fullmatch(clock)
    if found is None:
        raise FormUnreadable(field=clock[:20])
    return int(found[1]) * 60 + int(found[2])


def _languages(typed: Typed) -> dict[str, str]:
    pairs = ((single(typed, f"language-{n}"), single(typed, f"fluency-{n}")) for n in range(1, 2 * LANGUAGES_SHOWN))
    return {code: fluency or "2" for code, fluency in pairs if code}


def _exclusions(typed: Typed) -> list[str] | None:
    """None leaves what was said before: it is never shown again, so it cannot be sent again either."""
    named = _parts(single(typed, "exclusions"))
    return named or ([] if several(typed, "exclusions-none") else None)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;،、\n]", text) if part.strip()]


def typed_of(view: SignUpView) -> Typed:
    """What the form shows of a sign-up that is there; its exclusions never leave the house again."""
    typed: Typed = {
        "tool": [tool for tool in view.tools if tool in TOOLS],
        "tools": ", ".join(tool for tool in view.tools if tool not in TOOLS),
        "capacity": str(view.capacity),
        "evidence": view.evidence or "",
        "wants_back": view.wants_back or "",
        "version": view.version,
    }
    for number, skill in enumerate(view.skills, start=1):
        typed |= {f"skill-{number}": skill.code, f"level-{number}": str(skill.level)}
        typed[f"offer-{skill.code}"] = str(skill.level)
    count = [0] * 7
    for day, begin, end in view.hours:
        count[day] += 1
        typed |= {f"from-{day}-{count[day]}": _clock(begin), f"to-{day}-{count[day]}": _clock(end)}
    for number, wish in enumerate(view.wishes, start=1):
        typed[f"wish-{number}"] = wish.staff_no or str(wish.id)
    return typed | typed_languages(view.languages)


def typed_languages(languages: dict[str, int]) -> Typed:
    """The best-known first."""
    typed: Typed = {}
    for number, code in enumerate(sorted(languages, key=lambda code: -languages[code]), start=1):
        typed |= {f"language-{number}": code, f"fluency-{number}": str(languages[code])}
    return typed


def draft_of(typed: Typed) -> dict[str, object]:
    """A form as it is kept before it is whole."""
    return {"typed": {name: typed[name] for name in typed if name != "draft"}, "since": single(typed, "draft") or None}


def continued(draft: DraftView, version: str) -> Typed:
    """The form as the draft has it, as a change of the sign-up as it is now."""
    return {**draft.typed, "version": version, "draft": draft.saved_at.isoformat()}


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def spans_of(typed: Typed) -> int:
    """How many spans a day the form must show."""
    used = (int(name.rpartition("-")[2]) for name in typed if re.fullmatch(r"from-[0-6]-[1-5]", name))
    return max(SPANS_SHOWN, *used, 0)
