"""The storm: clocks, web and commands are killed at moments that nobody chose, while people go on answering."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from random import Random

import httpx
from sqlalchemy import text

from tests.chaos.people import Crowd, write_files
from tests.chaos.rig import KILLED, Rig
from tests.chaos.walk import web
from tests.harness.smtp import Fault

SOONEST, LATEST = 0.02, 0.45
"""Seconds that a clock lives before it is killed: it starts in a tenth of a second and then works without rest."""

LATEST_COMMAND = 0.4
EACH_TIME = 8
"""People who answer, and questions that fall due, between two kills."""

Trouble = Callable[[Rig], Awaitable[None]]


async def storm(rig: Rig, kills: int, clocks: int = 1, seed: int = 1, troubles: Sequence[Trouble] = ()) -> None:
    """Kill ``kills`` times; between two kills people do what they do, and every rule is asked."""
    chance, aim = Random(seed), rig.score.kills + kills
    with web(rig) as (_, crowd):
        async with crowd.browser() as browser:
            running = [await rig.start("clock") for _ in range(clocks)]
            turn = 0
            while rig.score.kills < aim:
                turn += 1
                await _something_happens(crowd, browser, chance)
                await asyncio.sleep(chance.uniform(SOONEST, LATEST))
                await rig.kill(running.pop(0))
                await rig.check(f"kill {rig.score.kills}")
                await rig.let_leases_pass()
                if turn % 5 == 0:
                    await _kill_a_command(rig, chance)
                if troubles and turn % 3 == 0:
                    await troubles[turn // 3 % len(troubles)](rig)
                running.append(await rig.start("clock"))
            for one in running:
                await rig.stop(one)
    await rig.settle()


async def _something_happens(crowd: Crowd, browser: httpx.AsyncClient, chance: Random) -> None:
    await crowd.ask_now(EACH_TIME)
    await crowd.all_say_yes(browser, EACH_TIME // 2)
    if chance.random() < 0.5:
        await crowd.chase_now(EACH_TIME // 2)
    await crowd.answer(browser, EACH_TIME // 2)


async def _kill_a_command(rig: Rig, chance: Random) -> None:
    """Somebody's import is cut off wherever it is; the file comes in whole the next time, or changed nothing."""
    staff, _ = write_files(rig.folder)
    title = f"Adviser {chance.randrange(10**6)}"
    staff.write_text(staff.read_text(encoding="utf-8").replace("Programme Officer", title), encoding="utf-8")
    pid = await rig.start("staff", "import", str(staff), "--apply", "--json")
    await asyncio.sleep(chance.uniform(0.0, LATEST_COMMAND))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    if await rig.ended(pid) == KILLED:
        rig.score.kills += 1
    async with rig.database.reading() as db:
        titles = text("SELECT DISTINCT substr(job_title, 1, length(:t)) = :t FROM person WHERE staff_no IS NOT NULL")
        found = (await db.execute(titles, {"t": title})).all()
    if len(found) > 1:
        rig.score.broken.append("N9: half a staff file was written")
    await rig.check("a command's death")


async def replies_are_lost(rig: Rig) -> None:
    """The mail server takes some messages and hangs up before it says so."""
    await _plan(rig, Fault.HANG_UP_AFTER, "reply lost")


async def server_hangs_up(rig: Rig) -> None:
    await _plan(rig, Fault.HANG_UP_BEFORE, "reply lost")


async def mailboxes_are_gone(rig: Rig) -> None:
    await _plan(rig, Fault.REFUSE, "550")


async def server_says_later(rig: Rig) -> None:
    await _plan(rig, Fault.DEFER, "451")


async def _plan(rig: Rig, fault: Fault, name: str) -> None:
    async with rig.database.reading() as db:
        rows = await db.execute(text("SELECT email FROM person ORDER BY id LIMIT 400"))
        addresses = [str(row[0]) for row in rows]
    for address in addresses[rig.score.kills % 7 :: 40]:
        rig.smtp.plan(address, fault, times=1)
        rig.score.faults[name] += 1


async def writer_is_held_up(rig: Rig) -> None:
    """Somebody holds the one writer of SQLite for seconds: the others wait, within their patience."""
    async with rig.database.sessions.begin() as db:
        await db.execute(text("UPDATE job_run SET items = items"))
        await asyncio.sleep(5)
    rig.score.faults["writer held 5 s"] += 1
    await rig.check("a writer held up")


END_ALL = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def backends_are_ended(rig: Rig) -> None:
    """An administrator ends every connection of the database but this one."""
    async with rig.database.engine.connect() as connection:
        await connection.execute(END_ALL)
    rig.score.faults["backends ended"] += 1


async def server_crashes(rig: Rig) -> None:
    """kill -9 for one server process of PostgreSQL: all are ended, and the server recovers from its log."""
    with suppress(Exception):
        async with rig.database.sessions() as db:
            pid = await db.scalar(text("SELECT pg_backend_pid()"))
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await db.scalar(text("SELECT 1"))
    rig.score.faults["PostgreSQL crashed"] += 1
    await _until_it_answers(rig)


async def only_reading(rig: Rig) -> None:
    """As after a failover to a copy: nothing can be written, for a while."""
    await _read_only(rig, "on")
    await asyncio.sleep(0.5)
    await _read_only(rig, "off")
    rig.score.faults["read-only"] += 1


async def _read_only(rig: Rig, value: str) -> None:
    async with rig.database.engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SET default_transaction_read_only = off"))
        name = rig.database.engine.url.database
        await connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}')
        await connection.execute(END_ALL)


async def _until_it_answers(rig: Rig) -> None:
    async with asyncio.timeout(30):
        while True:
            with suppress(Exception):
                async with rig.database.reading() as db:
                    await db.execute(text("SELECT 1"))
                return
            await asyncio.sleep(0.05)


ANYWHERE: tuple[Trouble, ...] = (replies_are_lost, mailboxes_are_gone, server_says_later, server_hangs_up)
TROUBLES: dict[str, tuple[Trouble, ...]] = {
    "SQLite": (*ANYWHERE, writer_is_held_up),
    "PostgreSQL": (*ANYWHERE, backends_are_ended, server_crashes, only_reading),
}
