"""A statement that is run once a message, on the driver itself.

SQLAlchemy builds the statement, once; running it through a session costs more than the database takes to do it. Outside
of a transaction each statement is one: it commits when it ends, with all the durability that the database is set to.
"""

import enum
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import Dialect, Update, Uuid
from sqlalchemy.ext.asyncio import AsyncConnection

from mentoring.db import Moment
from mentoring.sqlite import write_alone

Converter = Callable[[object], object]


class _Asyncpg(Protocol):
    async def fetch(self, query: str, *arguments: object) -> Iterable[tuple[object, ...]]: ...


class Prepared:
    """An update that returns ids, in the words of one database. Values that it is not given are fixed."""

    def __init__(self, statement: Update, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.query = str(compiled)
        self._converters = _converters(dialect)
        self._order = list(compiled.positiontup or ())
        self._fixed = {name: self._converted(value) for name, value in compiled.params.items()}

    def arguments(self, values: Mapping[str, object]) -> tuple[object, ...]:
        """The values in the order in which the query asks for them."""
        given = self._fixed | {name: self._converted(value) for name, value in values.items()}
        return tuple([given[name] for name in self._order])

    def _converted(self, value: object) -> object:
        if isinstance(value, enum.Enum):
            return value.value
        convert = self._converters.get(type(value))
        return convert(value) if convert else value


def _converters(dialect: Dialect) -> dict[type, Converter]:
    """How the database wants ids and moments; drivers that take them as they are need nothing."""
    asked = {UUID: Uuid().dialect_impl(dialect), datetime: Moment().dialect_impl(dialect)}
    found = {kind: impl.bind_processor(dialect) for kind, impl in asked.items()}
    return {kind: convert for kind, convert in found.items() if convert is not None}


async def run(connection: AsyncConnection, statement: Prepared, values: Mapping[str, object]) -> set[UUID]:
    """Run the statement as a transaction of its own; return the ids that it touched."""
    raw = await connection.get_raw_connection()
    arguments = statement.arguments(values)
    if connection.dialect.name == "sqlite":
        return {UUID(row[0]) for row in await write_alone(raw.driver_connection, statement.query, arguments)}
    postgresql: _Asyncpg | None = raw.driver_connection
    assert postgresql is not None
    return {UUID(str(row[0])) for row in await postgresql.fetch(statement.query, *arguments)}
