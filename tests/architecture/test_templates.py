"""Templates keep to the Content-Security-Policy, escape everything, and hold no words of their own."""

import re
from collections.abc import Iterator
from pathlib import Path

import jinja2

from tests.architecture.sources import named, templates

TAG = re.compile(r"</?[a-zA-Z][^>]*>")
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
MAIL = "src/mentoring/messages/html/mail.html"
"""Mail programs read no stylesheets: a mail carries its own styles, and no page of ours shows its HTML."""
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|<[^>]*\sstyle\s*=", re.IGNORECASE)
SCRIPTED = re.compile(r"\s(on\w+|srcdoc)\s*=|javascript:", re.IGNORECASE)
FETCHED = re.compile(r"<(script|link|img|iframe|source|object|embed)\b[^>]*=\s*[\"']?(https?:)?//", re.IGNORECASE)
UNESCAPED = re.compile(r"\|\s*safe\b|Markup\(|autoescape\s+false")


def pages() -> list[Path]:
    return [path for path in templates() if path.suffix == ".html"]


def tags() -> Iterator[tuple[str, str]]:
    """Every tag of every page with the page's name; what is computed in a tag is taken out."""
    for path in pages():
        for tag in TAG.findall(JINJA.sub("", path.read_text(encoding="utf-8"))):
            yield named(path), tag


def test_there_is_something_to_look_at() -> None:
    assert len(pages()) > 10
    assert sum(1 for _ in tags()) > 200


def test_no_script_and_no_style_stands_in_a_page() -> None:
    assert [found for found in tags() if INLINE.match(found[1]) and found[0] != MAIL] == []


def test_no_tag_carries_script() -> None:
    assert [found for found in tags() if SCRIPTED.search(found[1])] == []


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert [found for found in tags() if FETCHED.match(found[1])] == []


def test_nothing_is_taken_as_safe() -> None:
    assert [named(path) for path in templates() if UNESCAPED.search(path.read_text(encoding="utf-8"))] == []


def test_forms_say_how_they_are_sent() -> None:
    forms = [found for found in tags() if found[1].startswith("<form")]

    assert [found for found in forms if not re.search(r'\smethod="(post|get)"', found[1])] == []


def test_a_page_has_no_words_of_its_own() -> None:
    """Whatever people read comes from the catalogues; between the tags only signs may stand."""
    bare = {named(path): TAG.sub(" ", JINJA.sub(" ", path.read_text(encoding="utf-8"))) for path in pages()}
    words = {
        name: re.findall(r"[^\W\d_]{2,}", re.sub(r"&\w+;|<!doctype html>", " ", text, flags=re.IGNORECASE))
        for name, text in bare.items()
    }

    assert {name: found for name, found in words.items() if found} == {}


def test_every_template_can_be_read() -> None:
    environment = jinja2.Environment(autoescape=True)

    for path in templates():
        assert environment.parse(path.read_text(encoding="utf-8")).body, path
