"""Programs that tests start answer, can be ended in both ways, and are heard when they fail."""

import errno
import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.harness.run import free_port
from tests.harness.server import started

PYTHON = Path(sys.executable)
UNWILLING = "import sys; sys.exit('The setting is wrong.')"
WITH_A_CHILD = """
import subprocess, sys
subprocess.run([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", sys.argv[1]])
"""


def test_a_program_is_ready_once_it_answers_and_ends_when_it_is_asked(tmp_path: Path) -> None:
    port = free_port()
    arguments = ("-m", "http.server", "--bind", "127.0.0.1", str(port))

    with started(*arguments, log=tmp_path / "log", environment={}, port=port, program=PYTHON) as process:
        process.wait_until_ready("/")
        code = process.stop()

    assert code == -signal.SIGTERM
    assert '"GET / HTTP' in process.words


def test_a_killed_program_takes_its_children_with_it(tmp_path: Path) -> None:
    port = free_port()
    arguments = ("-c", WITH_A_CHILD, str(port))

    with started(*arguments, log=tmp_path / "log", environment={}, port=port, program=PYTHON) as process:
        process.wait_until_ready("/")
        process.kill()

    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def test_a_program_that_ends_at_once_fails_the_test_with_its_own_words(tmp_path: Path) -> None:
    with (
        started("-c", UNWILLING, log=tmp_path / "log", environment={}, program=PYTHON) as process,
        pytest.raises(AssertionError, match="code 1:\nThe setting is wrong"),
    ):
        process.wait_until_ready()


def test_a_program_sees_no_setting_but_those_it_is_given(tmp_path: Path) -> None:
    names = "import os; print([name for name in os.environ if name.startswith('MENTORING_')])"
    given = {"MENTORING_SMTP_URL": "smtp://127.0.0.1:25"}

    with started("-c", names, log=tmp_path / "log", environment=given, program=PYTHON) as process:
        process.popen.wait()

    ours = ["MENTORING_HOST", "MENTORING_PORT", "MENTORING_BASE_URL", "MENTORING_SMTP_URL"]
    assert process.words == f"{ours}\n"
