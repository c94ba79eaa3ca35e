"""The clock as a process of its own: it does what is due, stops in good order, and may be killed."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInState
from mentoring.db import Database
from mentoring.heartbeat import TICK, JobRun
from mentoring.journal import JournalEntry
from mentoring.messages.rules import LEASE, MessageState
from mentoring.pairings import service as pairings
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from scheduler.jobs import JOBS
from tests.builders import NOW, a_check_in, a_pairing, as_actor
from tests.conftest import StartProgram
from tests.harness.smtp import Sink
from tests.mentoring.messages.posting import Time, a_sender, asked_leaders, messages_of, post_all, states_of

SENT, UNCERTAIN = MessageState.SENT, MessageState.UNCERTAIN


def environment(database: Database, smtp: Sink, folder: Path) -> dict[str, str]:
    return {
        "MENTORING_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "MENTORING_SMTP_URL": smtp.url,
        "MENTORING_SECRET_FILE": str(folder / "secret"),
        "MENTORING_MAIL_FROM": "mentoring@example.org",
        "MENTORING_TICK_SECONDS": "0.1",
    }


async def all_beginning_at_once(database: Database, count: int) -> list[Pairing]:
    """Juniors who all say yes: each begins a pairing, of which two mails, seven sessions and more follow."""
    async with database.sessions.begin() as db:
        begun = [await a_pairing(db, PairingState.ASKING_JUNIOR) for _ in range(count)]
    async with database.sessions.begin() as db:
        for one in begun:
            await pairings.accept_pairing(db, as_actor(one.junior_id), one.id, datetime.now(UTC))
    return begun


def ids_of(smtp: Sink) -> Counter[str]:
    return Counter(str(mail["message-id"]) for mail in smtp.messages)


async def test_two_clocks_do_everything_that_is_due_and_nothing_twice(
    database: Database, tmp_path: Path, smtp: Sink, start: StartProgram
) -> None:
    begun = await all_beginning_at_once(database, 20)
    async with database.sessions.begin() as db:
        asked = [
            await a_check_in(db, state=CheckInState.SCHEDULED, due_at=datetime.now(UTC), wake_at=NOW) for _ in range(20)
        ]

    clocks = [start("clock", **environment(database, smtp, tmp_path)) for _ in range(2)]
    smtp.wait_for(20 * 4 + 20, seconds=60)
    codes = [clock.stop() for clock in clocks]

    async with database.reading() as db:
        fired = await db.scalars(select(CheckIn.state).where(CheckIn.id.in_([one.id for one in asked])))
        waiting = await db.scalars(select(JournalEntry.event).where(JournalEntry.wake_at.is_not(None)))
        assert (set(fired), list(waiting)) == ({CheckInState.OPEN}, [])
        assert {one.job for one in await db.scalars(select(JobRun))} == {TICK, *(job.__name__ for job in JOBS)}
    assert codes == [0, 0]
    assert set(ids_of(smtp).values()) == {1}
    assert Counter(one.kind for one in await messages_of(database)) == {
        "pairing_began": 2 * len(begun), "session_invitation": 2 * len(begun), "check_in": 20,
    }  # fmt: skip


async def test_a_clock_that_is_killed_while_it_sends_loses_nothing_and_doubles_nothing(
    database: Database, tmp_path: Path, smtp: Sink, start: StartProgram
) -> None:
    await asked_leaders(database, 250)
    clock = start("clock", **environment(database, smtp, tmp_path))
    smtp.wait_for(40, seconds=60)
    clock.kill()
    left_behind = Counter(await states_of(database))

    time = Time()
    time.now = datetime.now(UTC) + LEASE
    await post_all(a_sender(database, tmp_path, smtp.url, time))

    states = Counter(await states_of(database))
    assert left_behind[MessageState.SENDING] <= 1
    assert states[SENT] + states[UNCERTAIN] == 250
    assert states[UNCERTAIN] == left_behind[MessageState.SENDING]
    assert set(ids_of(smtp).values()) == {1}
    assert states[SENT] <= len(smtp.messages) <= 250


async def test_a_clock_that_is_told_to_stop_gives_back_what_it_has_not_sent(
    database: Database, tmp_path: Path, smtp: Sink, start: StartProgram
) -> None:
    await asked_leaders(database, 250)
    clock = start("clock", **environment(database, smtp, tmp_path))
    smtp.wait_for(20, seconds=60)

    code = clock.stop()

    states = Counter(await states_of(database))
    assert code == 0
    assert set(states) <= {SENT, MessageState.PENDING}
    assert states[SENT] == len(smtp.messages)


async def test_a_clock_goes_on_when_one_of_its_jobs_fails(
    database: Database, tmp_path: Path, smtp: Sink, start: StartProgram
) -> None:
    """An event that cannot be read any more is noted; mails go out all the same."""
    async with database.sessions.begin() as db:
        db.add(JournalEntry(event="PairingBegan", details={"odd": True}, at=NOW, wake_at=NOW))
    await asked_leaders(database, 1)

    clock = start("clock", **environment(database, smtp, tmp_path))
    smtp.wait_for(1, seconds=60)
    clock.wait_for_words("reaction failed")
    clock.stop()

    async with database.reading() as db:
        [entry] = await db.scalars(select(JournalEntry))
    assert (entry.delivered_at, entry.error) == (None, "ValidationError")
    assert entry.attempts >= 1
