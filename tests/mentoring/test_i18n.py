"""Every word has a key, every key has its words in every language, and whoever fills a text knows its gaps."""

import ast
import string
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from gettext import c2py
from pathlib import Path
from typing import NamedTuple

import jinja2
import pytest
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from jinja2 import nodes as jinja

from mentoring.errors import Conflict, Invalid, MentoringError, NotAllowed, NotFound
from mentoring.i18n import CATALOGUES, LANGUAGES, KeyUnknown, Words, best_language, offered, own_name
from tests.architecture.sources import SERVICE, code, function_name, nodes, place, templates
from tests.mentoring.dynamic_keys import EXPANSIONS

SPEAKING = ("text", "plural", "html", "has")
"""Methods of ``Words`` whose first argument is a key."""
READING_A_FILE = "directory"
"""The slice whose causes get the name of the file where its reading ends, in ``read_table``."""
KINDS = {MentoringError, NotFound, NotAllowed, Conflict, Invalid}


class Used(NamedTuple):
    """Where the code speaks: whole keys, keys with gaps (``skill.{}``), and every text that might be a key."""

    keys: dict[str, str]
    patterns: dict[str, str]
    strings: set[str]


@cache
def catalogue(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


@cache
def messages(language: str) -> dict[str, Message]:
    return {key_of(message): message for message in catalogue(language) if message.id}


def key_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def all_gaps(message: Message) -> set[str]:
    return set().union(*(gaps(form) for form in forms(message)))


def arguments(value: ast.expr) -> Iterator[ast.expr]:
    """Both sides of a condition."""
    if isinstance(value, ast.IfExp):
        yield from (*arguments(value.body), *arguments(value.orelse))
    else:
        yield value


def pattern_of(text: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values)


def spoken_in(path: Path) -> Iterator[tuple[str, str]]:
    """Every key that a module hands to ``Words``, whole or with gaps; a name alone says nothing."""
    for call in nodes(path):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue  # the ``text`` of SQL is no method
        if call.func.attr not in SPEAKING or not call.args:
            continue
        for argument in arguments(call.args[0]):
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value, place(path, call)
            elif isinstance(argument, ast.JoinedStr):
                yield pattern_of(argument), place(path, call)


def built_in(path: Path, spaces: set[str]) -> Iterator[tuple[str, str]]:
    """Keys that a module puts together and keeps: texts with gaps that begin as keys do."""
    for text in nodes(path):
        if isinstance(text, ast.JoinedStr) and len(text.values) > 1 and (pattern := pattern_of(text)):
            space, dot, rest = pattern.partition(".")
            if dot and space in spaces and not set(rest) & set(" /:@("):
                yield pattern, place(path, text)


def spoken_on(path: Path) -> Iterator[tuple[str, str]]:
    """The same for a template."""
    for call in jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8")).find_all(jinja.Call):
        speaks = isinstance(call.node, jinja.Name) and call.node.name in ("_", "plural")
        if speaks and call.args:
            for key in built(call.args[0]):
                yield key, f"{path.name}:{call.lineno}"


def built(value: jinja.Node) -> Iterator[str]:
    if isinstance(value, jinja.CondExpr):
        yield from built(value.expr1)
        yield from built(value.expr2) if value.expr2 else ()
    elif isinstance(value, jinja.Const):
        yield str(value.value)
    elif isinstance(value, jinja.Concat):
        yield "".join(str(part.value) if isinstance(part, jinja.Const) else "{}" for part in value.nodes)


@cache
def used() -> Used:
    found: dict[str, str] = {}
    for path in code():
        if path != SERVICE / "i18n.py":
            found.update(spoken_in(path))
            found.update(built_in(path, {key.partition(".")[0] for key in messages("en")}))
    for path in templates():
        found.update(spoken_on(path))
    strings = {node.value for path in code() for node in nodes(path) if isinstance(node, ast.Constant)}
    for path in templates():
        parsed = jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
        strings |= {one.value for one in parsed.find_all(jinja.Const)}
    return Used(
        keys={key: where for key, where in found.items() if "{}" not in key},
        patterns={key: where for key, where in found.items() if "{}" in key},
        strings={one for one in strings if isinstance(one, str)},
    )


@cache
def expanded() -> dict[str, str]:
    """Every key that a pattern can become, with the pattern."""
    return {key: pattern for pattern, keys in EXPANSIONS.items() for key in keys}


@cache
def causes() -> tuple[str, ...]:
    """The names of all causes of a refusal, wherever they stand, as often as they stand there."""
    classes = [node for path in code() for node in nodes(path) if isinstance(node, ast.ClassDef)]
    known = {kind.__name__ for kind in KINDS}
    found: list[str] = []
    while more := [one for one in classes if one.name not in known and _bases(one) & known]:
        found += [one.name for one in more]
        known |= {one.name for one in more}
    return tuple(sorted(found))


def _bases(one: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).rpartition(".")[2] for base in one.bases}


