"""What is told of an import: counts, the first changes of each kind, and every problem in the reader's words."""

from collections.abc import Iterable, Iterator
from itertools import islice

from mentoring import sheets
from mentoring.directory import graph
from mentoring.directory.checking import StaffFile
from mentoring.directory.contracts import LineProblem, StaffChange, StaffReport, ValueChange
from mentoring.directory.difference import Change
from mentoring.directory.importing import Known, Plan
from mentoring.directory.rules import Problem, StaffRow
from mentoring.i18n import Words
from mentoring.sheets import File, Sheet, SheetFormat

MOST_CHANGES = 50
"""Changes of a kind that are named one by one: as many as somebody reads before saying yes."""

MOST_TOP = 10


def line_problems(problems: Iterable[Problem], words: Words) -> list[LineProblem]:
    return [
        LineProblem(
            problem.line,
            problem.code,
            problem.column,
            problem.value,
            words.text(problem.key, **problem.placeholders),
        )
        for problem in problems
    ]


def problems_file(problems: Iterable[LineProblem], words: Words) -> File:
    """The problems as a file to mend by: line, column, value, and what is wrong with it."""
    head = ("page.import.line", "page.import.column", "page.import.value", "page.import.problem")
    rows = [(one.line or "", one.column or "", one.value or "", one.text) for one in problems]
    return sheets.write(
        Sheet(words.text("page.import.list"), list(map(words.text, head)), rows), SheetFormat.CSV, words
    )


def staff_report(known: Known, file: StaffFile, plan: Plan, words: Words, *, applied: bool) -> StaffReport:
    found = plan.difference
    depths = graph.depths(file.lines)
    return StaffReport(
        applied=applied,
        rows=len(file.rows),
        added=len(found.added),
        returned=sum(update.returned for update in plan.updates),
        changed=len(found.changed),
        left=len(found.left),
        unchanged=found.unchanged,
        too_many_leave=plan.too_many_leave,
        top=graph.roots(file.lines)[:MOST_TOP],
        levels=max(depths.values(), default=-1) + 1,
        problems=line_problems(file.problems, words),
        changes=list(_changes(known, plan)),
        changes_total=len(found.added) + len(found.changed) + len(found.left),
    )


def _changes(known: Known, plan: Plan) -> Iterator[StaffChange]:
    """Who leaves first, because that is what nobody wants to overlook."""
    found = plan.difference
    returned = {update.row.staff_no for update in plan.updates if update.returned}
    for staff_no in found.left[:MOST_CHANGES]:
        yield StaffChange("left", staff_no, name=_name(known.current[staff_no]))
    for change in found.changed[:MOST_CHANGES]:
        yield _changed(known.current[change.row.staff_no], change)
    came_back = (row for row in found.added if row.staff_no in returned)
    new = (row for row in found.added if row.staff_no not in returned)
    for row in islice(came_back, MOST_CHANGES):
        yield StaffChange("returned", row.staff_no, name=_name(row))
    for row in islice(new, MOST_CHANGES):
        yield StaffChange("added", row.staff_no, name=_name(row))


def _changed(before: StaffRow, change: Change) -> StaffChange:
    values = [
        ValueChange(name, _said(getattr(before, name)), _said(getattr(change.row, name)))
        for name in change.fields
        if name != "gender"
    ]
    return StaffChange("changed", change.row.staff_no, list(change.fields), _name(before), values)


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}:{fluency}" for name, fluency in value.items())
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)


def _name(row: StaffRow) -> str:
    return f"{row.given_name} {row.family_name}".strip()
