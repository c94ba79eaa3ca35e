"""The only socket of the house: one connection to the SMTP server, kept open, one recipient a message."""

import enum
import ssl
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import aiosmtplib

from mentoring.messages.rules import SMTP_TIMEOUT
from mentoring.settings import Settings

PORTS = {"smtp": 25, "smtps": 465}
CLOSING = 421
"""The server's own word for: not now, and not on this connection."""


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
    """A connection that opens itself again whenever it is needed."""

    def __init__(self, settings: Settings) -> None:
        if settings.smtp_url is None:
            raise ValueError("no SMTP server is set")
        self._parts = urlsplit(settings.smtp_url)
        self._sender = settings.mail_from
        self._client: aiosmtplib.SMTP | None = None

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
        self._client = client

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

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    async def begin(self, to: str) -> Outcome | None:
        """Tell the server for whom the next message is; return what it has against it, if anything."""
        try:
            await self.open()
        except Unreachable as unreachable:
            return Outcome(Verdict.LATER, str(unreachable)[:500])
        client = self._open_client()
        encoding = "ascii" if to.isascii() else "utf-8"
        try:
            await client.mail(self._sender, options=[] if to.isascii() else ["SMTPUTF8"], encoding=encoding)
            await client.rcpt(to, encoding=encoding)
        except aiosmtplib.SMTPResponseException as refusal:
            return await self._refused(refusal)
        except (aiosmtplib.SMTPException, OSError) as error:
            self.close()
            return Outcome(Verdict.LATER, type(error).__name__)
        return None

    async def hand_over(self, mail: bytes) -> Outcome:
        """Give the server the message that was begun."""
        try:
            await self._open_client().data(mail)
        except aiosmtplib.SMTPResponseException as refusal:
            return await self._refused(refusal)
        except (aiosmtplib.SMTPException, OSError) as error:
            self.close()
            return Outcome(Verdict.UNCERTAIN, type(error).__name__)
        return SENT

    async def forget(self) -> None:
        """Take back what was begun."""
        if self.connected:
            try:
                await self._open_client().rset()
            except (aiosmtplib.SMTPException, OSError):
                self.close()

    def _open_client(self) -> aiosmtplib.SMTP:
        if self._client is None:
            raise Unreachable("not connected")
        return self._client

    async def _refused(self, refusal: aiosmtplib.SMTPResponseException) -> Outcome:
        """A clear no. The connection stays, cleared for the next message, unless the server closes it."""
        error = f"{refusal.code} {refusal.message}"[:500]
        if refusal.code == CLOSING:
            self.close()
        await self.forget()
        return Outcome(Verdict.REFUSED if 500 <= refusal.code < 600 else Verdict.LATER, error)

    def close(self) -> None:
        """Hang up at once."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def quit(self) -> None:
        """Take leave as the protocol asks."""
        if self._client is not None and self._client.is_connected:
            try:
                await self._client.quit()
            except (aiosmtplib.SMTPException, OSError):
                self.close()
        self._client = None
