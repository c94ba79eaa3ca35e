"""Staff rows: what is taken, and what is said, with its line, about what is not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mentoring.directory import graph
from mentoring.directory.checking import StaffFile, check_rows, read_staff
from mentoring.directory.rules import (
    MOST_PROBLEMS,
    ColumnDoubled,
    ColumnsMissing,
    ColumnUnknown,
    StaffRow,
)
from mentoring.directory.table import Table
from mentoring.directory.values import tidied
from mentoring.errors import Invalid
from mentoring.people.rules import plausible_address

GOOD = {
    "staff_no": "A1",
    "given_name": "Zoë",
    "family_name": "",
    "email": "zoe@example.org",
    "job_title": "Head",
    "grade_level": "18",
    "country": "KE",
    "time_zone": "Africa/Nairobi",
    "languages": "en:native|fr:basic",
    "manager_staff_no": "",
    "dotted_manager_staff_nos": "",
    "appraiser_staff_no": "",
}


def a_row(number: int, **said: str) -> dict[str, str]:
    """A good row of its own number and address, with what is said otherwise."""
    return {**GOOD, "staff_no": f"A{number}", "email": f"a{number}@example.org", **said}


def checked(*rows: dict[str, str]) -> StaffFile:
    """The rows as a file whose first row stands on line 2."""
    lines = [(line, tuple(row.values())) for line, row in enumerate(rows, start=2)]
    return check_rows(Table(tuple(GOOD), lines))


def found(file: StaffFile) -> list[tuple[int, str, str | None, str | None]]:
    return [(problem.line, problem.code, problem.column, problem.value) for problem in file.problems]


def test_a_good_row_is_taken_as_it_stands() -> None:
    file = checked(a_row(1), a_row(2, manager_staff_no="A1", dotted_manager_staff_nos="A1 | A3|"), a_row(3))

    assert file.problems == []
    assert file.faulty == frozenset()
    assert file.rows[1] == StaffRow(
        line=3,
        staff_no="A2",
        given_name="Zoë",
        email="a2@example.org",
        job_title="Head",
        grade_level=18,
        country="KE",
        time_zone="Africa/Nairobi",
        languages={"en": 3, "fr": 1},
        manager_staff_no="A1",
        dotted_manager_staff_nos=("A1", "A3"),
    )


def test_the_staff_of_a_real_organisation_has_no_problem() -> None:
    real = Path(__file__).parents[2] / "data" / "cabinet-staff.csv"

    file = read_staff(real.read_bytes(), real.name)

    assert file.problems == []
    assert len(file.rows) == 1_795
    assert graph.roots(file.lines) == ["CA000239"]
    assert len(graph.depths(file.lines)) == 1_795


def test_only_number_name_and_address_must_be_there() -> None:
    file = read_staff(b"staff_no,given_name,email\nA1,Zo\xc3\xab,zoe@example.org\n", "staff.csv")

    assert file.rows == [StaffRow(line=2, staff_no="A1", given_name="Zoë", email="zoe@example.org")]
    assert file.columns == ("staff_no", "given_name", "email")


PROBLEMS: dict[str, tuple[list[dict[str, str]], list[tuple[int, str, str | None, str | None]]]] = {
    "a number twice": (
        [a_row(1), a_row(2, staff_no="A1")],
        [(3, "doubled_number", "staff_no", "A1")],
    ),
    "an address twice, once in capitals": (
        [a_row(1), a_row(2, email="A1@Example.ORG")],
        [(3, "doubled_address", "email", "A1@Example.ORG")],
    ),
    "a manager whom nobody knows": (
        [a_row(1, manager_staff_no="A9")],
        [(2, "unknown_manager", "manager_staff_no", "A9")],
    ),
    "a second manager whom nobody knows": (
        [a_row(1), a_row(2, dotted_manager_staff_nos="A1|A9")],
        [(3, "unknown_manager", "dotted_manager_staff_nos", "A9")],
    ),
    "an appraiser whom nobody knows": (
        [a_row(1, appraiser_staff_no="A9")],
        [(2, "unknown_manager", "appraiser_staff_no", "A9")],
    ),
    "too many managers": (
        [a_row(1, dotted_manager_staff_nos="|".join(f"A{n}" for n in range(2, 13)))] + [a_row(n) for n in range(2, 13)],
        [(2, "too_many_managers", "dotted_manager_staff_nos", "|".join(f"A{n}" for n in range(2, 13)))],
    ),
    "people who report to each other": (
        [a_row(1), a_row(2, manager_staff_no="A3"), a_row(3, manager_staff_no="A2")],
        [(3, "reporting_loop", "manager_staff_no", None)],
    ),
    "one's own manager": (
        [a_row(1, manager_staff_no="A1")],
        [(2, "reporting_loop", "manager_staff_no", None)],
    ),
    "a loop through a dotted line": (
        [a_row(1, dotted_manager_staff_nos="A3"), a_row(2, manager_staff_no="A1"), a_row(3, manager_staff_no="A2")],
        [(2, "reporting_loop", "manager_staff_no", None)],
    ),
    "a line deeper than any organisation": (
        [a_row(0)] + [a_row(n, manager_staff_no=f"A{n - 1}") for n in range(1, 103)],
        [(103, "line_too_deep", "manager_staff_no", "A101")],
    ),
    "a zone that is none": ([a_row(1, time_zone="Africa/Nowhere")], [(2, "bad_zone", "time_zone", "Africa/Nowhere")]),
    "a zone of this machine alone": ([a_row(1, time_zone="localtime")], [(2, "bad_zone", "time_zone", "localtime")]),
    "a zone that is a path": ([a_row(1, time_zone="../Paris")], [(2, "bad_zone", "time_zone", "../Paris")]),
    "an address without a host": ([a_row(1, email="zoe")], [(2, "bad_address", "email", "zoe")]),
    "a language without fluency": ([a_row(1, languages="en")], [(2, "bad_language", "languages", "en")]),
    "a fluency that is none": ([a_row(1, languages="en:good")], [(2, "bad_language", "languages", "en:good")]),
    "a language by its name": (
        [a_row(1, languages="english:native")],
        [(2, "bad_language", "languages", "english:native")],
    ),
    "a language twice": (
        [a_row(1, languages="en:native|EN:basic")],
        [(2, "bad_language", "languages", "en:native|EN:basic")],
    ),
    "a grade in words": ([a_row(1, grade_level="P4")], [(2, "bad_grade", "grade_level", "P4")]),
    "a grade below all": ([a_row(1, grade_level="0")], [(2, "bad_grade", "grade_level", "0")]),
    "a grade of other digits": ([a_row(1, grade_level="١٢")], [(2, "bad_grade", "grade_level", "١٢")]),
    "a country that is none": ([a_row(1, country="XX")], [(2, "bad_country", "country", "XX")]),
    "a country by its name": ([a_row(1, country="Kenya")], [(2, "bad_country", "country", "Kenya")]),
    "no number": ([a_row(1, staff_no=" ")], [(2, "missing_value", "staff_no", None)]),
    "no name": ([a_row(1, given_name="\u00a0")], [(2, "missing_value", "given_name", None)]),
    "no address": ([a_row(1, email="")], [(2, "missing_value", "email", None)]),
    "a name without end": (
        [a_row(1, given_name="x" * 101)],
        [(2, "too_long", "given_name", "x" * 79 + "…")],
    ),
    "a name that turns its line round": (
        [a_row(1, given_name="Zoë\u202egnp.exe")],
        [(2, "bad_character", "given_name", "Zoë\ufffdgnp.exe")],
    ),
    "a name that rings the bell": (
        [a_row(1, given_name="Zoë\x07")],
        [(2, "bad_character", "given_name", "Zoë\ufffd")],
    ),
    "a name with a zero byte": (
        [a_row(1, given_name="Zo\x00e")],
        [(2, "bad_character", "given_name", "Zo\ufffde")],
    ),
    "a row that is too short": ([a_row(1), {"staff_no": "A2"}], [(3, "ragged_row", None, None)]),
    "a row that is too long": ([{**a_row(1), "more": "x"}], [(2, "ragged_row", None, None)]),
    "several at once, in the order of the file": (
        [a_row(1, manager_staff_no="A9"), a_row(2, email="zoe", time_zone="Mars")],
        [
            (2, "unknown_manager", "manager_staff_no", "A9"),
            (3, "bad_address", "email", "zoe"),
            (3, "bad_zone", "time_zone", "Mars"),
        ],
    ),
}


@pytest.mark.parametrize(("rows", "problems"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_is_wrong_is_said_by_its_line(
    rows: list[dict[str, str]], problems: list[tuple[int, str, str | None, str | None]]
) -> None:
    file = checked(*rows)

    assert found(file) == problems
    assert [problem.key for problem in file.problems] == [f"import.problem.{code}" for _, code, _, _ in problems]


def test_a_doubled_number_says_where_it_stood_first() -> None:
    (problem,) = checked(a_row(1), a_row(2, staff_no="A1")).problems

    assert problem.placeholders == {"line": 3, "column": "staff_no", "value": "A1", "first_line": 2}


def test_a_loop_is_said_as_people_say_it() -> None:
    rows = [a_row(n, manager_staff_no=f"A{n + 1}") for n in range(1, 4)] + [a_row(4, manager_staff_no="A1")]

    file = checked(*rows)

    assert [problem.details for problem in file.problems] == [{"loop": "A1 > A2 > A3 > A4 > A1", "people": 4}]
    assert file.faulty == {"A1", "A2", "A3", "A4"}


def test_nobody_is_blamed_for_a_manager_whose_own_row_cannot_be_read() -> None:
    file = checked(a_row(1, email="zoe"), {"staff_no": "A2"}, *(a_row(n, manager_staff_no=f"A{n - 2}") for n in (3, 4)))

    assert [problem.code for problem in file.problems] == ["bad_address", "ragged_row"]
    assert file.faulty == {"A1", "A2"}


def test_who_has_more_problems_than_anybody_reads_is_told_how_many() -> None:
    file = checked(*(a_row(n, time_zone="Mars") for n in range(MOST_PROBLEMS + 7)))

    assert len(file.problems) == MOST_PROBLEMS + 1
    assert file.problems[-1].code == "more_problems"
    assert file.problems[-1].details == {"more": 7}
    assert len(file.faulty) == MOST_PROBLEMS + 7


HEADINGS = {
    "our own": ("staff_no,given_name,email", None),
    "in capitals, with blanks": (" Staff No ,GIVEN-NAME,E_mail", {"email": "e mail"}),
    "of another system": ("Personalnummer,Vorname,E-Mail", {
        "staff_no": "personalnummer", "given_name": "Vorname", "email": "E-Mail",
    }),
    "our name taken by something else": ("id,given_name,email,staff_no", {"staff_no": "id"}),
}  # fmt: skip


@pytest.mark.parametrize(("headings", "mapping"), HEADINGS.values(), ids=HEADINGS)
def test_columns_are_found_under(headings: str, mapping: dict[str, str] | None) -> None:
    content = f"{headings}\nA1,Zoë,zoe@example.org{',x' * (headings.count(',') - 2)}\n".encode()

    file = read_staff(content, "staff.csv", mapping)

    assert file.rows == [StaffRow(line=2, staff_no="A1", given_name="Zoë", email="zoe@example.org")]


REFUSED_HEADINGS: dict[str, tuple[str, dict[str, str], type[Invalid], dict[str, object]]] = {
    "a column that must be there": (
        "staff_no,name,mail",
        {},
        ColumnsMissing,
        {"missing": "given_name, email", "found": "staff_no, name, mail"},
    ),
    "a column that the mapping promises": (
        "staff_no,given_name,email",
        {"unit": "Abteilung"},
        ColumnsMissing,
        {"missing": "unit (Abteilung)", "found": "staff_no, given_name, email"},
    ),
    "a column twice": ("staff_no,Staff No,given_name,email", {}, ColumnDoubled, {"column": "staff_no"}),
}


@pytest.mark.parametrize(("headings", "mapping", "cause", "details"), REFUSED_HEADINGS.values(), ids=REFUSED_HEADINGS)
def test_columns_that_cannot_be_told_are_refused(
    headings: str, mapping: dict[str, str], cause: type[Invalid], details: dict[str, object]
) -> None:
    with pytest.raises(Invalid) as caught:
        check_rows(Table(tuple(headings.split(",")), []), mapping)

    assert type(caught.value) is cause
    assert caught.value.details == details


def test_a_mapping_of_a_column_that_we_do_not_have_is_refused() -> None:
    with pytest.raises(ColumnUnknown) as caught:
        check_rows(Table(tuple(GOOD), []), {"shoe_size": "Schuh"})

    assert caught.value.details["column"] == "shoe_size"


MESSY = (
    "Staff No;Given Name;Family_name;E-mail;Job title;Grade Level;Time zone;Languages;Manager;;\r\n"
    '="00017";  José ;;Jose@Example.org;"Head of\r\nField Office";18;Africa/Nairobi;en:native;;;\r\n'
    ";;;;;;;;;;\r\n"
    "00018;Zoë\xa0;O’Neill;zoe@example.org;;P3;Africa/Nairobi;en:native;00017;;\r\n"
    "00019;Ann;;ann@@example.org;;11;Nairobi;en:fluent;00099;;\r\n"
    "00018;Zoe;;zoe@example.org;;11;;;00017;;\r\n"
)


def test_an_export_as_it_comes_is_read_and_everything_wrong_in_it_is_said_at_once() -> None:
    mapping = {"email": "e mail", "manager_staff_no": "manager"}

    file = read_staff(MESSY.encode("cp1252"), "export.csv", mapping)

    assert file.rows[0] == StaffRow(
        line=2,
        staff_no="00017",
        given_name="José",
        email="Jose@Example.org",
        job_title="Head of Field Office",
        grade_level=18,
        time_zone="Africa/Nairobi",
        languages={"en": 3},
    )
    assert found(file) == [
        (5, "bad_grade", "grade_level", "P3"),
        (6, "bad_address", "email", "ann@@example.org"),
        (6, "bad_zone", "time_zone", "Nairobi"),
        (6, "bad_language", "languages", "en:fluent"),
        (6, "unknown_manager", "manager_staff_no", "00099"),
        (7, "doubled_number", "staff_no", "00018"),
    ]


ADDRESSES = [
    "a@b.org", "a.b+c@sub.example.co.uk", "o'neill@example.org", "a@1and1.example", "a" * 64 + "@b.org",
    "a@xn--p1ai.org",
]  # fmt: skip
NO_ADDRESSES = [
    "", "@", "a", "a@", "@b.org", "a@b", "a@b..org", "a@.b.org", "a@b.org.", "a@-b.org", "a@b-.org", "a@b.123",
    "a@b@c.org", ".a@b.org", "a.@b.org", "a..b@c.org", "a b@c.org", "a@b c.org", "Ann <a@b.org>", "mailto:a@b.org",
    '"a"@b.org', "a(b)@c.org", "a,b@c.org", "a@b.org,c@d.org", "a@[127.0.0.1]", "a" * 65 + "@b.org", "é@b.org",
    "a@é.org", "a@b_c.org", "a\n@b.org", "a@" + "b" * 64 + ".org", "a@" + "b." * 130 + "org", "a" * 100_000 + "!",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_one_that_any_mail_server_takes(address: str) -> None:
    assert plausible_address(address)


@pytest.mark.parametrize("address", NO_ADDRESSES, ids=lambda address: address[:20])
def test_what_only_resembles_an_address_is_none(address: str) -> None:
    assert not plausible_address(address)


BLANKS = " \u00a0\u200b\u2003\u200e\u3000\ufeff\t\n\x1f\x85ae\u0301"


@given(st.one_of(st.text(), st.text(BLANKS)))
def test_to_tidy_twice_changes_nothing_more(text: str) -> None:
    once = tidied(text)

    assert tidied(once) == once or once.startswith('="')


@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=14), max_size=6))
def test_no_row_whatever_it_holds_stops_the_check(rows: list[list[str]]) -> None:
    table = Table(tuple(GOOD), [(line, tuple(cells)) for line, cells in enumerate(rows, start=2)])

    file = check_rows(table)

    assert all(2 <= problem.line < len(rows) + 2 for problem in file.problems)
    assert {row.line for row in file.rows if row.staff_no not in file.faulty}.isdisjoint(
        problem.line for problem in file.problems
    )