def given_later(path: Path) -> set[str]:
    return {"file"} if path.parent.name == READING_A_FILE else set()


def test_there_is_something_to_look_at() -> None:
    assert len(messages("en")) > 200
    assert len(used().keys) > 80
    assert len(causes()) > 40


def test_english_and_french_are_offered() -> None:
    assert {"en", "fr"} <= set(offered()) <= set(LANGUAGES)


@pytest.mark.parametrize("language", offered())
def test_every_language_has_the_same_keys(language: str) -> None:
    missing = messages("en").keys() - messages(language).keys()
    surplus = messages(language).keys() - messages("en").keys()

    assert (sorted(missing), sorted(surplus)) == ([], [])


@pytest.mark.parametrize("language", offered())
def test_no_text_is_empty_or_marked_as_doubtful(language: str) -> None:
    empty = [key for key, one in messages(language).items() if not all(form.strip() for form in forms(one))]

    assert empty == []
    assert [key for key, one in messages(language).items() if one.fuzzy] == []


@pytest.mark.parametrize("language", offered())
def test_a_text_has_the_same_gaps_in_every_language(language: str) -> None:
    english = {key: all_gaps(message) for key, message in messages("en").items()}

    assert {key: all_gaps(message) for key, message in messages(language).items()} == english


@pytest.mark.parametrize("language", offered())
def test_a_counted_text_has_all_the_forms_of_its_language(language: str) -> None:
    counted = {key: forms(one) for key, one in messages(language).items() if isinstance(one.id, tuple)}

    assert {key for key in counted if not isinstance(messages("en")[key].id, tuple)} == set()
    assert {key: len(found) for key, found in counted.items() if len(found) != catalogue(language).num_plurals} == {}


@pytest.mark.parametrize("language", offered())
def test_a_form_that_stands_for_several_numbers_says_which(language: str) -> None:
    """English has a form for exactly one; in French the same form stands for nought as well."""
    silent = {key: form for key, form in shared_forms(language) if "number" not in gaps(form)}

    assert silent == {}


def shared_forms(language: str) -> Iterator[tuple[str, str]]:
    """Arabic has a form for exactly none, one for exactly one and one for exactly two."""
    form_of = c2py(catalogue(language).plural_expr)
    numbers = Counter(form_of(number) for number in range(200))
    for key, message in messages(language).items():
        if isinstance(message.id, tuple):
            for index, form in enumerate(forms(message)):
                if numbers[index] > 1:
                    yield key, form


def test_every_key_that_the_code_speaks_is_there() -> None:
    missing = {key: where for key, where in used().keys.items() if key not in messages("en")}

    assert missing == {}


def test_every_key_with_a_gap_says_here_what_fills_it() -> None:
    assert {key: where for key, where in used().patterns.items() if key not in EXPANSIONS} == {}


def test_every_key_that_a_gap_can_make_is_there() -> None:
    missing = {key: pattern for key, pattern in expanded().items() if key not in messages("en")}

    assert missing == {}


def test_no_key_is_kept_that_nobody_uses() -> None:
    errors = {f"error.{name}" for name in (*causes(), *(kind.__name__ for kind in KINDS))}

    unused = messages("en").keys() - used().strings - expanded().keys() - errors

    assert sorted(unused) == []


@pytest.mark.parametrize("language", offered())
def test_every_cause_of_a_refusal_has_its_words(language: str) -> None:
    assert [name for name in causes() if f"error.{name}" not in messages(language)] == []


def test_no_two_causes_share_a_name() -> None:
    """The name is the public code."""
    assert sorted(set(causes())) == list(causes())


def test_whoever_refuses_fills_every_gap_of_its_text() -> None:
    wanted = {name: all_gaps(messages("en")[f"error.{name}"]) for name in causes() if f"error.{name}" in messages("en")}
    made = [
        (path, call)
        for path in code()
        for call in nodes(path)
        if isinstance(call, ast.Call) and function_name(call) in wanted
    ]

    unfilled = {
        place(path, call): left
        for path, call in made
        if not any(keyword.arg is None for keyword in call.keywords)
        and (left := wanted[function_name(call)] - {str(keyword.arg) for keyword in call.keywords} - given_later(path))
    }

    assert len(made) > 60
    assert unfilled == {}


