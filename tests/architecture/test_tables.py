"""The schema says whose words it holds, and forgets nothing."""

from sqlalchemy import JSON, Column, Enum, LargeBinary, String

from mentoring import tables
from mentoring.db import Document, Moment
from tests.architecture.sources import SERVICE

COLUMNS: "dict[str, Column[object]]" = {
    f"{table.name}.{column.name}": column for table in tables.ALL.values() for column in table.columns
}
TEXTS = {
    name: column
    for name, column in COLUMNS.items()
    if isinstance(column.type, String | JSON | Document) and not isinstance(column.type, Enum)
}
UNINDEXED = {"wish.person_id", "exclusion.person_id", "audit_trait.person_id"}


def test_there_is_something_to_look_at() -> None:
    assert len(tables.ALL) > 15
    assert len(TEXTS) > 50


def test_a_text_says_whose_it_is() -> None:
    """Export and erasure walk this mark; a column without it would be forgotten by both."""
    assert [name for name, column in TEXTS.items() if column.info.get("personal") not in (True, False)] == []


def test_what_is_kept_as_bytes_is_known() -> None:
    """Bytes cannot be searched for people: whoever adds a column of them says here what is in it."""
    blobs = {name for name, column in COLUMNS.items() if isinstance(column.type, LargeBinary)}

    assert blobs == {"message.mail", "round_inputs.problem", "round_inputs.proof"}


def test_an_instant_is_called_so() -> None:
    """``..._at`` is a moment in UTC; a wall time is called ``local_...``, and its zone stands beside it."""
    endings = ("_at", "_until")
    named_so = {
        name for name, column in COLUMNS.items() if column.name.endswith(endings) or column.name in ("at", "since")
    }

    assert {name for name, column in COLUMNS.items() if isinstance(column.type, Moment)} == named_so


def test_every_module_with_tables_is_known_to_the_migrations() -> None:
    listed = {owner.__name__ for owner in tables.OWNERS}

    assert {f"mentoring.{path.parent.name}.models" for path in SERVICE.glob("*/models.py")} <= listed | {
        "mentoring.messages.models"
    }
