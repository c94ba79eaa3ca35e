"""The status in the text format of Prometheus. Names are stable: alarms and dashboards are built upon them."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from mentoring.upkeep.contracts import Status
from mentoring.upkeep.rules import Alarm

GAUGES = {
    "mentoring_tick_age_seconds": ("tick_age", "Seconds since any clock looked for due work"),
    "mentoring_messages_due": ("messages_due", "Messages whose moment has come and that wait to be sent"),
    "mentoring_oldest_due_message_seconds": ("oldest_due_age", "How long the oldest of them has waited"),
    "mentoring_messages_uncertain": ("messages_uncertain", "Messages of which nobody knows whether they arrived"),
    "mentoring_messages_refused": ("messages_refused", "Messages that a mail server refused for good"),
    "mentoring_leases_expired": ("leases_expired", "Rows held by a process that is gone"),
    "mentoring_events_waiting": ("events_waiting", "Events that are to be delivered now"),
    "mentoring_events_failing": ("events_failing", "Events whose reaction failed and is tried again"),
    "mentoring_rounds_solving": ("rounds_solving", "Match rounds that are being solved, or wait for it"),
}


def exposition(status: Status) -> bytes:
    """Write the status out. A clock that never ticked has no age: the series is absent, and the alarm rings."""
    registry = CollectorRegistry()
    for name, (field, help_) in GAUGES.items():
        value: float | None = getattr(status, field)
        if value is not None:
            Gauge(name, help_, registry=registry).set(value)
    alarm = Gauge("mentoring_alarm", "1 while the alarm rings", ["alarm"], registry=registry)
    for one in Alarm:
        alarm.labels(one.value).set(one in status.alarms)
    failing = Gauge("mentoring_job_failing", "1 while the last run of a job failed", ["job"], registry=registry)
    for job in status.jobs:
        failing.labels(job.job).set(job.error is not None)
    return generate_latest(registry)
