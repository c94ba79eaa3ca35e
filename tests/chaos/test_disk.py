"""A disk that is full refuses what is to be written, keeps what was, and things go on when there is room again."""

import os
import resource
import subprocess
from functools import partial
from pathlib import Path

from tests.chaos.people import STAFF, write_files
from tests.harness.server import PROGRAM

ROOM = 200_000
"""Bytes that a file may still grow to: less than the import needs, more than the database has."""


def with_room(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def ran(url: str, folder: Path, *words: str, room: int | None = None) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"MENTORING_DATABASE_URL": url, "MENTORING_SECRET_FILE": str(folder / "secret")}
    return subprocess.run(
        [str(PROGRAM), *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=None if room is None else partial(with_room, room),
    )


def test_an_import_that_finds_no_room_leaves_nothing_and_goes_well_later(
    sqlite_database_url: str, tmp_path: Path
) -> None:
    staff, _ = write_files(tmp_path)
    bring = ("staff", "import", str(staff), "--apply", "--json")

    full = ran(sqlite_database_url, tmp_path, *bring, room=ROOM)
    checked = ran(sqlite_database_url, tmp_path, "check")
    later = ran(sqlite_database_url, tmp_path, *bring)

    assert full.returncode not in (0, -9)
    assert (checked.returncode, checked.stdout.strip()) == (0, "Every rule holds: nothing is lost, doubled or stuck.")
    assert f'"added": {STAFF}' in later.stdout
