"""The desk as a server sees it: one process that keeps rounds open, started when somebody first asks."""

import asyncio
from asyncio.subprocess import Process

from mentoring.rounds.child import PYTHON, answered, kill, started, unheard
from mentoring.rounds.rules import SOLVE_LIMIT, SolverDied
from mentoring.rounds.solver import Answer, Request
from mentoring.rounds.turns import Turns

PROGRAM = (*PYTHON, "mentoring.rounds.drafts")


class Desk:
    """Asks one question after the other: each takes milliseconds once its round is open."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._turns = Turns(at_once=1)

    async def ask(self, request: Request) -> Answer:
        """Have it answered; a process that has died meanwhile is started again, once.

        Raises ``SolverDied``, ``SolversBusy``.
        """
        try:
            async with self._turns.mine(), asyncio.timeout(SOLVE_LIMIT.total_seconds()):
                answer = await self._asked(request) or await self._asked(request)
        except TimeoutError as late:
            raise SolverDied(status=0) from late
        if answer is None:
            raise SolverDied(status=0)
        return answer

    async def _asked(self, request: Request) -> Answer | None:
        if self._process is None:
            self._process = await started(PROGRAM)
        answer = None
        try:
            answer = await answered(self._process, request, unheard)
        finally:
            if answer is None:  # it died, or whoever asked has gone and would leave the answer to the next
                await self.close()
        return answer

    async def close(self) -> None:
        """End the process, if there is one; another question starts the next."""
        process, self._process = self._process, None
        if process is not None:
            kill(process)
            await process.wait()
