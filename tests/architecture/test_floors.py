"""The lock: by hashes, without addresses, within what pyproject asks, and above every version with a known hole."""

import re
import tomllib
from itertools import takewhile

import pytest

from tests.architecture.sources import REPOSITORY

LOCK = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
PINNED = dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)(?:\[[\w,]+\])?==([^\s;\\]+)", LOCK, re.MULTILINE))
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
ASKED = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]

FLOORS = {
    "litestar": "2.22",  # hosts taken from X-Forwarded-Host; CVE-2026-25478 to 25480
    "jinja2": "3.1.6",  # CVE-2025-27516
    "h11": "0.16",  # CVE-2025-43859
    "icalendar": "7.1.3",  # CVE-2026-55099
    "pyjwt": "2.13.0",  # CVE-2026-32597
    "authlib": "1.7.2",  # CVE-2026-27962
    "urllib3": "2.6.4",
    "requests": "2.33",
    "cryptography": "48.0.2",
    "apscheduler": "3.11.2",  # loops for ever in an hour that comes twice
    "multipart": "1.2.0",  # CVE-2024-28849
}
"""The lowest version of each package that may be locked, should it be needed at all."""
NEEDED = {"litestar", "jinja2", "icalendar", "apscheduler", "h11"}


def version(text: str) -> tuple[int, ...]:
    """2.2.10rc1 comes as (2, 2, 10)."""
    numbers = ("".join(takewhile(str.isdigit, part)) for part in text.split("."))
    return tuple(int(number) for number in numbers if number)


def test_the_lock_was_read() -> None:
    assert len(PINNED) > 60
    assert set(PINNED) >= NEEDED


def test_every_package_is_locked_by_hashes() -> None:
    blocks = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)

    assert [block for block in blocks if block.strip() and "--hash=sha256:" not in block] == []


def test_the_lock_tells_no_address() -> None:
    assert re.findall(r"https?://\S+|--\S*index\S*|--find-links", LOCK) == []


@pytest.mark.parametrize("package", sorted(set(FLOORS) & set(PINNED)))
def test_no_version_with_a_known_hole_is_locked(package: str) -> None:
    assert version(PINNED[package]) >= version(FLOORS[package])


@pytest.mark.parametrize("requirement", ASKED)
def test_the_lock_is_within_what_the_project_asks(requirement: str) -> None:
    name, ranges = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?(.*)", requirement).groups()  # type: ignore[union-attr]
    locked = version(PINNED[name.lower()])

    for sign, bound in re.findall(r"(>=|<)([\d.]+)", ranges):
        assert (locked >= version(bound)) if sign == ">=" else (locked < version(bound))
