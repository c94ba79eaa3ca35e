"""Where the time of one solve goes: ``python -m tests.bench.phases PROBLEM [leaders]``, a problem as in ``arena``.

Puts leaders first where asked. Each step counts without the steps that it calls; threads count for who waits for them.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from matching import COVERAGE_FIRST, GREATEST_TOTAL, assign, desk, ground, priced, solve
from tests.bench.arena import OUR_WARM_UP, named_problem
from tests.bench.market import organisation

STEPS: Sequence[tuple[object, str]] = (
    (priced, "sheet_of"),
    (ground.Ground, "profiles"),
    (ground.Ground, "sample"),
    (ground.Ground, "tell"),
    (ground.Ground, "best"),
    (ground.Ground, "raised"),
    (ground.Ground, "doubted"),
    (desk.Desk, "add"),
    (desk.Desk, "_auction"),
    (desk.Desk, "seek"),
    (desk.Desk, "centre"),
    (priced, "brought_back"),
    (assign, "facts_of"),
)


class Watch:
    """Seconds and calls of each step."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {}
        self.within = [0.0]

    def step(self, name: str, work: Callable[..., object]) -> Callable[..., object]:
        def timed(*arguments: object, **named: object) -> object:
            began = time.perf_counter()
            self.within.append(0.0)
            try:
                return work(*arguments, **named)
            finally:
                whole = time.perf_counter() - began
                self.spent.setdefault(name, []).append(whole - self.within.pop())
                self.within[-1] += whole

        return timed


@contextmanager
def watching() -> Iterator[Watch]:
    watch = Watch()
    with ExitStack() as patched:
        for owner, name in STEPS:
            patched.enter_context(patch.object(owner, name, watch.step(name, getattr(owner, name))))
        yield watch


def main(arguments: Sequence[str]) -> None:
    problem, objective = named_problem(arguments[0]), COVERAGE_FIRST if "leaders" in arguments else GREATEST_TOTAL
    solve(organisation(OUR_WARM_UP, OUR_WARM_UP), objective)
    with watching() as watch:
        began = time.perf_counter()
        solve(problem, objective)
        whole = time.perf_counter() - began
    table = Table(title=f"{arguments[0]}: {whole:.2f} s", title_justify="left")
    for heading in ("step", "calls", "seconds", "share"):
        table.add_column(heading, justify="left" if heading == "step" else "right")
    for name, spans in sorted(watch.spent.items(), key=lambda step: -sum(step[1])):
        table.add_row(name.strip("_"), str(len(spans)), f"{sum(spans):.3f}", f"{sum(spans) / whole:.0%}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
