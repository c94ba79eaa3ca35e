"""The solver as seen from outside: started, asked, listened to, and stopped with whoever asked."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from weakref import WeakKeyDictionary

import msgspec

from mentoring.asker import while_awaited
from mentoring.rounds.rules import SOLVE_LIMIT, SolverDied
from mentoring.rounds.solver import LENGTH_BYTES, Answer, Message, Progress, Request, framed
from mentoring.rounds.turns import Turns

Told = Callable[[str, float], None]
"""Told a stage and the share of it that is done."""
PYTHON = (sys.executable, "-P", "-m")
"""``-P``: what lies in the working directory is not taken for a module."""
PROGRAM = (*PYTHON, "mentoring.rounds.solver")
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""The products are small: two threads of BLAS wait for each other and burn three times the time of one."""
AT_ONCE = 2
"""Solvers that one process has at work for those who ask: each may hold a programme's people in memory. Besides them
there is the desk's one process; rounds themselves are solved by the clock, one after the other."""
_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()
"""By event loop, of which a process has one: what waits in one cannot be woken from another."""


def unheard(_stage: str, _share: float) -> None:
    """Where nobody looks on."""


async def run_solver(request: Request, told: Told = unheard) -> Answer:
    """Have ``request`` answered by a process of its own, which ends with us, or when nobody waits for it any more.

    Raises ``SolverDied``, ``SolversBusy``, ``AskerGone``.
    """
    return await while_awaited(_in_turn(request, told))


async def _in_turn(request: Request, told: Told) -> Answer:
    turns = _TURNS.setdefault(asyncio.get_running_loop(), Turns(AT_ONCE))
    async with turns.mine(), starting_solver() as process:
        return await ask(process, request, told)


async def ask(process: Process, request: Request, told: Told) -> Answer:
    """Have ``request`` answered by a process that was started for it. Raises ``SolverDied``."""
    answer = None
    with suppress(TimeoutError):
        async with asyncio.timeout(SOLVE_LIMIT.total_seconds()):
            answer = await answered(process, request, told)
    if answer is None:
        kill(process)
        raise SolverDied(status=await process.wait())
    return answer


@asynccontextmanager
async def starting_solver() -> AsyncIterator[Process]:
    """A solver that loads its libraries while we read what it will be asked. Killed if it is still there at the end."""
    process = await started(PROGRAM)
    try:
        yield process
    finally:
        kill(process)
        await process.wait()


async def started(program: Sequence[str]) -> Process:
    return await asyncio.create_subprocess_exec(*program, stdin=PIPE, stdout=PIPE, env=os.environ | ONE_THREAD)


def kill(process: Process) -> None:
    """End it for certain. Not by its own ``kill``, which reaps one that has just died, and its status with it."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


async def answered(process: Process, request: Request, told: Told) -> Answer | None:
    """The answer, or None where the process has ended."""
    assert process.stdin is not None
    with suppress(ConnectionError):  # it died before or while we wrote: its output ends, too
        if not process.stdin.is_closing():
            process.stdin.write(framed(request))
        await process.stdin.drain()
    async for message in _messages(process):
        if not isinstance(message, Progress):
            return message
        told(message.stage, message.share)
    return None


async def _messages(process: Process) -> AsyncIterator[Message]:
    assert process.stdout is not None
    while True:
        try:
            length = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
            body = await process.stdout.readexactly(length)
        except asyncio.IncompleteReadError:
            return
        yield msgspec.msgpack.decode(body, type=Message)
