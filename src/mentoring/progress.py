"""A bar on standard error for long work, where a terminal looks on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from mentoring.console import talking, words

Tell = Callable[[str, float], None]
"""Takes the stage and the share of it that is done."""


@contextmanager
def bar(prefix: str) -> Iterator[Tell]:
    """Show a bar whose words are the catalogue's ``{prefix}.{stage}``; nothing where nobody looks on."""
    if not talking():
        yield lambda _stage, _share: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=1.0)
        yield lambda stage, share: shown.update(
            task, description=words().text(f"{prefix}.{stage}"), completed=share, refresh=share == 0
        )
