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
        if self._client is not None and self._client.is_connected:
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

    async def send(self, to: str, mail: bytes) -> Outcome:
        """Hand one message over. Raises ``Unreachable`` before anything was handed over."""
        await self.open()
        client = self._client
        assert client is not None
        try:
            await self._envelope(client, to)
        except aiosmtplib.SMTPResponseException as refusal:
            return await self._refused(client, refusal)
        except (aiosmtplib.SMTPException, OSError) as error:
            self.close()
            return Outcome(Verdict.LATER, type(error).__name__)
        return await self._hand_over(client, mail)

    async def _envelope(self, client: aiosmtplib.SMTP, to: str) -> None:
        options = [] if to.isascii() else ["SMTPUTF8"]
        encoding = "ascii" if to.isascii() else "utf-8"
        await client.mail(self._sender, options=options, encoding=encoding)
        await client.rcpt(to, encoding=encoding)

    async def _hand_over(self, client: aiosmtplib.SMTP, mail: bytes) -> Outcome:
        try:
            await client.data(mail)
        except aiosmtplib.SMTPResponseException as refusal:
            return await self._refused(client, refusal)
        except (aiosmtplib.SMTPException, OSError) as error:
            self.close()
            return Outcome(Verdict.UNCERTAIN, type(error).__name__)
        return SENT

    async def _refused(self, client: aiosmtplib.SMTP, refusal: aiosmtplib.SMTPResponseException) -> Outcome:
        """A clear no. The connection stays, cleared for the next message."""
        error = f"{refusal.code} {refusal.message}"[:500]
        try:
            if refusal.code == CLOSING:
                self.close()
            else:
                await client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self.close()
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
