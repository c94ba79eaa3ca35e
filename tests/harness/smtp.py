"""A real SMTP server on loopback that keeps what it is given and misbehaves when told to.

For measurements it is too slow: ``python -m tests.harness.smtp --port 0 --count-file FILE``
runs the bare server of ``fast_smtp.py`` in a process of its own.
"""

import asyncio
import enum
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.harness import fast_smtp


class Fault(enum.Enum):
    """How the server treats mail to an address for which a fault is planned."""

    REFUSE = "550 5.1.1 No such mailbox"
    DEFER = "451 4.3.0 Try again later"
    HANG_UP_BEFORE = "hangs up at DATA, before it took the message"
    HANG_UP_AFTER = "takes the message and hangs up, so that the sender never learns of it"


@dataclass(frozen=True)
class Received:
    """One message that the server took, with the envelope in which it came."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class Sink:
    """What arrived. Every method may be called from any thread while the server runs."""

    def __init__(self) -> None:
        self.port = 0
        self._received: list[Received] = []
        self._faults: dict[str, Fault] = {}
        self._left: Counter[str] = Counter()
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def received(self) -> list[Received]:
        with self._changed:
            return list(self._received)

    @property
    def messages(self) -> list[EmailMessage]:
        return [one.message for one in self.received]

    def sent_to(self, address: str) -> list[EmailMessage]:
        return [one.message for one in self.received if address in one.recipients]

    def wait_for(self, count: int, seconds: float = 10) -> list[EmailMessage]:
        """Return all messages as soon as there are ``count``; fail when time runs out."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while len(self._received) < count:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    subjects = [one.message["subject"] for one in self._received]
                    raise AssertionError(f"{len(subjects)} of {count} mails came: {subjects}")
            return [one.message for one in self._received]

    def clear(self) -> None:
        with self._changed:
            self._received.clear()

    def plan(self, address: str, fault: Fault, times: int = 1_000_000) -> None:
        """Treat the next ``times`` mails to ``address`` badly, and take those after them."""
        with self._changed:
            self._faults[address] = fault
            self._left[address] = times

    def keep(self, received: Received) -> None:
        with self._changed:
            self._received.append(received)
            self._changed.notify_all()

    def fault_for(self, address: str, *kinds: Fault) -> Fault | None:
        """Use up one planned fault of these kinds, if there is one for ``address``."""
        with self._changed:
            fault = self._faults.get(address)
            if fault not in kinds or self._left[address] <= 0:
                return None
            self._left[address] -= 1
            return fault


class _Doorman:
    """The hooks that aiosmtpd calls; their names are its own."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink

    async def handle_RCPT(
        self, _: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if fault := self.sink.fault_for(address, Fault.REFUSE, Fault.DEFER):
            return fault.value
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        recipients = tuple(str(address) for address in envelope.rcpt_tos)
        hang_ups = (Fault.HANG_UP_BEFORE, Fault.HANG_UP_AFTER)
        faults = [self.sink.fault_for(address, *hang_ups) for address in recipients]
        if Fault.HANG_UP_BEFORE not in faults:
            content = envelope.content
            assert isinstance(content, bytes)
            message = message_from_bytes(content, EmailMessage, policy=policy.default)
            self.sink.keep(Received(envelope.mail_from or "", recipients, message))
        if any(faults):
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "250 2.0.0 OK"


@contextmanager
def smtp_sink() -> Iterator[Sink]:
    """Run a server on a free port of this machine, in a thread with a loop of its own."""
    sink, loop = Sink(), asyncio.new_event_loop()
    listening = loop.run_until_complete(
        loop.create_server(
            # Without a name of its own, aiosmtpd would ask the resolver for one.
            lambda: SMTP(_Doorman(sink), hostname="localhost", enable_SMTPUTF8=True, loop=loop),
            "127.0.0.1",
            0,
        )
    )
    sink.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="smtp-sink", daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        asyncio.run_coroutine_threadsafe(_close(listening), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _close(listening: asyncio.Server) -> None:
    listening.close()
    conversations = asyncio.all_tasks() - {asyncio.current_task()}
    for conversation in conversations:
        conversation.cancel()
    await asyncio.gather(*conversations, return_exceptions=True)


if __name__ == "__main__":
    fast_smtp.main()
