"""What an import would do, person by person."""

from msgspec.structs import replace

from mentoring.directory.difference import Change, Difference, difference
from mentoring.directory.rules import StaffRow

ANN = StaffRow(line=2, staff_no="A1", given_name="Ann", email="ann@example.org", unit="Supply", languages={"en": 3})
BEN = StaffRow(line=3, staff_no="A2", given_name="Ben", email="ben@example.org", manager_staff_no="A1")
CAN = StaffRow(line=4, staff_no="A3", given_name="Can", email="can@example.org")
STAFF = {person.staff_no: person for person in (ANN, BEN, CAN)}


def test_the_same_people_on_other_lines_change_nothing() -> None:
    rows = [replace(person, line=person.line + 5) for person in (CAN, ANN, BEN)]

    assert difference(STAFF, rows) == Difference(added=[], changed=[], left=[], unchanged=3)


def test_each_person_is_counted_once() -> None:
    moved = replace(BEN, manager_staff_no="A4", unit="Field")
    new = replace(CAN, staff_no="A4")

    assert difference(STAFF, [ANN, moved, new]) == Difference(
        added=[new],
        changed=[Change(moved, ("unit", "manager_staff_no"))],
        left=["A3"],
        unchanged=1,
    )


def test_a_column_that_the_file_does_not_have_is_not_emptied() -> None:
    rows = [replace(ANN, unit="", languages={})]

    result = difference({"A1": ANN}, rows, columns=("staff_no", "given_name", "email"))

    assert result == Difference(added=[], changed=[], left=[], unchanged=1)


def test_the_same_mailbox_and_the_same_managers_written_otherwise_are_no_change() -> None:
    before = replace(ANN, dotted_manager_staff_nos=("A2", "A3"))
    after = replace(ANN, email="Ann@Example.org", dotted_manager_staff_nos=("A3", "A2"))

    assert difference({"A1": before}, [after]).changed == []


def test_people_whose_rows_have_problems_neither_change_nor_leave() -> None:
    broken = replace(BEN, email="")

    result = difference(STAFF, [ANN, broken], faulty={"A2", "A3"})

    assert result == Difference(added=[], changed=[], left=[], unchanged=1)
