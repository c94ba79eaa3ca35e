"""``make bench-main``: the figures of the main path, from a staff file to the mails of a published round.

Every part goes through the commands and use cases that people and clock go through, on real databases. The table
says whether each bound holds; missing one is no error of the bench, so its exit code stays 0.
"""

import argparse
import asyncio
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import create_async_engine

from tests.bench import desk, large_files, publishing, readiness, searching, ticking
from tests.bench.report import Figure, known, show, surroundings, write
from tests.bench.workshop import BUILD, Workshop, end_in_order, workshop
from tests.harness.postgres import Cluster

Part = Callable[[Workshop], list[Figure]]

PARTS: Mapping[str, Part] = {
    "import": large_files.staff_import,
    "agency": large_files.agency_round,
    "revenue": large_files.revenue_round,
    "desk": desk.round_desk,
    "publish": publishing.publishing,
    "tick": ticking.idle_tick,
    "send": ticking.sending,
    "ready": readiness.server_ready,
    "search": searching.searching,
}
MADE = "made by this bench: of the sizes and the shape of a real agency's and a real revenue service's"


def main(arguments: Sequence[str] | None = None, parts: Mapping[str, Part] = PARTS) -> int:
    """Run the parts; return 1 only where one of them could not be measured at all."""
    chosen = _parser(parts).parse_args(arguments)
    with workshop(chosen.data) as shop:
        figures, broken = measured(shop, chosen.only or list(parts), parts)
        postgresql = asyncio.run(_version(shop.cluster)) if shop.has_cluster else None
    figures.append(known("organisations", "given" if chosen.data else MADE))
    figures += surroundings(postgresql)
    write(figures, chosen.output)
    show(figures, "Figures of the main path")
    return 1 if broken else 0


def _parser(parts: Mapping[str, Part]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench-main", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with agency-staff.csv, agency-signups.csv and revenue-*")
    parser.add_argument("--only", action="append", choices=parts, help="one part; may be given many times")
    parser.add_argument("--output", type=Path, default=BUILD / "bench-main.json")
    return parser


def measured(shop: Workshop, names: Sequence[str], parts: Mapping[str, Part]) -> tuple[list[Figure], list[str]]:
    """The figures of the parts, and the names of those that broke: they stand in the list as not holding."""
    figures: list[Figure] = []
    broken: list[str] = []
    for name in names:
        began = time.monotonic()
        try:
            found = parts[name](shop)
        except Exception as error:
            traceback.print_exc()
            found = [Figure(f"{name}: could not be measured", type(error).__name__, "", None, False)]
            broken.append(name)
        figures += found
        # told at once: parts take minutes, and whoever ends the run has at least what was measured until then
        told = (f"  {one.name}: {one.value} {one.unit}" for one in found)
        print(f"{name}: {time.monotonic() - began:.0f} s", *told, sep="\n", file=sys.stderr, flush=True)
    return figures, broken


async def _version(cluster: Cluster) -> str:
    engine = create_async_engine(cluster.url("postgres"))
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql("SHOW server_version")
        version: str = found.scalar_one()
    await engine.dispose()
    return version


if __name__ == "__main__":
    end_in_order()
    sys.exit(main())
