"""Habits of the house that no linter knows."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import SERVICE, code, function_name, named, nodes, place, tree

WAITING = {"src/mentoring/running.py"}
"""The only place that may sleep in its thread: a command that waits for the server it has just started."""

MARKUP = {"src/mentoring/i18n.py", "src/mentoring/web/links.py", "src/mentoring/web/rows.py"}
"""The only places that vouch for HTML: all escape whatever is filled in."""
ROWS = "Markup(''.join(map(str(shape).__mod__, zip(*columns, strict=True))))"
"""The one that escapes many at once, before it puts them in: tests/mentoring/web/test_rows.py."""

DOORS = {"api", "pages", "commands", "life_api", "life_pages", "settings_pages", "sign_up_pages"}
SLICES = sorted(path.parent.name for path in SERVICE.glob("*/models.py"))
SQL = {"sqlalchemy.text": "text", "sqlalchemy.literal_column": "literal_column"}
BEGIN = "connection.exec_driver_sql(f'BEGIN {mode}')"
"""The one that cannot take a parameter; ``mode`` is one of two words of our own."""


def imports(path: Path) -> list[tuple[ast.stmt, str]]:
    """Every import of a module with the dotted names it brings in."""
    found: list[tuple[ast.stmt, str]] = []
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def test_there_is_something_to_look_at() -> None:
    assert len(code()) > 80
    assert {"people", "programmes", "pairings", "rounds", "checkins"} <= set(SLICES)


def calls(path: Path, *names: str) -> list[ast.Call]:
    return [node for node in nodes(path) if isinstance(node, ast.Call) and function_name(node) in names]


def test_imports_stand_at_the_top() -> None:
    """Litestar and msgspec read annotations while the program runs, so nothing may be imported for types alone."""
    inner = [place(path, node) for path in code() for node, _ in imports(path) if node not in set(tree(path).body)]
    typed = [place(path, node) for path in code() for node in nodes(path) if getattr(node, "id", "") == "TYPE_CHECKING"]

    assert (inner, typed) == ([], [])


def test_imports_say_the_whole_name() -> None:
    every = ((path, node) for path in code() for node in nodes(path) if isinstance(node, ast.ImportFrom))

    assert [place(path, node) for path, node in every if node.level] == []


@pytest.mark.parametrize("slice_", SLICES)
def test_a_door_knows_no_door_of_another_slice(slice_: str) -> None:
    others = {f"mentoring.{other}.{door}" for other in SLICES if other != slice_ for door in DOORS}

    crossed = [
        place(path, node)
        for path in (SERVICE / slice_).glob("*.py")
        for node, name in imports(path)
        if any(f"{name}.".startswith(f"{door}.") for door in others)
    ]

    assert crossed == []


@pytest.mark.parametrize("slice_", SLICES)
def test_what_stands_behind_a_door_does_not_know_it(slice_: str) -> None:
    own = {f"mentoring.{slice_}.{door}" for door in DOORS}

    crossed = [
        place(path, node)
        for path in (SERVICE / slice_).glob("*.py")
        if path.stem not in DOORS
        for node, name in imports(path)
        if any(f"{name}.".startswith(f"{door}.") for door in own)
    ]

    assert crossed == []


def test_joins_are_written_and_nothing_loads_by_surprise() -> None:
    assert [place(path, call) for path in code() for call in calls(path, "relationship")] == []


def test_nobody_sleeps_in_a_thread() -> None:
    sleepers = {named(path) for path in code() for _, name in imports(path) if name == "time.sleep"}
    sleepers |= {
        named(path) for path in code() for call in calls(path, "sleep") if ast.unparse(call.func) == "time.sleep"
    }

    assert sleepers == WAITING


def test_sql_is_never_pasted_together() -> None:
    """What is put into a statement goes in as a parameter."""
    pasted = [
        place(path, call)
        for path in code()
        for call in calls(path, *({name for _, name in imports(path)} & SQL.keys() and SQL.values()), "exec_driver_sql")
        if not (call.args and isinstance(call.args[0], ast.Constant | ast.Name)) and ast.unparse(call) != BEGIN
    ]

    assert pasted == []


def test_only_what_escapes_may_vouch_for_html() -> None:
    vouching = {named(path) for path in code() if calls(path, "Markup")}
    careless = [place(path, call) for path in code() for call in calls(path, "Markup") if not _harmless(call)]

    assert (vouching, careless) == (MARKUP, [])


def _harmless(call: ast.Call) -> bool:
    """A constant, or what ``escape`` gives back, or the one place that escapes many at once and is tested for it."""
    if ast.unparse(call) == ROWS:
        return True
    [argument] = call.args
    escaped = isinstance(argument, ast.Call) and function_name(argument) == "escape"
    return escaped or isinstance(argument, ast.Constant)
