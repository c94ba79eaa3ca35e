"""The problem that the engine gets, made of what the tables say: plain computing, without a database."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from matching import NEEDS, SEASONS, InvalidProblem, Problem, Rule, Rules, Weights
from mentoring.directory.models import LineKind
from mentoring.programmes.rules import QUARTERS_A_WEEK, Hours, Matching, MatchingRules, Role, offset_quarters
from mentoring.rounds.aims import points_of
from mentoring.rounds.contracts import Vocabulary
from mentoring.rounds.lines import standing
from mentoring.rounds.rules import Aim, NobodyToMatch, ProblemRefused, waiting_bonus
from mentoring.rounds.snapshot import Enrolled, Key, Rows
from mentoring.rounds.solver import ALWAYS_ON

QUARTER_MINUTES, QUARTERS_A_DAY = 15, 96
LOWEST_GRADE, HIGHEST_GRADE = -1000, 1000
"""Whose grade is unknown stands where the seniority rule refuses: it cannot be shown to hold."""

FINEST_CAP = 100
"""Probabilities are whole hundredths."""
LOT_BYTES = 8
"""Of 60,000 people two draw the same lot once in five thousand million rounds."""

Pairs = NDArray[np.int32]
Week = NDArray[np.bool_]
Skills = Mapping[Key, list[tuple[int, str, int]]]


@dataclass(frozen=True)
class Snapshot:
    """A problem, the enrolments of its rows and columns, and what its numbers stand for.

    published: the pairs of the last published round that could be made again.
    """

    problem: Problem
    leaders: list[UUID]
    juniors: list[UUID]
    vocabulary: Vocabulary
    published: list[tuple[int, int]]

    def aim(self, matching: Matching) -> Aim:
        """A programme's policy in the engine's numbers."""
        cap = Fraction(matching.cap).limit_denominator(FINEST_CAP)
        return Aim(
            policy=matching.policy.value,
            quota=matching.quota,
            change_cost=points_of(matching.change_cost),
            cap=(cap.numerator, cap.denominator),
            seed=matching.seed,
            published=self.published,
        )


async def build_in_thread(rows: Rows) -> Snapshot:
    """Make the problem beside the event loop. Raises ``NobodyToMatch``, ``ProblemRefused``."""
    try:
        return await asyncio.to_thread(build, rows)
    except InvalidProblem as refusal:
        raise ProblemRefused(field=refusal.field, why=refusal.why) from refusal


def build(rows: Rows) -> Snapshot:
    """Make the problem. Raises ``NobodyToMatch``, and ``InvalidProblem`` where a setting cannot be worked with."""
    leaders, juniors = rows.leaders, rows.juniors
    if not leaders or not juniors:
        raise NobodyToMatch(leaders=len(leaders), juniors=len(juniors))
    vocabulary = _vocabulary(rows)
    codes, tools = _numbers(vocabulary.skills), _numbers(map(str.casefold, vocabulary.tools))
    languages = _numbers(vocabulary.languages)
    units = _numbers(one.unit for one in (*leaders, *juniors) if one.unit)
    countries = _numbers(one.country for one in (*leaders, *juniors) if one.country)
    need_skill, need_level = _needs(leaders, rows.skills, codes)
    managers = {line.person: line.manager for line in rows.lines if line.kind is LineKind.SOLID}
    desks = _numbers(managers.values())
    people = _People(leaders, juniors)
    lines = standing(rows.lines, [one.person for one in leaders], [one.person for one in juniors])
    problem = Problem(
        need_skill=need_skill,
        need_level=need_level,
        offer_level=_offers(juniors, rows.skills, codes),
        wanted_tools=_tagged(leaders, tools),
        offered_tools=_tagged(juniors, tools),
        leader_fluency=_fluency(leaders, languages),
        junior_fluency=_fluency(juniors, languages),
        leader_hours=weeks(leaders, rows.year),
        junior_hours=weeks(juniors, rows.year),
        leader_country=_numbered((one.country for one in leaders), countries).astype(np.int16),
        junior_country=_numbered((one.country for one in juniors), countries).astype(np.int16),
        leader_unit=_numbered((one.unit for one in leaders), units),
        junior_unit=_numbered((one.unit for one in juniors), units),
        leader_grade=_grades(leaders, LOWEST_GRADE),
        junior_grade=_grades(juniors, HIGHEST_GRADE),
        leader_manager=_numbered((managers.get(one.person) for one in leaders), desks),
        junior_manager=_numbered((managers.get(one.person) for one in juniors), desks),
        leader_capacity=np.array([one.capacity for one in leaders], np.int32),
        junior_capacity=np.array([one.capacity for one in juniors], np.int32),
        leader_waiting=np.array([waiting_bonus(one.waited_rounds) for one in leaders]),
        junior_waiting=np.array([waiting_bonus(one.waited_rounds) for one in juniors]),
        leader_line=lines.leader_line,
        junior_line=lines.junior_line,
        leader_lot=lots(leaders),
        junior_lot=lots(juniors),
        in_line=lines.in_line,
        barred=people.of_two([*rows.earlier, *rows.excluded], [(one.person, one.person) for one in leaders]),
        forbidden=people.of_enrolments(rows.forbidden),
        pinned=people.of_enrolments(rows.pinned),
        leader_wishes=people.wished(rows.wished, by=Role.LEADER),
        junior_wishes=people.wished(rows.wished, by=Role.JUNIOR),
        rules=engine_rules(rows.rules),
        weights=Weights(**{name: getattr(rows.weights, name) for name in rows.weights.__struct_fields__}),
    )
    published = [(leader, junior) for leader, junior in people.of_enrolments(rows.published).tolist()]
    ours, theirs = [UUID(one.key) for one in leaders], [UUID(one.key) for one in juniors]
    return Snapshot(problem, ours, theirs, vocabulary, published)


def engine_rules(rules: MatchingRules) -> Rules:
    """The programme's rules as the engine takes them; consent and overrides cannot be switched off."""
    switches = {
        Rule.REPORTING_LINE: rules.reporting_line,
        Rule.UNIT: rules.unit,
        Rule.SENIORITY: rules.seniority,
        Rule.SKILL: rules.skill,
        Rule.LANGUAGE: rules.language,
        Rule.TIME: rules.time,
    }
    on = ALWAYS_ON
    for rule, switch in switches.items():
        on |= rule if switch else Rule(0)
    return Rules(
        on=on,
        seniority_gap=rules.seniority_gap,
        minimum_offer=rules.minimum_offer,
        working_fluency=rules.working_fluency,
        shared_quarters=int(np.ceil(rules.shared_hours * 4)),
    )


