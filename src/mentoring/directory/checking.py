"""From a table to staff rows, with every problem by its line. Pure but for the lists of places."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import networkx as nx

from mentoring.directory import graph
from mentoring.directory.places import known_countries, known_zones
from mentoring.directory.reading import read_table
from mentoring.directory.rules import (
    GRADE_LEVELS,
    LONGEST,
    MOST_DOTTED_MANAGERS,
    REQUIRED_COLUMNS,
    STAFF_COLUMNS,
    Findings,
    Problem,
    StaffRow,
    located,
)
from mentoring.directory.table import Table
from mentoring.directory.values import holds_forbidden, languages_of, listed, tidied
from mentoring.people.rules import plausible_address

LOOP_SHOWN = 10
"""People of a loop that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class StaffFile:
    """What a staff file says. Its rows may be written only where there are no problems.

    A value that was refused is empty in its row; ``faulty`` are the staff numbers of rows with a
    problem. ``columns`` are those of ours that the file has. ``lines`` is the graph of ``rows``.
    """

    rows: list[StaffRow]
    problems: list[Problem]
    columns: tuple[str, ...]
    faulty: frozenset[str]
    lines: "nx.DiGraph[str]"


def read_staff(content: bytes, filename: str, mapping: Mapping[str, str] | None = None) -> StaffFile:
    """Read and check a staff file. Raises causes of ``table`` and of ``rules`` when it cannot be one."""
    return check_rows(read_table(content, filename), mapping)


def check_rows(
    table: Table,
    mapping: Mapping[str, str] | None = None,
    zones: Collection[str] | None = None,
    countries: Collection[str] | None = None,
) -> StaffFile:
    """Check all rows and the lines between them. ``mapping`` gives, by our name, the name in the file.

    Raises ``ColumnsMissing``, ``ColumnDoubled``, ``ColumnUnknown``.
    """
    at = located(table.columns, STAFF_COLUMNS, REQUIRED_COLUMNS, mapping)
    check = _Check(at, len(table.columns), zones or known_zones(), countries or known_countries())
    for line, cells in table.rows:
        check.row(line, cells)
    check.managers()
    lines = graph.reporting_lines(check.rows)
    check.loops(lines)
    return StaffFile(check.rows, check.findings.problems(), tuple(at), check.faulty(), lines)


