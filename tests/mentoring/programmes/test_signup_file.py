"""Sign-ups in a file: what is taken, and what is said, with its line, about what is not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentoring.directory.rules import ColumnsMissing
from mentoring.directory.table import Table
from mentoring.programmes.rules import Role
from mentoring.programmes.signup_file import (
    WEEKDAYS,
    SignUpFile,
    SignUpRow,
    check_sign_ups,
    read_sign_ups,
    span_of,
)

KNOWN = frozenset({"1.1", "2.6", "3.3", "5.4"})

LEADER = {
    "staff_no": "A1",
    "role": "leader",
    "skills": "3.3:0|2.6:4|1.1:1",
    "tools": "LinkedIn|Viva Engage",
    "hours": "tue:14:00-18:00|mon:09:10-10:00",
    "capacity": "1",
    "wishes": "A7|A8",
    "exclusions": "A9",
}
JUNIOR = {**LEADER, "staff_no": "A2", "role": "junior", "skills": "3.3:4|2.6:1", "capacity": "3"}


def checked(*rows: dict[str, str]) -> SignUpFile:
    lines = [(line, tuple(row.values())) for line, row in enumerate(rows, start=2)]
    return check_sign_ups(Table(tuple(LEADER), lines), known_skills=KNOWN)


def test_a_good_sign_up_is_taken_with_needs_in_their_order() -> None:
    file = checked(LEADER, JUNIOR)

    assert file.problems == []
    assert file.rows[0] == SignUpRow(
        line=2,
        staff_no="A1",
        role=Role.LEADER,
        skills=(("3.3", 0), ("2.6", 4), ("1.1", 1)),
        tools=("LinkedIn", "Viva Engage"),
        hours=((0, 550, 600), (1, 840, 1080)),
        capacity=1,
        wishes=("A7", "A8"),
        exclusions=("A9",),
    )
    assert (file.rows[1].role, file.rows[1].capacity) == (Role.JUNIOR, 3)


def test_the_sign_ups_of_a_real_organisation_have_no_problem() -> None:
    real = Path(__file__).parents[2] / "data" / "cabinet-signups.csv"

    file = read_sign_ups(real.read_bytes(), real.name)

    roles = [row.role for row in file.rows]
    assert file.problems == []
    assert (roles.count(Role.LEADER), roles.count(Role.JUNIOR)) == (427, 329)


def test_what_is_optional_may_be_absent_or_empty() -> None:
    content = b"staff_no,role,skills,hours,capacity\nA1,Leader,3.3:0,mon:20:00-24:00,\n"

    file = read_sign_ups(content, "signups.csv")

    assert file.problems == []
    assert file.rows == [SignUpRow(2, "A1", Role.LEADER, (("3.3", 0),), tools=(), hours=((0, 1200, 1440),), capacity=1)]
    assert file.columns == ("staff_no", "role", "skills", "hours", "capacity")


def test_a_file_without_a_column_that_must_be_there_is_refused() -> None:
    with pytest.raises(ColumnsMissing) as caught:
        read_sign_ups(b"staff_no,role,skills\nA1,leader,3.3:0\n", "signups.csv")

    assert caught.value.details["missing"] == "hours"


def test_the_same_person_may_learn_and_teach_but_each_once() -> None:
    file = checked(LEADER, {**JUNIOR, "staff_no": "A1"}, LEADER)

    assert [row.line for row in file.rows] == [2, 3]
    assert [(problem.line, problem.code, problem.details) for problem in file.problems] == [
        (4, "doubled_row", {"first_line": 2, "role": "leader"})
    ]


PROBLEMS: dict[str, tuple[dict[str, str], list[tuple[str, str | None, str | None]]]] = {
    "no number": ({**LEADER, "staff_no": ""}, [("missing_value", "staff_no", None)]),
    "no role": ({**LEADER, "role": ""}, [("missing_value", "role", None)]),
    "no skills": ({**LEADER, "skills": ""}, [("missing_value", "skills", None)]),
    "no hours": ({**LEADER, "hours": ""}, [("missing_value", "hours", None)]),
    "another role": ({**LEADER, "role": "boss"}, [("bad_role", "role", "boss")]),
    "a skill without a level": ({**LEADER, "skills": "3.3"}, [("bad_skill", "skills", "3.3")]),
    "a skill twice": ({**LEADER, "skills": "3.3:1|3.3:2"}, [("bad_skill", "skills", "3.3:2")]),
    "a skill that nobody knows": ({**LEADER, "skills": "9.9:1"}, [("unknown_skill", "skills", "9.9")]),
    "a level above all": ({**LEADER, "skills": "3.3:5"}, [("bad_level", "skills", "3.3:5")]),
    "a level in words": ({**LEADER, "skills": "3.3:high"}, [("bad_level", "skills", "3.3:high")]),
    "a level of other digits": ({**LEADER, "skills": "3.3:²"}, [("bad_level", "skills", "3.3:²")]),
    "nothing to offer": ({**JUNIOR, "skills": "3.3:0"}, [("bad_level", "skills", "3.3:0")]),
    "four needs": (
        {**LEADER, "skills": "3.3:0|2.6:0|1.1:0|5.4:0"},
        [("too_many_needs", "skills", "3.3:0|2.6:0|1.1:0|5.4:0")],
    ),
    "hours backwards": ({**LEADER, "hours": "mon:15:00-14:00"}, [("bad_hours", "hours", "mon:15:00-14:00")]),
    "no time at all": ({**LEADER, "hours": "mon:15:00-15:00"}, [("bad_hours", "hours", "mon:15:00-15:00")]),
    "later than midnight": ({**LEADER, "hours": "mon:22:00-24:15"}, [("bad_hours", "hours", "mon:22:00-24:15")]),
    "a day that is none": ({**LEADER, "hours": "day:15:00-16:00"}, [("bad_hours", "hours", "day:15:00-16:00")]),
    "a minute that is none": ({**LEADER, "hours": "mon:15:60-16:00"}, [("bad_hours", "hours", "mon:15:60-16:00")]),
    "capacity of nobody": ({**JUNIOR, "capacity": "0"}, [("bad_capacity", "capacity", "0")]),
    "capacity of many": ({**JUNIOR, "capacity": "4"}, [("bad_capacity", "capacity", "4")]),
    "a leader with two": ({**LEADER, "capacity": "2"}, [("bad_capacity", "capacity", "2")]),
    "four wishes": ({**LEADER, "wishes": "A5|A6|A7|A8"}, [("too_many_wishes", "wishes", "A5|A6|A7|A8")]),
    "a wish for oneself": ({**LEADER, "wishes": "A1"}, [("names_oneself", "wishes", "A1")]),
    "no pairing with oneself": ({**LEADER, "exclusions": "A1"}, [("names_oneself", "exclusions", "A1")]),
    "a tool without end": ({**LEADER, "tools": "x" * 61}, [("too_long", "tools", "x" * 61)]),
    "hours without end": (
        {**LEADER, "hours": "|".join(["mon:09:00-10:00"] * 36)},
        [("too_many_values", "hours", ("mon:09:00-10:00|" * 5)[:79] + "…")],
    ),
    "a number with a zero byte": (
        {**LEADER, "staff_no": "A\x001"},
        [("bad_character", "staff_no", "A\ufffd1")],
    ),
    "a row that is too short": ({"staff_no": "A1"}, [("ragged_row", None, None)]),
}


@pytest.mark.parametrize(("row", "problems"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_wrong_is_said_by_its_line_and_the_row_left_out(
    row: dict[str, str], problems: list[tuple[str, str | None, str | None]]
) -> None:
    file = checked({**JUNIOR, "staff_no": "B1"}, row)

    assert [(problem.code, problem.column, problem.value) for problem in file.problems] == problems
    assert {problem.line for problem in file.problems} == {3}
    assert [row.line for row in file.rows] == [2]


@given(st.integers(0, 6), st.integers(0, 1440), st.integers(0, 1440))
def test_hours_read_as_they_are_written(weekday: int, begin: int, end: int) -> None:
    text = f"{WEEKDAYS[weekday]}:{begin // 60:02}:{begin % 60:02}-{end // 60:02}:{end % 60:02}"

    assert span_of(text) == ((weekday, begin, end) if begin < end else None)


def test_days_in_capitals_with_blanks_and_a_long_dash_are_understood() -> None:
    assert span_of(" Mon : 9:00 – 10:30 ") == (0, 540, 630)
