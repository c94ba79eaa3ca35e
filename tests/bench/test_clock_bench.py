"""The bench of the clock measures what it says; how fast that is, is no test."""

from tests.bench import backups, draining, lives, planning
from tests.bench.clock import PARTS
from tests.bench.workshop import workshop

ENGINES = ("SQLite", "PostgreSQL")


def test_each_part_counts_what_it_did() -> None:
    with workshop() as shop:
        found = [
            *planning.a_year(shop, count=2),
            *draining.after_an_outage(shop, overdue=8),
            *lives.first_claim(shop),
            *backups.there_and_back(shop, pairings=3),
        ]
    figures = {one.name: one.value for one in found}

    for engine in ENGINES:
        # Seven sessions of each pairing, and for both of them a question after each and four pulses.
        assert figures[f"a year of 2 pairings, {engine}: rows"] == 2 * (7 + 2 * (7 + 4))
        assert figures[f"8 rows overdue since three days, {engine}: people who got more than one mail"] == 0
        assert figures[f"6 people and 3 pairings, {engine}: rows lost"] == 0
    assert {"send", "rivals", "kills", "outage", "takeover"} <= set(PARTS)
