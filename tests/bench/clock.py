"""``make bench-clock``: what the clock promises, on both databases, and beside it two schedulers that others use.

The table says whether each bound holds; missing one is no error of the bench. Some parts take minutes: planning a year
for 100,000 pairings, draining 100,000 overdue rows, waiting for a dead clock's lease.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench import backups, draining, lives, load, planning, rivals, statements, ticking
from tests.bench.main_path import Part, measured
from tests.bench.report import show, surroundings, write
from tests.bench.workshop import BUILD, end_in_order, workshop

PARTS: Mapping[str, Part] = {
    "send": lambda shop: ticking.sending(shop, due=3_000),
    "rivals": lambda shop: [*rivals.side_by_side(shop), *ticking.sending_bare(shop)],
    "kills": rivals.killed,
    "plan": planning.a_year,
    "tick": lambda shop: ticking.idle_tick(shop, check_ins=1_000_000, within=900),
    "memory": lives.memory,
    "start": lives.first_claim,
    "takeover": lives.takeover,
    "outage": draining.after_an_outage,
    "backup": backups.there_and_back,
    "load": load.mixed_load,
    "statement": statements.one_by_one,
}


def main(arguments: Sequence[str] | None = None, parts: Mapping[str, Part] = PARTS) -> int:
    """Run the parts; return 1 only where one of them could not be measured at all."""
    parser = argparse.ArgumentParser(prog="make bench-clock", description=__doc__)
    parser.add_argument("--only", action="append", choices=parts, help="one part; may be given many times")
    parser.add_argument("--output", type=Path, default=BUILD / "bench-clock.json")
    chosen = parser.parse_args(arguments)
    with workshop() as shop:
        figures, broken = measured(shop, chosen.only or list(parts), parts)
    figures += surroundings()
    write(figures, chosen.output)
    show(figures, "Figures of the clock")
    return 1 if broken else 0


if __name__ == "__main__":
    end_in_order()
    sys.exit(main())
