"""`mentoring people`: what is typed is held to the rules of the other doors."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from mentoring.__main__ import main

Mentoring = Callable[..., Result]
TOKEN = ("people", "token", "ama@example.org", "--scope", "rounds", "--name")


@pytest.fixture
def mentoring(sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Mentoring:
    """Run ``mentoring`` with the given words."""
    monkeypatch.setenv("MENTORING_DATABASE_URL", sqlite_database_url)
    return lambda *words: CliRunner().invoke(main, words)


@pytest.mark.parametrize("name", ["", "Ama\tKofi", "Ama\nBcc: all", "Ama\r", "Ama\n", "x" * 101])
def test_a_name_that_is_no_line_is_wrong_use(mentoring: Mentoring, name: str) -> None:
    assert mentoring("people", "add", name, "Mensah", "ama@example.org").exit_code == 2


def test_the_name_of_a_token_is_one_line_too(mentoring: Mentoring) -> None:
    mentoring("people", "add", "Ama", "Mensah", "ama@example.org")

    assert [mentoring(*TOKEN, name).exit_code for name in ("", "HR\nexport", "HR export")] == [2, 2, 0]


def test_somebody_who_is_known_is_made_administrator_and_no_longer(mentoring: Mentoring) -> None:
    mentoring("people", "add", "Ama", "Mensah", "ama@example.org")

    made = mentoring("people", "administrator", "ama@example.org")
    last = mentoring("people", "administrator", "ama@example.org", "--revoke")
    mentoring("people", "add", "Root", "Admin", "root@example.org", "--administrator")
    revoked = mentoring("people", "administrator", "ama@example.org", "--revoke", "--json")
    unknown = mentoring("people", "administrator", "nobody@example.org")

    assert (made.exit_code, made.stdout) == (0, "Ama Mensah (ama@example.org) may now administer the service.\n")
    assert (revoked.exit_code, json.loads(revoked.stdout)["email"]) == (0, "ama@example.org")
    assert (last.exit_code, unknown.exit_code) == (1, 1)
