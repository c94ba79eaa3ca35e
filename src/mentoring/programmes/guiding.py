"""What a sign-up page says while it is filled in: how far one is, how many hours, what to look at again and where."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

from mentoring.errors import MentoringError
from mentoring.i18n import Words
from mentoring.programmes import rules
from mentoring.programmes.forms import hours_of, sign_up_of
from mentoring.programmes.rules import MOST_NEEDS, MOST_WISHES, Role
from mentoring.web.forms import FormUnreadable
from mentoring.web.typed import Typed, single

LABELS = {
    "skills": "page.sign_up.part.what",
    "hours": "page.sign_up.hours",
    "tools": "page.sign_up.tools.other",
    "languages": "page.sign_up.languages",
    "wishes": "page.sign_up.part.people",
    "exclusions": "page.sign_up.exclusions",
    "evidence": "page.sign_up.evidence",
    "wants_back": "page.sign_up.wants_back",
    "capacity": "page.sign_up.capacity",
}
"""What a page calls the parts of a ``SignUp``."""
PLACES = {
    "hours": "hours",
    "languages": "language-1",
    "wishes": "wish-1",
    "HoursMissing": "hours",
    "CapacityTooLarge": "capacity",
    "TooManyWishes": "wish-1",
    "OneselfNamed": "wish-1",
    "EvidenceNotALink": "evidence",
}
"""Where on the page a part of a ``SignUp`` begins, or a cause is mended."""


class Step(NamedTuple):
    """A part of the page; ``done`` is empty where it may stay as it is."""

    place: str
    done: bool | None


def steps_of(typed: Typed, role: Role) -> list[Step]:
    """The parts of the page in their order, and which of those that are needed are done."""
    skilled = any(single(typed, name) for name in typed if name.startswith(("skill-", "offer-")))
    timed, spoken = bool(week_of(typed)), bool(single(typed, "language-1"))
    more = ("tools", "people") if role is Role.LEADER else ("tools", "about", "people")
    needed = [Step("what", skilled), Step("when", timed), Step("languages", spoken)]
    return [*needed, *(Step(place, None) for place in more)]


def week_of(typed: Typed) -> float:
    """Hours a week that are typed; what cannot be read counts for nothing yet."""
    with suppress(FormUnreadable):
        return sum(max(0, end - begin) for _, begin, end in hours_of(typed)) / 60
    return 0.0


def links_in(typed: Typed) -> list[str]:
    """The web addresses that are given as evidence; none while one of them cannot be followed."""
    with suppress(rules.EvidenceNotALink):
        return rules.links_of(single(typed, "evidence"))
    return []


def faults_of(
    typed: Typed, role: Role, titles: Mapping[str, str], words: Words, cause: MentoringError
) -> dict[str, str]:
    """What to look at again: the place on the page, and the words. First what was refused, then all else like it."""
    found: dict[str, str] = {}
    for one in (cause, *_others(typed, role)):
        details = {**one.details, **dict(_named(one.details, titles, words))}
        found.setdefault(_place(typed, role, one), words.text(f"error.{one.code}", **details))
    return found


def _others(typed: Typed, role: Role) -> Iterator[MentoringError]:
    with suppress(FormUnreadable):
        given = sign_up_of(typed, role)
        skills = [(one.code, one.level) for one in given.skills]
        yield from rules.faults_of_sign_up(role, skills, given.hours, given.capacity, len(given.wishes))


def _named(details: Mapping[str, object], titles: Mapping[str, str], words: Words) -> Iterator[tuple[str, str]]:
    """Skills and fields as the page calls them, for nobody knows their codes."""
    if code := details.get("code"):
        yield "code", titles.get(str(code), str(code))
    if field := details.get("field"):
        key = LABELS.get(str(field), "page.sign_up.hours")  # a time that is none names itself
        yield "field", words.text(key)


def _place(typed: Typed, role: Role, cause: MentoringError) -> str:
    details = cause.details
    if code := details.get("code"):
        return _of_skill(typed, role, str(code))
    if "weekday" in details:
        return _of_day(typed, str(details["weekday"]))
    if who := details.get("who"):
        wishes = [f"wish-{number}" for number in range(1, MOST_WISHES + 1)]
        return next((name for name in wishes if single(typed, name) == who), "exclusions")
    field = str(details.get("field") or cause.code)
    if field in ("skills", "NeedsMissing", "TooManyNeeds"):
        return "skill-1" if role is Role.LEADER else "what"
    return PLACES.get(field, field if field in LABELS else "hours" if "field" in details else "sign-up")


def _of_skill(typed: Typed, role: Role, code: str) -> str:
    """Of a skill that is chosen twice, the second time."""
    chosen = [name for name in (f"skill-{n}" for n in range(1, MOST_NEEDS + 1)) if single(typed, name) == code]
    return chosen[-1] if role is Role.LEADER and chosen else f"offer-{code}"


def _of_day(typed: Typed, day: str) -> str:
    """The first time of that day that ends before it begins."""
    for name in typed:
        if name.startswith(f"from-{day}-"):
            number = name.rpartition("-")[2]
            span = {edge: single(typed, f"{edge}-{day}-{number}") for edge in ("from", "to")}
            if span["to"] <= span["from"]:
                return name
    return "hours"
