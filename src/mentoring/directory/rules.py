"""What a staff file must hold, the words for what is wrong with it, and how columns are found."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from mentoring.errors import Invalid

REQUIRED_COLUMNS = ("staff_no", "given_name", "email")
"""Without a number nobody is found again, without a name or an address nobody can be written to."""

LONGEST = {
    "staff_no": 64,
    "given_name": 100,
    "family_name": 100,
    "email": 254,  # RFC 5321, 4.5.3.1
    "job_title": 300,
    "grade": 60,
    "grade_level": 10,
    "unit": 300,
    "duty_station": 120,
    "country": 2,
    "time_zone": 64,
    "languages": 400,
    "manager_staff_no": 64,
    "gender": 30,
    "dotted_manager_staff_nos": 660,
    "appraiser_staff_no": 64,
}
"""Characters of a value; about three times the longest that real exports show."""

STAFF_COLUMNS = tuple(LONGEST)

GRADE_LEVELS = range(1, 100)
"""1 to 18 staff and 21 to 26 senior posts in the real files; other organisations count further."""

MOST_LANGUAGES = 20
MOST_DOTTED_MANAGERS = 10

FLUENCIES = {"basic": 1, "professional": 2, "native": 3}

MOST_PROBLEMS = 1_000
"""Listed one by one; whoever has more has one cause for most of them."""

LONGEST_SHOWN = 80
"""Characters of a wrong value that are repeated to the person."""

NO_LINE = 0
"""Where what is wrong is that a line is not there."""

UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2060-\u2069\ufeff]")


class ColumnsMissing(Invalid):
    """Columns that must be there and are not; ``found`` names those that are."""


class ColumnDoubled(Invalid):
    """Two columns of a name that is needed: nobody can say which is meant."""


class ColumnUnknown(Invalid):
    """The mapping speaks of a column that we do not have; ``known`` names those that we have."""


class StaffRow(Struct, frozen=True, gc=False):
    """One person as the file says. An empty text, or no level, is "not said".

    ``languages`` is shared between rows that say the same: never change it.
    """

    line: int
    staff_no: str
    given_name: str
    email: str
    family_name: str = ""
    job_title: str = ""
    grade: str = ""
    grade_level: int | None = None
    unit: str = ""
    duty_station: str = ""
    country: str = ""
    time_zone: str = ""
    languages: Mapping[str, int] = {}
    manager_staff_no: str = ""
    gender: str = ""
    dotted_manager_staff_nos: tuple[str, ...] = ()
    appraiser_staff_no: str = ""


class Problem(Struct, frozen=True, gc=False):
    """What is wrong on which line. The words are in the catalogue, under ``key``."""

    line: int
    code: str
    column: str | None = None
    value: str | None = None
    details: dict[str, str | int] = {}

    @property
    def key(self) -> str:
        return f"import.problem.{self.code}"

    @property
    def placeholders(self) -> dict[str, str | int]:
        """Everything that the words of the catalogue may name."""
        return {"line": self.line, "column": self.column or "", "value": self.value or "", **self.details}


class Findings:
    """Collects problems, and only counts them once there are more than anybody reads."""

    def __init__(self) -> None:
        self.lines: set[int] = set()
        self._listed: list[Problem] = []
        self._more = 0

    def add(
        self, line: int, code: str, column: str | None = None, value: str | None = None, **details: str | int
    ) -> None:
        self.lines.add(line)
        if len(self._listed) >= MOST_PROBLEMS:
            self._more += 1
            return
        self._listed.append(Problem(line, code, column, None if value is None else shown(value), details))

    def problems(self) -> list[Problem]:
        """All of them in the order of the file; the last may say how many more there are."""
        listed = sorted(self._listed, key=lambda problem: problem.line)
        if self._more:
            listed.append(Problem(listed[-1].line, "more_problems", details={"more": self._more}))
        return listed


def shown(value: str) -> str:
    """A value of a stranger, cut short and without what would garble a terminal or turn a line round."""
    if len(value) > LONGEST_SHOWN:
        value = value[: LONGEST_SHOWN - 1] + "…"
    return UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", value)


def located(
    columns: Sequence[str],
    known: Collection[str],
    required: Collection[str],
    mapping: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Return where each of our columns stands. ``mapping`` gives, by our name, the name in the file.

    Raises ``ColumnUnknown``, ``ColumnsMissing`` (a mapped column too must be there), ``ColumnDoubled``.
    """
    mapping = mapping or {}
    if strangers := [name for name in mapping if name not in known]:
        raise ColumnUnknown(column=shown(strangers[0]), known=", ".join(known))
    places: dict[str, list[int]] = {}
    for index, heading in enumerate(columns):
        places.setdefault(_plain(heading), []).append(index)
    wanted = {name: places.get(_plain(mapping.get(name, name)), []) for name in known}
    if missing := [name for name in known if not wanted[name] and (name in required or name in mapping)]:
        names = [f"{name} ({shown(mapping[name])})" if name in mapping else name for name in missing]
        raise ColumnsMissing(missing=", ".join(names), found=", ".join(shown(name) for name in columns))
    if doubled := [name for name in known if len(wanted[name]) > 1]:
        raise ColumnDoubled(column=shown(columns[wanted[doubled[0]][0]]))
    return {name: found[0] for name, found in wanted.items() if found}


def _plain(heading: str) -> str:
    """Upper and lower case, spaces, underscores and hyphens are no difference between headings."""
    return " ".join(re.split(r"[\s_-]+", unicodedata.normalize("NFC", heading).casefold().strip(" _-\t\r\n")))
