"""A problem read from a staff file and a sign-up file, by the plainest means, apart from the service."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from matching import NEEDS, SEASONS, WEEK, Problem

DATA = Path(__file__).parent.parent / "data"
YEAR = 2026
FLUENCY = {"basic": 1, "professional": 2, "native": 3}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Row = dict[str, str]
Key = TypeVar("Key")


@cache
def cabinet() -> Problem:
    """427 leaders and 329 juniors of a cabinet office, in the order of their staff numbers."""
    with (
        (DATA / "cabinet-staff.csv").open(encoding="utf-8", newline="") as staff,
        (DATA / "cabinet-signups.csv").open(encoding="utf-8", newline="") as signups,
    ):
        return read_problem(csv.DictReader(staff), csv.DictReader(signups))


def read_problem(staff: Iterable[Row], signups: Iterable[Row]) -> Problem:
    people = {row["staff_no"]: row for row in staff}
    joined = sorted(signups, key=lambda row: row["staff_no"])
    leaders = [row for row in joined if row["role"] == "leader"]
    juniors = [row for row in joined if row["role"] == "junior"]
    skills, tools = _numbers(_codes(joined)), _numbers(_split(joined, "tools"))
    languages = _numbers(code for row in people.values() for code, _ in _pairs(row["languages"]))
    number = {staff_no: index for index, staff_no in enumerate(people)}
    lines = _lines(people)
    units = _numbers(row["unit"] for row in people.values())
    countries = _numbers(row["country"] for row in people.values())

    def of(rows: list[Row], column: str, numbers: dict[str, int]) -> NDArray[np.int32]:
        return np.array([numbers.get(people[row["staff_no"]][column], -1) for row in rows], np.int32)

    def tagged(rows: list[Row]) -> NDArray[np.bool_]:
        return np.array([[tool in row["tools"].split("|") for tool in tools] for row in rows])

    def fluency(rows: list[Row]) -> NDArray[np.int8]:
        spoken = [dict(_pairs(people[row["staff_no"]]["languages"])) for row in rows]
        return np.array([[FLUENCY.get(one.get(code, ""), 0) for code in languages] for one in spoken], np.int8)

    def grades(rows: list[Row]) -> NDArray[np.int16]:
        return np.array([int(people[row["staff_no"]]["grade_level"]) for row in rows], np.int16)

    def line(rows: list[Row]) -> NDArray[np.int32]:
        return np.array([lines[row["staff_no"]] for row in rows], np.int32).reshape(-1, 2)

    def capacity(rows: list[Row]) -> NDArray[np.int32]:
        return np.array([int(row["capacity"]) for row in rows], np.int32)

    def hours(rows: list[Row]) -> NDArray[np.bool_]:
        zones = [people[row["staff_no"]]["time_zone"] for row in rows]
        weeks = [_weeks(row["hours"], zone) for row, zone in zip(rows, zones, strict=True)]
        return np.array(weeks).transpose(1, 0, 2)

    need_skill, need_level = _needs(leaders, skills)
    return Problem(
        need_skill=need_skill,
        need_level=need_level,
        offer_level=_offers(juniors, skills),
        wanted_tools=tagged(leaders),
        offered_tools=tagged(juniors),
        leader_fluency=fluency(leaders),
        junior_fluency=fluency(juniors),
        leader_hours=hours(leaders),
        junior_hours=hours(juniors),
        leader_country=of(leaders, "country", countries).astype(np.int16),
        junior_country=of(juniors, "country", countries).astype(np.int16),
        leader_unit=of(leaders, "unit", units),
        junior_unit=of(juniors, "unit", units),
        leader_grade=grades(leaders),
        junior_grade=grades(juniors),
        leader_manager=of(leaders, "manager_staff_no", number),
        junior_manager=of(juniors, "manager_staff_no", number),
        leader_capacity=capacity(leaders),
        junior_capacity=capacity(juniors),
        leader_waiting=np.zeros(len(leaders)),
        junior_waiting=np.zeros(len(juniors)),
        leader_line=line(leaders),
        junior_line=line(juniors),
        barred=_same_person(leaders, juniors),
    )


def _numbers(values: Iterable[Key]) -> dict[Key, int]:
    return {value: index for index, value in enumerate(dict.fromkeys(values))}


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for item in filter(None, text.split("|")):
        name, _, value = item.partition(":")
        yield name, value


def _codes(rows: list[Row]) -> Iterator[str]:
    for row in rows:
        for code, _ in _pairs(row["skills"]):
            yield code


def _split(rows: list[Row], column: str) -> Iterator[str]:
    for row in rows:
        yield from filter(None, row[column].split("|"))


def _needs(leaders: list[Row], skills: dict[str, int]) -> tuple[NDArray[np.int16], NDArray[np.int8]]:
    skill = np.full((len(leaders), NEEDS), -1, np.int16)
    level = np.zeros((len(leaders), NEEDS), np.int8)
    for leader, row in enumerate(leaders):
        for priority, (code, held) in enumerate(_pairs(row["skills"])):
            skill[leader, priority], level[leader, priority] = skills[code], int(held)
    return skill, level


def _offers(juniors: list[Row], skills: dict[str, int]) -> NDArray[np.int8]:
    offers = np.zeros((len(juniors), len(skills)), np.int8)
    for junior, row in enumerate(juniors):
        for code, level in _pairs(row["skills"]):
            offers[junior, skills[code]] = int(level)
    return offers


def _weeks(text: str, zone: str) -> NDArray[np.bool_]:
    """Lay local hours on the UTC week, with the offset of mid-January and that of mid-July."""
    local = np.zeros(WEEK, np.bool_)
    for day, first, last in re.findall(r"(\w+):(\d\d:\d\d)-(\d\d:\d\d)", text):
        start = DAYS.index(day) * 96
        local[start + _quarter(first) : start + _quarter(last)] = True
    weeks = np.zeros((SEASONS, WEEK), np.bool_)
    for season, month in enumerate((1, 7)):
        offset = datetime(YEAR, month, 15, 12, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
        assert offset is not None
        weeks[season] = np.roll(local, -int(offset.total_seconds()) // 900)
    return weeks


def _quarter(clock: str) -> int:
    return int(clock[:2]) * 4 + int(clock[3:]) // 15


def _lines(people: dict[str, Row]) -> dict[str, tuple[int, int]]:
    """When a walk through the reporting tree enters and leaves everybody."""
    below: dict[str, list[str]] = {}
    for staff_no, row in people.items():
        below.setdefault(row["manager_staff_no"], []).append(staff_no)
    lines: dict[str, tuple[int, int]] = {}
    entered: dict[str, int] = {}
    ahead = below.get("", [])[::-1]
    while ahead:
        staff_no = ahead.pop()
        if staff_no in entered:
            lines[staff_no] = (entered[staff_no], len(entered))
        else:
            entered[staff_no] = len(entered)
            ahead += [staff_no, *below.get(staff_no, [])]
    return lines


def _same_person(leaders: list[Row], juniors: list[Row]) -> NDArray[np.int32]:
    places = {row["staff_no"]: junior for junior, row in enumerate(juniors)}
    both = [(leader, places[row["staff_no"]]) for leader, row in enumerate(leaders) if row["staff_no"] in places]
    return np.array(both, np.int32).reshape(-1, 2)
