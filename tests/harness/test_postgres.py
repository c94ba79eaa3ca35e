"""The cluster of the tests answers, is ours alone, and goes when the tests go."""

import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.harness.databases import EMPTY
from tests.harness.postgres import CHOICE, Cluster
from tests.harness.run import REPOSITORY

STAND_ALONE = """
import signal
import sys
from tests.harness.postgres import shared_cluster
from tests.harness.run import new_run
# Whoever started the tests in the background made them deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
with new_run() as run:
    cluster = shared_cluster(run)
    cluster.execute("CREATE TABLE proof ()")
    print(run.directory, cluster.port, flush=True)
    sys.stdin.read()
"""


async def answer(url: str, question: str) -> object:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found: object = (await connection.execute(text(question))).scalar_one()
    await engine.dispose()
    return found


async def test_a_commit_of_the_cluster_is_on_disk_when_it_returns(cluster: Cluster) -> None:
    assert await answer(cluster.url("postgres"), "SHOW fsync") == "on"


async def test_the_cluster_listens_on_this_machine_alone(cluster: Cluster) -> None:
    assert await answer(cluster.url("postgres"), "SHOW listen_addresses") == "127.0.0.1"


async def test_emptying_a_database_looks_at_every_table_and_starts_numbers_anew(
    cluster: Cluster, worker_id: str
) -> None:
    name = f"emptying_{worker_id}"
    cluster.execute(f"CREATE DATABASE {name}")
    cluster.execute(
        "CREATE TABLE person (id serial PRIMARY KEY)",
        "CREATE TABLE report (person_id int REFERENCES person)",
        "INSERT INTO person DEFAULT VALUES",
        "INSERT INTO report VALUES (1)",
        EMPTY,
        "INSERT INTO person DEFAULT VALUES",
        database=name,
    )

    assert await answer(cluster.url(name), "SELECT max(id) FROM person") == 1
    assert await answer(cluster.url(name), "SELECT count(*) FROM report") == 0


@pytest.mark.parametrize(("programs", "ending"), [("as found", signal.SIGINT), ("wheel", signal.SIGKILL)])
def test_nothing_of_a_cluster_is_left_when_its_run_is_ended(
    programs: str, ending: signal.Signals, tmp_path: Path
) -> None:
    with (tmp_path / "errors").open("w+") as errors, a_run_of_its_own(programs, errors) as run:
        assert run.stdout is not None
        words = run.stdout.readline().split()
        assert words, (tmp_path / "errors").read_text()
        directory, port = Path(words[0]), int(words[1])
        with (directory / "cluster.lock").open() as cluster_lock:
            run.send_signal(ending)

            # The guard lets go of it when its work is done.
            fcntl.flock(cluster_lock, fcntl.LOCK_EX)

    assert not directory.exists()
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def a_run_of_its_own(programs: str, errors: IO[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", STAND_ALONE],
        cwd=REPOSITORY,
        env={**os.environ, CHOICE: programs},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
