"""What a deployment may decide, and what it is told when it decides wrongly."""

import re
import stat
import subprocess
import sys
from datetime import time
from pathlib import Path

import pytest

from mentoring.settings import Settings, SettingWrong, read_settings
from tests.conftest import StartProgram
from tests.harness.run import REPOSITORY

OPERATIONS = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")

FAVICON = REPOSITORY / "src" / "mentoring" / "web" / "static" / "favicon.svg"

RIGHT = [
    ("DATABASE_URL", "sqlite:///var/x.db", "sqlite+aiosqlite:///var/x.db"),
    ("DATABASE_URL", "sqlite:////srv/x.db", "sqlite+aiosqlite:////srv/x.db"),
    ("DATABASE_URL", "postgresql://a:b@db/x", "postgresql+asyncpg://a:b@db/x"),
    ("DATABASE_URL", "postgres://a:b@db/x", "postgresql+asyncpg://a:b@db/x"),
    ("DATABASE_URL", "postgresql+asyncpg://a@db/x", "postgresql+asyncpg://a@db/x"),
    ("SMTP_URL", "smtp://mail.example.org:25", "smtp://mail.example.org:25"),
    ("SMTP_URL", "smtps://a:b@mail.example.org", "smtps://a:b@mail.example.org"),
    ("MAIL_FROM", "mentoring@example.org", "mentoring@example.org"),
    ("BASE_URL", "https://mentoring.example.org/", "https://mentoring.example.org"),
    ("BASE_URL", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("HOST", "0.0.0.0", "0.0.0.0"),
    ("PORT", "1", 1),
    ("PORT", "65535", 65535),
    ("WORKERS", "4", 4),
    ("ENVIRONMENT", "development", "development"),
    ("SECRET_FILE", "/run/secrets/key", Path("/run/secrets/key")),
    ("TICK_SECONDS", "0.5", 0.5),
    ("ORGANISATION", "العربية & Co", "العربية & Co"),
    ("LANGUAGE", "fr", "fr"),
    ("MAILS_A_WEEK", "3", 3),
    ("MAILS_FROM", "08:30", time(8, 30)),
    ("MAILS_UNTIL", "18:00", time(18)),
    ("ACCENT", "#FFCC00", "#ffcc00"),
    ("LOGO", str(FAVICON), FAVICON),
]
WRONG = [
    ("ORGANISATION", "x" * 81, "wants a name of at most 80 characters"),
    ("LANGUAGE", "French", "wants the code of a language, such as fr"),
    ("MAILS_A_WEEK", "0", "wants a whole number from 1 to 14"),
    ("MAILS_FROM", "09:00+02:00", "wants a time of day without a zone, such as 09:00"),
    ("MAILS_FROM", "nine", "wants a time of day, such as 09:00"),
    ("MAILS_UNTIL", "08:00", "wants a time after MENTORING_MAILS_FROM"),
    ("DATABASE_URL", "mysql://db/x", "wants sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"),
    ("DATABASE_URL", "var/x.db", "wants sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"),
    ("DATABASE_URL", "sqlite://", "wants a file: a database in memory would be lost with the process"),
    ("DATABASE_URL", "sqlite:///:memory:", "wants a file: a database in memory would be lost with the process"),
    ("SMTP_URL", "mail.example.org:25", "wants smtp://HOST:PORT, or smtps:// for TLS from the first byte"),
    ("SMTP_URL", "smtp://", "wants smtp://HOST:PORT, or smtps:// for TLS from the first byte"),
    ("SMTP_URL", "smtp://mail.example.org:often", "wants smtp://HOST:PORT, or smtps:// for TLS from the first byte"),
    ("MAIL_FROM", "mentoring", "wants one mail address, such as mentoring@example.org"),
    ("MAIL_FROM", "a@b\r\nBcc: c@d", "wants one mail address, such as mentoring@example.org"),
    ("BASE_URL", "mentoring.example.org", "wants the address people type, such as https://mentoring.example.org"),
    ("BASE_URL", "https://example.org/path", "wants the address people type, such as https://mentoring.example.org"),
    ("BASE_URL", "https://a:b@example.org", "wants the address people type, such as https://mentoring.example.org"),
    ("BASE_URL", "http://example.org:often", "wants the address people type, such as https://mentoring.example.org"),
    ("BASE_URL", "ftp://example.org", "wants the address people type, such as https://mentoring.example.org"),
    ("PORT", "0", "wants a whole number from 1 to 65535"),
    ("PORT", "65536", "wants a whole number from 1 to 65535"),
    ("PORT", "8000 ", "wants a whole number from 1 to 65535"),
    ("WORKERS", "0", "wants a whole number from 1 to 64"),
    ("WORKERS", "many", "wants a whole number from 1 to 64"),
    ("ENVIRONMENT", "staging", "wants production or development"),
    ("TICK_SECONDS", "0", "wants seconds from 0.05 to 60"),
    ("TICK_SECONDS", "61", "wants seconds from 0.05 to 60"),
    ("TICK_SECONDS", "nan", "wants seconds from 0.05 to 60"),
    ("TICK_SECONDS", "soon", "wants seconds from 0.05 to 60"),
    ("ACCENT", "teal", "wants a colour as #rrggbb, such as #0b5a6e"),
    ("ACCENT", "#fff;}body{display:none", "wants a colour as #rrggbb, such as #0b5a6e"),
    ("LOGO", "/no/such/logo.svg", "cannot be read: No such file or directory"),
    ("LOGO", __file__, "wants an SVG with a viewBox, or a PNG, of at most 12,000 bytes"),
]


@pytest.mark.parametrize("name, given, read", RIGHT)
def test_a_right_value_is_taken(name: str, given: str, read: object) -> None:
    assert getattr(read_settings({f"MENTORING_{name}": given}), name.lower()) == read


@pytest.mark.parametrize("name, given, why", WRONG)
def test_a_wrong_value_is_told_what_would_do(name: str, given: str, why: str) -> None:
    with pytest.raises(SettingWrong) as wrong:
        read_settings({f"MENTORING_{name}": given})

    assert str(wrong.value) == f"MENTORING_{name}: {why}"


def test_every_setting_is_tried_here() -> None:
    assert {name.lower() for name, *_ in RIGHT} == set(Settings.__struct_fields__) - {"fixed"}


def test_every_setting_stands_in_the_table_for_those_who_run_it() -> None:
    table = OPERATIONS.partition("## Settings")[2].partition("\n## ")[0]

    written = {name.lower() for name in re.findall(r"`MENTORING_(\w+)`", table)}

    assert written == set(Settings.__struct_fields__) - {"fixed"}


def test_nothing_given_is_the_default_and_so_is_nothing_written() -> None:
    assert read_settings({}) == Settings()
    assert read_settings({"MENTORING_PORT": "", "MENTORING_SMTP_URL": ""}) == Settings()


def test_what_is_not_ours_is_not_read() -> None:
    assert read_settings({"PORT": "often", "DATABASE_URL": "mysql://"}) == Settings()


def test_a_name_that_does_not_exist_is_told_which_do() -> None:
    with pytest.raises(SettingWrong) as wrong:
        read_settings({"MENTORING_DATABSE_URL": "sqlite:///x.db"})

    assert str(wrong.value).startswith("MENTORING_DATABSE_URL: there is no such setting; there are ")
    assert "MENTORING_DATABASE_URL" in str(wrong.value)


def test_a_value_can_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://a:b@db/x\n")

    assert read_settings({"MENTORING_DATABASE_URL_FILE": str(file)}).database_url == "postgresql+asyncpg://a:b@db/x"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingWrong) as wrong:
        read_settings({"MENTORING_SMTP_URL_FILE": str(tmp_path / "none")})

    assert str(wrong.value) == "MENTORING_SMTP_URL_FILE: cannot be read: No such file or directory"


