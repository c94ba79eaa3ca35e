"""Solving a round: claimed, read, worked out in another process with no transaction open, put down.

Should we die at any point, the lease passes and somebody else begins again; should somebody else have begun, our fence
is old and nothing of ours is written.
"""

import asyncio
import gc
import logging
from asyncio.subprocess import Process
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic, perf_counter
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BindParameter, ColumnElement, delete, or_, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal
from mentoring.db import Database
from mentoring.errors import MentoringError
from mentoring.failpoints import failpoint
from mentoring.programmes.models import Programme
from mentoring.programmes.rules import Matching
from mentoring.rounds import contracts
from mentoring.rounds.child import Told, ask, starting_solver, unheard
from mentoring.rounds.contracts import Failure
from mentoring.rounds.models import ProposedPair, Round, RoundInputs, Unmatched
from mentoring.rounds.problem import Snapshot, build_in_thread
from mentoring.rounds.results import refused_by_engine, replace_rows
from mentoring.rounds.rules import (
    MOST_ATTEMPTS,
    PROGRESS_EVERY,
    SOLVE_LEASE,
    RoundState,
    SolverDied,
)
from mentoring.rounds.snapshot import read_rows
from mentoring.rounds.solver import Answer, Request, Solved

log = logging.getLogger(__name__)
POLL_SECONDS = 0.25
"""How often whoever waits looks at a round that another process is solving."""


class Claim(NamedTuple):
    """Our hold on a round. Only while ``fence`` is still the round's may we write to it."""

    round_id: UUID
    programme_id: UUID
    fence: int
    revision: int
    attempts: int
    year: int
    matching: Matching


@dataclass
class _Watch:
    """How far the solver is, and what time it is: the moment of the claim and what has passed since."""

    begun_at: datetime
    told: Told
    stage: str = "reading"
    share: float = 0.0

    def __post_init__(self) -> None:
        self._begun = monotonic()
        self.seconds_from = perf_counter()

    def now(self) -> datetime:
        return self.begun_at + timedelta(seconds=monotonic() - self._begun)

    def tell(self, stage: str, share: float) -> None:
        self.stage, self.share = stage, share
        self.told(stage, share)


@contextmanager
def _keeping_all() -> Iterator[None]:
    """Nothing that tables give is garbage yet: looking for it again and again takes half of the time of reading."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _LeaseLost(Exception):
    """Somebody else holds the round now."""


async def solve_next(database: Database, now: datetime | None = None) -> bool:
    """Solve one round that waits for it, whoever asked; False when none does. The clock's door."""
    now = now or datetime.now(UTC)
    async with database.reading() as db:
        round_id = await db.scalar(select(Round.id).where(waiting(now)).limit(1))
    if round_id is None:
        return False
    claim = await _claim(database, now)
    if claim is None:
        return False
    await _solve(database, claim, _Watch(now, unheard))
    return True


async def solve_now(database: Database, round_id: UUID, told: Told = unheard) -> None:
    """Solve this very round, or wait while another process does. For whoever sits at a command line."""
    while True:
        now = datetime.now(UTC)
        if claim := await _claim(database, now, round_id):
            await _solve(database, claim, _Watch(now, told))
        async with database.reading() as db:
            row = (
                await db.execute(select(Round.state, Round.stage, Round.progress).where(Round.id == round_id))
            ).one_or_none()
        if row is None or row.state is not RoundState.SOLVING:
            return
        told(row.stage or "reading", row.progress)
        await asyncio.sleep(POLL_SECONDS)


def waiting(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Rounds that somebody asked for and nobody solves."""
    return (Round.state == RoundState.SOLVING) & or_(Round.lease_until.is_(None), Round.lease_until < now)


def _held(claim: Claim) -> ColumnElement[bool]:
    return (
        (Round.id == claim.round_id)
        & (Round.fence == claim.fence)
        & (Round.revision == claim.revision)
        & (Round.state == RoundState.SOLVING)
    )


async def _claim(database: Database, now: datetime, round_id: UUID | None = None) -> Claim | None:
    """Take a round that nobody holds. A claim is one committed statement, so two never get the same."""
    wanted = select(Round.id).where(waiting(now)).order_by(Round.requested_at).limit(1)
    if round_id is not None:
        wanted = wanted.where(Round.id == round_id)
    async with database.sessions.begin() as db:
        row = (
            await db.execute(
                update(Round)
                .where(Round.id == wanted.with_for_update(skip_locked=True).scalar_subquery())
                .values(
                    fence=Round.fence + 1,
                    attempts=Round.attempts + 1,
                    lease_until=now + SOLVE_LEASE,
                    stage="reading",
                    progress=0.0,
                )
                .returning(
                    Round.id,
                    Round.programme_id,
                    Round.fence,
                    Round.revision,
                    Round.attempts,
                    Round.year,
                    Round.matching,
                )
                .execution_options(synchronize_session=False)
            )
        ).one_or_none()
    return Claim(*row) if row else None


async def _solve(database: Database, claim: Claim, watch: _Watch) -> None:
    log.info("round claimed", extra={"round_id": str(claim.round_id), "fence": claim.fence})
    failpoint("solve.claimed")
    try:
        if claim.attempts > MOST_ATTEMPTS:
            raise SolverDied(status=0)
        async with starting_solver() as process:
            with _keeping_all():
                snapshot, request = await _asked(database, claim)
            failpoint("solve.read")
            answer = await _answer_while_held(database, claim, process, request, watch)
        failpoint("solve.answered")
        if isinstance(answer, Solved):
            watch.tell("storing", 0.0)
            with _keeping_all():
                await _put_down(database, claim, snapshot, request, answer, watch)
        elif answer is not None:
            await _fail(database, claim, refused_by_engine(answer, snapshot), watch.now())
    except SolverDied as death:
        await _give_back(database, claim, death, watch.now())
    except MentoringError as conclusion:
        await _fail(database, claim, conclusion, watch.now())


async def _asked(database: Database, claim: Claim) -> tuple[Snapshot, Request]:
    """Read what is to be solved. Raises ``NobodyToMatch``, ``ProblemRefused``."""
    async with database.reading() as db:
        if not database.sqlite:  # SQLite's transactions see one moment anyway
            await db.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        programme = await db.get_one(Programme, claim.programme_id)
        rows = await read_rows(db, programme, claim.year, claim.round_id)
    snapshot = await build_in_thread(rows)
    problem = await asyncio.to_thread(snapshot.problem.to_bytes)
    return snapshot, Request("solve", problem, programme.plan.minutes, snapshot.aim(claim.matching))


async def _answer_while_held(
    database: Database, claim: Claim, process: Process, request: Request, watch: _Watch
) -> Answer | None:
    """The solver's answer; None when the round was taken from us meanwhile. Raises ``SolverDied``."""
    answer: Answer | None = None
    death: SolverDied | None = None
    over = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_beat(database, claim, watch, over))
            try:
                answer = await ask(process, request, watch.tell)
            except SolverDied as died:
                death = died
            finally:
                over.set()
    except* _LeaseLost:
        log.warning("round lost to another solver", extra={"round_id": str(claim.round_id), "fence": claim.fence})
        answer = death = None
    if death is not None:
        raise death
    return answer


