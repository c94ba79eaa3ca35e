"""The least that is an SMTP server: takes every message, counts it, forgets it.

For measurements, where the receiving end must not be what is measured. Pipelining works,
nothing is parsed but what the protocol needs. One line per message goes to the count file
before the answer goes out: its recipients, and its Message-ID.
"""

import argparse
import asyncio
import os
from pathlib import Path

END_OF_DATA = b"\r\n.\r\n"
GREETING = b"250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING\r\n"


class Conversation(asyncio.Protocol):
    def __init__(self, count_file: int) -> None:
        self.count_file = count_file
        self.transport: asyncio.Transport
        self.unread = b""
        self.in_data = False
        self.recipients: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"220 localhost ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.unread += data
        answers = []
        while (answer := self._take_message() if self.in_data else self._take_line()) is not None:
            answers.append(answer)
        self.transport.write(b"".join(answers))
        if b"221 Bye\r\n" in answers:
            self.transport.close()

    def _take_line(self) -> bytes | None:
        line, separator, rest = self.unread.partition(b"\r\n")
        if not separator:
            return None
        self.unread = rest
        match line[:4].upper():
            case b"EHLO" | b"HELO":
                return GREETING
            case b"RCPT":
                self.recipients.append(line.partition(b"<")[2].partition(b">")[0])
            case b"MAIL" | b"RSET":
                self.recipients = []
            case b"DATA":
                self.in_data = True
                return b"354 Go on\r\n"
            case b"QUIT":
                return b"221 Bye\r\n"
        return b"250 OK\r\n"

    def _take_message(self) -> bytes | None:
        message, separator, rest = self.unread.partition(END_OF_DATA)
        if not separator:
            return None
        self.unread, self.in_data = rest, False
        os.write(self.count_file, b",".join(self.recipients) + b" " + _message_id(message) + b"\n")
        return b"250 OK\r\n"


def _message_id(message: bytes) -> bytes:
    heads = message.partition(b"\r\n\r\n")[0]
    start = heads.lower().find(b"message-id:")
    return b"-" if start < 0 else heads[start + 11 :].partition(b"\r\n")[0].strip()


async def serve(port: int, count_file: Path) -> None:
    """Serve until the process is ended; print the port as soon as it is open."""
    counted = os.open(count_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(counted), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--count-file", type=Path, required=True)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.count_file))
