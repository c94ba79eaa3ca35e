"""The schema says whose words it holds, stands in the order of the slices, and forgets nothing."""

from importlib import import_module

import pytest
from sqlalchemy import JSON, Column, LargeBinary, String
from sqlalchemy.schema import Table

from mentoring import tables
from mentoring.db import Document, Moment
from tests.architecture.sources import SERVICE

COLUMNS = [
    pytest.param(column, id=f"{table.name}.{column.name}")
    for table in tables.ALL.values()
    for column in table.columns
]
WORDS = (String, JSON, Document)
ENUMS = "enums"


def _holds_words(column: "Column[object]") -> bool:
    return isinstance(column.type, WORDS) and getattr(column.type, ENUMS, None) is None


TEXTS = [param for param in COLUMNS if _holds_words(param.values[0])]  # type: ignore[arg-type]


def test_there_is_something_to_look_at() -> None:
    assert len(tables.ALL) > 15
    assert len(TEXTS) > 50


@pytest.mark.parametrize("column", TEXTS)
def test_a_text_says_whose_it_is(column: "Column[object]") -> None:
    """Export and erasure walk this mark; a column without it would be forgotten by both."""
    assert column.info.get("personal") in (True, False)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_moment_is_kept_as_an_instant(column: "Column[object]") -> None:
    """``..._at`` is an instant in UTC; only a wall time, whose zone stands beside it, is not."""
    assert isinstance(column.type, Moment) == column.name.endswith(("_at", "_until")) or column.name in ("at", "since")


def test_what_is_kept_as_bytes_is_known() -> None:
    """Bytes cannot be searched for people: whoever adds a column of them says here what is in it."""
    blobs = {f"{one.values[0].table.name}.{one.values[0].name}" for one in COLUMNS if _is_blob(one.values[0])}  # type: ignore[union-attr, arg-type]

    assert blobs == {"message.mail", "round_inputs.problem"}


def _is_blob(column: "Column[object]") -> bool:
    return isinstance(column.type, LargeBinary)


def test_every_module_with_tables_is_known_to_the_migrations() -> None:
    listed = {owner.__name__ for owner in tables.OWNERS}
    models = {f"mentoring.{path.parent.name}.models" for path in SERVICE.glob("*/models.py")}

    assert models <= listed
    assert all(import_module(name) for name in models)


@pytest.mark.parametrize("table", tables.ALL.values(), ids=str)
def test_a_foreign_key_can_be_followed_quickly(table: Table) -> None:
    """A parent's deletion looks for its children; those that go with it must be found by an index."""
    led = {next(iter(index.columns)).name for index in table.indexes} | {next(iter(table.primary_key.columns)).name}
    led |= {next(iter(key.columns)).name for key in table.constraints if getattr(key, "columns", None)}
    cascading = {key.parent.name for key in table.foreign_keys if key.ondelete == "CASCADE"}

    assert cascading - led <= UNLED.get(table.name, set())


UNLED = {
    "wish": {"person_id"},
    "exclusion": {"person_id"},
}
"""People are never deleted while they are named here: who leaves keeps the row."""
