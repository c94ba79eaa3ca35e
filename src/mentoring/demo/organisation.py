"""The demo's organisation: 600 invented people all over the world, the same ones every time.

The plan (departments, stations, grades) and the names are data beside this file. Given names and
family names are ones that are frequent in each place, drawn and combined at random, so nobody here
is anybody. What comes out has the columns of a staff file and of a sign-up file, and goes in by the
same doors as any other organisation's.
"""

import unicodedata
from functools import cache
from importlib.resources import files
from random import Random
from typing import Final

import msgspec
from msgspec import Struct, field

PEOPLE: Final = 600
LEADERS: Final = 60
JUNIORS: Final = 90

SEED: Final = 1962
"""Chosen by looking: with it a round is worth showing (most matched, five with nobody, each for another reason)."""

LEADER_FROM_LEVEL: Final = 16
JUNIOR_TO_LEVEL: Final = 14
"""P-4 and above learn, P-3 and below teach: every such pair has the default gap of two levels."""

LEADER: Final = "M0005"
JUNIOR: Final = "M0311"
COORDINATOR: Final = "M0035"
ADMINISTRATOR: Final = "M0049"
"""The four people for whom the demo prints a sign-in link."""

SENIOR_LEVELS: Final = {"USG": 24, "ASG": 23, "D-2": 22, "D-1": 21, "P-5": 18, "P-4": 16}
SMALLEST_TEAM: Final = 3
LETTERS_WITHOUT_PARTS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "ß": "ss", "ı": "i", "æ": "ae", "đ": "d", "’": "", "ʻ": ""}
)
"""Latin letters that Unicode does not take apart into a plain letter and a mark."""

Row = dict[str, str]


class Station(Struct, frozen=True):
    city: str
    country: str
    time_zone: str
    cultures: list[str]
    local: float = 0.8
    """The share of its staff who come from the place; small at headquarters."""


class Grade(Struct, frozen=True):
    grade: str
    level: int
    title: str
    weight: int


class Section(Struct, frozen=True):
    name: str
    field: str
    station: str


class Department(Struct, frozen=True):
    name: str
    station: str
    sections: list[Section]


class Region(Struct, frozen=True):
    name: str
    station: str
    countries: list[str]


class Known(Struct, frozen=True):
    """Somebody whose name, languages and sign-up are written down, not drawn."""

    given_name: str
    family_name: str
    gender: str
    address: str
    languages: str
    signup: Row = {}


class Plan(Struct, frozen=True):
    name: str
    domain: str
    stations: list[Station]
    grades: list[Grade]
    departments: list[Department]
    regions: list[Region]
    tools: list[str]
    wanted_skills: dict[str, int]
    offered_skills: dict[str, list[str]]
    known: dict[str, Known]


class Culture(Struct, frozen=True):
    """How people of a place are called and what they speak. ``native=latin`` where both differ."""

    tongue: str
    also: dict[str, float]
    female: list[str]
    male: list[str]
    family: list[str]
    family_female: list[str] = field(default_factory=list)


class Post(Struct, frozen=True):
    title: str
    grade: str
    level: int
    unit: str
    station: str
    field: str
    manager: int | None


def staff_rows() -> list[Row]:
    """Return the whole staff, managers before those who report to them."""
    return [dict(row) for row in _staff()]


def signup_rows() -> list[Row]:
    """Return the sign-ups of 60 leaders and 90 juniors of that staff."""
    rng = _dice("sign-ups")
    leaders = _drawn(rng, LEADER_FROM_LEVEL, 99, LEADERS, LEADER)
    juniors = _drawn(rng, 0, JUNIOR_TO_LEVEL, JUNIORS, JUNIOR)
    rows = [_leader(rng, number, juniors) for number in leaders]
    rows += [_junior(rng, number, leaders) for number in juniors]
    known = {number: person.signup for number, person in plan().known.items()}
    return [row | known.get(row["staff_no"], {}) for row in rows]


def _dice(use: str) -> Random:
    """Return the dice of one use, so that a change to one draw leaves the others as they were."""
    return Random(f"{SEED} {use}")


@cache
def plan() -> Plan:
    content = files(__package__).joinpath("organisation.json").read_bytes()
    return msgspec.json.decode(content, type=Plan)


@cache
def _cultures() -> dict[str, Culture]:
    content = files(__package__).joinpath("names.json").read_bytes()
    return msgspec.json.decode(content, type=dict[str, Culture])


# --- posts -----------------------------------------------------------------------------------