class _Check:
    """One pass over the rows; remembers what was seen in order to notice it a second time."""

    def __init__(self, at: Mapping[str, int], width: int, zones: Collection[str], countries: Collection[str]) -> None:
        self.findings = Findings()
        self.rows: list[StaffRow] = []
        self._at, self._width, self._zones, self._countries = at, width, zones, countries
        self._line_of_number: dict[str, int] = {}
        self._line_of_address: dict[str, int] = {}
        self._unread: set[str] = set()
        self._looped: set[str] = set()
        self._languages: dict[str, dict[str, int]] = {}
        self._tidied: dict[str, str] = {}

    def row(self, line: int, cells: tuple[str, ...]) -> None:
        if len(cells) != self._width:
            self._ragged(line, cells)
            return
        texts = {name: self._text(line, name, cells[index]) for name, index in self._at.items()}
        if self._is_first(line, texts["staff_no"]):
            self._address(line, texts)
            self.rows.append(self._read(line, texts))

    def _ragged(self, line: int, cells: tuple[str, ...]) -> None:
        self.findings.add(line, "ragged_row", found=len(cells), expected=self._width)
        place = self._at["staff_no"]
        if place < len(cells) and (staff_no := tidied(cells[place])):
            # No row, but neither has this person left, nor are those to blame who report to them.
            self._unread.add(staff_no)

    def faulty(self) -> frozenset[str]:
        """Staff numbers of which the file speaks, but not so that it could be written down."""
        lines = self.findings.lines
        refused = (row.staff_no for row in self.rows if row.line in lines)
        return frozenset(refused) | self._unread | self._looped

    def _text(self, line: int, column: str, raw: str) -> str:
        """The tidied value, or nothing in place of one that must not be let in."""
        value = self._tidied.get(raw)
        if value is None:
            value = tidied(raw)
            if not raw.isascii():
                self._tidied[raw] = value
        if not value:
            if column in REQUIRED_COLUMNS:
                self.findings.add(line, "missing_value", column)
            return ""
        if holds_forbidden(value):
            self.findings.add(line, "bad_character", column, value)
            return ""
        if len(value) > LONGEST[column]:
            code = "bad_country" if column == "country" else "too_long"
            self.findings.add(line, code, column, value, limit=LONGEST[column], length=len(value))
            return ""
        return value

    def _is_first(self, line: int, staff_no: str) -> bool:
        first = self._line_of_number.setdefault(staff_no, line) if staff_no else line
        if first != line:
            self.findings.add(line, "doubled_number", "staff_no", staff_no, first_line=first)
        return bool(staff_no) and first == line

    def _address(self, line: int, texts: dict[str, str]) -> None:
        address = texts["email"]
        if not address:
            return
        if not plausible_address(address):
            texts["email"] = ""
            self.findings.add(line, "bad_address", "email", address)
            return
        first = self._line_of_address.setdefault(address.casefold(), line)
        if first != line:
            self.findings.add(line, "doubled_address", "email", address, first_line=first)

    def _read(self, line: int, texts: dict[str, str]) -> StaffRow:
        said = texts.get
        return StaffRow(
            line=line,
            staff_no=texts["staff_no"],
            given_name=texts["given_name"],
            email=texts["email"],
            family_name=said("family_name", ""),
            job_title=said("job_title", ""),
            grade=said("grade", ""),
            grade_level=self._grade_level(line, said("grade_level", "")),
            unit=said("unit", ""),
            duty_station=said("duty_station", ""),
            country=self._one_of(line, "country", said("country", "").upper(), self._countries),
            time_zone=self._one_of(line, "time_zone", said("time_zone", ""), self._zones),
            languages=self._spoken(line, said("languages", "")),
            manager_staff_no=said("manager_staff_no", ""),
            gender=said("gender", ""),
            dotted_manager_staff_nos=self._dotted(line, said("dotted_manager_staff_nos", "")),
            appraiser_staff_no=said("appraiser_staff_no", ""),
        )

    def _grade_level(self, line: int, value: str) -> int | None:
        if not value:
            return None
        if value.isascii() and value.isdigit() and int(value) in GRADE_LEVELS:
            return int(value)
        lowest, highest = GRADE_LEVELS[0], GRADE_LEVELS[-1]
        self.findings.add(line, "bad_grade", "grade_level", value, lowest=lowest, highest=highest)
        return None

    def _one_of(self, line: int, column: str, value: str, known: Collection[str]) -> str:
        if not value or value in known:
            return value
        self.findings.add(line, "bad_zone" if column == "time_zone" else "bad_country", column, value)
        return ""

    def _spoken(self, line: int, value: str) -> Mapping[str, int]:
        languages = self._languages.get(value)
        if languages is not None:
            return languages
        languages = languages_of(value)
        if languages is None:
            self.findings.add(line, "bad_language", "languages", value)
            return {}
        return self._languages.setdefault(value, languages)

    def _dotted(self, line: int, value: str) -> tuple[str, ...]:
        if not value:
            return ()
        managers = tuple(dict.fromkeys(listed(value)))
        if len(managers) > MOST_DOTTED_MANAGERS:
            column, limit = "dotted_manager_staff_nos", MOST_DOTTED_MANAGERS
            self.findings.add(line, "too_many_managers", column, value, found=len(managers), limit=limit)
        return managers[:MOST_DOTTED_MANAGERS]

    def managers(self) -> None:
        """Say of whom a row speaks although no row is theirs. Only possible once all rows are read."""
        known = self._line_of_number.keys() | self._unread
        for row in self.rows:
            for column, numbers in (
                ("manager_staff_no", (row.manager_staff_no,)),
                ("dotted_manager_staff_nos", row.dotted_manager_staff_nos),
                ("appraiser_staff_no", (row.appraiser_staff_no,)),
            ):
                for number in numbers:
                    if number and number not in known:
                        self.findings.add(row.line, "unknown_manager", column, number)

    def loops(self, lines: "nx.DiGraph[str]") -> None:
        """Say each loop once, on the first of its lines; and lines so long that something is wrong."""
        found = graph.loops(lines)
        for loop in found:
            names = " > ".join((*loop[:LOOP_SHOWN], "…" if len(loop) > LOOP_SHOWN else loop[0]))
            line = min(self._line_of_number[person] for person in loop)
            self.findings.add(line, "reporting_loop", "manager_staff_no", loop=names, people=len(loop))
            self._looped.update(loop)
        if found:
            return
        for staff_no, steps in graph.deepest(lines).items():
            if steps == graph.DEEPEST_LINE + 1:
                line, limit = self._line_of_number[staff_no], graph.DEEPEST_LINE
                self.findings.add(line, "line_too_deep", "manager_staff_no", staff_no, limit=limit)
