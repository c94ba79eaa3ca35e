"""Whoever is killed whenever: nothing is lost, nothing doubled, and what nobody can know is shown."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mentoring import failpoints
from tests.architecture.sources import code, function_name, nodes, place
from tests.chaos.__main__ import quick
from tests.chaos.walk import POINTS
from tests.harness.smtp import Sink

DIES = """
from mentoring.failpoints import failpoint
for _ in range(3):
    failpoint("here")
    print("lives", flush=True)
"""


def in_the_code() -> dict[str, str]:
    """Each failpoint and where it stands."""
    calls = [
        (node, place(path, node))
        for path in code()
        for node in nodes(path)
        if isinstance(node, ast.Call) and function_name(node) == "failpoint"
    ]
    return {where: ast.literal_eval(call.args[0]) for call, where in calls}


def test_the_walk_comes_to_every_failpoint_of_the_code() -> None:
    """That it dies at each is said by the walk itself, in the run below."""
    assert set(in_the_code().values()) == POINTS


async def test_forty_kills_lose_nothing_and_double_nothing(
    sqlite_database_url: str, tmp_path: Path, smtp: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    said = await quick(tmp_path, sqlite_database_url, smtp)

    with capsys.disabled():
        print(f"\nchaos: {said}")
    assert int(said.partition(" ")[0]) >= 40
    assert "lost 0, doubled 0, other rules broken 0" in said


@pytest.mark.parametrize(
    ("variable", "lives"), [("", 3), ("elsewhere:1", 3), ("here", 0), ("elsewhere,here:3", 2), ("here:4", 3)]
)
def test_a_failpoint_strikes_at_the_visit_that_was_named(variable: str, lives: int) -> None:
    environment = os.environ | {failpoints.VARIABLE: variable}
    ran = subprocess.run([sys.executable, "-c", DIES], env=environment, capture_output=True, text=True, check=False)

    assert ran.stdout.count("lives") == lives
    assert ran.returncode == (0 if lives == 3 else -9)
