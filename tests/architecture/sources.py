"""The project's own files, for tests that read them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = (REPOSITORY / "src" / "mentoring", REPOSITORY / "matching", REPOSITORY / "scheduler")
SERVICE = PACKAGES[0]


@cache
def code() -> tuple[Path, ...]:
    """Every module that is installed."""
    return tuple(sorted(path for package in PACKAGES for path in package.rglob("*.py")))


@cache
def templates() -> tuple[Path, ...]:
    return tuple(sorted(SERVICE.rglob("html/*")))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(tree(path))


def named(path: Path) -> str:
    """How a file is called in the message of a failing test, and in a list of exceptions."""
    return path.relative_to(REPOSITORY).as_posix()


def place(path: Path, node: ast.AST) -> str:
    return f"{named(path)}:{getattr(node, 'lineno', 0)}"


def function_name(call: ast.Call) -> str:
    """``text`` of ``words.text(...)`` and of ``text(...)``."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@cache
def kept_files() -> tuple[Path, ...]:
    """What is in the repository, or will be with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (REPOSITORY / name for name in listed.stdout.split("\0") if name)
    return tuple(sorted(path for path in paths if path.is_file()))
