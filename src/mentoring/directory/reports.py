"""What is told of an import: counts, the first changes one by one, and every problem in the reader's words."""

from collections.abc import Iterable, Iterator
from itertools import islice

from mentoring.directory import graph
from mentoring.directory.checking import StaffFile
from mentoring.directory.contracts import LineProblem, StaffChange, StaffReport
from mentoring.directory.importing import Plan
from mentoring.directory.rules import Problem
from mentoring.i18n import Words

MOST_CHANGES = 200
"""Changes that are named one by one: as many as somebody reads before saying yes."""

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


def staff_report(file: StaffFile, plan: Plan, words: Words, *, applied: bool) -> StaffReport:
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
        changes=list(islice(_changes(plan), MOST_CHANGES)),
        changes_total=len(found.added) + len(found.changed) + len(found.left),
    )


def _changes(plan: Plan) -> Iterator[StaffChange]:
    """Who leaves first, because that is what nobody wants to overlook."""
    returned = {update.row.staff_no for update in plan.updates if update.returned}
    for staff_no in plan.difference.left:
        yield StaffChange("left", staff_no)
    for change in plan.difference.changed:
        yield StaffChange("changed", change.row.staff_no, list(change.fields))
    for row in plan.difference.added:
        yield StaffChange("returned" if row.staff_no in returned else "added", row.staff_no)
