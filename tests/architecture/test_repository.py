"""What is kept in the repository: nothing of one machine, and everything that the package needs."""

import re
import tomllib
from importlib.resources import files

import pytest

from tests.architecture.sources import PACKAGES, REPOSITORY, kept_files, named

PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
HOME = re.compile(r"(?<![\w.}])/(?:root|home/\w+|Users/\w+|work)/\w")
"""A path that only one machine has."""
ADDRESS = re.compile(r"https?://([\w.-]+\.[a-z]{2,})\b")
REGISTRY = re.compile(r"--(extra-)?index-url\s+\S|index-url\s*=\s*\S|trusted-host\s*=\s*\S", re.IGNORECASE)
RESERVED = re.compile(r"(^|\.)(example(\.\w+)?|test|invalid|localhost)$")
"""Names that belong to nobody (RFC 2606)."""
PUBLIC = {
    "creativecommons.org",
    "publications.jrc.ec.europa.eu",
    "schemas.openxmlformats.org",
    "www.apache.org",
    "www.nationalarchives.gov.uk",
    "www.w3.org",
}
"""Credits, licences and formats. Whoever cites one more adds it; where packages come from is nobody's business."""
PLAIN = {
    ".py",
    ".md",
    ".toml",
    ".html",
    ".css",
    ".txt",
    ".po",
    ".lock",
    ".yml",
    ".yaml",
    ".json",
    ".jsonld",
    ".mako",
    ".svg",
    "",
}


def texts() -> dict[str, str]:
    plain = [path for path in kept_files() if path.suffix in PLAIN]
    return {named(path): path.read_text(encoding="utf-8", errors="replace") for path in plain}


def test_there_is_something_to_look_at() -> None:
    assert len(texts()) > 150


def test_no_file_knows_a_path_of_one_machine() -> None:
    assert {name: found for name, text in texts().items() if (found := HOME.findall(text))} == {}


def test_no_file_names_a_registry() -> None:
    assert {name: found for name, text in texts().items() if (found := REGISTRY.findall(text))} == {}


def test_addresses_lead_to_credits_and_formats_alone() -> None:
    hosts = {(name, host) for name, text in texts().items() for host in ADDRESS.findall(text)}

    assert {(name, host) for name, host in hosts if host not in PUBLIC and not RESERVED.search(host)} == set()


def test_no_file_is_large() -> None:
    assert [named(path) for path in kept_files() if path.stat().st_size > 1_000_000] == []


def test_the_package_holds_what_the_service_reads() -> None:
    """The wheel takes each package whole, but for what git ignores."""
    wheel = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    kept = set(kept_files())
    read = [
        path
        for package in PACKAGES
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]

    assert {REPOSITORY / name for name in wheel["packages"]} == set(PACKAGES)
    assert {path.suffix for path in read} >= {".py", ".html", ".css", ".po", ".json", ".typed"}
    assert [named(path) for path in read if path not in kept] == []


def test_the_package_brings_the_history_of_the_schema() -> None:
    """In a checkout it lies at the top; installed, where ``db.migrations`` looks for it."""
    forced = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]

    assert forced == {"alembic": "mentoring/migrations"}
    assert (REPOSITORY / "alembic" / "env.py").is_file()
    assert list((REPOSITORY / "alembic" / "versions").glob("0001_*.py"))
    assert not (REPOSITORY / "alembic" / "__init__.py").exists()  # it would shadow the library


@pytest.mark.parametrize(
    "path", ["locale/en.po", "web/static/style.css", "web/html/base.html", "skills/catalogue.json", "py.typed"]
)
def test_an_installed_package_finds_its_files(path: str) -> None:
    assert files("mentoring").joinpath(path).is_file()
