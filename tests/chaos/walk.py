"""The walk: the main job from an empty database to answered questions, dying once at each failpoint on the way.

``POINTS`` names them all; a test compares it with the code. After each death every rule is asked, then the same is
done again, as whoever sits there would.
"""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from mentoring.checkins.models import CheckIn
from mentoring.db import Base
from mentoring.inbound.models import SessionAnswer
from mentoring.messages.models import Message
from mentoring.pairings.models import Agreement, Pairing, PairSession, Rematch
from mentoring.pairings.rules import PairingState, SessionState
from mentoring.people.models import Mailing, Person
from mentoring.programmes.models import Enrolment, Programme
from mentoring.rounds.models import Round
from mentoring.rounds.rules import RoundState
from tests.chaos.people import PROGRAMME, STAFF, Crowd, write_files
from tests.chaos.rig import PATIENCE, Rig
from tests.harness.run import free_port
from tests.harness.server import Process, started
from tests.harness.smtp import Fault

POINTS = frozenset({
    "backup.half_written",
    "backup.before_rename",
    "book.written", "bounce.written",
    "call_off.written",
    "command.before_commit", "command.after_commit",
    "deliver.between_reactions", "deliver.before_commit", "deliver.after_commit",
    "end.written",
    "import.half_written", "import.before_commit", "import.after_commit",
    "keep.before_commit",
    "pause.sessions_held",
    "publish.after_cas", "publish.after_pairings", "publish.after_counts",
    "rematch.asked", "rematch.offered",
    "reply.written",
    "request.before_commit", "request.after_commit",
    "restore.before_commit",
    "resume.written",
    "send.composed", "send.claimed", "send.intended", "send.said", "send.answered", "send.unmarked",
    "send.before_last_mark", "send.marked", "send.unsettled",
    "sign.written",
    "signups.half_written", "signups.before_commit",
    "solve.claimed", "solve.read", "solve.answered", "solve.half_put_down", "solve.put_down",
    "undo.after_withdrawal",
    "wake.before_commit", "wake.after_commit",
})  # fmt: skip


async def count(rig: Rig, table: type[Base]) -> int:
    async with rig.database.reading() as db:
        return await db.scalar(select(func.count()).select_from(table)) or 0


async def imports(rig: Rig) -> None:
    """A file is in, whole, or not at all; the same file again changes nothing (N9)."""
    staff, sign_ups = write_files(rig.folder)
    bring = ("staff", "import", str(staff), "--apply", "--json")
    for point, there in (("half_written", 0), ("before_commit", 0), ("after_commit", STAFF)):
        await rig.dies_at(f"import.{point}", *bring)
        assert await count(rig, Person) == there
    assert '"added": 0' in await rig.command(*bring)
    create = ("programme", "create", PROGRAMME, "--preset", "standard", "--json")
    for point, there in (("before_commit", 0), ("after_commit", 1)):
        await rig.dies_at(f"command.{point}", *create)
        assert await count(rig, Programme) == there
    enrol = ("signups", "import", PROGRAMME, str(sign_ups), "--apply", "--json")
    for point in ("half_written", "before_commit"):
        await rig.dies_at(f"signups.{point}", *enrol)
        assert await count(rig, Enrolment) == 0
    await rig.command(*enrol)


async def state_of_last_round(rig: Rig) -> RoundState:
    async with rig.database.reading() as db:
        found = await db.scalar(select(Round.state).order_by(Round.number.desc()).limit(1))
    assert found is not None
    return found


async def solving(rig: Rig) -> None:
    """Whoever solves may die anywhere: it is solved again; after three deaths it fails, and can be asked again."""
    propose = ("round", "propose", PROGRAMME, "--wait", "--json")
    for point in ("solve.claimed", "solve.read", "solve.answered"):
        await rig.dies_at(point, *propose)
        assert await state_of_last_round(rig) is RoundState.SOLVING
    await rig.command(*propose, expect=1)
    assert await state_of_last_round(rig) is RoundState.FAILED
    await rig.dies_at("solve.half_put_down", *propose)
    assert await state_of_last_round(rig) is RoundState.SOLVING
    await rig.dies_at("solve.put_down", *propose)
    assert await state_of_last_round(rig) is RoundState.PROPOSED
    assert '"same": true' in await rig.command("round", "replay", f"{PROGRAMME} 1", "--json")


