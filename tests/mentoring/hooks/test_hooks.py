"""Chats and programs are told what happens: once, signed, and never at an address that is not public."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from standardwebhooks import Webhook

from mentoring.db import Database
from mentoring.followups.contracts import PairingAtRisk
from mentoring.followups.models import Watch
from mentoring.followups.rules import Level
from mentoring.hooks import service
from mentoring.hooks.calling import Caller, Cut, Forbidden, Unheard, resolve
from mentoring.hooks.contracts import HookMade, NewHook
from mentoring.hooks.dispatch import tell_due
from mentoring.hooks.models import Hook
from mentoring.hooks.rules import AddressRefused, HookKind, HookNotFound, Topic, plausible_url, public
from mentoring.identity import MACHINE
from mentoring.messages.dispatch import send_due
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings.contracts import PairingBegan
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.programmes.rules import ProgrammeNotFound
from tests.builders import NOW, a_pairing, a_person, a_programme, as_actor
from tests.mentoring.messages.posting import Time, a_sender, messages_of

ADDRESSES = {
    "8.8.8.8": True,
    "2001:4860:4860::8888": True,
    "127.0.0.1": False,
    "10.1.2.3": False,
    "172.16.0.1": False,
    "192.168.1.1": False,
    "169.254.169.254": False,
    "100.64.0.1": False,
    "100.127.255.255": False,
    "0.0.0.0": False,
    "224.0.0.1": False,
    "255.255.255.255": False,
    "192.0.2.1": False,
    "198.18.0.1": False,
    "240.0.0.1": False,
    "::1": False,
    "::": False,
    "fe80::1": False,
    "fe80::1%eth0": False,
    "fc00::1": False,
    "ff02::1": False,
    "::ffff:127.0.0.1": False,
    "::ffff:169.254.169.254": False,
    "2002:7f00:1::": False,
    "64:ff9b::a9fe:a9fe": False,
    "64:ff9b::808:808": True,
}


@pytest.mark.parametrize("address, is_public", ADDRESSES.items(), ids=ADDRESSES)
def test_only_addresses_of_the_open_internet_are_called(address: str, is_public: bool) -> None:
    assert public(address) is is_public


URLS = {
    "https://hooks.example.org/services/x?y=1": True,
    "https://hooks.example.org:8443/": True,
    "http://hooks.example.org/": False,
    "ftp://hooks.example.org/": False,
    "https://": False,
    "https:///x": False,
    "https://user:password@hooks.example.org/": False,
    "https://127.0.0.1/": False,
    "https://[::1]/": False,
    "https://[::ffff:10.0.0.1]/": False,
    "https://169.254.169.254/latest/meta-data": False,
    "https://hooks.example.org:0/": False,
    "https://hooks.example.org:99999/": False,
    "https://hooks.example.org/a b": False,
    "https://hooks.example.org/\r\nHost: x": False,
    "javascript:alert(1)": False,
}


@pytest.mark.parametrize("url, plausible", URLS.items(), ids=URLS)
def test_an_address_says_https_and_no_private_place(url: str, plausible: bool) -> None:
    assert plausible_url(url) is plausible


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "127.1", "0"])
async def test_a_name_that_leads_to_a_private_address_is_refused_when_it_is_called(host: str) -> None:
    with pytest.raises((Forbidden, Unheard)):
        await Caller().post(f"https://{host}/", b"{}", {})


async def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    async def several(_host: str, _port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    with pytest.raises(Forbidden):
        await Caller(resolve=several).post("https://hooks.example.org/", b"{}", {})


class Heard(NamedTuple):
    head: str
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        lines = (line.partition(": ") for line in self.head.splitlines()[1:] if line)
        return {name.lower(): value for name, _, value in lines}


class Receiver:
    """Somebody who listens on loopback, and answers what the test says."""

    def __init__(self, answers: Sequence[bytes]) -> None:
        self.answers = list(answers)
        self.heard: list[Heard] = []
        self.port = 0

    async def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
        self.heard.append(Heard(head, await reader.readexactly(length)))
        writer.write(self.answers.pop(0) if self.answers else b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    @property
    def url(self) -> str:
        return f"https://hooks.example.test:{self.port}/in?room=1"

    @property
    def caller(self) -> Caller:
        """As the real one, but that the test's loopback counts as the open internet, without TLS."""
        return Caller(resolve=self._resolve, public=lambda _: True, tls=None, timeout=2.0)

    async def _resolve(self, _host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]


