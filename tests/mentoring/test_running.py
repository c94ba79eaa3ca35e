"""Starting the service, and starting it again after the worst."""

import os
import signal

from tests.conftest import StartProgram
from tests.harness.run import free_port


def test_a_service_that_was_killed_starts_again_without_hands(start: StartProgram, sqlite_database_url: str) -> None:
    port = free_port()
    settings = {"MENTORING_DATABASE_URL": sqlite_database_url, "MENTORING_PORT": str(port)}
    first = start("run", port=port, **settings)
    first.wait_until_ready()

    os.kill(first.pid, signal.SIGKILL)
    first.popen.wait()

    again = start("run", port=port, **settings)
    again.wait_until_ready()
    again.wait_for_words("clock started")
    assert again.stop() == 0


def test_a_second_service_on_the_same_port_is_refused_with_a_sentence(
    start: StartProgram, sqlite_database_url: str
) -> None:
    port = free_port()
    settings = {"MENTORING_DATABASE_URL": sqlite_database_url, "MENTORING_PORT": str(port)}
    start("serve", port=port, **settings).wait_until_ready()

    second = start("serve", port=port, **settings)

    assert second.popen.wait(30) == 1
    assert f"Port {port}" in second.words
