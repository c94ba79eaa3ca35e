"""Two large organisations for measurements: invented, the same every time, of real ones' size and shape.

The shape is taken from the organograms of an agency and of a revenue service: how many people there are at each level,
how units and stations differ in size, how long the lines are, who signs up, with how many needs, offers, tools and
hours. Nobody in them exists. A folder with such files of one's own can be measured instead.
"""

import csv
import gzip
import io
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random

from msgspec import Struct

from mentoring.demo.organisation import plan
from mentoring.skills.digcomp import shipped_catalogue

Row = dict[str, str]

STAFF_COLUMNS = (
    "staff_no", "given_name", "family_name", "email", "job_title", "grade", "grade_level", "unit", "duty_station",
    "country", "time_zone", "languages", "manager_staff_no", "gender",
)  # fmt: skip
SIGN_UP_COLUMNS = ("staff_no", "role", "skills", "tools", "hours", "capacity")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
STARTS = {8: 4, 9: 10, 10: 13, 11: 13, 12: 13, 13: 13, 14: 13, 15: 10, 16: 3}
"""The hours at which people's free stretches begin, and how often; they last one to four hours."""
SYLLABLES = ("ba", "de", "fi", "go", "ha", "ju", "ka", "lo", "mé", "na", "ör", "pi", "ra", "sa", "tu", "vé", "ya", "zo")
JUNIOR_TO_LEVEL = 11
SMALLEST_SENIOR = 21
"""Level from which a post stands above units, and may lead people of any of them."""


class Shape(Struct, frozen=True):
    """Counts of an organisation: people by level, leaders by level, juniors, units, how unequal its parts are."""

    code: str
    levels: Mapping[int, int]
    leaders: Mapping[int, int]
    juniors: int
    units: int
    skew: float
    """Exponent of the units' and stations' sizes: the n-th is ``n ** -skew`` of the first."""
    tongues: Mapping[str, int]
    seed: int

    @property
    def staff(self) -> int:
        return sum(self.levels.values())


AGENCY = Shape(
    code="agency",
    levels={24: 1, 23: 12, 22: 32, 21: 136, 18: 532, 16: 1421, 15: 51, 13: 3450, 11: 2515, 9: 15, 8: 2466, 6: 966,
            4: 1085, 3: 89, 1: 29},
    leaders={24: 1, 23: 8, 22: 23, 21: 97, 18: 173, 16: 489, 15: 18},
    juniors=2_856,
    units=138,
    skew=0.8,
    tongues={"en": 48, "fr": 20, "ar": 12, "es": 8, "zh": 7, "ru": 5},
    seed=1,
)  # fmt: skip
REVENUE = Shape(
    code="revenue",
    levels={24: 3, 23: 9, 22: 43, 21: 293, 18: 1075, 16: 2516, 13: 3493, 11: 8443, 8: 780, 6: 14_198, 3: 27_670,
            1: 4161},
    leaders={24: 2, 23: 7, 22: 36, 21: 207, 18: 342, 16: 883},
    juniors=22_212,
    units=42,
    skew=1.2,
    tongues={"en": 65, "fr": 28, "ar": 3, "es": 2, "ru": 2},
    seed=2,
)  # fmt: skip


class Files(Struct, frozen=True):
    """Where the two files of an organisation lie, and whether they were given or made."""

    staff: Path
    sign_ups: Path
    given: bool


def files_of(shape: Shape, given: Path | None, made: Path) -> Files:
    """The organisation's files in the folder ``given``; without it they are made in the folder ``made``."""
    if given is not None:
        return Files(_found(given, f"{shape.code}-staff"), _found(given, f"{shape.code}-signups"), given=True)
    files = Files(made / f"{shape.code}-staff.csv.gz", made / f"{shape.code}-signups.csv.gz", given=False)
    if not files.sign_ups.exists():
        staff = staff_rows(shape)
        _write(files.staff, STAFF_COLUMNS, staff)
        _write(files.sign_ups, SIGN_UP_COLUMNS, sign_up_rows(shape, staff))
    return files


