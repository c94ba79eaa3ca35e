"""Habits of the house that no linter knows."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import SERVICE, code, function_name, named, nodes, place, tree

WAITING = {"src/mentoring/running.py"}
"""The only place that may sleep in its thread: a command that waits for the server it has just started."""

MARKUP = {"src/mentoring/i18n.py", "src/mentoring/web/links.py"}
"""The only places that vouch for HTML: both escape whatever is filled in."""

DOORS = {"api", "pages", "commands"}
SLICES = sorted(path.parent.name for path in SERVICE.glob("*/models.py"))
EVERY_MODULE = [pytest.param(path, id=named(path)) for path in code()]
SQL = {"text", "exec_driver_sql", "literal_column"}


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
    assert len(EVERY_MODULE) > 80
    assert {"people", "programmes", "pairings", "rounds", "checkins"} <= set(SLICES)


@pytest.mark.parametrize("path", EVERY_MODULE)
def test_imports_stand_at_the_top(path: Path) -> None:
    """Litestar and msgspec read annotations while the program runs, so nothing may be imported for types alone."""
    top = set(tree(path).body)

    assert [place(path, node) for node, _ in imports(path) if node not in top] == []
    assert [place(path, node) for node in nodes(path) if getattr(node, "id", "") == "TYPE_CHECKING"] == []


@pytest.mark.parametrize("path", EVERY_MODULE)
def test_imports_say_the_whole_name(path: Path) -> None:
    relative = [node for node in nodes(path) if isinstance(node, ast.ImportFrom) and node.level]

    assert [place(path, node) for node in relative] == []


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


@pytest.mark.parametrize("path", EVERY_MODULE)
def test_joins_are_written_and_nothing_loads_by_surprise(path: Path) -> None:
    calls = [node for node in nodes(path) if isinstance(node, ast.Call)]

    assert [place(path, call) for call in calls if function_name(call) == "relationship"] == []


@pytest.mark.parametrize("path", EVERY_MODULE)
def test_nobody_sleeps_in_a_thread(path: Path) -> None:
    sleepers = {place(path, node) for node, name in imports(path) if name in ("time.sleep", "threading.Timer")}
    sleepers |= {
        place(path, node)
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.sleep"
    }

    assert named(path) in WAITING or not sleepers, sleepers


def test_the_list_of_those_who_may_sleep_holds_no_one_else() -> None:
    modules = {named(path): path for path in code()}

    assert [name for name in WAITING if not any(it == "time.sleep" for _, it in imports(modules[name]))] == []


@pytest.mark.parametrize("path", EVERY_MODULE)
def test_sql_is_never_pasted_together(path: Path) -> None:
    """What is put into a statement goes in as a parameter."""
    pasted = [
        place(path, call)
        for call in nodes(path)
        if isinstance(call, ast.Call) and function_name(call) in SQL and call.args and not _fixed(path, call.args[0])
    ]

    assert pasted == []


def _fixed(path: Path, sql: ast.expr) -> bool:
    """Nothing in the statement but constants; ``words.text(key)`` is not SQL, and its key may be computed."""
    if isinstance(sql, ast.Constant | ast.Name):
        return True
    if named(path) == "src/mentoring/db.py" and isinstance(sql, ast.JoinedStr):
        return ast.unparse(sql) == "f'BEGIN {mode}'"
    return not any(f"sqlalchemy.{name}" in {it for _, it in imports(path)} for name in SQL)


@pytest.mark.parametrize("path", EVERY_MODULE)
def test_only_what_escapes_may_vouch_for_html(path: Path) -> None:
    vouching = [node for node, name in imports(path) if name == "markupsafe.Markup"]
    calls = [node for node in nodes(path) if isinstance(node, ast.Call) and function_name(node) == "Markup"]

    assert named(path) in MARKUP or not calls, [place(path, node) for node in [*vouching, *calls]]
    assert [place(path, call) for call in calls if not _harmless(call)] == []


def _harmless(call: ast.Call) -> bool:
    """A constant, or what ``escape`` gives back."""
    [argument] = call.args
    escaped = isinstance(argument, ast.Call) and function_name(argument) == "escape"
    return escaped or isinstance(argument, ast.Constant)
