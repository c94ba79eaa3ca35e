"""The only socket of the house: one connection to the SMTP server, kept open, one recipient a message."""

import enum
import ssl
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib

from mentoring.failpoints import failpoint
from mentoring.messages.conversation import Conversation, Interrupted, Line, Reply
from mentoring.messages.rules import SMTP_TIMEOUT
from mentoring.settings import Settings

PORTS = {"smtp": 25, "smtps": 465}
GO_ON, LATER, CLOSING, FOR_GOOD = 354, 400, 421, 500
"""Replies: send the message now; from here on no for now; not on this connection; from here on no for good."""


ANNOUNCEMENT = 3
"""Commands before a message: from whom, to whom, and that it comes."""


class Verdict(enum.Enum):
    """What became of a message that was handed to the server."""

    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"
    """It was not accepted, for a reason that passes."""
    UNCERTAIN = "uncertain"
    """The connection broke after the message had left: it may have been accepted."""


class Outcome(NamedTuple):
    verdict: Verdict
    error: str | None = None


class Unreachable(Exception):
    """The server does not answer, or does not let us in. Nothing was handed over."""


SENT = Outcome(Verdict.SENT)


class Smtp:
    """A connection that opens itself again whenever it is needed. One message at a time: begin, then hand over."""

    def __init__(self, settings: Settings) -> None:
        if settings.smtp_url is None:
            raise ValueError("no SMTP server is set")
        self._parts = urlsplit(settings.smtp_url)
        self._sender = settings.mail_from
        self._conversation: Conversation | None = None
        self._at_once = False
        self.trouble: str | None = None
        """Why the server could not be reached the last time."""
        self._begun = False
        """A server that waits for a message would take our next words for it."""
        self._announced: str | None = None
        """For whom the next message is, as the server has been told together with the message before."""

    @property
    def connected(self) -> bool:
        return self._conversation is not None and self._conversation.open

    async def open(self) -> None:
        """Connect, unless connected. Raises ``Unreachable``."""
        if self.connected:
            return
        client = self._new_client()
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            client.close()
            raise Unreachable(f"{type(error).__name__}: {error}") from error
        if not isinstance(client.transport, Line):
            raise Unreachable("the connection was lost as soon as it was made")
        self._at_once = client.supports_extension("pipelining")
        self._conversation = Conversation(client.transport, SMTP_TIMEOUT)

    def _new_client(self) -> aiosmtplib.SMTP:
        parts = self._parts
        return aiosmtplib.SMTP(
            hostname=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            timeout=SMTP_TIMEOUT,
            local_hostname=self._sender.rpartition("@")[2],  # else it would ask the resolver, and wait for it
        )

    async def begin(self, to: str) -> Outcome | None:
        """Tell the server for whom the next message is; return what it has against it, if anything.

        Nothing of the message is said yet: a connection that ends here leaves nothing behind.
        """
        announced = self._announced == to
        if self._begun and not announced:
            self.close()
        self._begun, self._announced = True, None
        try:
            await self.open()
            replies = await self._speaking().replies(ANNOUNCEMENT) if announced else await self._announce(to)
        except (Unreachable, Interrupted) as error:
            self.close()
            return Outcome(Verdict.LATER, str(error)[:500])
        refusal = next((reply for reply in replies if reply.code >= LATER), None)
        if refusal is None and replies[-1].code == GO_ON:
            return None
        await self._clear_table(replies[-1])
        return _refused(refusal or replies[-1])

    async def _clear_table(self, last: Reply) -> None:
        """After a no the connection stays, unless the server closes it or waits for a message after all."""
        if last.code in (GO_ON, CLOSING):
            self.close()
            return
        try:
            await self._speaking().ask([b"RSET"])
            self._begun = False
        except (Interrupted, Unreachable):
            self.close()

    def _announcement(self, to: str) -> list[bytes]:
        extra = "" if to.isascii() else " SMTPUTF8"
        return [f"MAIL FROM:<{self._sender}>{extra}".encode(), f"RCPT TO:<{to}>".encode(), b"DATA"]

    async def _announce(self, to: str) -> list[Reply]:
        conversation, commands = self._speaking(), self._announcement(to)
        if self._at_once:
            return await conversation.ask(commands)
        replies: list[Reply] = []
        for command in commands:
            replies += await conversation.ask([command])
            if replies[-1].code >= LATER:
                break
        return replies

    async def hand_over(self, mail: bytes, following: str | None = None) -> Outcome:
        """Give the server the message that was begun; tell it in the same breath to whom the ``following`` one goes."""
        self._announced = following if self._at_once else None
        announcement = self._announcement(self._announced) if self._announced is not None else ()
        try:
            self._speaking().say(mail.replace(b"\r\n.", b"\r\n..") + b".", *announcement)
            failpoint("send.said")
            reply = await self._speaking().reply()
            failpoint("send.answered")
        except (Interrupted, Unreachable) as error:
            self.close()
            return Outcome(Verdict.UNCERTAIN, str(error)[:500])
        self._begun = self._announced is not None
        if reply.code == CLOSING:
            self.close()
        return SENT if reply.code < GO_ON else _refused(reply)

    def _speaking(self) -> Conversation:
        if self._conversation is None:
            raise Unreachable("not connected")
        return self._conversation

    def close(self) -> None:
        """Hang up at once; a message that was begun is begun no more."""
        if self._conversation is not None:
            self._conversation.abort()
            self._conversation = None
        self._begun, self._announced = False, None

    async def quit(self) -> None:
        """Take leave as the protocol asks."""
        if self._conversation is not None and self._conversation.open and not self._begun:
            self._conversation.say(b"QUIT")
            self._conversation.close()
            self._conversation = None
        self.close()


def _refused(reply: Reply) -> Outcome:
    """A clear no, for good or for now."""
    return Outcome(Verdict.REFUSED if reply.code >= FOR_GOOD else Verdict.LATER, str(reply))
