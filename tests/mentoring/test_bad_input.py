"""Every form of every page, filled in as nobody should: words come back, nothing typed is lost, nothing breaks."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import parse_qs, unquote_plus

import pytest
from httpx import Response
from markupsafe import escape

from mentoring.i18n import Words
from tests.mentoring.routes import ALL, ROUTES, Door, reader_of
from tests.mentoring.world import ANONYMOUS, COORDINATOR

TEXT = ("text", "search", "email", "url", "textarea", "password")
NOT_SHOWN_AGAIN = ("password",)
BAD: dict[str, Callable[[str], str]] = {
    "over-long": lambda mark: f"{mark} " + "x" * 20_000,
    "in other letters": lambda mark: f"{mark} Ж张أ🦊 ‮",
    "turned round": lambda mark: f"{mark} \u202egnirts\u202c \u2066x\u2069",
    "with a NUL": lambda mark: f"{mark} be\x00fore\x1b[2J",
}
LOOK_AGAIN = re.compile(str(escape(Words("en").text("error.FormUnreadable", field="FIELD"))).replace("FIELD", "(.*?)"))
"""What a page says of a field that holds what it cannot hold."""
FORGED = ["Ж\u202e"]
"""In numbers, days, choices, and what the page itself put there: whoever sends that is answered, and no more."""
FORMS = [route for route in ROUTES if route.startswith("POST /") and not route.startswith("POST /api/")]
PAGES = [route for route in ROUTES if re.match(r"GET /(?!api|static|schema|feeds|health|metrics)", route)]


class Form:
    """A form as a page offers it."""

    def __init__(self, action: str, known: dict[str, str]) -> None:
        self.action = known.get("action") or action
        self.posts = known.get("method") == "post"
        self.takes_files = known.get("enctype", "").startswith("multipart")
        self.values: dict[str, list[str]] = {}
        self.kinds: dict[str, str] = {}

    def read(self, tag: str, known: dict[str, str]) -> None:
        """Take one of its fields in, with what stands in it or could be chosen."""
        name, kind = known.get("name", ""), known.get("type", "text") if tag == "input" else tag
        if not name or (kind in ("radio", "button") and name in self.values):
            return
        self.kinds[name] = kind
        self.values.setdefault(name, []).append(known.get("value", ""))


class Forms(HTMLParser):
    """All forms of a page, those with fields outside of them (``form=``) left aside: there are none."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._address = str(answer.request.url.raw_path, "ascii")
        self._open: Form | None = None
        self._select = ""
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(self._address, known)
            self.found.append(self._open)
        elif self._open and tag in ("input", "textarea", "button"):
            self._open.read(tag, known)
        elif self._open and tag == "select":
            self._select = known.get("name", "")
        elif self._open and tag == "option" and self._select not in self._open.values:
            self._open.read("select", {"name": self._select, "value": known.get("value", "")})

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None


@pytest.mark.parametrize("route", PAGES)
async def test_no_form_of_a_page_breaks_or_loses_what_was_typed(door: Door, route: str) -> None:
    role = reader_of(route)
    page = await door.knock(route, role)
    lost = []
    for form in [one for one in Forms(page).found if one.posts and not one.takes_files]:
        texts = [name for name, kind in form.kinds.items() if kind in TEXT]
        for kind, bad in BAD.items() if texts else ():
            typed = {name: [bad(f"typed into {name}")] if name in texts else form.values[name] for name in form.values}
            lost += _wrong(form, kind, texts, await _sent(door, role, form, typed))
        forged = await _sent(door, role, form, dict.fromkeys(form.values, FORGED))
        lost += [f"{form.action}, forged: {forged.status_code}"] * (forged.status_code >= 500)

    assert lost == []


async def _sent(door: Door, role: str, form: Form, typed: dict[str, list[str]]) -> Response:
    door.client.cookies.clear()
    answer = await door.client.post(form.action, data=typed, headers=door.world.keys[role])
    door.put_back()
    return answer


def _wrong(form: Form, kind: str, texts: list[str], answer: Response) -> list[str]:
    """What is wrong: broken, without words, what was typed is gone, a field is called what the page never calls it."""
    said = f"{form.action}, {kind}: {answer.status_code}"
    if answer.status_code < 400:
        return []
    shown = [name for name in texts if form.kinds[name] not in NOT_SHOWN_AGAIN]
    missing = [name for name in shown if f"typed into {name}" not in answer.text]
    wordless = answer.status_code >= 500 or not re.search(r'role="alert"|class="lead"', answer.text)
    unknown = [field for field in LOOK_AGAIN.findall(answer.text) if answer.text.count(field) < 2]
    faults = {f"lost {missing}": missing, "without words": wordless, f"calls a field {unknown}": unknown}
    return [f"{said}, {fault}" for fault, true in faults.items() if true]


@pytest.mark.parametrize("route", FORMS)
async def test_a_form_that_is_sent_twice_or_to_what_is_there_no_more_is_answered_in_words(
    door: Door, route: str
) -> None:
    role = COORDINATOR if COORDINATOR in ROUTES[route].who else next(iter(sorted(ROUTES[route].who)))

    answers = [await door.knock(route, role) for _ in range(2)]
    door.put_back()

    assert [answer.status_code for answer in answers if answer.status_code >= 500] == []
    assert all(answer.status_code < 400 or 'lang="' in answer.text for answer in answers)


@pytest.mark.parametrize("route", [route for route in FORMS if ROUTES[route].who != ALL and ROUTES[route].data])
async def test_a_form_whose_session_ended_in_between_keeps_every_field(door: Door, route: str) -> None:
    answer = await door.knock(route, ANONYMOUS)
    sent = {name: str(value) for name, value in (ROUTES[route].data or {}).items()}
    held = re.search(r'name="typed" value="([^"]*)"', answer.text)

    assert answer.status_code == 401
    assert held is not None
    assert set(parse_qs(held[1].replace("&amp;", "&"), keep_blank_values=True)) == set(sent), unquote_plus(held[1])
