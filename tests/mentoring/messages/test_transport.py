"""Speaking with servers that take several commands at once, and with those that answer oddly or not at all."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from mentoring.messages.conversation import Conversation, Interrupted, Reply
from mentoring.messages.transport import Smtp, Verdict
from mentoring.settings import Settings

OK, GO_ON, NO_SUCH = "250 OK", "354 Go on", "550 No such mailbox"
MAIL = b"Subject: hello\r\n\r\n.a line that begins with a dot\r\n"


class Server:
    """Answers MAIL, RCPT, DATA and each message as it is told, and writes down what it hears."""

    def __init__(self, *replies: str) -> None:
        self.replies = dict(zip(("MAIL", "RCPT", "DATA", "."), replies, strict=True))
        self.taken: list[bytes] = []
        self.heard: list[bytes] = []
        self.connections = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 localhost ESMTP\r\n")
        while line := (await reader.readline()).rstrip():
            self.heard.append(line)
            command = line[:4].decode().upper()
            answer = self.replies.get(command, OK)
            if command == "EHLO":
                answer = "250-localhost\r\n250 PIPELINING"
            writer.write(answer.encode() + b"\r\n")
            if answer == GO_ON:
                await self._take_message(reader, writer)
            if command == "QUIT" or answer.startswith("421"):
                break

    async def _take_message(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.taken.append(await reader.readuntil(b"\r\n.\r\n"))
        except asyncio.IncompleteReadError:
            return
        if self.replies["."]:
            writer.write(self.replies["."].encode() + b"\r\n")
        else:
            writer.transport.abort()


Meet = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(meet: Meet) -> AsyncIterator[int]:
    """Serve on a port of this machine; at the end every conversation is over."""
    conversations: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await meet(reader, writer)
        finally:
            writer.transport.abort()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversations.add(asyncio.create_task(converse(reader, writer)))

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)


@asynccontextmanager
async def talking_to(server: Server) -> AsyncIterator[Smtp]:
    async with listening(server.meet) as port:
        smtp = Smtp(Settings(smtp_url=f"smtp://127.0.0.1:{port}", mail_from="mentoring@example.org"))
        try:
            yield smtp
        finally:
            await smtp.quit()


async def send(smtp: Smtp, times: int = 1) -> list[Verdict]:
    verdicts = []
    for _ in range(times):
        refusal = await smtp.begin("ama@example.org")
        verdicts.append((refusal or await smtp.hand_over(MAIL)).verdict)
    return verdicts


async def test_a_message_arrives_as_it_was_written_over_one_connection() -> None:
    server = Server(OK, OK, GO_ON, OK)

    async with talking_to(server) as smtp:
        verdicts = await send(smtp, 3)

    assert verdicts == [Verdict.SENT] * 3
    assert server.taken == [MAIL.replace(b"\r\n.", b"\r\n..") + b".\r\n"] * 3
    assert server.connections == 1


async def send_in_a_row(smtp: Smtp, *addresses: str) -> list[Verdict]:
    """As a batch is sent: each message is handed over together with the address of the next."""
    verdicts = []
    for to, following in zip(addresses, (*addresses[1:], None), strict=True):
        refusal = await smtp.begin(to)
        verdicts.append((refusal or await smtp.hand_over(MAIL, following)).verdict)
    return verdicts


async def test_messages_in_a_row_each_go_to_their_own_reader() -> None:
    server = Server(OK, OK, GO_ON, OK)

    async with talking_to(server) as smtp:
        verdicts = await send_in_a_row(smtp, "one@example.org", "two@example.org", "two@example.org")

    assert verdicts == [Verdict.SENT] * 3
    assert [line for line in server.heard if line.startswith(b"RCPT")] == [
        b"RCPT TO:<one@example.org>", b"RCPT TO:<two@example.org>", b"RCPT TO:<two@example.org>",
    ]  # fmt: skip
    assert (len(server.taken), server.connections) == (3, 1)


async def test_a_message_that_is_refused_after_all_does_not_take_the_next_with_it() -> None:
    server = Server(OK, OK, GO_ON, "554 Spam")

    async with talking_to(server) as smtp:
        refused = await send_in_a_row(smtp, "one@example.org", "two@example.org")
        server.replies["."] = OK
        await smtp.begin("three@example.org")
        await smtp.hand_over(MAIL, "four@example.org")
        sent = await send_in_a_row(smtp, "five@example.org")

    assert (refused, sent) == ([Verdict.REFUSED] * 2, [Verdict.SENT])
    assert [line for line in server.heard if line.startswith(b"RCPT")][-1] == b"RCPT TO:<five@example.org>"
    assert (len(server.taken), server.connections) == (4, 2)


@pytest.mark.parametrize("replies, verdict", [
    ((OK, NO_SUCH, "503 Whom for?", OK), Verdict.REFUSED),
    ((OK, NO_SUCH, GO_ON, OK), Verdict.REFUSED),
    ((OK, "450 Busy", "503 Whom for?", OK), Verdict.LATER),
    (("421 Closing", OK, OK, OK), Verdict.LATER),
    ((OK, OK, "452 Full", OK), Verdict.LATER),
    ((OK, OK, GO_ON, "554 Spam"), Verdict.REFUSED),
    ((OK, OK, GO_ON, "451 Later"), Verdict.LATER),
    ((OK, OK, GO_ON, ""), Verdict.UNCERTAIN),
])  # fmt: skip
async def test_what_the_server_has_against_one_message_does_not_reach_the_next(
    replies: Sequence[str], verdict: Verdict
) -> None:
    server = Server(*replies)

    async with talking_to(server) as smtp:
        first = await send(smtp)
        server.replies = dict(zip(server.replies, (OK, OK, GO_ON, OK), strict=True))
        second = await send(smtp)

    assert (first, second) == ([verdict], [Verdict.SENT])
    assert server.taken[-1].startswith(b"Subject: hello\r\n")
    assert not any(line.startswith(b"Subject") for line in server.heard)


async def test_a_message_that_was_begun_and_left_is_not_continued_by_the_next() -> None:
    server = Server(OK, OK, GO_ON, OK)

    async with talking_to(server) as smtp:
        await smtp.begin("somebody.else@example.org")
        verdicts = await send(smtp)

    assert (verdicts, len(server.taken), server.connections) == ([Verdict.SENT], 1, 2)


@asynccontextmanager
async def a_conversation(said: bytes, timeout: float = 5) -> AsyncIterator[Conversation]:
    """With somebody who says ``said`` and then nothing, and stays on the line."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        await reader.read()

    async with listening(meet) as port:
        transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
        conversation = Conversation(transport, timeout)
        try:
            yield conversation
        finally:
            conversation.abort()


async def test_an_answer_of_several_lines_is_one_answer() -> None:
    async with a_conversation(b"250-one\r\n250-two\r\n250 three\r\n354 go\r\n") as conversation:
        replies = [await conversation.reply(), await conversation.reply()]

    assert replies == [Reply(250, "one two three"), Reply(354, "go")]


@pytest.mark.parametrize("said", [b"", b"what?\r\n", b"250-no end\r\n" * 10_000, b"250 " + b"x" * 100_000])
async def test_a_server_that_makes_no_sense_is_left(said: bytes) -> None:
    async with a_conversation(said, timeout=0.05) as conversation:
        with pytest.raises(Interrupted):
            await conversation.reply()

        assert not conversation.open