@asynccontextmanager
async def receiving(*answers: bytes) -> AsyncIterator[Receiver]:
    receiver = Receiver(answers)
    server = await asyncio.start_server(receiver.hear, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with server:
        yield receiver


def answered(status: str, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode()


async def hooked(
    db: AsyncSession, kind: HookKind, url: str, name: str = "Ours", topics: Sequence[Topic] = ()
) -> tuple[Pairing, HookMade]:
    """A webhook of a programme in which a pairing began."""
    pairing = await a_pairing(db, PairingState.ACTIVE, programme=await a_programme(db, name=f"Led & <taught> {name}"))
    made = await service.add_hook(db, MACHINE, str(pairing.programme_id), NewHook(name, kind, url, list(topics)), NOW)
    for _ in range(2):
        await service.tell_hooks(db, [PairingBegan(pairing.id)], NOW)
    return pairing, made


async def told(
    database: Database, folder: Path, receiver: Receiver, kind: HookKind, time: Time | None = None
) -> tuple[Pairing, HookMade]:
    """Such a webhook, after one run of the job."""
    async with database.sessions.begin() as db:
        pairing, made = await hooked(db, kind, receiver.url, kind.value)
    await tell_due(a_sender(database, folder, None, time), receiver.caller)
    return pairing, made


async def test_a_signed_message_can_be_verified_and_says_ids_alone(database: Database, tmp_path: Path) -> None:
    time = Time()
    time.now = datetime.now(UTC)

    async with receiving() as receiver:
        pairing, made = await told(database, tmp_path, receiver, HookKind.SIGNED, time)

    [heard] = receiver.heard
    said = Webhook(made.secret or "").verify(heard.body, heard.headers)
    assert heard.head.startswith("POST /in?room=1 HTTP/1.1\r\n")
    assert heard.headers["host"] == f"hooks.example.test:{receiver.port}"
    assert (said["type"], said["data"]) == (
        "pairing.began",
        {"pairing_id": str(pairing.id), "programme_id": str(pairing.programme_id), "level": None},
    )
    assert [one.state for one in await messages_of(database)] == [MessageState.SENT]


async def test_a_chat_gets_a_card_without_names(database: Database, tmp_path: Path) -> None:
    async with receiving() as receiver:
        await told(database, tmp_path, receiver, HookKind.SLACK)
        await told(database, tmp_path, receiver, HookKind.TEAMS)

    slack, teams = (json.loads(heard.body) for heard in receiver.heard)
    assert "Led &amp; &lt;taught&gt;" in slack["text"]
    assert teams["attachments"][0]["content"]["body"][0]["type"] == "TextBlock"
    assert "Mensah" not in str((slack, teams))


ANSWERS: dict[str, tuple[HookKind, bytes, MessageState]] = {
    "yes": (HookKind.SLACK, answered("204 No Content"), MessageState.SENT),
    "not now": (HookKind.SLACK, answered("503 Busy"), MessageState.PENDING),
    "too many": (HookKind.SLACK, answered("429 Slow down"), MessageState.PENDING),
    "no": (HookKind.SLACK, answered("400 Bad"), MessageState.REFUSED),
    "gone": (HookKind.SIGNED, answered("410 Gone"), MessageState.REFUSED),
    "a redirect": (
        HookKind.SIGNED, answered("302 Found", "Location: http://169.254.169.254/"), MessageState.REFUSED,
    ),
    "no words to a program": (HookKind.SIGNED, b"", MessageState.PENDING),
    "no words to a chat": (HookKind.SLACK, b"", MessageState.UNCERTAIN),
    "nonsense": (HookKind.TEAMS, b"SSH-2.0-x\r\n", MessageState.UNCERTAIN),
    "without an end": (HookKind.SLACK, answered("200 OK") + b"x" * 200_000, MessageState.SENT),
}  # fmt: skip


@pytest.mark.parametrize("kind, answer, state", ANSWERS.values(), ids=ANSWERS)
async def test_an_answer_says_what_became_of_it(
    database: Database, tmp_path: Path, kind: HookKind, answer: bytes, state: MessageState
) -> None:
    async with receiving(answer) as receiver:
        await told(database, tmp_path, receiver, kind)

    [message] = await messages_of(database)
    assert (message.state, len(receiver.heard)) == (state, 1)


async def test_a_signed_message_is_told_again_under_the_same_id(database: Database, tmp_path: Path) -> None:
    time = Time()

    async with receiving(answered("500 Oh")) as receiver:
        await told(database, tmp_path, receiver, HookKind.SIGNED, time)
        time.pass_by(timedelta(hours=2))
        sender = a_sender(database, tmp_path, None, time)
        await tell_due(sender, receiver.caller)
        await tell_due(sender, receiver.caller)

    assert len({heard.headers["webhook-id"] for heard in receiver.heard}) == 1
    assert len({heard.headers["webhook-signature"] for heard in receiver.heard}) == 2
    assert [one.state for one in await messages_of(database)] == [MessageState.SENT]


async def test_who_does_not_answer_in_time_is_cut_off() -> None:
    async with receiving() as receiver:
        slow = asyncio.Event()

        async def hear(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await slow.wait()
            writer.close()

        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(Cut):
                await receiver.caller._replace(timeout=0.05).post(f"https://hooks.example.test:{port}/", b"{}", {})
            slow.set()


async def test_nobody_there_is_tried_again_later() -> None:
    async def nowhere(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    with pytest.raises(Unheard):
        await Caller(nowhere, lambda _: True, None).post("https://hooks.example.test:1/", b"{}", {})


async def test_a_webhook_that_was_removed_is_told_nothing_more(database: Database, tmp_path: Path) -> None:
    async with receiving() as receiver:
        async with database.sessions.begin() as db:
            _, made = await hooked(db, HookKind.SLACK, receiver.url)
            await service.remove_hook(db, MACHINE, made.hook.id, NOW)
        await tell_due(a_sender(database, tmp_path, None), receiver.caller)

    assert receiver.heard == []
    assert [one.state for one in await messages_of(database)] == [MessageState.SKIPPED]


async def test_mails_and_webhooks_leave_each_other_alone(database: Database, tmp_path: Path) -> None:
    """The one that sends mails does not take what is for a chat."""
    async with receiving() as receiver:
        async with database.sessions.begin() as db:
            await hooked(db, HookKind.SLACK, receiver.url)
        sender = a_sender(database, tmp_path, None)
        dealt_with = await send_due(sender)
        await tell_due(sender, receiver.caller)

    assert (dealt_with, len(receiver.heard)) == (0, 1)


@pytest.mark.parametrize("confided, count", [(False, 1), (True, 0)])
async def test_what_was_confided_is_told_to_nobody_outside(db: AsyncSession, confided: bool, count: int) -> None:
    pairing, _ = await hooked(db, HookKind.SLACK, "https://hooks.example.org/x", topics=[Topic.PAIRING_AT_RISK])

    await service.tell_hooks(db, [PairingAtRisk(pairing.id, Level.RED, 1, confided)], NOW)

    found = await db.scalars(select(Message.kind).where(Message.channel != "email"))
    assert list(found) == ["pairing.at_risk"] * count


@pytest.mark.parametrize("alerts, level", [(1, "amber"), (2, None)])
async def test_of_risk_only_what_was_said_openly_is_told(
    database: Database, tmp_path: Path, alerts: int, level: str | None
) -> None:
    """Where more was said since, it may have been in confidence: nothing is told."""
    async with receiving() as receiver:
        async with database.sessions.begin() as db:
            pairing, _ = await hooked(db, HookKind.SIGNED, receiver.url, topics=[Topic.PAIRING_AT_RISK])
            db.add(
                Watch(
                    pairing_id=pairing.id, programme_id=pairing.programme_id, level=Level.AMBER, points=30,
                    changed_at=NOW, alerts=alerts,
                )
            )  # fmt: skip
            await service.tell_hooks(db, [PairingAtRisk(pairing.id, Level.AMBER, 1, False)], NOW)
        await tell_due(a_sender(database, tmp_path, None), receiver.caller)

    assert [json.loads(heard.body)["data"]["level"] for heard in receiver.heard] == ([level] if level else [])


async def test_only_administrators_let_others_be_told_and_nobody_sees_the_address_again(db: AsyncSession) -> None:
    programme = await a_programme(db)
    new = NewHook("Ours", HookKind.SIGNED, "https://hooks.example.org/secret/path")
    coordinator = as_actor(await a_person(db), coordinates=(programme,))

    with pytest.raises(ProgrammeNotFound):
        await service.add_hook(db, coordinator, str(programme.id), new, NOW)
    made = await service.add_hook(db, MACHINE, str(programme.id), new, NOW)
    [listed] = await service.list_hooks(db, MACHINE, str(programme.id))

    assert (made.secret or "").startswith("whsec_")
    assert (listed.host, "path" in str(listed)) == ("hooks.example.org", False)
    with pytest.raises(HookNotFound):
        await service.remove_hook(db, MACHINE, UUID(int=1), NOW)


async def test_a_private_address_is_refused_when_it_is_added(db: AsyncSession) -> None:
    programme = await a_programme(db)

    with pytest.raises(AddressRefused):
        await service.add_hook(db, MACHINE, programme.name, NewHook("x", HookKind.SLACK, "https://10.0.0.1/"), NOW)

    assert list(await db.scalars(select(Hook))) == []


async def test_the_system_resolves_names() -> None:
    assert "127.0.0.1" in await resolve("127.0.0.1", 443)


async def test_a_test_goes_the_same_way_and_says_that_it_is_one(database: Database, tmp_path: Path) -> None:
    async with receiving() as receiver:
        async with database.sessions.begin() as db:
            programme = await a_programme(db)
            new = NewHook("Ours", HookKind.SIGNED, receiver.url)
            made = await service.add_hook(db, MACHINE, str(programme.id), new, NOW)
            await service.ping(db, MACHINE, made.hook.id, NOW)
        await tell_due(a_sender(database, tmp_path, None), receiver.caller)

    [heard] = receiver.heard
    assert json.loads(heard.body)["type"] == "ping"
    async with database.reading() as db:
        [delivery] = await service.list_deliveries(db, MACHINE, made.hook.id)
    assert (delivery.topic, delivery.state) == ("ping", MessageState.SENT)
