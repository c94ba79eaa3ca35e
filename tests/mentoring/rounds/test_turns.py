"""Heavy questions: few are worked on at once, few wait, and nobody works for somebody who has gone."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import httpx
import psutil
import pytest

from mentoring import db as databases
from mentoring.rounds.child import AT_ONCE, run_solver
from mentoring.rounds.rules import SolversBusy
from mentoring.rounds.solver import Request, Surveyed
from mentoring.rounds.turns import MOST_WAITING, Turns
from tests.builders import a_person
from tests.conftest import StartProgram
from tests.harness.server import LOOK_AGAIN_AFTER, Process
from tests.matching.problems import a_problem
from tests.mentoring.rounds.worlds import a_world, solvers
from tests.mentoring.visitor import come_in

Seen = TypeVar("Seen")


async def test_however_many_ask_few_solvers_are_at_work_and_few_wait() -> None:
    """Who reloads a heavy page again and again is told to wait a moment, and is answered after it."""
    request = Request("survey", a_problem(2, 2).to_bytes(), 45)
    crowd = [asyncio.create_task(run_solver(request)) for _ in range(AT_ONCE + MOST_WAITING + 3)]
    most = 0
    while not all(one.done() for one in crowd):
        most = max(most, len(solvers()))
        await asyncio.sleep(LOOK_AGAIN_AFTER)

    said = await asyncio.gather(*crowd, return_exceptions=True)

    assert most == AT_ONCE
    assert sum(isinstance(one, Surveyed) for one in said) == AT_ONCE + MOST_WAITING
    assert sum(isinstance(one, SolversBusy) for one in said) == 3
    assert isinstance(await run_solver(request), Surveyed)


async def test_who_waits_too_long_for_a_turn_is_asked_to_come_back() -> None:
    turns = Turns(at_once=1, patience=timedelta())

    async with turns.mine():
        with pytest.raises(SolversBusy):
            async with turns.mine():
                pass

    async with turns.mine():
        pass


async def test_who_closes_the_window_stops_the_solver(start: StartProgram, sqlite_database_url: str) -> None:
    """The solver is held, so that it cannot have ended by itself."""
    server = start("serve", MENTORING_DATABASE_URL=sqlite_database_url)
    async with (
        databases.database(sqlite_database_url) as database,
        httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as window,
    ):
        async with database.sessions.begin() as db:
            world = await a_world(db, {"L1": 1}, {"J1": 3})
            administrator = await a_person(db)
        await come_in(window, database, administrator, administrator=True)
        server.wait_until_ready()
        heavy = f"/programmes/{world.programme.id}/readiness"

        looking = asyncio.create_task(window.get(heavy))
        [solver] = await seen(lambda: solvers_of(server))
        solver.suspend()
        looking.cancel()
        await seen(lambda: not solvers_of(server))

        assert (await window.get(heavy)).status_code == 200


def solvers_of(server: Process) -> list[psutil.Process]:
    """Those that its workers have started."""
    return [solver for worker in psutil.Process(server.pid).children(recursive=True) for solver in solvers(worker.pid)]


async def seen(look: Callable[[], Seen]) -> Seen:
    """What there is to see, as soon as there is."""
    async with asyncio.timeout(30):
        while not (found := look()):
            await asyncio.sleep(LOOK_AGAIN_AFTER)
    return found
