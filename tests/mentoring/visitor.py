"""Somebody who reads pages and sends forms without script: what a page says, and what its forms would send."""

from datetime import UTC, datetime
from html.parser import HTMLParser

from httpx import AsyncClient, Response

from mentoring.db import Database
from mentoring.people.models import Person
from mentoring.people.service import ensure_account, open_session

UNSAID = ("style", "script", "title", "option")


async def come_in(client: AsyncClient, database: Database, person: Person, *, administrator: bool = False) -> None:
    """Sign ``person`` in with this browser."""
    now = datetime.now(UTC)
    async with database.sessions.begin() as db:
        account = await ensure_account(db, person.id, now)
        account.administrator = administrator
        client.cookies.set("session", await open_session(db, person.id, now))


class Page(HTMLParser):
    """A page as it is read: its text, its fields with what stands in them, its links."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.language = self.direction = ""
        self.fields: dict[str, list[str]] = {}
        self.links: list[str] = []
        self._said: list[str] = []
        self._within: list[str] = []
        self._open: str | None = None
        """The field whose content is being read: a textarea, or a select."""
        self.feed(answer.text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._said).split())

    def value(self, name: str) -> str:
        """What stands in a field, or is chosen in it."""
        return (self.fields.get(name) or [""])[-1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language, self.direction = known["lang"], known["dir"]
        if tag == "a":
            self.links.append(known["href"])
        if tag == "input":
            self._read_input(known)
        if tag in ("textarea", "select"):
            self._open = known["name"]
            self.fields.setdefault(self._open, [])
        if tag == "option" and "selected" in known and self._open is not None:
            self.fields[self._open].append(known["value"])
        if tag not in ("meta", "link", "input", "br"):
            self._within.append(tag)

    def _read_input(self, known: dict[str, str]) -> None:
        if ("name" in known and known.get("type") not in ("checkbox", "radio")) or "checked" in known:
            self.fields.setdefault(known["name"], []).append(known.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._within, f"</{tag}> closes nothing"
        assert self._within.pop() == tag, f"</{tag}> does not close what is open"
        if tag in ("textarea", "select"):
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._within and self._within[-1] == "textarea" and self._open is not None:
            self.fields[self._open].append(data)
        elif not set(self._within) & set(UNSAID):
            self._said.append(data)