def _vocabulary(rows: Rows) -> Vocabulary:
    everybody = (*rows.leaders, *rows.juniors)
    tools = {tool.casefold(): tool for one in reversed(everybody) for tool in one.tools}
    return Vocabulary(
        skills=sorted({code for held in rows.skills.values() for _, code, _ in held}),
        tools=[tools[key] for key in sorted(tools)],
        languages=sorted({code for one in everybody for code in one.languages}),
    )


def _numbers(values: Iterable[object]) -> dict[object, int]:
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


def _numbered(values: Iterable[object], numbers: Mapping[object, int]) -> NDArray[np.int32]:
    """-1 is unknown."""
    return np.array([numbers.get(value, -1) for value in values], np.int32)


def _needs(
    leaders: list[Enrolled], skills: Skills, codes: Mapping[object, int]
) -> tuple[NDArray[np.int16], NDArray[np.int8]]:
    skill = np.full((len(leaders), NEEDS), -1, np.int16)
    level = np.zeros((len(leaders), NEEDS), np.int8)
    for row, leader in enumerate(leaders):
        for place, (_, code, held) in enumerate(sorted(skills.get(leader.key, ()))[:NEEDS]):
            skill[row, place], level[row, place] = codes[code], held
    return skill, level


def _offers(juniors: list[Enrolled], skills: Skills, codes: Mapping[object, int]) -> NDArray[np.int8]:
    offers = np.zeros((len(juniors), len(codes)), np.int8)
    for row, junior in enumerate(juniors):
        for _, code, level in skills.get(junior.key, ()):
            offers[row, codes[code]] = level
    return offers


def _tagged(people: list[Enrolled], tools: Mapping[object, int]) -> NDArray[np.bool_]:
    tagged = np.zeros((len(people), len(tools)), np.bool_)
    for row, one in enumerate(people):
        tagged[row, [tools[tool.casefold()] for tool in one.tools]] = True
    return tagged


def _fluency(people: list[Enrolled], languages: Mapping[object, int]) -> NDArray[np.int8]:
    fluency = np.zeros((len(people), len(languages)), np.int8)
    for row, one in enumerate(people):
        for code, level in one.languages.items():
            fluency[row, languages[code]] = level
    return fluency


