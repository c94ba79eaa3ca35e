"""What a deployment may decide: one frozen struct, read once from the environment, passed on."""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import time
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct, field

from mentoring.errors import Invalid

PREFIX = "MENTORING_"
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
"""The driver is ours to choose; people write the plain name of the database."""
SECRET_BYTES = 32
LONGEST_NAME = 80
"""Characters of an organisation's name: what the head of a page holds."""
LARGEST_LOGO = 12_000
"""Bytes: it comes with every first view, which has 60 kB on a bad line."""
SIDE = r"[\s,]+([\d.]*[1-9][\d.]*)"
VIEW_BOX = re.compile(rf"""viewBox\s*=\s*["']\s*[-\d.]+[\s,]+[-\d.]+{SIDE}{SIDE}""".encode())
"""Width and height of an SVG, neither of them nought."""


class SettingWrong(Invalid):
    """A setting that cannot work; ``name`` says which and ``why`` says what would."""

    def __str__(self) -> str:
        return f"{self.details['name']}: {self.details['why']}"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting with its default; docs/operations.md has the same table in words."""

    database_url: str = "sqlite+aiosqlite:///var/mentoring.db"
    smtp_url: str | None = None
    mail_from: str = "mentoring@localhost"
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    environment: str = "production"
    secret_file: Path = field(default_factory=lambda: Path("var/secret"))
    tick_seconds: float = 1.0
    organisation: str = "Reverse mentoring"
    language: str = "en"
    mails_a_week: int = 2
    mails_from: time = time(9)
    mails_until: time = time(17)
    accent: str = "#0b5a6e"
    logo: Path | None = None
    fixed: frozenset[str] = frozenset()
    """The names of those that the environment gives: no administrator changes them while the service runs."""

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def development(self) -> bool:
        return self.environment == "development"

    @property
    def secure(self) -> bool:
        """Whether people reach the service over TLS, so that cookies may demand it."""
        return self.base_url.startswith("https://")

    def secret(self) -> bytes:
        """The key of signed links; made on first use, readable by its owner alone."""
        try:
            if not self.secret_file.exists():
                _make_secret(self.secret_file)
            secret = self.secret_file.read_text().strip().encode()
        except OSError as error:
            raise SettingWrong(name="MENTORING_SECRET_FILE", why=f"cannot be read or made: {error.strerror}") from error
        if len(secret) < SECRET_BYTES:
            raise SettingWrong(name="MENTORING_SECRET_FILE", why=f"holds fewer than {SECRET_BYTES} characters")
        return secret


def _make_secret(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secrets.token_hex(SECRET_BYTES))
    try:
        os.link(draft, file)  # never over one that a sibling has just made
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings. Raises ``SettingWrong`` with the name of the variable and a sentence."""
    environ = os.environ if environ is None else environ
    given = {name[len(PREFIX) :].lower(): value for name, value in environ.items() if name.startswith(PREFIX)}
    for name in [name for name in given if name.endswith("_file") and name != "secret_file"]:
        given[name.removesuffix("_file")] = _content(name, given.pop(name))
    known = set(Settings.__struct_fields__) - {"fixed"}
    if unknown := sorted(set(given) - known):
        names = ", ".join(sorted(PREFIX + name.upper() for name in known))
        raise SettingWrong(name=PREFIX + unknown[0].upper(), why=f"there is no such setting; there are {names}")
    values: dict[str, object] = {name: _checked(name, value) for name, value in given.items() if value != ""}
    fixed = frozenset(values)
    if "port" in values:
        values.setdefault("base_url", f"http://127.0.0.1:{values['port']}")
    settings = Settings(**values, fixed=fixed)  # type: ignore[arg-type]  # each value was checked for its own field
    _ensure_hours(settings)
    return settings


def _ensure_hours(settings: Settings) -> None:
    if settings.mails_from >= settings.mails_until:
        raise SettingWrong(name="MENTORING_MAILS_UNTIL", why="wants a time after MENTORING_MAILS_FROM")


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise SettingWrong(name=PREFIX + name.upper(), why=f"cannot be read: {error.strerror}") from error


def _checked(name: str, value: str) -> object:
    check = CHECKS.get(name)
    try:
        return check(value) if check else value
    except ValueError as error:
        raise SettingWrong(name=PREFIX + name.upper(), why=str(error)) from error


def _database_url(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme.partition("+")[0] not in DRIVERS:
        raise ValueError("wants sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE")
    if scheme.startswith("sqlite") and rest.strip("/") in ("", ":memory:"):
        raise ValueError("wants a file: a database in memory would be lost with the process")
    return f"{DRIVERS.get(scheme, scheme)}://{rest}"


def _smtp_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not _port_readable(parts):
        raise ValueError("wants smtp://HOST:PORT, or smtps:// for TLS from the first byte")
    return value


def _port_readable(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    plain = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in ("http", "https") or not parts.hostname or not plain or not _port_readable(parts):
        raise ValueError("wants the address people type, such as https://mentoring.example.org")
    return value.rstrip("/")


def _between(low: int, high: int) -> Callable[[str], object]:
    def check(value: str) -> int:
        if not value.isdecimal() or not low <= int(value) <= high:
            raise ValueError(f"wants a whole number from {low} to {high}")
        return int(value)

    return check


def _tick(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0.05 <= seconds <= 60:
        raise ValueError("wants seconds from 0.05 to 60")
    return seconds


def _environment(value: str) -> str:
    if value not in ("production", "development"):
        raise ValueError("wants production or development")
    return value


def _address(value: str) -> str:
    local, _, domain = value.rpartition("@")
    if not local or not domain or any(letter.isspace() for letter in value):
        raise ValueError("wants one mail address, such as mentoring@example.org")
    return value


def _name(value: str) -> str:
    if not value.strip() or len(value) > LONGEST_NAME or not value.isprintable():
        raise ValueError(f"wants a name of at most {LONGEST_NAME} characters")
    return value.strip()


def _language(value: str) -> str:
    if len(value) != 2 or not value.isascii() or not value.islower():
        raise ValueError("wants the code of a language, such as fr")
    return value


def _clock(value: str) -> time:
    try:
        chosen = time.fromisoformat(value)
    except ValueError as error:
        raise ValueError("wants a time of day, such as 09:00") from error
    if chosen.tzinfo is not None:
        raise ValueError("wants a time of day without a zone, such as 09:00")
    return chosen


def _accent(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("wants a colour as #rrggbb, such as #0b5a6e")
    return value.lower()


def _logo(value: str) -> Path:
    path = Path(value)
    try:
        image = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    if not (image.startswith(b"\x89PNG\r\n\x1a\n") or VIEW_BOX.search(image)) or len(image) > LARGEST_LOGO:
        raise ValueError(f"wants an SVG with a viewBox, or a PNG, of at most {LARGEST_LOGO:,} bytes")
    return path


CHECKS: dict[str, Callable[[str], object]] = {
    "database_url": _database_url,
    "smtp_url": _smtp_url,
    "base_url": _base_url,
    "port": _between(1, 65535),
    "workers": _between(1, 64),
    "tick_seconds": _tick,
    "environment": _environment,
    "mail_from": _address,
    "secret_file": Path,
    "organisation": _name,
    "language": _language,
    "mails_a_week": _between(1, 14),
    "mails_from": _clock,
    "mails_until": _clock,
    "accent": _accent,
    "logo": _logo,
}