async def _beat(database: Database, claim: Claim, watch: _Watch, over: asyncio.Event) -> None:
    """Write down progress and renew the lease until it is over. Raises ``_LeaseLost``."""
    written, renewed_at = ("", -1.0), watch.now()
    while not await _set_within(over, PROGRESS_EVERY):
        now = watch.now()
        if (watch.stage, watch.share) == written and now < renewed_at + SOLVE_LEASE / 3:
            continue
        written, renewed_at = (watch.stage, watch.share), now
        try:
            async with database.sessions.begin() as db:
                await _write_held(db, claim, stage=watch.stage, progress=watch.share, lease_until=now + SOLVE_LEASE)
        except OperationalError:  # a long import holds SQLite: the lease lasts until a later beat
            log.warning("progress not written", extra={"round_id": str(claim.round_id)})


async def _set_within(event: asyncio.Event, span: timedelta) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), span.total_seconds())
    return event.is_set()


async def _write_held(db: AsyncSession, claim: Claim, **values: object) -> None:
    """Write to the round if it is still ours. Raises ``_LeaseLost``, which undoes the transaction."""
    statement = update(Round).where(_held(claim)).values(**values).returning(Round.id)
    if (await db.execute(statement.execution_options(synchronize_session=False))).one_or_none() is None:
        raise _LeaseLost


async def _put_down(
    database: Database, claim: Claim, snapshot: Snapshot, request: Request, solved: Solved, watch: _Watch
) -> None:
    """Replace the round's result, in one transaction and only if the round is still ours."""
    now = watch.now()
    try:
        async with database.sessions.begin() as db:
            await _write_held(db, claim, stage=None, lease_until=None)  # first of all, as it takes the lock
            await replace_rows(db, claim.round_id, claim.revision, snapshot, request, solved)
            failpoint("solve.half_put_down")
            journal.record(db, contracts.RoundProposed(claim.round_id, claim.revision), by=None, at=now)
            await _write_held(
                db,
                claim,
                state=RoundState.PROPOSED,
                progress=1.0,
                failure=None,
                leaders=len(snapshot.leaders),
                juniors=len(snapshot.juniors),
                matched=solved.matched,
                total_fit=solved.total_fit,
                solved_at=now,
                seconds=perf_counter() - watch.seconds_from,
            )
    except _LeaseLost:
        log.warning("result too late", extra={"round_id": str(claim.round_id), "fence": claim.fence})
        return
    failpoint("solve.put_down")
    log.info("round proposed", extra={"round_id": str(claim.round_id), "peak_bytes": solved.peak_bytes})


async def _give_back(database: Database, claim: Claim, death: SolverDied, now: datetime) -> None:
    """Let the round be solved again at once; after too many deaths let it fail."""
    log.error("solver died", extra={"round_id": str(claim.round_id), "status": death.details["status"]})
    if claim.attempts >= MOST_ATTEMPTS:
        await _fail(database, claim, death, now)
        return
    with suppress(_LeaseLost):
        async with database.sessions.begin() as db:
            await _write_held(db, claim, lease_until=None)


async def _fail(database: Database, claim: Claim, conclusion: MentoringError, now: datetime) -> None:
    """Put down why there is no proposal. What an earlier revision proposed is no longer offered."""
    failure = msgspec.to_builtins(Failure(conclusion.code, conclusion.details))
    with suppress(_LeaseLost):
        async with database.sessions.begin() as db:
            await _write_held(db, claim, state=RoundState.FAILED, failure=failure, stage=None, lease_until=None)
            for table in (ProposedPair, Unmatched, RoundInputs):
                await db.execute(delete(table).where(table.round_id == claim.round_id))
            await db.execute(
                update(Round).where(Round.id == claim.round_id).values(matched=0, total_fit=0.0, solved_at=now)
            )
            journal.record(db, contracts.RoundFailed(claim.round_id, claim.revision, conclusion.code), by=None, at=now)
    log.info("round failed", extra={"round_id": str(claim.round_id), "code": conclusion.code})