def _add(posts: list[Post], who: tuple[str, str], where: tuple[str, str], manager: int | None, of: str) -> int:
    (title, grade), (unit, station) = who, where
    posts.append(Post(title, grade, SENIOR_LEVELS[grade], unit, station, of, manager))
    return len(posts) - 1


def _senior_posts() -> list[Post]:
    posts: list[Post] = []
    office = ("Office of the Director-General", "Geneva")
    head = _add(posts, ("Director-General", "USG"), office, None, "")
    _add(posts, ("Chief of Staff", "D-1"), office, head, "")
    inside = ("Office of the Deputy Director-General, Headquarters", "Geneva")
    outside = ("Office of the Deputy Director-General, Regions", "New York")
    first = _add(posts, ("Deputy Director-General", "ASG"), inside, head, "")
    second = _add(posts, ("Deputy Director-General", "ASG"), outside, head, "")
    for department in plan().departments:
        _department(posts, department, first)
    for region in plan().regions:
        _region(posts, region, second)
    return posts


def _department(posts: list[Post], department: Department, above: int) -> None:
    name = department.name
    where = (name, department.station)
    director = _add(posts, (f"Director, {name}", "D-2"), where, above, name)
    for section in department.sections:
        unit = (f"{name} - {section.name}", section.station)
        chief = _add(posts, (f"Chief, {section.name}", "P-5"), unit, director, section.field)
        title = f"{section.field} Specialist and Team Lead"
        _add(posts, (title, "P-4"), unit, chief, section.field)


def _region(posts: list[Post], region: Region, above: int) -> None:
    unit = f"Regional Office, {region.name}"
    where = (unit, region.station)
    director = _add(posts, (f"Regional Director, {region.name}", "D-2"), where, above, "")
    deputy = _add(posts, ("Deputy Regional Director", "D-1"), where, director, "")
    _office(posts, unit, region.station, deputy)
    for city in region.countries:
        unit = f"Country Office {city}"
        head = _add(posts, (f"Head of Office, {city}", "P-5"), (unit, city), director, "")
        _office(posts, unit, city, head)


def _office(posts: list[Post], unit: str, city: str, head: int) -> None:
    for of in ("Programme", "Operations"):
        where = (f"{unit} - {of}", city)
        _add(posts, (f"{of} Specialist and Team Lead", "P-4"), where, head, of)


@cache
def _posts() -> tuple[Post, ...]:
    """Return all posts: the seniors of the plan, and their teams filled up to ``PEOPLE``."""
    rng = _dice("posts")
    posts = _senior_posts()
    leads = [index for index, post in enumerate(posts) if post.grade == "P-4"]
    rest = PEOPLE - len(posts) - SMALLEST_TEAM * len(leads)
    teams = sorted(leads * SMALLEST_TEAM + rng.choices(leads, k=rest))
    grades = plan().grades
    drawn = rng.choices(grades, weights=[grade.weight for grade in grades], k=len(teams))
    for lead, grade in zip(teams, drawn, strict=True):
        over = posts[lead]
        title = grade.title.format(field=over.field)
        posts.append(Post(title, grade.grade, grade.level, over.unit, over.station, over.field, lead))
    return tuple(posts)


# --- people ----------------------------------------------------------------------------------


@cache
def _staff() -> tuple[Row, ...]:
    rng = _dice("people")
    taken: set[str] = set()
    return tuple(_row(rng, index, post, taken) for index, post in enumerate(_posts()))


def _number(index: int) -> str:
    return f"M{index + 1:04d}"


def _row(rng: Random, index: int, post: Post, taken: set[str]) -> Row:
    station = _station(post.station)
    number = _number(index)
    drawn = _draw(rng, station)
    person = plan().known.get(number, drawn)
    return {
        "staff_no": number,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email": _address(person.address, taken),
        "job_title": post.title,
        "grade": post.grade,
        "grade_level": str(post.level),
        "unit": post.unit,
        "duty_station": station.city,
        "country": station.country,
        "time_zone": station.time_zone,
        "languages": person.languages,
        "manager_staff_no": "" if post.manager is None else _number(post.manager),
        "gender": person.gender,
    }


def _station(city: str) -> Station:
    return next(station for station in plan().stations if station.city == city)


