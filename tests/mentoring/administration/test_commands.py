"""Whoever sits at the machine sets, takes away, and looks whether anybody tampered."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from mentoring.db import open_database
from mentoring.identity import MACHINE
from mentoring.programmes.contracts import NewProgramme
from mentoring.programmes.service import create_programme
from mentoring.sealing import seal_next
from tests.builders import NOW
from tests.conftest import StartProgram

SECRET = "x" * 64


async def test_settings_exports_and_the_audit_list(
    start: StartProgram, sqlite_database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(SECRET)
    settings = {"MENTORING_DATABASE_URL": sqlite_database_url, "MENTORING_SECRET_FILE": str(tmp_path / "secret")}
    opened = open_database(sqlite_database_url)
    async with opened.sessions.begin() as db:
        await create_programme(db, MACHINE, NewProgramme("Here"), NOW)
    await seal_next(opened, SECRET.encode(), NOW)
    await opened.close()

    def said(*words: str) -> tuple[int, str]:
        process = start(*words, **settings)
        return process.popen.wait(120), process.words

    chosen = said("settings", "set", "organisation", "Meridian")
    exported = said("export", "Here", "sign_ups", str(tmp_path / "file.csv"))
    listed, holds = said("audit", "list"), said("audit", "verify")
    with closing(sqlite3.connect(make_url(sqlite_database_url).database or "")) as tampering:
        tampering.execute("UPDATE journal_entry SET event = 'Nothing' WHERE seal = 1")
        tampering.commit()
    broken = said("audit", "verify")

    assert (chosen[0], "Meridian" in chosen[1]) == (0, True)
    assert exported[0] == 0
    assert (tmp_path / "file.csv").read_text(encoding="utf-8-sig").startswith("staff number,")
    assert all(event in listed[1] for event in ("ProgrammeCreated", "SettingsChanged", "DataExported"))
    assert (holds[0], broken[0]) == (0, 1)
    assert "Every seal holds" in holds[1]
    assert broken[1].startswith("Seal 1 does not hold")
