"""An upgrade that is killed: the schema is the old one or the new one, never between, and the rows are there."""

import os
import subprocess
import sys

import pytest

from mentoring.schema import migrate
from tests.mentoring.test_migrations import REVISIONS, fill, filled, on, table_names

KILLED_AT = """
import os, signal, sys
from sqlalchemy import Engine, event
from mentoring.schema import migrate

left = int(sys.argv[2])

def strike(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "before_cursor_execute", strike)
event.listen(Engine, "commit", strike)
migrate(sys.argv[1])
print(left)
"""
"""Migrates, and dies at the statement with that number."""


def killed_at(url: str, statement: int) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", KILLED_AT, url, str(statement)]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)


def test_an_upgrade_that_is_killed_leaves_the_old_schema_or_the_new_one(empty_database_url: str) -> None:
    before = REVISIONS[-2]
    migrate(empty_database_url, before)
    on(empty_database_url, fill)
    old, rows = table_names(empty_database_url), filled(empty_database_url)
    deaths, at = 0, 0

    while True:
        at += 1 if at < 5 else 5
        ran = killed_at(empty_database_url, at)
        if ran.returncode == 0:
            break
        assert ran.returncode == -9, ran.stderr
        deaths += 1
        assert table_names(empty_database_url) == old
        assert filled(empty_database_url) == rows

    assert deaths >= 3
    after = filled(empty_database_url)
    assert {name: after[name] for name in rows if name in after} == rows


@pytest.mark.parametrize("at", [5, 40, 65])
def test_a_first_start_that_is_killed_leaves_nothing(empty_database_url: str, at: int) -> None:
    ran = killed_at(empty_database_url, at)

    assert ran.returncode == -9, ran.stderr
    assert table_names(empty_database_url) <= {"alembic_version"}
    migrate(empty_database_url)
