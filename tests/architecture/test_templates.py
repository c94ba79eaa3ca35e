"""Templates keep to the Content-Security-Policy, escape everything, and hold no words of their own."""

import re
from pathlib import Path

import jinja2
import pytest

from tests.architecture.sources import named, templates

PAGES = [pytest.param(path, id=named(path)) for path in templates() if path.suffix == ".html"]
TAG = re.compile(r"<[a-zA-Z][^>]*>", re.DOTALL)
JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
MAILS = "src/mentoring/messages/html/mail."
"""Mail programs read no stylesheets: a mail carries its own styles, and our pages never show its HTML."""


def tags(path: Path) -> list[str]:
    """The tags of a template, what is computed in them taken out."""
    return TAG.findall(JINJA.sub("", path.read_text(encoding="utf-8")))


def test_there_is_something_to_look_at() -> None:
    assert len(PAGES) > 10


@pytest.mark.parametrize("path", PAGES)
def test_no_script_and_no_style_stands_in_a_page(path: Path) -> None:
    inline = [
        tag
        for tag in tags(path)
        if re.match(r"<script(?![^>]*\bsrc=)|<style", tag, re.IGNORECASE) or re.search(r"\sstyle\s*=", tag)
    ]

    assert named(path).startswith(MAILS) or inline == []


@pytest.mark.parametrize("path", PAGES)
def test_no_tag_carries_script(path: Path) -> None:
    assert [tag for tag in tags(path) if re.search(r"\s(on\w+|srcdoc)\s*=|javascript:", tag, re.IGNORECASE)] == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    fetched = r"<(script|link|img|iframe|form|source|object|embed)[^>]*\b(src|href|action|data)\s*=\s*[\"']?(https?:)?//"

    assert [tag for tag in tags(path) if re.match(fetched, tag, re.IGNORECASE)] == []


@pytest.mark.parametrize("path", [pytest.param(path, id=named(path)) for path in templates()])
def test_nothing_is_taken_as_safe(path: Path) -> None:
    source = path.read_text(encoding="utf-8")

    assert re.findall(r"\|\s*safe\b|Markup\(|\{%-?\s*autoescape\s+false", source) == []


@pytest.mark.parametrize("path", PAGES)
def test_forms_say_where_they_go_and_change_things_by_post(path: Path) -> None:
    forms = [tag for tag in tags(path) if tag.lower().startswith("<form")]

    assert [tag for tag in forms if not re.search(r"\smethod=\"(post|get)\"", tag)] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_words_of_its_own(path: Path) -> None:
    """Whatever people read comes from the catalogues; between the tags only signs may stand."""
    bare = TAG.sub(" ", JINJA.sub(" ", path.read_text(encoding="utf-8")))

    assert re.findall(r"[^\W\d_]{2,}", re.sub(r"&\w+;|<!doctype html>", " ", bare)) == []


@pytest.mark.parametrize("path", templates(), ids=named)
def test_every_template_can_be_read(path: Path) -> None:
    parsed = jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))

    assert parsed.body