def _draw(rng: Random, station: Station) -> Known:
    """Draw somebody of the place, or of anywhere, with the languages they are likely to speak."""
    here = rng.random() < station.local
    culture = _cultures()[rng.choice(station.cultures if here else sorted(_cultures()))]
    woman = rng.random() < 0.5
    families = culture.family_female if woman and culture.family_female else culture.family
    given, given_latin = _spelled(rng.choice(culture.female if woman else culture.male))
    family, family_latin = _spelled(rng.choice(families))
    gender = "" if rng.random() < 0.04 else "F" if woman else "M"
    spoken = "|".join(f"{code}:{how}" for code, how in sorted(_languages(rng, culture).items()))
    return Known(given, family, gender, f"{given_latin} {family_latin}", spoken)


def _spelled(name: str) -> tuple[str, str]:
    native, _, latin = name.partition("=")
    return native, latin or native


def _languages(rng: Random, culture: Culture) -> dict[str, str]:
    spoken = {code: "professional" for code, share in culture.also.items() if rng.random() < share}
    if culture.tongue != "en":
        spoken.setdefault("en", "basic")
    return spoken | {culture.tongue: "native"}


def _address(name: str, taken: set[str]) -> str:
    """Return an address of plain letters that nobody has yet: given.family, given.family2, ..."""
    words = [_plain(word) for word in name.split()]
    local = ".".join(word for word in words if word)
    unique = next(part for part in (local, *(f"{local}{n}" for n in range(2, PEOPLE))) if part not in taken)
    taken.add(unique)
    return f"{unique}@{plan().domain}"


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.lower().translate(LETTERS_WITHOUT_PARTS))
    return "".join(letter for letter in apart if "a" <= letter <= "z")


# --- sign-ups --------------------------------------------------------------------------------


def _drawn(rng: Random, lowest: int, highest: int, count: int, always: str) -> list[str]:
    able = [
        row["staff_no"]
        for row in _staff()
        if lowest <= int(row["grade_level"]) <= highest and row["staff_no"] not in (always, COORDINATOR, ADMINISTRATOR)
    ]
    return sorted([always, *rng.sample(able, count - 1)])


def _leader(rng: Random, number: str, juniors: list[str]) -> Row:
    wanted = dict(plan().wanted_skills)
    needs: list[str] = []
    for _ in range(3):
        code = rng.choices(list(wanted), weights=list(wanted.values()))[0]
        del wanted[code]
        needs.append(f"{code}:{rng.choices((0, 1, 2), weights=(50, 38, 12))[0]}")
    wishes = rng.sample(juniors, rng.choice((0, 0, 0, 1, 2)))
    return {
        "staff_no": number,
        "role": "leader",
        "skills": "|".join(needs),
        "tools": "|".join(rng.sample(plan().tools, rng.choice((0, 1, 2, 2, 3)))),
        "hours": _hours(rng, days=(3, 5), starts=(8, 16), lengths=(1, 2, 3)),
        "capacity": "1",
        "wishes": "|".join(sorted(wishes)),
        "exclusions": rng.choice(juniors) if rng.random() < 0.06 else "",
    }


def _junior(rng: Random, number: str, leaders: list[str]) -> Row:
    offered = plan().offered_skills
    pool = offered.get(_posts()[int(number[1:]) - 1].field, offered[""])
    skills = sorted(rng.sample(pool, rng.randint(2, min(5, len(pool)))))
    levels = rng.choices((1, 2, 3, 4), weights=(5, 30, 40, 25), k=len(skills))
    return {
        "staff_no": number,
        "role": "junior",
        "skills": "|".join(f"{code}:{level}" for code, level in zip(skills, levels, strict=True)),
        "tools": "|".join(rng.sample(plan().tools, rng.randint(1, 5))),
        "hours": _hours(rng, days=(3, 5), starts=(8, 15), lengths=(2, 3, 4)),
        "capacity": rng.choice(("1", "1", "1", "1", "2")),
        "wishes": "|".join(sorted(rng.sample(leaders, rng.choice((0, 0, 0, 1, 2))))),
        "exclusions": "",
    }


def _hours(rng: Random, days: tuple[int, int], starts: tuple[int, int], lengths: tuple[int, ...]) -> str:
    """Return office hours of the person's own place, like ``mon:09:00-11:00|thu:14:30-15:30``."""
    week = ("mon", "tue", "wed", "thu", "fri")
    chosen = sorted(rng.sample(range(5), rng.randint(*days)))
    stated = []
    for day in chosen:
        start, half = rng.randint(*starts), rng.choice(("00", "00", "30"))
        stated.append(f"{week[day]}:{start:02d}:{half}-{start + rng.choice(lengths):02d}:{half}")
    return "|".join(stated)