def lots(people: Iterable[Enrolled]) -> NDArray[np.int64]:
    """A lot for each, drawn from what names them on any machine: neither sooner nor later sign-up counts."""
    names = ((one.staff_no or one.email).encode() for one in people)
    digests = b"".join(hashlib.blake2b(name, digest_size=LOT_BYTES).digest() for name in names)
    return (np.frombuffer(digests, "<u8") >> np.uint64(1)).astype(np.int64)


def _grades(people: list[Enrolled], unknown: int) -> NDArray[np.int16]:
    return np.array([unknown if one.grade_level is None else one.grade_level for one in people], np.int16)


@lru_cache(maxsize=4096)
def _offset(zone: str, year: int, month: int) -> int:
    return offset_quarters(zone or "UTC", year, month)


def weekly_quarters(hours: Hours, zone: str, year: int) -> NDArray[np.bool_]:
    """Lay stated hours on the UTC week, in winter and in summer.

    Returns (2, 672): which quarter hours of the UTC week (Monday 00:00 first) are free with the zone's offset on
    15 January and on 15 July of ``year``, 12:00 UTC. Weeks wrap. Quarters that are not wholly inside are cut off.
    """
    wall = np.zeros(QUARTERS_A_WEEK, dtype=np.bool_)
    for weekday, begin, end in hours:
        first, last = (
            weekday * QUARTERS_A_DAY - begin // -QUARTER_MINUTES,
            weekday * QUARTERS_A_DAY + end // QUARTER_MINUTES,
        )
        wall[first:last] = True
    return np.stack([np.roll(wall, -offset_quarters(zone, year, month)) for month in (1, 7)])


def weeks(people: list[Enrolled], year: int) -> Week:
    """The hours of many people on the UTC week (2, n, 672): ``weekly_quarters`` for each of them, all at once."""
    stretches = [
        (row, weekday * QUARTERS_A_DAY - begin // -QUARTER_MINUTES, weekday * QUARTERS_A_DAY + end // QUARTER_MINUTES)
        for row, one in enumerate(people)
        for weekday, begin, end in one.hours
    ]
    row, first, last = np.array(stretches, np.intp).reshape(-1, 3).T
    last = np.maximum(first, last)
    steps = np.zeros((len(people), QUARTERS_A_WEEK + 1), np.int8)
    np.add.at(steps, (row, first), 1)
    np.add.at(steps, (row, last), -1)
    wall = np.cumsum(steps[:, :-1], axis=1, dtype=np.int8) > 0
    laid = np.zeros((SEASONS, *wall.shape), np.bool_)
    for season, month in enumerate((1, 7)):
        offsets = np.array([_offset(one.time_zone, year, month) for one in people])
        for offset in np.unique(offsets):
            here = np.flatnonzero(offsets == offset)
            laid[season, here] = np.roll(wall[here], -int(offset), axis=1)
    return laid


class _People:
    """Finds the rows and columns of people and enrolments."""

    def __init__(self, leaders: list[Enrolled], juniors: list[Enrolled]) -> None:
        self.leaders, self.juniors = leaders, juniors
        self.row_of = {one.key: row for row, one in enumerate(leaders)}
        self.column_of = {one.key: column for column, one in enumerate(juniors)}
        self.row = {one.person: row for row, one in enumerate(leaders)}
        self.column = {one.person: column for column, one in enumerate(juniors)}

    def of_enrolments(self, pairs: Iterable[tuple[Key, Key]]) -> Pairs:
        """Pairs of enrolments; those of somebody who is not in the round (any more) are left out."""
        return _pairs(
            (self.row_of[leader], self.column_of[junior])
            for leader, junior in pairs
            if leader in self.row_of and junior in self.column_of
        )

    def of_two(self, *lists: Iterable[tuple[Key, Key]]) -> Pairs:
        """Two people, whichever of them leads."""
        return _pairs(cell for pairs in lists for one, other in pairs for cell in self._cells(one, other))

    def _cells(self, one: Key, other: Key) -> Iterator[tuple[int, int]]:
        for leader, junior in ((one, other), (other, one)):
            if leader in self.row and junior in self.column:
                yield self.row[leader], self.column[junior]

    def wished(self, wishes: Iterable[tuple[Key, Key]], by: Role) -> Pairs:
        if by is Role.LEADER:
            return _pairs(
                (self.row_of[enrolment], self.column[person])
                for enrolment, person in wishes
                if enrolment in self.row_of and person in self.column
            )
        return _pairs(
            (self.row[person], self.column_of[enrolment])
            for enrolment, person in wishes
            if enrolment in self.column_of and person in self.row
        )


def _pairs(cells: Iterable[tuple[int, int]]) -> Pairs:
    return np.array(list(cells), np.int32).reshape(-1, 2)
