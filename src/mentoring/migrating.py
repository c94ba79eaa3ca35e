"""The schema's history in alembic's hands."""

from pathlib import Path

from alembic.config import Config

from alembic import command


def migrations(history: Path, url: str) -> Config:
    """The history that lies in this folder, for the database at this address."""
    config = Config()
    config.set_main_option("script_location", str(history).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def upgrade(history: Path, url: str, revision: str) -> None:
    command.upgrade(migrations(history, url), revision)