def test_a_wrong_value_in_a_file_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("mysql://root:hunter2@db/x")

    with pytest.raises(SettingWrong) as wrong:
        read_settings({"MENTORING_DATABASE_URL_FILE": str(file)})

    assert "hunter2" not in str(wrong.value)


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(secret_file=tmp_path / "var" / "secret")

    first = settings.secret()

    assert len(first) >= 32
    assert settings.secret() == first
    assert stat.S_IMODE(settings.secret_file.stat().st_mode) == 0o600
    assert list(settings.secret_file.parent.iterdir()) == [settings.secret_file]


def test_two_deployments_do_not_share_a_secret(tmp_path: Path) -> None:
    assert Settings(secret_file=tmp_path / "a").secret() != Settings(secret_file=tmp_path / "b").secret()


def test_processes_that_start_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    asked = "from mentoring.settings import read_settings; print(read_settings().secret().decode())"
    environment = {"MENTORING_SECRET_FILE": str(tmp_path / "new" / "secret")}
    starting = [
        subprocess.Popen([sys.executable, "-c", asked], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]

    said = {one.communicate(timeout=60)[0].strip() for one in starting}

    assert [one.returncode for one in starting] == [0] * 6
    assert said == {(tmp_path / "new" / "secret").read_text()}


@pytest.mark.parametrize("held", ["", "short", "x" * 31, "\n" * 64])
def test_a_secret_that_is_too_short_is_refused(tmp_path: Path, held: str) -> None:
    file = tmp_path / "secret"
    file.write_text(held)

    with pytest.raises(SettingWrong) as wrong:
        Settings(secret_file=file).secret()

    assert str(wrong.value) == "MENTORING_SECRET_FILE: holds fewer than 32 characters"


def test_a_secret_that_cannot_be_made_is_told_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SettingWrong) as wrong:
        Settings(secret_file=tmp_path / "file" / "secret").secret()

    assert str(wrong.value).startswith("MENTORING_SECRET_FILE: cannot be read or made: ")


@pytest.mark.parametrize("command", ["serve", "clock"])
def test_a_wrong_setting_stops_the_start_with_its_sentence(start: StartProgram, command: str) -> None:
    process = start(command, MENTORING_TICK_SECONDS="soon")

    assert process.popen.wait(30) == 2
    assert "MENTORING_TICK_SECONDS: wants seconds from 0.05 to 60" in process.words
    assert "Traceback" not in process.words


def test_a_secret_that_is_too_short_stops_the_start_as_well(start: StartProgram, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    url = f"sqlite:///{tmp_path / 'x.db'}"

    process = start("serve", MENTORING_DATABASE_URL=url, MENTORING_SECRET_FILE=str(tmp_path / "secret"))

    assert process.popen.wait(30) == 2
    assert "MENTORING_SECRET_FILE: holds fewer than 32 characters" in process.words
    assert "Traceback" not in process.words


def test_links_follow_the_port_unless_an_address_is_given() -> None:
    at_another_port = read_settings({"MENTORING_PORT": "9000"})

    assert at_another_port.base_url == "http://127.0.0.1:9000"
    assert "base_url" not in at_another_port.fixed
    assert (
        read_settings({"MENTORING_PORT": "9000", "MENTORING_BASE_URL": "https://a.example"}).base_url
        == "https://a.example"
    )
