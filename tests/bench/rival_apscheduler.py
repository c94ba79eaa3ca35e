"""APScheduler 3 with a job store of its own, as its guide has it, sending mails that are due."""

import os
import smtplib
import sys
import threading
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

THREADS = 4
_line = threading.local()


def send(number: int) -> None:
    """One mail; each thread keeps its connection."""
    if not hasattr(_line, "smtp"):
        _line.smtp = smtplib.SMTP("127.0.0.1", int(os.environ["RIVAL_SMTP_PORT"]), local_hostname="localhost")
    to = f"person{number}@example.org"
    text = f"To: <{to}>\r\nMessage-ID: <{number}@example.org>\r\nSubject: It is time\r\n\r\nPlease answer.\r\n"
    _line.smtp.sendmail("mentoring@example.org", [to], text)


def scheduler(url: str) -> BackgroundScheduler:
    return BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"misfire_grace_time": None},  # else what is a second late is thrown away
        timezone=UTC,
    )


def fill(url: str, count: int) -> None:
    filling = scheduler(url)
    filling.start(paused=True)
    due = datetime.now(UTC) - timedelta(seconds=1)
    for number in range(count):
        filling.add_job("tests.bench.rival_apscheduler:send", "date", run_date=due, args=[number], id=str(number))
    os._exit(0)  # each job is in the store by now; a shutdown would begin to run them


def main() -> None:
    task, url, *count = sys.argv[1:]
    if task == "fill":
        fill(url, int(count[0]))
        return
    working = scheduler(url)
    working.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
