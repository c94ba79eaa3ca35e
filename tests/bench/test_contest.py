"""The contest: everybody gets the same task, and the table says what became of it. How fast they are is no test."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from matching import GREATEST_TOTAL, POINTS, Problem, awaken, solve
from tests.bench.arena import CONTESTANTS, named_problem
from tests.bench.contest import Bout, Entry, figures_of, given, growth, held, judged, main
from tests.bench.market import organisation
from tests.bench.peers import PEERS, points_of
from tests.bench.picture import drawn
from tests.bench.reach import watched
from tests.matching.cabinet import cabinet

IN_EVERY_ENVIRONMENT = ("scipy dense", "scipy sparse, 50 best", "networkx")
SVG = "{http://www.w3.org/2000/svg}"


def an_entry(contestant: str, people: int, seconds: float, total: int, kind: str = "real") -> Entry:
    return Entry(kind, people, contestant, True, seconds=seconds, solving=seconds, peak_mb=90, total=total)


@pytest.mark.parametrize("contestant", ["ours", "ours, verifying", "ours, an edit", *IN_EVERY_ENVIRONMENT])
@pytest.mark.parametrize("problem", ["real:90x70", "ties:60x80", "capacities:90x40"])
def test_whoever_is_exact_reaches_the_same_total(contestant: str, problem: str) -> None:
    best = round(solve(named_problem(problem), GREATEST_TOTAL).objective * POINTS)

    outcome = CONTESTANTS[contestant](named_problem(problem))

    assert outcome.total == best
    assert outcome.peak_mb > 10


def test_points_given_to_others_are_those_that_the_engine_counts() -> None:
    problem = cabinet()

    points = points_of(problem)

    proposal = solve(problem, GREATEST_TOTAL)
    leaders, juniors = proposal.pairs.T
    assert points[leaders, juniors].tolist() == proposal.points.tolist()


def test_a_stored_problem_is_found_by_its_path(tmp_path: Path) -> None:
    problem = organisation(6, 5)
    path = tmp_path / "kept.problem"
    path.write_bytes(problem.to_bytes())

    assert named_problem(str(path)).to_bytes() == problem.to_bytes()


def test_everything_is_written_and_shown(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "made" / "bench-match.json"
    bout = Bout("real", 40, "real:40x40", ("ours", "scipy dense", "bare pass"))

    code = main(["--output", str(output)], [bout])

    record = json.loads(output.read_text())
    assert code == 0
    assert [(entry["contestant"], entry["behind"]) for entry in record["entries"]] == [
        ("ours", 0.0),
        ("scipy dense", 0.0),
        ("bare pass", None),
    ]
    assert all(entry["seconds"] > 0 and entry["peak_mb"] > 10 for entry in record["entries"])
    assert {"machine", "versions"} <= {figure["name"] for figure in record["figures"]}
    assert ElementTree.parse(output.with_suffix(".svg")).getroot().tag == f"{SVG}svg"
    assert "Side by side" in capfd.readouterr().out


def test_who_takes_too_long_is_ended_and_not_tried_with_more_people(tmp_path: Path) -> None:
    slow = ("networkx",)
    bouts = [Bout("real", size, f"real:{size}x{size}", slow, limit=1, setting_up=0) for size in (1900, 2000)]

    entries = held(bouts, tmp_path, limit=None)

    assert [entry.why_not for entry in entries] == ["more than 1 s", "gave up at a smaller size"]


def test_who_is_known_to_be_slow_is_not_tried_with_many_people(tmp_path: Path) -> None:
    (entry,) = held([Bout("real", 5_000, "real:5000x5000", ("networkx",))], tmp_path, limit=None)

    assert entry.why_not == "not tried so large"


def test_what_breaks_is_said_and_seen_in_the_exit_code(tmp_path: Path) -> None:
    bout = Bout("real", 9, str(tmp_path / "missing"), ("ours",))

    code = main(["--output", str(tmp_path / "list.json")], [bout])

    (entry,) = json.loads((tmp_path / "list.json").read_text())["entries"]
    assert code == 1
    assert entry["why_not"].startswith("broke: FileNotFoundError")


def test_who_misses_the_best_total_is_told_by_how_much() -> None:
    best, other = judged([an_entry("ours", 500, 1.0, 1000), an_entry("scipy sparse, 50 best", 500, 1.0, 990)])

    assert (best.behind, other.behind) == (0, 0.01)


def test_whoever_promises_the_best_and_misses_it_is_counted() -> None:
    entries = judged([an_entry("ours", 500, 1.0, 1000), an_entry("lapx", 500, 1.0, 999)])

    (figure,) = figures_of([entries[1]])

    assert (figure.value, figure.holds) == (1, False)


def test_growth_is_the_exponent_of_the_size() -> None:
    points = [("ours", people, 1e-6 * people**2, 90.0) for people in (500, 1000, 2000, 5000)]

    (figure,) = growth([*points, ("lapx", 1000, 1.0, 90.0)])

    assert (figure.name, figure.unit) == ("ours: growth of time with people", "exponent")
    assert figure.value == pytest.approx(2.0)


def test_bounds_are_those_of_the_largest_sizes() -> None:
    entries = [
        an_entry("ours", 14_000, 1.4, 7),
        an_entry("scipy dense", 14_000, 39.2, 7),
        an_entry("bare pass", 14_000, 0.2, 0),
    ]

    figures = {figure.name: (figure.value, figure.holds) for figure in figures_of(entries)}

    assert figures == {
        "ours, real 14,000": (1.4, True),
        "ours, real 14,000: peak memory": (90, True),
        "ours, real 14,000: as long as": (7.0, None),
        "ours, real 14,000: faster than scipy dense": (28.0, False),
        "totals missed by methods that promise the best": (0, True),
    }


def test_the_picture_has_a_line_for_everybody_in_both_panels() -> None:
    points = [("ours", 500, 0.1, 80.0), ("ours", 2000, 0.5, 90.0), ("scipy <dense>", 500, 0.2, 85.0)]

    picture = ElementTree.fromstring(drawn(points))

    assert len(picture.findall(f"{SVG}polyline")) == 4
    assert len(picture.findall(f"{SVG}circle")) == 6
    assert "scipy <dense>" in [text.text for text in picture.findall(f"{SVG}text")]


def test_without_a_point_there_is_still_a_picture() -> None:
    assert ElementTree.fromstring(drawn([])).findall(f"{SVG}polyline") == []


def test_real_rounds_are_read_from_files(tmp_path: Path) -> None:
    (bout,) = given(None, tmp_path, ["agency"])

    problem = Problem.from_bytes(Path(bout.problem).read_bytes())

    assert (bout.name, problem.leaders, problem.juniors) == ("agency", 809, 2856)
    assert np.bincount(problem.junior_capacity).tolist()[2] > 500


def test_every_peer_is_a_contestant() -> None:
    assert set(PEERS) < set(CONTESTANTS)


def test_what_is_told_on_the_way_to_the_best_is_true() -> None:
    awaken()
    problem = organisation(1_200, 1_100)

    with watched(problem.juniors) as reach:
        best = round(solve(problem, GREATEST_TOTAL).objective * POINTS)

    assert reach.made == best
    assert best <= reach.bound < 1.1 * best
