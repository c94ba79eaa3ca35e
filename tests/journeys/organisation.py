"""What the journeys share: an organisation that uses the program by its commands, its address and its mails."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import httpx

from tests.harness.run import free_port
from tests.harness.server import PROGRAM

DATA = Path(__file__).parents[1] / "data"
STAFF, SIGN_UPS = DATA / "cabinet-staff.csv", DATA / "cabinet-signups.csv"
PROGRAMME = "Cabinet"
LINK = re.compile(r"http://127\.0\.0\.1:\d+(/[^\s]*)")


class Organisation:
    """A database, a mail server, an address; and whoever sits at the machine."""

    def __init__(self, folder: Path, database_url: str, smtp_url: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = {
            "MENTORING_DATABASE_URL": database_url,
            "MENTORING_SMTP_URL": smtp_url,
            "MENTORING_SECRET_FILE": str(folder / "secret"),
            "MENTORING_BASE_URL": self.url,
            "MENTORING_PORT": str(self.port),
            "MENTORING_TICK_SECONDS": "0.1",
        }

    def run(self, *arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end."""
        command = [str(PROGRAM), *map(str, arguments)]
        environment = os.environ | self.settings
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def does(self, *arguments: str | Path) -> str:
        """Run a command that must go well; return what it prints."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.stderr}{done.stdout}"
        return done.stdout

    def says(self, *arguments: str | Path) -> dict[str, object]:
        """Run a command with ``--json`` and return what it says."""
        said: dict[str, object] = json.loads(self.does(*arguments, "--json"))
        return said

    def visitor(self) -> httpx.Client:
        """Somebody at a browser without script."""
        return httpx.Client(base_url=self.url, headers={"origin": self.url}, trust_env=False, timeout=60)

    @contextmanager
    def signed_in(self, person: str) -> Iterator[httpx.Client]:
        """``person`` (a staff number) at a browser, come in by a link."""
        link = self.does("people", "sign-in-link", person).strip()
        with self.visitor() as visitor:
            answer = visitor.post(link, data={"password": ""})
            assert answer.status_code == 303, answer.text
            yield visitor


def words_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    text: str = body.get_content()
    return text


def links_in(mail: EmailMessage) -> list[str]:
    """The paths that a mail leads to on our own address."""
    return LINK.findall(words_of(mail))


def calendar_of(mail: EmailMessage) -> str | None:
    """The iCalendar part of a mail, if it has one."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            text: str = part.get_content()
            return text
    return None
