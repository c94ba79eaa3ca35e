"""Sign-ups of a whole programme in one file, CSV or XLSX, with every problem by its line.

Whether a staff number is anybody's is not known here; hours stay as they are stated, and are cut to
quarter hours where they are laid on the week.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from msgspec import Struct

from mentoring.directory.reading import read_table
from mentoring.directory.rules import Findings, Problem, located
from mentoring.directory.table import Table
from mentoring.directory.values import holds_forbidden, listed, tidied
from mentoring.programmes.rules import MOST_CAPACITY, MOST_NEEDS, MOST_WISHES, Role

LONGEST = {
    "staff_no": 64,
    "role": 20,
    "skills": 1_000,
    "tools": 1_000,
    "hours": 1_000,
    "capacity": 10,
    "wishes": 400,
    "exclusions": 4_000,
}
"""Characters of a value."""

SIGN_UP_COLUMNS = tuple(LONGEST)
REQUIRED_COLUMNS = ("staff_no", "role", "skills", "hours")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"([a-z]{3}):([0-9]{1,2}):([0-9]{2})-([0-9]{1,2}):([0-9]{2})")
DAY = 24 * 60

LEVELS = {Role.LEADER: range(5), Role.JUNIOR: range(1, 5)}
"""A leader says the level held now and may hold none; who offers a skill has some of it."""

MOST_OFFERS = 50
MOST_TOOLS = 30
LONGEST_TOOL = 60
MOST_SPANS = 35
"""Five a day; more is a calendar and not "hours that usually hold"."""
MOST_EXCLUSIONS = 50


class SignUpRow(Struct, frozen=True, gc=False):
    """One sign-up as the file says.

    ``skills``: a leader's needs in order of priority with the level held, a junior's offers with the level
    offered. ``hours``: weekday (Monday is 0), from and to in minutes after the person's own midnight.
    """

    line: int
    staff_no: str
    role: Role
    skills: tuple[tuple[str, int], ...]
    tools: tuple[str, ...]
    hours: tuple[tuple[int, int, int], ...]
    capacity: int
    wishes: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignUpFile:
    """What a sign-up file says. Rows with a problem are not among ``rows``.

    ``columns`` are those of ours that the file has: what it does not speak of should stay.
    """

    rows: list[SignUpRow]
    problems: list[Problem]
    columns: tuple[str, ...]


def read_sign_ups(
    content: bytes,
    filename: str,
    mapping: Mapping[str, str] | None = None,
    known_skills: Collection[str] | None = None,
) -> SignUpFile:
    """Read and check a sign-up file. Raises causes of ``table`` and ``rules`` of the directory."""
    return check_sign_ups(read_table(content, filename), mapping, known_skills)


def check_sign_ups(
    table: Table,
    mapping: Mapping[str, str] | None = None,
    known_skills: Collection[str] | None = None,
) -> SignUpFile:
    """Check all rows. Without ``known_skills`` any code is taken. Raises as ``rules.located`` does."""
    at = located(table.columns, SIGN_UP_COLUMNS, REQUIRED_COLUMNS, mapping)
    check = _Check(at, len(table.columns), known_skills)
    for line, cells in table.rows:
        check.row(line, cells)
    rows = [row for row in check.rows if row.line not in check.findings.lines]
    return SignUpFile(rows, check.findings.problems(), tuple(at))


class _Check:
    def __init__(self, at: Mapping[str, int], width: int, known_skills: Collection[str] | None) -> None:
        self.findings = Findings()
        self.rows: list[SignUpRow] = []
        self._at, self._width, self._known_skills = at, width, known_skills
        self._first_lines: dict[tuple[str, Role], int] = {}

    def row(self, line: int, cells: tuple[str, ...]) -> None:
        if len(cells) != self._width:
            self.findings.add(line, "ragged_row", found=len(cells), expected=self._width)
            return
        texts = dict.fromkeys(SIGN_UP_COLUMNS, "")
        texts |= {name: self._text(line, name, cells[index]) for name, index in self._at.items()}
        role = self._role(line, texts["role"])
        if texts["staff_no"] and role:
            self._once(line, texts["staff_no"], role)
            self.rows.append(self._read(line, role, texts))

    def _text(self, line: int, column: str, raw: str) -> str:
        value = tidied(raw)
        if not value and column in REQUIRED_COLUMNS:
            self.findings.add(line, "missing_value", column)
        if holds_forbidden(value):
            self.findings.add(line, "bad_character", column, value)
            return ""
        if len(value) > LONGEST[column]:
            self.findings.add(line, "too_long", column, value, limit=LONGEST[column], length=len(value))
            return ""
        return value

    def _role(self, line: int, value: str) -> Role | None:
        role = {name.value: name for name in Role}.get(value.casefold())
        if value and role is None:
            self.findings.add(line, "bad_role", "role", value)
        return role

    def _once(self, line: int, staff_no: str, role: Role) -> None:
        first = self._first_lines.setdefault((staff_no, role), line)
        if first != line:
            self.findings.add(line, "doubled_row", "staff_no", staff_no, first_line=first, role=role.value)

    def _read(self, line: int, role: Role, texts: Mapping[str, str]) -> SignUpRow:
        return SignUpRow(
            line=line,
            staff_no=texts["staff_no"],
            role=role,
            skills=self._skills(line, role, texts["skills"]),
            tools=self._tools(line, texts["tools"]),
            hours=self._hours(line, texts["hours"]),
            capacity=self._capacity(line, role, texts["capacity"]),
            wishes=self._people(line, "wishes", texts, MOST_WISHES, "too_many_wishes"),
            exclusions=self._people(line, "exclusions", texts, MOST_EXCLUSIONS, "too_many_values"),
        )

    def _skills(self, line: int, role: Role, value: str) -> tuple[tuple[str, int], ...]:
        skills: dict[str, int] = {}
        for part in listed(value):
            code, _, level = map(str.strip, part.rpartition(":"))
            if not code or code in skills:
                self.findings.add(line, "bad_skill", "skills", part)
            elif self._known_skills is not None and code not in self._known_skills:
                self.findings.add(line, "unknown_skill", "skills", code)
            elif not _is_number_in(level, LEVELS[role]):
                lowest, highest = LEVELS[role][0], LEVELS[role][-1]
                self.findings.add(line, "bad_level", "skills", part, lowest=lowest, highest=highest)
            else:
                skills[code] = int(level)
        if role is Role.LEADER and len(skills) > MOST_NEEDS:
            self.findings.add(line, "too_many_needs", "skills", value, found=len(skills), limit=MOST_NEEDS)
        self._limited(line, "skills", value, len(skills), MOST_OFFERS)
        return tuple(skills.items())

    def _tools(self, line: int, value: str) -> tuple[str, ...]:
        tools: dict[str, str] = {}
        for tool in listed(value):
            tools.setdefault(tool.casefold(), tool)
        self._limited(line, "tools", value, len(tools), MOST_TOOLS)
        for tool in tools.values():
            if len(tool) > LONGEST_TOOL:
                self.findings.add(line, "too_long", "tools", tool, limit=LONGEST_TOOL, length=len(tool))
        return tuple(tools.values())

    def _hours(self, line: int, value: str) -> tuple[tuple[int, int, int], ...]:
        parts = listed(value)
        self._limited(line, "hours", value, len(parts), MOST_SPANS)
        spans = [(part, span_of(part)) for part in parts]
        for part, span in spans:
            if span is None:
                self.findings.add(line, "bad_hours", "hours", part)
        return tuple(sorted({span for _, span in spans if span}))

    def _capacity(self, line: int, role: Role, value: str) -> int:
        most = 1 if role is Role.LEADER else MOST_CAPACITY
        if not value or _is_number_in(value, range(1, most + 1)):
            return int(value or 1)
        self.findings.add(line, "bad_capacity", "capacity", value, limit=most)
        return 1

    def _people(self, line: int, column: str, texts: Mapping[str, str], most: int, code: str) -> tuple[str, ...]:
        people = tuple(dict.fromkeys(listed(texts[column])))
        self._limited(line, column, texts[column], len(people), most, code)
        if texts["staff_no"] in people:
            self.findings.add(line, "names_oneself", column, texts["staff_no"])
        return people

    def _limited(
        self, line: int, column: str, value: str, found: int, most: int, code: str = "too_many_values"
    ) -> None:
        if found > most:
            self.findings.add(line, code, column, value, found=found, limit=most)


def span_of(text: str) -> tuple[int, int, int] | None:
    """``"mon:15:00-18:30"`` is (0, 900, 1110), up to 24:00; nothing when it does not read so."""
    parts = SPAN.fullmatch("".join(text.casefold().replace("–", "-").split()))
    if parts is None or parts[1] not in WEEKDAYS or int(parts[3]) > 59 or int(parts[5]) > 59:
        return None
    begin, end = (int(parts[i]) * 60 + int(parts[i + 1]) for i in (2, 4))
    return (WEEKDAYS.index(parts[1]), begin, end) if begin < end <= DAY else None


def _is_number_in(value: str, allowed: range) -> bool:
    return len(value) == 1 and value in "0123456789" and int(value) in allowed