async def publishing(rig: Rig) -> None:
    """All pairs are published, or none (N1, N2); the second who publishes is refused; undone, or not at all."""
    publish = ("round", "publish", f"{PROGRAMME} 1", "--json")
    for point in ("publish.after_cas", "publish.after_pairings", "publish.after_counts"):
        await rig.dies_at(point, *publish)
        assert await count(rig, Pairing) == 0
    await rig.command(*publish)
    await rig.command(*publish, expect=1)
    undo = ("round", "undo", f"{PROGRAMME} 1", "--json")
    await rig.dies_at("undo.after_withdrawal", *undo)
    assert await state_of_last_round(rig) is RoundState.PUBLISHED
    await rig.command(*undo)
    await rig.command("round", "propose", PROGRAMME, "--wait", "--json")
    await rig.command("round", "publish", f"{PROGRAMME} 2", "--json")


CLOCK: Mapping[str, int] = {
    "deliver.between_reactions": 1, "deliver.before_commit": 1, "deliver.after_commit": 2,
    "send.composed": 1, "send.claimed": 1, "send.intended": 3, "send.said": 2, "send.answered": 2, "send.unmarked": 2,
}  # fmt: skip
"""At which visit the clock dies: not always at the first, so that some of a batch has gone out."""


async def mailing(rig: Rig) -> None:
    """The clock dies at each step of a message's way. Some become uncertain; none is lost or doubled (N3, N4)."""
    for point, visit in CLOCK.items():
        await rig.dies_at(point, "clock", visit=visit)
    for someone in await _addresses(rig):
        rig.smtp.plan(someone, Fault.DEFER, times=1)
    await rig.dies_at("send.unsettled", "clock")
    for someone in await _addresses(rig):
        rig.smtp.plan(someone, Fault.DEFER, times=0)
    await rig.dies_at("send.before_last_mark", "clock")


async def _addresses(rig: Rig) -> list[str]:
    async with rig.database.reading() as db:
        return list(await db.scalars(select(Person.email)))


async def answering(rig: Rig) -> None:
    """The web dies before and after it commits: what it acknowledged is there, the rest may be said again (N11)."""
    await rig.settle()
    for point in ("request.before_commit", "request.after_commit"):
        with web(rig, FAILPOINTS=f"{point}:4") as (process, crowd):
            async with crowd.browser() as browser:
                await crowd.all_say_yes(browser, 5)
            await until_dead(process, point)
        rig.score.kills += 1
        rig.score.faults[point] += 1
        await rig.check(point)
    with web(rig) as (_, crowd):
        async with crowd.browser() as browser:
            for _ in range(2):
                await crowd.all_say_yes(browser, 12)
            await rig.dies_at("wake.before_commit", "clock")
            await rig.settle()
            await crowd.ask_now(12)
            await rig.dies_at("wake.after_commit", "clock")
            await rig.dies_at("send.marked", "clock")
            await rig.settle()
            assert await crowd.answer(browser, 6) > 0
    await crowd.ask_now(4)
    await rig.dies_at("keep.before_commit", "clock", MENTORING_SMTP_URL="")
    await rig.settle()
    assert await count(rig, CheckIn) > 0


async def meeting(rig: Rig) -> None:
    """Two book, move and call off, agree, pause and go on; a calendar answers, a mail comes back (N3, N14).

    Who died in the middle has done nothing; what is then done again is done once.
    """
    pairing, session = await under_way(rig)
    for days in ("3", "4"):  # booked, and moved
        await dies_and_does(rig, "book.written", PairSession, "book", str(session), days)
    await rig.settle()
    await dies_and_does(rig, "reply.written", SessionAnswer, "reply", str(session))
    await dies_and_does(rig, "call_off.written", PairSession, "call_off", str(session))
    await rig.command("act", "write", str(pairing.id))
    await dies_and_does(rig, "sign.written", Agreement, "sign", str(pairing.id))
    await dies_and_does(rig, "pause.sessions_held", Pairing, "pause", str(pairing.id))
    await dies_and_does(rig, "resume.written", Pairing, "resume", str(pairing.id))
    await dies_and_does(rig, "bounce.written", Mailing, "bounce", str(pairing.leader_id))
    await rig.settle()


