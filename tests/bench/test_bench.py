"""The frame of the benches: it measures real things and says so in the promised form. How fast they are is no test."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from mentoring.directory.reading import read_table
from mentoring.programmes.signup_file import read_sign_ups
from tests.bench import ticking
from tests.bench.main_path import main, measured
from tests.bench.organisations import AGENCY, REVENUE, files_of, sign_up_rows, staff_rows
from tests.bench.processes import CommandFailed, ran
from tests.bench.report import Figure, at_least, at_most, exactly, known, show, write
from tests.bench.workshop import Workshop, workshop

KEYS = ["name", "value", "unit", "bound", "holds"]
PYTHON = Path(sys.executable)
CHILD_WITH_MEMORY = """
import subprocess, sys
code = "block = max((b'x' * 80_000_000 for _ in range(20)), key=len); print(len(block))"
subprocess.run([sys.executable, "-c", code], check=True)
"""
WAITING = "import signal; signal.pause()"


def broken(_: Workshop) -> list[Figure]:
    raise RuntimeError("nothing to measure with")


def few_ticks(shop: Workshop) -> list[Figure]:
    return ticking.idle_tick(shop, check_ins=40, ticks=3)


def two_figures(_: Workshop) -> list[Figure]:
    return [at_most("a wait", 1.25, "s", 1), known("people", 12, "people")]


def test_the_written_list_has_the_five_keys_in_every_entry(tmp_path: Path) -> None:
    output = tmp_path / "made" / "bench-main.json"

    code = main(["--only", "tick", "--output", str(output)], {"tick": few_ticks, "broken": broken})

    entries = json.loads(output.read_text())
    assert code == 0
    assert [list(entry) for entry in entries] == [KEYS] * len(entries)
    by_name = {entry["name"]: entry for entry in entries}
    median = by_name["idle tick with 40 future check-ins, PostgreSQL: median"]
    assert (median["unit"], median["bound"]) == ("ms", 5)
    assert median["holds"] is (median["value"] <= 5)
    assert {"machine", "versions", "organisations"} <= set(by_name)
    assert "sqlalchemy 2." in by_name["versions"]["value"]
    assert "postgresql " in by_name["versions"]["value"]


def test_a_missed_bound_is_said_and_a_broken_part_does_not_stop_the_others(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with workshop() as shop:
        figures, names = measured(shop, ["first", "second"], {"first": broken, "second": two_figures})

    write(figures, tmp_path / "list.json")
    show(figures, "A bench")
    said = capfd.readouterr()
    assert names == ["first"]
    assert [one.holds for one in figures] == [False, False, None]
    assert msgspec.json.decode((tmp_path / "list.json").read_bytes(), type=list[Figure]) == figures
    assert "2 missed: first: could not be measured; a wait" in said.out
    assert "nothing to measure with" in said.err
    assert "  people: 12 people" in said.err  # before the table, for whoever ends the run


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (at_most("", 5, "ms", 5), True),
        (at_most("", 5.01, "ms", 5), False),
        (at_least("", 300, "a second", 300), True),
        (at_least("", 299.9, "a second", 300), False),
        (exactly("", 1000, "messages", 1000), True),
        (exactly("", 1001, "messages", 1000), False),
        (known("", 7.0, "s"), None),
    ],
)
def test_a_bound_holds_up_to_and_including_itself(figure: Figure, holds: bool | None) -> None:
    assert figure.holds is holds


def test_memory_of_a_command_counts_its_children(tmp_path: Path) -> None:
    alone = ran("-c", "print(1)", environment={}, directory=tmp_path, program=PYTHON)
    parent = ran("-c", CHILD_WITH_MEMORY, environment={}, directory=tmp_path, program=PYTHON)

    assert parent.output.strip() == "80000000"
    assert parent.peak_mb > alone.peak_mb + 60


def test_a_command_that_refuses_is_reported_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="ended with 1:\nNo such file"):
        ran("-c", "import sys; sys.exit('No such file')", environment={}, directory=tmp_path, program=PYTHON)


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="ended with -9"):
        ran("-c", WAITING, environment={}, directory=tmp_path, within=0.1, program=PYTHON)


def test_the_made_agency_is_of_the_promised_size_and_its_files_read_without_a_problem(tmp_path: Path) -> None:
    files = files_of(AGENCY, None, tmp_path)

    staff = read_table(files.staff.read_bytes(), files.staff.name)
    sign_ups = read_sign_ups(files.sign_ups.read_bytes(), files.sign_ups.name)

    assert len(staff.rows) == 12_800
    assert Counter(row.role.value for row in sign_ups.rows) == {"leader": 809, "junior": 2856}
    assert sign_ups.problems == []


def test_the_larger_organisation_has_one_head_and_as_many_people_as_the_real_one() -> None:
    staff = staff_rows(REVENUE)
    sign_ups = sign_up_rows(REVENUE, staff)

    heads = [row["staff_no"] for row in staff if not row["manager_staff_no"]]
    earlier: set[str] = set()
    for row in staff:
        assert row["manager_staff_no"] in earlier or row["staff_no"] in heads
        earlier.add(row["staff_no"])
    assert (len(staff), heads) == (62_684, ["RE000001"])
    assert Counter(row["role"] for row in sign_ups) == {"leader": 1477, "junior": 22_212}
    assert len({row["staff_no"] for row in sign_ups}) == 1477 + 22_212


def test_the_same_organisation_is_made_every_time() -> None:
    assert staff_rows(AGENCY) == staff_rows(AGENCY)


def test_a_folder_without_the_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no agency-staff\.csv or agency-staff\.csv\.gz"):
        files_of(AGENCY, tmp_path, tmp_path)


def test_due_messages_are_counted_where_they_arrive_on_both_databases() -> None:
    with workshop() as shop:
        figures = {one.name: one.value for one in ticking.sending(shop, due=16)}
        folder = shop.folder

    for engine in ("SQLite", "PostgreSQL"):
        assert figures[f"16 due messages, {engine}: arrived"] == 16
        assert figures[f"16 due messages, {engine}: arrived twice"] == 0
    assert not folder.exists()


def test_a_bench_that_is_told_to_end_clears_its_folder_away(tmp_path: Path) -> None:
    waiting = (
        "import signal, sys\n"
        "from tests.bench.workshop import end_in_order, workshop\n"
        "end_in_order()\n"
        "with workshop() as shop:\n"
        "    print(shop.folder, flush=True)\n"
        "    signal.pause()\n"
    )
    with subprocess.Popen([PYTHON, "-c", waiting], stdout=subprocess.PIPE, text=True) as bench:
        assert bench.stdout is not None
        folder = Path(bench.stdout.readline().strip())
        there = folder.is_dir()
        bench.terminate()

    assert there
    assert not folder.exists()