@pytest.mark.parametrize(
    "wanted, best",
    [
        (None, "en"),
        ("", "en"),
        ("fr", "fr"),
        ("fr-CH", "fr"),
        ("FR-ch, en;q=0.8", "fr"),
        ("en;q=0.2, fr;q=0.9", "fr"),
        ("xx, fr;q=0.3, en;q=0.2", "fr"),
        ("xx, yy", "en"),
        ("*", "en"),
        ("fr;q=often, en", "en"),
        (";q=1,,,", "en"),
        (",".join(["xx"] * 30 + ["fr"]), "en"),  # nobody reads that far
    ],
)
def test_the_best_of_the_languages_that_a_browser_wants(wanted: str | None, best: str) -> None:
    assert best_language(wanted) == best


def test_a_language_without_a_catalogue_is_read_in_english() -> None:
    assert Words("xx").language == "en"
    assert Words("../../etc/passwd").language == "en"


def test_a_key_that_no_catalogue_has_is_a_mistake() -> None:
    with pytest.raises(KeyUnknown):
        Words("fr").text("no.such.key")
    with pytest.raises(KeyUnknown):
        Words("fr").plural("no.such.key", 2)


@pytest.mark.parametrize("language, direction", [("en", "ltr"), ("fr", "ltr"), ("ru", "ltr"), ("ar", "rtl")])
def test_a_reader_s_script_runs_its_own_way(language: str, direction: str) -> None:
    words = Words("en")
    words.locale = Locale.parse(language)

    assert words.direction == direction


@pytest.mark.parametrize(
    "language, name", [("en", "English"), ("fr", "Français"), ("ar", "العربية"), ("ru", "Русский")]
)
def test_a_language_calls_itself_by_its_own_name(language: str, name: str) -> None:
    assert own_name(language) == name


MOMENT = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
"""Half an hour before the clocks of Europe go forward."""


@pytest.mark.parametrize(
    "language, zone, seen",
    [
        ("en", "UTC", "Sunday 29 March 2026, 00:30 (UTC)"),
        ("en", "Europe/Zurich", "Sunday 29 March 2026, 01:30 (Europe/Zurich)"),
        ("fr", "Europe/Zurich", "dimanche 29 mars 2026, 01:30 (Europe/Zurich)"),
        ("fr", "America/New_York", "samedi 28 mars 2026, 20:30 (America/New_York)"),
        ("es", "America/Bogota", "sábado 28 de marzo de 2026, 19:30 (America/Bogota)"),
        ("ru", "Asia/Almaty", "воскресенье, 29 марта 2026 г., 05:30 (Asia/Almaty)"),
        ("ar", "Africa/Cairo", "الأحد، 29 مارس 2026، 02:30 (Africa/Cairo)"),
        ("zh", "Asia/Shanghai", "2026年3月29日星期日 08:30 (Asia/Shanghai)"),
        ("en", "Asia/Kathmandu", "Sunday 29 March 2026, 06:15 (Asia/Kathmandu)"),
        ("en", "", "Sunday 29 March 2026, 00:30 (UTC)"),
    ],
)
def test_a_moment_is_read_on_one_s_own_clock(language: str, zone: str, seen: str) -> None:
    assert Words(language, zone).moment(MOMENT) == seen


def test_days_and_numbers_follow_the_reader_s_language() -> None:
    english, french = Words("en"), Words("fr")

    assert (english.day(date(2026, 1, 5)), french.day(date(2026, 1, 5))) == (
        "Monday, 5 January 2026",
        "lundi 5 janvier 2026",
    )
    assert (english.number(12800), french.number(12800)) == ("12,800", "12\u202f800")
    assert (english.number(0.6204, 2), french.number(0.6204, 2)) == ("0.62", "0,62")
    assert (english.number(-0.001, 2), english.number(0), english.exact(-0.0, 2)) == ("0", "0", "0.00")
    assert (english.share(0.25), french.share(0.25)) == ("25%", "25\xa0%")
    assert (english.weekday(0), french.weekday(6)) == ("Monday", "dimanche")
    assert (english.country_name("CH"), french.country_name("CH")) == ("Switzerland", "Suisse")
    assert (english.language_name("fr"), french.language_name("en")) == ("French", "anglais")


def test_what_fills_a_text_of_a_page_is_escaped_there_and_nowhere_else() -> None:
    words = Words("en")
    name = "<b>Ama</b> & {name}"

    assert name in words.text("mail.greeting", name=name)
    assert "&lt;b&gt;Ama&lt;/b&gt; &amp; {name}" in words.html("mail.greeting", name=name)


@pytest.mark.parametrize(
    ("language", "listed"),
    [
        ("en", "a, b and c"),
        ("fr", "a, b et c"),
        ("es", "a, b y c"),
        ("ar", "a وb وc"),
        ("ru", "a, b и c"),
        ("zh", "a、b和c"),
    ],
)
def test_several_things_are_joined_as_the_language_does(language: str, listed: str) -> None:
    assert Words(language).listed(["a", "b", "c"]) == listed
    assert Words(language).listed([]) == ""