async def parting(rig: Rig) -> None:
    """One ends it, the other asks for somebody else and is offered somebody once, or comes first next time (N1)."""
    pairing, _ = await under_way(rig)
    await dies_and_does(rig, "end.written", Pairing, "end", str(pairing.id))
    await dies_and_does(rig, "rematch.asked", Rematch, "rematch", str(pairing.id))
    await rig.dies_at("rematch.offered", "clock")
    await rig.settle()
    async with rig.database.reading() as db:
        [asked] = await db.scalars(select(Rematch))
        waits = await db.scalar(select(func.count()).select_from(Message).where(Message.kind == "rematch_waits"))
    assert asked.settled_at is not None
    assert (asked.offered_id is None) == (waits == 1)


async def under_way(rig: Rig) -> tuple[Pairing, UUID]:
    """An active pairing and one of its sessions that nobody has booked."""
    async with rig.database.reading() as db:
        rows = await db.execute(
            select(Pairing, PairSession.id)
            .join(PairSession, PairSession.pairing_id == Pairing.id)
            .where(Pairing.state == PairingState.ACTIVE, PairSession.state == SessionState.PLANNED)
            .where(PairSession.starts_at > datetime.now(UTC))
            .order_by(Pairing.id, PairSession.number.desc())
            .limit(1)
        )
        pairing, session = rows.one()
    return pairing, session


async def dies_and_does(rig: Rig, point: str, table: type[Base], *act: str) -> None:
    """Somebody's act dies halfway and has changed nothing of ``table``; then it is done, and has."""
    before = await rows_of(rig, table)
    await rig.dies_at(point, "act", *act)
    assert await rows_of(rig, table) == before
    await rig.command("act", *act)
    assert await rows_of(rig, table) != before
    await rig.check(act[0])


async def rows_of(rig: Rig, table: type[Base]) -> list[tuple[object, ...]]:
    async with rig.database.reading() as db:
        return sorted((tuple(row) for row in await db.execute(select(table.__table__))), key=repr)


async def keeping(rig: Rig) -> None:
    """A backup is there whole or not at all; a restore that dies has changed nothing."""
    file = rig.folder / "copy.backup"
    for point in ("backup.half_written", "backup.before_rename"):
        await rig.dies_at(point, "backup", str(file))
        assert not file.exists()
    await rig.command("backup", str(file))
    people = await count(rig, Person)
    await rig.dies_at("restore.before_commit", "restore", str(file), "--replace")
    assert await count(rig, Person) == people
    await rig.command("restore", str(file), "--replace")
    assert await count(rig, Person) == people


def web(rig: Rig, **more: str) -> "Web":
    return Web(rig, more)


class Web:
    """The web, as people start it; ended with the block."""

    def __init__(self, rig: Rig, more: Mapping[str, str]) -> None:
        port = free_port()
        self._rig = rig
        self._url = f"http://127.0.0.1:{port}"
        log = Path(rig.folder / f"web-{port}.log")
        self._running = started("serve", log=log, environment=rig.environment | dict(more), port=port)

    def __enter__(self) -> tuple[Process, Crowd]:
        self._process = self._running.__enter__()
        self._process.wait_until_ready(seconds=2 * PATIENCE)
        return self._process, Crowd(self._rig, self._url)

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # its end in good order is tried elsewhere


async def until_dead(process: Process, point: str) -> None:
    """Wait until the worker has said its last word."""
    async with asyncio.timeout(20):
        while f"failpoint {point}" not in process.words:
            await asyncio.sleep(0.02)


async def walk(rig: Rig) -> None:
    """All of it, in the order of life."""
    await imports(rig)
    await solving(rig)
    await publishing(rig)
    await mailing(rig)
    await answering(rig)
    await meeting(rig)
    await parting(rig)
    await keeping(rig)
    assert set(rig.score.faults) >= POINTS, POINTS - set(rig.score.faults)
