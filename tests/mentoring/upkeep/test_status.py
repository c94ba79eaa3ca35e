"""Whoever runs the service sees how it is: on the command line, by the API, and in Prometheus."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import heartbeat
from mentoring.heartbeat import HoldReason
from mentoring.identity import MACHINE
from mentoring.journal import JournalEntry
from mentoring.messages.models import Message
from mentoring.messages.rules import MessageState
from mentoring.pairings.rules import PairingState
from mentoring.policy import NotYours
from mentoring.upkeep.invariants import broken_rules
from mentoring.upkeep.metrics import exposition
from mentoring.upkeep.queries import read_status
from mentoring.upkeep.rules import QUEUE_LATE, TICK_LATE, Alarm
from mentoring.upkeep.service import hold_clock
from tests.builders import NOW, a_pairing, a_person, as_actor
from tests.conftest import StartProgram

SECOND = timedelta(seconds=1)


async def a_message(db: AsyncSession, state: MessageState, **changes: object) -> Message:
    pairing = await a_pairing(db, PairingState.DECLINED)
    values = {
        "kind": "consent_leader", "about": pairing.id, "recipient_id": pairing.leader_id, "state": state,
        "made_at": NOW, "attempt": 1, "owner": "somebody:1",
    }  # fmt: skip
    message = Message(**(values | changes))
    db.add(message)
    await db.flush()
    return message


async def alarms(db: AsyncSession) -> list[Alarm]:
    return (await read_status(db, MACHINE, NOW)).alarms


async def test_while_all_is_well_no_alarm_rings(db: AsyncSession) -> None:
    await heartbeat.note_run(db, heartbeat.TICK, 1, None, NOW)
    await heartbeat.note_run(db, "send_messages", 7, None, NOW)
    await a_message(db, MessageState.PENDING, wake_at=NOW)

    status = await read_status(db, MACHINE, NOW)

    assert (status.alarms, status.messages_due, status.tick_age, status.hold) == ([], 1, 0.0, None)
    assert [(job.job, job.items) for job in status.jobs] == [("send_messages", 7)]


@pytest.mark.parametrize(("age", "late"), [(TICK_LATE, False), (TICK_LATE + SECOND, True)])
async def test_a_clock_that_ticks_late_is_seen(db: AsyncSession, age: timedelta, late: bool) -> None:
    await heartbeat.note_run(db, heartbeat.TICK, 1, None, NOW - age)

    assert await alarms(db) == ([Alarm.CLOCK_LATE] if late else [])


async def test_a_clock_that_never_ticked_is_seen(db: AsyncSession) -> None:
    assert await alarms(db) == [Alarm.CLOCK_LATE]


async def test_a_queue_that_grows_a_lease_that_expired_and_what_fails_are_seen(db: AsyncSession) -> None:
    await heartbeat.note_run(db, heartbeat.TICK, 1, None, NOW)
    await heartbeat.note_run(db, "wake_pairings", 0, "OperationalError", NOW)
    await a_message(db, MessageState.PENDING, wake_at=NOW - QUEUE_LATE - SECOND)
    await a_message(db, MessageState.CLAIMED, wake_at=NOW - TICK_LATE)
    await a_message(db, MessageState.UNCERTAIN)
    db.add(JournalEntry(event="PairingBegan", details={}, at=NOW, wake_at=NOW + SECOND, attempts=1, error="KeyError"))
    await hold_clock(db, HoldReason.LEAP, NOW - timedelta(days=3), 0, NOW)
    await db.flush()

    status = await read_status(db, MACHINE, NOW)

    assert status.alarms == [
        Alarm.CLOCK_HELD, Alarm.QUEUE_LATE, Alarm.LEASES_EXPIRED, Alarm.JOB_FAILING, Alarm.EVENTS_FAILING,
    ]  # fmt: skip
    assert (status.leases_expired, status.messages_uncertain, status.last_error) == (1, 1, "KeyError")
    text = exposition(status).decode()
    assert 'mentoring_alarm{alarm="queue_late"} 1.0' in text
    assert 'mentoring_alarm{alarm="clock_late"} 0.0' in text
    assert "mentoring_oldest_due_message_seconds 601.0" in text
    assert 'mentoring_job_failing{job="wake_pairings"} 1.0' in text


async def test_the_status_is_not_for_everybody(db: AsyncSession) -> None:
    with pytest.raises(NotYours):
        await read_status(db, as_actor(await a_person(db)), NOW)


async def test_health_says_nothing_to_whoever_asks(client: AsyncClient) -> None:
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (await client.get("/metrics", headers={"accept": "application/json"})).status_code in (303, 401)


async def test_every_rule_that_is_broken_is_named(db: AsyncSession) -> None:
    lost = await a_message(db, MessageState.PENDING, wake_at=None)
    twice = await a_message(db, MessageState.SENT, owner=None)

    broken = await broken_rules(db, NOW)

    assert broken == [
        f"N4: message {lost.id} has lost its place in the queue", f"N6: message {twice.id} left without a claim",
    ]  # fmt: skip


def test_commands_end_with_1_while_something_is_wrong(start: StartProgram, sqlite_database_url: str) -> None:
    settings = {"MENTORING_DATABASE_URL": sqlite_database_url}

    ended = {words: start(*words.split(), **settings).popen.wait(60) for words in ("check", "status", "resume")}

    assert ended == {"check": 0, "status": 1, "resume": 1}