def _found(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.exists():
            return path
    raise FileNotFoundError(f"there is no {name}.csv or {name}.csv.gz in {folder}")


def _write(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    # mtime=0: the same rows are the same bytes.
    with gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as packed, io.TextIOWrapper(packed, "utf-8") as text:
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


class Draw:
    """Draws one of several by weight; the weights are summed up once."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._names = list(weights)
        self._sums = list(accumulate(weights.values()))

    def __call__(self, rng: Random) -> str:
        return rng.choices(self._names, cum_weights=self._sums)[0]


def staff_rows(shape: Shape) -> list[Row]:
    """Everybody, the head first, each manager before those who report to them."""
    rng = Random(shape.seed)
    stations = plan().stations
    unit = Draw(
        {f"Directorate {number % 9 + 1} - Unit {number}": number**-shape.skew for number in range(1, shape.units + 1)}
    )
    station = Draw({str(place): (place + 1) ** -shape.skew for place in range(len(stations))})
    tongue = Draw(shape.tongues)
    superiors = _Superiors(rng)
    rows: list[Row] = []
    for level, count in sorted(shape.levels.items(), reverse=True):
        for _ in range(count):
            where = stations[int(station(rng))]
            row = {
                "staff_no": f"{shape.code[:2].upper()}{len(rows) + 1:06}",
                **_name(rng, shape.code, len(rows)),
                "job_title": f"Programme Officer, level {level}",
                "grade": f"G{level}",
                "grade_level": str(level),
                "unit": unit(rng),
                "duty_station": where.city,
                "country": where.country,
                "time_zone": where.time_zone,
                "languages": _languages(rng, tongue(rng)),
            }
            row["manager_staff_no"] = superiors.of(row, level)
            rows.append(row)
    return rows


class _Superiors:
    """Who may lead whom: somebody of a higher level in the same unit, or a senior post of any unit."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._above: dict[str, list[str]] = {}
        self._seniors: list[str] = []
        self._level = 0
        self._waiting: list[Row] = []

    def of(self, row: Row, level: int) -> str:
        if level != self._level:
            self._admit()
            self._level = level
        self._waiting.append(row)
        return self._choice(self._above.get(row["unit"]) or self._seniors)

    def _choice(self, above: Sequence[str]) -> str:
        if not above:  # the head, and those beside it of the same level
            return self._waiting[0]["staff_no"] if len(self._waiting) > 1 else ""
        # Near the end are those of the next level up, who lead most.
        return above[int(len(above) * self._rng.random() ** 0.5)]

    def _admit(self) -> None:
        """Let those of the last level lead; a third of them, for most people lead nobody."""
        for place, row in enumerate(self._waiting):
            if place % 3 == 0 or self._level >= SMALLEST_SENIOR:
                self._above.setdefault(row["unit"], []).append(row["staff_no"])
            if self._level >= SMALLEST_SENIOR:
                self._seniors.append(row["staff_no"])
        self._waiting.clear()


def _name(rng: Random, code: str, number: int) -> Row:
    """A name of syllables; one in two hundred has no family name, as some people have none."""
    given, family = (
        "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3))).capitalize() for _ in ("given", "family")
    )
    return {
        "given_name": given,
        "family_name": "" if rng.random() < 0.005 else family,
        "email": f"person.{number + 1}@{code}.example.org",
        "gender": rng.choices(("F", "M", ""), (45, 45, 10))[0],
    }


def _languages(rng: Random, tongue: str) -> str:
    spoken = {tongue: "native"}
    if tongue != "en":
        spoken["en"] = rng.choices(("professional", "basic"), (67, 33))[0]
    if rng.random() < 0.35:
        spoken.setdefault(rng.choice(("fr", "es", "ar", "ru")), rng.choice(("professional", "basic")))
    return "|".join(f"{code}:{fluency}" for code, fluency in sorted(spoken.items()))


def sign_up_rows(shape: Shape, staff: Sequence[Row]) -> list[Row]:
    """Leaders of each level and juniors of the lower ones, with needs, offers, tools and hours."""
    rng = Random(shape.seed + 100)
    by_level: dict[int, list[Row]] = {}
    for row in staff:
        by_level.setdefault(int(row["grade_level"]), []).append(row)
    lower = [row for row in staff if int(row["grade_level"]) <= JUNIOR_TO_LEVEL]
    leaders = [row for level, count in shape.leaders.items() for row in rng.sample(by_level[level], count)]
    codes = [one.code for one in shipped_catalogue().competences]
    return [
        *(_sign_up(rng, row, "leader", codes) for row in leaders),
        *(_sign_up(rng, row, "junior", codes) for row in rng.sample(lower, shape.juniors)),
    ]


def _sign_up(rng: Random, person: Row, role: str, codes: Sequence[str]) -> Row:
    leads = role == "leader"
    count, levels, weights = (3, (0, 1, 2), (30, 58, 12)) if leads else (rng.randint(2, 6), (4, 3, 2), (77, 22, 1))
    skills = [f"{code}:{rng.choices(levels, weights)[0]}" for code in rng.sample(codes, count)]
    return {
        "staff_no": person["staff_no"],
        "role": role,
        "skills": "|".join(skills),
        "tools": "|".join(rng.sample(plan().tools, rng.randint(0, 4))),
        "hours": "|".join(_hours(rng)),
        "capacity": "2" if not leads and rng.random() < 0.25 else "1",
    }


def _hours(rng: Random) -> list[str]:
    days = sorted(rng.sample(range(len(WEEKDAYS)), rng.randint(2, 5)))
    starts = rng.choices(list(STARTS), list(STARTS.values()), k=len(days))
    return [
        f"{WEEKDAYS[day]}:{start:02}:00-{min(18, start + rng.randint(1, 4)):02}:00"
        for day, start in zip(days, starts, strict=True)
    ]
