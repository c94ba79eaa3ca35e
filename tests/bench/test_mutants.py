"""The score of the mutants is read from what mutmut wrote, file by file."""

import json
from pathlib import Path

import pytest

from tests.bench.mutants import Score, drawn, main, scores


def written(folder: Path, **files: dict[str, int | None]) -> Path:
    (folder / "matching").mkdir()
    for name, codes in files.items():
        (folder / "matching" / f"{name}.py.meta").write_text(json.dumps({"exit_code_by_key": codes}))
    return folder


def test_what_no_test_notices_survives_and_what_was_not_tried_does_not_count(tmp_path: Path) -> None:
    folder = written(tmp_path, fit={"a": 1, "b": 0, "c": None, "d": -24, "e": 33}, lots={"f": None})

    assert list(scores(folder)) == [Score("fit.py", 2, ("b", "e"))]


@pytest.mark.parametrize(("survivors", "code"), [(15, 0), (16, 1)])
def test_less_than_85_of_100_is_too_little(
    tmp_path: Path, survivors: int, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    codes: dict[str, int | None] = {f"mutant {number}": int(number >= survivors) for number in range(100)}

    assert main([], written(tmp_path, fit=codes)) == code
    assert "not noticed: mutant 0" in capfd.readouterr().out


def test_mutants_are_drawn_from_all_files_the_same_each_time(tmp_path: Path) -> None:
    folder = written(tmp_path, fit=dict.fromkeys("abcdefgh"), lots=dict.fromkeys("ijklmnop"))

    names = drawn(folder, 12)

    assert names == drawn(folder, 12)
    assert len(set(names)) == 12
    assert {name in "abcdefgh" for name in names} == {True, False}
    assert sorted(drawn(folder, 100)) == list("abcdefghijklmnop")
