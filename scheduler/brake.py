"""Stops the clock before it acts on a time that cannot be right, or writes to very many people at once."""

import logging
from datetime import datetime, timedelta

from mentoring import heartbeat
from mentoring.db import Database
from mentoring.heartbeat import HoldReason
from mentoring.upkeep.service import hold_clock, people_due

log = logging.getLogger(__name__)
LOOK_EVERY = timedelta(seconds=10)
"""How often a clock that runs looks whether another has stopped. One that is held looks at each tick."""


class Brake:
    """What this process knows of the last tick, its own or another clock's."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.last: datetime | None = None
        self.looked_at: datetime | None = None
        self.held = False

    async def lets_go_on(self, now: datetime) -> bool:
        """Whether the clock may act now. Costs a query only every ``LOOK_EVERY``, after a pause, and while held."""
        if self.last is None or self.held or self._must_look(now):
            await self._look(now)
        if self.held:
            return False
        self.last = now
        return True

    def _must_look(self, now: datetime) -> bool:
        fresh = self.looked_at is not None and timedelta(0) <= now - self.looked_at < LOOK_EVERY
        return not fresh or self.last is None or heartbeat.paused(self.last, now)

    async def _look(self, now: datetime) -> None:
        self.looked_at = now
        async with self.database.reading() as db:
            hold = await heartbeat.open_hold(db)
            noted = await heartbeat.last_tick(db)
        if hold is not None:
            self._say_held(hold.reason)
            return
        if self.held:
            log.info("clock goes on")
            self.held, self.last = False, now
            return
        last = self.last or noted
        if last is not None and (reason := await self._reason(last, now)):
            self._say_held(reason)

    async def _reason(self, last: datetime, now: datetime) -> HoldReason | None:
        """Why the clock must stop here, if it must; put down for a person to see."""
        if heartbeat.leapt(last, now):
            reason, people = HoldReason.LEAP, 0
        elif not heartbeat.paused(last, now):
            return None
        else:
            async with self.database.reading() as db:
                people, population = await people_due(db, now)
            if not heartbeat.flooded(people, population):
                return None
            reason = HoldReason.FLOOD
        async with self.database.sessions.begin() as db:
            await hold_clock(db, reason, last, people, now)
        return reason

    def _say_held(self, reason: HoldReason) -> None:
        if not self.held:
            log.error("clock is held until somebody lets it go on: mentoring resume", extra={"reason": reason.value})
        self.held = True
