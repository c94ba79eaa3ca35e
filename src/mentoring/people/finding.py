"""Who has a word that begins so: each database asked as it answers best.

PostgreSQL looks into an index of all words. SQLite looks through everybody in the index by which they are listed.
"""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from mentoring.people.models import Person


class _Begins(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


@compiles(_Begins, "postgresql")
def _begins_in_postgresql(element: _Begins, compiler: SQLCompiler, **options: Any) -> str:
    column, word = (compiler.process(one, **options) for one in element.clauses)
    words = f"array_to_tsvector(array_remove(string_to_array({column}, ' '), ''))"
    return f"{words} @@ CAST('''' || {word} || ''':*' AS tsquery)"


@compiles(_Begins, "sqlite")
def _begins_in_sqlite(element: _Begins, compiler: SQLCompiler, **options: Any) -> str:
    column, word = (compiler.process(one, **options) for one in element.clauses)
    return f"{column} LIKE '% ' || {word} || '%'"


def begins_a_word(word: str) -> ColumnElement[bool]:
    """Whether one of the words by which a person is known begins with ``word``, of ``rules.words_of``: no signs."""
    return _Begins(Person.known_by, bindparam(None, word))
