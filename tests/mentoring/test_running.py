"""Starting the service, and starting it again after the worst."""

import os
import signal
import subprocess
import sys

import pytest

from mentoring import running
from mentoring.settings import Settings
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


SLOW = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
left = 3
class Slow(BaseHTTPRequestHandler):
    def do_GET(self):
        global left
        left -= 1
        self.send_response(200 if left < 0 else 503)
        self.end_headers()
HTTPServer(("127.0.0.1", int(sys.argv[1])), Slow).serve_forever()
"""


def test_a_server_that_takes_long_is_waited_for_and_one_that_ends_is_not(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(running, "READY_WITHIN", 0)
    settings = Settings(port=free_port())

    with subprocess.Popen([sys.executable, "-c", SLOW, str(settings.port)], stderr=subprocess.DEVNULL) as server:
        came_up = running.wait_until_ready(settings, [server])
        server.kill()
    died = running.wait_until_ready(settings, [server])

    assert (came_up, died) == (True, False)
    assert "still waiting" in capfd.readouterr().err
