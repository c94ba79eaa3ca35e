"""The bench of the clock measures what it says; how fast that is, is no test."""

from tests.bench import backups, draining, lives, load, planning, statements, ticking
from tests.bench.clock import PARTS
from tests.bench.workshop import workshop
from tests.chaos.people import SHAPE

ENGINES = ("SQLite", "PostgreSQL")


def test_each_part_counts_what_it_did() -> None:
    with workshop() as shop:
        found = [
            *planning.a_year(shop, count=2),
            *draining.after_an_outage(shop, overdue=8),
            *lives.first_claim(shop),
            *ticking.sending_bare(shop, due=8),
            *backups.there_and_back(shop, pairings=3),
            *statements.one_by_one(shop, turns=1, count=50),
        ]
    figures = {one.name: one.value for one in found}

    for engine in ENGINES:
        # Seven sessions of each pairing, and for both of them a question after each and four pulses.
        assert figures[f"a year of 2 pairings, {engine}: rows"] == 2 * (7 + 2 * (7 + 4))
        assert figures[f"8 rows overdue since three days, {engine}: people who got more than one mail"] == 0
        assert figures[f"8 due messages, ours, bare, {engine}: arrived"] == 8
        assert figures[f"6 people and 3 pairings, {engine}: rows lost"] == 0
    assert "one statement on SQLite, ours" in figures
    assert {"send", "rivals", "kills", "outage", "takeover"} <= set(PARTS)


def test_many_people_at_once_are_answered_while_a_round_is_solved_and_the_clock_works() -> None:
    with workshop() as shop:
        found = load.mixed_load(
            shop, SHAPE, pairings=100, seconds=3, warm=1, alone=4, most=400, connections=4, engines={"PostgreSQL"}
        )
    values = {one.name: one.value for one in found}
    done = {one.name for one in found if isinstance(one.value, int | float) and one.value > 0}

    what = "mixed load, PostgreSQL"
    assert values[f"{what}: errors"] == 0
    # the clock took the round up; whether a mail goes out in just these seconds is chance
    assert done >= {what, f"{what}: the round of 40 leaders meanwhile", f"{what}: time of processors, web"}
    assert f"{what}: mails meanwhile" in values
    assert done >= {f"{what}: time of processors, clock and solver", f"{what}: a bare endpoint with my page's query"}
    # what a few requests took is less than the system's clock of processor time tells apart, so it may be nought
    assert {f"time of processors of the web for {kind}, PostgreSQL" for kind in load.MIX} <= set(values)
