"""Many browsers and programs at once, each over a connection that it keeps: ``python -m tests.bench.traffic PLAN``.

No client library: the ones that we have (httpx, and what tests use of it) take longer for a request than the service
does for an answer, so on the same two cores they would measure themselves. Requests are bytes before the first is sent;
of an answer the status and the length are read, and the body only as far as it must be to get at the next answer.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvloop
from msgspec import Struct


class Asked(Struct, frozen=True):
    """One request as it goes over the wire, and the status that answers it where all is well."""

    kind: str
    status: int
    wire: bytes


class Plan(Struct, frozen=True):
    """What to ask, in this order, over ``connections`` at once; from the beginning ``again`` when all was asked.

    What is answered in the first ``warm`` seconds does not count, nor what is after ``seconds`` more.
    """

    port: int
    asked: list[Asked]
    connections: int
    warm: float = 0.0
    seconds: float = 60.0
    again: bool = True


class Seen(Struct):
    """What came back in time: the milliseconds of each answer by kind, and of errors what they were."""

    milliseconds: dict[str, list[float]]
    errors: list[str]
    seconds: float
    cpu_seconds: float


def main(plan_file: Path) -> None:
    plan = msgspec.msgpack.decode(plan_file.read_bytes(), type=Plan)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.stdout.buffer.write(msgspec.json.encode(runner.run(_drive(plan))))


async def _drive(plan: Plan) -> Seen:
    seen = Seen({}, [], plan.seconds, 0.0)
    waiting = itertools.cycle(plan.asked) if plan.again else iter(plan.asked)
    began = time.perf_counter() + plan.warm
    until = began + plan.seconds
    await asyncio.gather(
        *(_one_after_the_other(plan.port, waiting, seen, began, until) for _ in range(plan.connections))
    )
    seen.seconds = min(until, time.perf_counter()) - began
    seen.cpu_seconds = time.process_time()
    return seen


async def _one_after_the_other(port: int, waiting: Iterator[Asked], seen: Seen, began: float, until: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for asked in waiting:
        sent = time.perf_counter()
        if sent >= until:
            break
        writer.write(asked.wire)
        status = await _answer(reader)
        answered = time.perf_counter()
        if began <= answered < until:
            seen.milliseconds.setdefault(asked.kind, []).append(1000 * (answered - sent))
        if status != asked.status:  # those of the first seconds, too
            seen.errors.append(f"{asked.kind}: {status}")
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> int:
    """Read one answer to its end; return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head[9:12])
    length = head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    if length:
        await reader.readexactly(int(length))
    elif b"\r\ntransfer-encoding: chunked" in head:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return status


if __name__ == "__main__":
    main(Path(sys.argv[1]))
