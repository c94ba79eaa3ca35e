"""What every chaos run works with: a database, a mail server that counts, processes to kill, the rules at the end."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update

from mentoring.db import Database, database
from mentoring.messages.dispatch import new_sender
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.reactions import COMPOSERS
from mentoring.rounds.models import Round
from mentoring.rounds.rules import RoundState
from mentoring.settings import Settings
from mentoring.upkeep.invariants import broken_rules
from scheduler.jobs import Clock, due_jobs
from tests.chaos.outside import Answers, doubled, lost
from tests.harness.run import REPOSITORY
from tests.harness.server import LOOK_AGAIN_AFTER
from tests.harness.smtp import Sink

PATIENCE = 120.0
"""Seconds that anything may take on a busy machine before the run counts as failed."""

KILLED = -signal.SIGKILL
HELD = (MessageState.CLAIMED, MessageState.SENDING)


@dataclass
class Score:
    """What a run counts."""

    kills: int = 0
    checks: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def line(self, uncertain: int, sent: int) -> str:
        lost_, doubled_ = _of(self.broken, "lost"), _of(self.broken, "twice")
        return (
            f"{self.kills} kill -9, {sum(self.faults.values())} faults of {len(self.faults)} kinds, "
            f"{self.checks} checks: lost {lost_}, doubled {doubled_}, "
            f"other rules broken {len(self.broken) - lost_ - doubled_}; "
            f"{sent} mails sent, uncertain {uncertain}, all shown"
        )


def _of(broken: Sequence[str], word: str) -> int:
    return sum(word in one for one in broken)


class Rig:
    """One organisation under fire."""

    def __init__(self, folder: Path, url: str, opened: Database, nursery: Process, smtp: Sink) -> None:
        self.folder = folder
        self.url = url
        self.database = opened
        self.smtp = smtp
        self.score = Score()
        self.answers = Answers()
        self._nursery = nursery
        self._line = asyncio.Lock()
        self._started = 0
        settings = Settings(secret_file=folder / "secret")
        self._clock = Clock(opened, new_sender(opened, settings, COMPOSERS), lambda: False)
        self.living: set[int] = set()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MENTORING_DATABASE_URL": self.url,
            "MENTORING_SMTP_URL": self.smtp.url,
            "MENTORING_SECRET_FILE": str(self.folder / "secret"),
            "MENTORING_MAIL_FROM": "mentoring@example.org",
            "MENTORING_TICK_SECONDS": "0.05",
        }

    def log(self, number: int) -> Path:
        return self.folder / f"process-{number}.log"

    async def start(self, *words: str, **more: str) -> int:
        """Start ``mentoring WORDS``; ``more`` goes into its environment (``FAILPOINTS=...``)."""
        self._started += 1
        environment = self.environment | more
        asked = {"start": words, "environment": environment, "log": str(self.log(self._started))}
        pid = int(str(await self._ask(asked)))
        self.living.add(pid)
        return pid

    async def _ask(self, asked: Mapping[str, object]) -> object:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        async with self._line:
            self._nursery.stdin.write(json.dumps(asked).encode() + b"\n")
            return json.loads(await self._nursery.stdout.readline())

    async def ended(self, pid: int, within: float = PATIENCE) -> int:
        """The exit code of a process, once it has ended."""
        async with asyncio.timeout(within):
            while (code := await self._ask({"poll": pid})) is None:
                await asyncio.sleep(LOOK_AGAIN_AFTER)
        self.living.discard(pid)
        return int(str(code))

    async def command(self, *words: str, expect: int = 0, **more: str) -> str:
        """Run a command to its end; return what it printed."""
        number = self._started + 1
        code = await self.ended(await self.start(*words, **more))
        said = self.log(number).read_text(errors="replace") if self.log(number).exists() else ""
        assert code == expect, f"{words} {more} ended with {code}, not {expect}:\n{said[-3000:]}"
        self.score.kills += code == KILLED
        return said

    async def dies_at(self, point: str, *words: str, visit: int = 1, **more: str) -> None:
        """Start a process that comes to a failpoint and dies there; then look at every rule."""
        await self.command(*words, expect=KILLED, FAILPOINTS=f"{point}:{visit}", **more)
        self.score.faults[point] += 1
        await self.check(point)
        await self.let_leases_pass()

    async def kill(self, pid: int) -> None:
        """kill -9; nobody gets to say goodbye."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await self.ended(pid)
        self.score.kills += 1

    async def stop(self, pid: int) -> int:
        """Ask it to end, as an operator does."""
        os.kill(pid, signal.SIGTERM)
        return await self.ended(pid)

    async def let_leases_pass(self) -> None:
        """What the dead held falls due, as if their leases had passed; the living keep theirs."""
        now = datetime.now(UTC) - timedelta(seconds=1)
        async with self.database.sessions.begin() as db:
            owners = set(await db.scalars(select(Message.owner).where(Message.state.in_(HELD)).distinct()))
            dead = [one for one in owners if one and int(one.rpartition(":")[2]) not in self.living]
            await db.execute(
                update(Message).where(Message.state.in_(HELD), Message.owner.in_(dead)).values(wake_at=now)
            )
            await db.execute(
                update(Message).where(Message.state == MessageState.PENDING, Message.wake_at > now, Message.attempt > 0)
                .values(wake_at=now)
            )  # fmt: skip
            if not self.living:
                solving = update(Round).where(Round.state == RoundState.SOLVING, Round.lease_until.is_not(None))
                await db.execute(solving.values(lease_until=now))

    async def check(self, after: str) -> None:
        """Every rule, by the database and by what arrived; what is broken is kept with what broke it."""
        self.score.checks += 1
        async with self.database.reading() as db:
            broken = await broken_rules(db, datetime.now(UTC))
            broken += doubled(self.smtp) + await self.answers.forgotten(db)
        known = {one.partition(": ")[2] for one in self.score.broken}
        self.score.broken += [f"after {after}: {one}" for one in broken if one not in known]

    async def settle(self) -> None:
        """Let one clock run until nothing is due any more, then look whether anything was lost on the way."""
        clock = await self.start("clock")
        async with asyncio.timeout(PATIENCE):
            while await self._busy():
                await self.let_leases_pass()
                await asyncio.sleep(LOOK_AGAIN_AFTER)
        assert await self.stop(clock) in (0, -signal.SIGTERM)  # told to end before it had begun
        await self.check("settling")
        async with self.database.reading() as db:
            self.score.broken += await lost(db, self.smtp)

    async def _busy(self) -> bool:
        if await due_jobs(self._clock):
            return True
        async with self.database.reading() as db:
            return await db.scalar(select(Message.id).where(Message.state.in_(HELD)).limit(1)) is not None

    async def counts(self) -> Counter[MessageState]:
        async with self.database.reading() as db:
            return Counter(await db.scalars(select(Message.state)))

    async def verdict(self) -> str:
        """The sentence at the end. Raises where a rule was broken."""
        states = await self.counts()
        line = self.score.line(states[MessageState.UNCERTAIN], states[MessageState.SENT])
        assert not self.score.broken, "\n".join([line, *self.score.broken])
        assert states[MessageState.UNCERTAIN] <= self.score.kills + self.score.faults["reply lost"], line
        return line


@asynccontextmanager
async def rig(folder: Path, url: str, smtp: Sink) -> AsyncIterator[Rig]:
    """Set everything up, and take down whoever still lives at the end."""
    async with AsyncExitStack() as closing:
        opened = await closing.enter_async_context(database(url))
        nursery = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.nursery", cwd=REPOSITORY, stdin=PIPE, stdout=PIPE, env=_bare()
        )
        closing.push_async_callback(_end, nursery)
        assert nursery.stdout is not None
        await nursery.stdout.readline()
        made = Rig(folder, url, opened, nursery, smtp)
        try:
            yield made
        finally:
            for pid in list(made.living):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _bare() -> dict[str, str]:
    """Our environment without settings; one thread of linear algebra, for a fork takes no threads along."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("MENTORING_", "FAILPOINTS"))}
    return bare | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


async def _end(nursery: Process) -> None:
    nursery.kill()
    await nursery.wait()
