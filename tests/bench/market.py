"""Organisations of any size as problems of the engine, made at once from arrays, of the shape of a real agency.

Nobody in them exists. Grades, units, stations, languages, needs, offers, tools and hours are as frequent as among those
who signed up in the agency whose shape the benches of the main path use, at any size: what grows is the size alone.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from matching import NEEDS, SEASONS, WEEK, Problem
from mentoring.demo.organisation import plan
from tests.bench.organisations import AGENCY, STARTS
from tests.bench.tree import Ints, grown

Kind = Literal["real", "ties", "capacities"]

Weights = Mapping[float, float]

YEAR = 2026
DAYS, HOURS = 5, 24
ENDS_BY = 18
TONGUES = tuple(AGENCY.tongues)
BASIC = 0.33
"""Share of those with another mother tongue whose English is too little for sessions."""

JUNIOR_LEVELS: Weights = {11: 35, 8: 35, 6: 14, 4: 15, 3: 1}
SIGNING_UP = 0.37
"""Share of the leaders' posts whose holders sign up; the others stand in the reporting tree."""

SENIORS_OF_A_UNIT = 15
LEADING = 0.5
"""Share of the senior posts that somebody reports to."""

MOVED = 0.15
"""Share of people who work in another unit than the post that they report to."""

NAMED, MET, DOTTED = 0.05, 0.10, 0.02
"""Pairs by leader: wishes of either side, earlier pairings, dotted lines."""

AT_ONCE = 1 << 14
"""People drawn at once, so that what is needed only meanwhile stays small beside the hours."""


class Answers(NamedTuple):
    """What people of a kind answer, and how often.

    boxes: weeks that can be ticked, each by its days, first and last hour; without any, everybody has their own hours.
    further: share of people who learnt one language more.
    """

    needs: Weights = {3: 1}
    offers: Weights = {2: 1, 3: 1, 4: 1, 5: 1, 6: 1}
    held: Weights = {0: 30, 1: 58, 2: 12}
    offered: Weights = {4: 77, 3: 22, 2: 1}
    skills: int = 21
    tools: int = len(plan().tools)
    chosen_tools: Weights = {0: 1, 1: 1, 2: 1, 3: 1, 4: 1}
    boxes: tuple[tuple[int, ...], ...] = ()
    stations: int = len(plan().stations)
    tongues: Weights = dict(enumerate(AGENCY.tongues.values()))
    further: float = 0.35
    waiting: Weights = {0: 85, 0.05: 9, 0.10: 4, 0.15: 2}
    capacity: Weights = {1: 1}


REAL = Answers()
ANSWERS: Mapping[Kind, Answers] = {
    "real": REAL,
    "capacities": REAL._replace(capacity={1: 1, 2: 1, 3: 1}),
    # Boxes to tick: alike by the hundred in all but unit and line.
    "ties": Answers(
        needs={1: 1, 2: 1},
        offers={1: 1, 2: 1},
        held={1: 1},
        offered={4: 1},
        skills=5,
        tools=1,
        chosen_tools={0: 3, 1: 1},
        boxes=((0, 1, 2, 3, 4, 9, 12), (0, 1, 2, 3, 4, 13, 17), (0, 2, 9, 17), (1, 3, 9, 17)),
        stations=2,
        tongues={0: 3, 1: 1},
        further=0,
        waiting={0: 1},
    ),
}


class Side(NamedTuple):
    """Everybody of one side. skill and level (n, S): by rank among the skills of a person; -1: none."""

    skill: NDArray[np.int16]
    level: NDArray[np.int8]
    tools: NDArray[np.bool_]
    fluency: NDArray[np.int8]
    hours: NDArray[np.bool_]
    country: NDArray[np.int16]
    waiting: NDArray[np.float64]
    lot: NDArray[np.int64]


def organisation(leaders: int, juniors: int, seed: int = 1, kind: Kind = "real") -> Problem:
    """The same organisation for the same arguments. Hours are most of it: 134 MB a side for 100,000 people."""
    answers = ANSWERS[kind]
    rng = np.random.default_rng([seed, leaders, juniors])
    learning = _side(rng, leaders, answers, answers.needs, answers.held)
    teaching = _side(rng, juniors, answers, answers.offers, answers.offered)
    above, below = _posts(rng, leaders, juniors)
    return Problem(
        need_skill=_needs(learning.skill).astype(np.int16),
        need_level=np.maximum(_needs(learning.level), 0).astype(np.int8),
        offer_level=_offers(teaching, answers.skills),
        wanted_tools=learning.tools,
        offered_tools=teaching.tools,
        leader_fluency=learning.fluency,
        junior_fluency=teaching.fluency,
        leader_hours=learning.hours,
        junior_hours=teaching.hours,
        leader_country=learning.country,
        junior_country=teaching.country,
        leader_unit=above.unit,
        junior_unit=below.unit,
        leader_grade=above.grade,
        junior_grade=below.grade,
        leader_manager=above.manager,
        junior_manager=below.manager,
        leader_capacity=np.ones(leaders, np.int32),
        junior_capacity=_drawn(rng, answers.capacity, juniors).astype(np.int32),
        leader_waiting=learning.waiting,
        junior_waiting=teaching.waiting,
        leader_line=above.line,
        junior_line=below.line,
        leader_lot=learning.lot,
        junior_lot=teaching.lot,
        in_line=_some_pairs(rng, leaders, juniors, DOTTED),
        barred=_some_pairs(rng, leaders, juniors, MET),
        leader_wishes=_some_pairs(rng, leaders, juniors, NAMED),
        junior_wishes=_some_pairs(rng, leaders, juniors, NAMED),
    )


def _side(rng: Generator, people: int, answers: Answers, counts: Weights, levels: Weights) -> Side:
    ranks = int(max(counts))
    side = Side(
        skill=np.full((people, ranks), -1, np.int16),
        level=np.full((people, ranks), -1, np.int8),
        tools=np.zeros((people, answers.tools), np.bool_),
        fluency=np.zeros((people, len(TONGUES)), np.int8),
        hours=np.zeros((SEASONS, people, WEEK), np.bool_),
        country=_unequal(rng, answers.stations, people).astype(np.int16),
        waiting=_drawn(rng, answers.waiting, people),
        lot=rng.integers(0, np.iinfo(np.int64).max, people),
    )
    boxes = _boxes(answers)
    for some in _parts(people):
        number = some.stop - some.start
        skill = _chosen(rng, answers.skills, _drawn(rng, counts, number), ranks)
        side.skill[some] = skill
        side.level[some] = np.where(skill >= 0, _drawn(rng, levels, skill.size).reshape(skill.shape), -1)
        ticked = _drawn(rng, answers.chosen_tools, number)
        _tick(side.tools[some], _chosen(rng, answers.tools, ticked, answers.tools))
        side.fluency[some] = _fluency(rng, number, answers)
        weeks = boxes[rng.integers(len(boxes), size=number)] if len(boxes) else _weeks(rng, number)
        _lay(side.hours[:, some], weeks, side.country[some])
    return side


def _parts(people: int) -> Iterator[slice]:
    for start in range(0, people, AT_ONCE):
        yield slice(start, min(people, start + AT_ONCE))


def _drawn(rng: Generator, weights: Weights, number: int) -> NDArray[np.float64]:
    chances = np.array(list(weights.values()), np.float64)
    return rng.choice(np.array(list(weights), np.float64), number, p=chances / chances.sum())


def _unequal(rng: Generator, things: int, number: int) -> Ints:
    """Draw things, the n-th of which is ``n ** -skew`` as frequent as the first."""
    return _drawn(rng, {place: (place + 1) ** -AGENCY.skew for place in range(things)}, number).astype(np.int64)


def _chosen(rng: Generator, things: int, counts: NDArray[np.float64], ranks: int) -> Ints:
    """Draw so many different things for each person, in order (n, ranks); -1 where there are no more."""
    order = np.argsort(rng.random((len(counts), things), np.float32), axis=1)[:, :ranks]
    return np.where(np.arange(ranks) < counts[:, None], order, -1)


def _tick(boxes: NDArray[np.bool_], chosen: Ints) -> None:
    row, rank = np.nonzero(chosen >= 0)
    boxes[row, chosen[row, rank]] = True


def _fluency(rng: Generator, number: int, answers: Answers) -> NDArray[np.int8]:
    """A mother tongue; English for the others, more or less; for some one language more."""
    people = np.arange(number)
    tongue = _drawn(rng, answers.tongues, number).astype(np.int64)
    fluency = np.zeros((number, len(TONGUES)), np.int8)
    also = people[rng.random(number) < answers.further]
    fluency[also, rng.integers(1, TONGUES.index("zh"), len(also))] = rng.integers(1, 3, len(also))
    fluency[:, TONGUES.index("en")] = np.where(rng.random(number) < BASIC, 1, 2)
    fluency[people, tongue] = 3
    return fluency


def _weeks(rng: Generator, number: int) -> NDArray[np.bool_]:
    """Local hours (n, 5, 24): on two to five days a free stretch of one to four hours."""
    days = np.argsort(rng.random((number, DAYS)), axis=1) < rng.integers(2, DAYS + 1, number)[:, None]
    first = _drawn(rng, {float(start): chance for start, chance in STARTS.items()}, number * DAYS).reshape(number, DAYS)
    last = np.minimum(first + rng.integers(1, 5, (number, DAYS)), ENDS_BY)
    clock = np.arange(HOURS)
    free: NDArray[np.bool_] = (clock >= first[..., None]) & (clock < last[..., None]) & days[..., None]
    return free


def _boxes(answers: Answers) -> NDArray[np.bool_]:
    weeks = np.zeros((len(answers.boxes), DAYS, HOURS), np.bool_)
    for week, (*days, first, last) in zip(weeks, answers.boxes, strict=True):
        week[days, first:last] = True
    return weeks


def _lay(hours: NDArray[np.bool_], weeks: NDArray[np.bool_], station: NDArray[np.int16]) -> None:
    """Lay local weeks on the UTC week (2, n, 672), with the offsets of mid-January and mid-July."""
    local = np.zeros((len(weeks), WEEK), np.bool_)
    local[:, : DAYS * HOURS * 4] = np.repeat(weeks.reshape(len(weeks), DAYS * HOURS), 4, axis=1)
    for place in np.unique(station):
        there = station == place
        for season, offset in enumerate(_offsets(plan().stations[place].time_zone)):
            hours[season, there] = np.roll(local[there], -offset, axis=1)


@cache
def _offsets(zone: str) -> list[int]:
    """In quarter hours, in winter and in summer."""
    noons = [datetime(YEAR, month, 15, 12, tzinfo=UTC).astimezone(ZoneInfo(zone)) for month in (1, 7)]
    return [(noon.utcoffset() or timedelta()) // timedelta(minutes=15) for noon in noons]


class Posts(NamedTuple):
    unit: NDArray[np.int32]
    grade: NDArray[np.int16]
    manager: NDArray[np.int32]
    line: NDArray[np.int32]


def _posts(rng: Generator, leaders: int, juniors: int) -> tuple[Posts, Posts]:
    """Both sides in one reporting tree, together with the senior posts of those who did not sign up."""
    seniors = int(leaders / SIGNING_UP)
    senior = _drawn(rng, {float(level): count for level, count in AGENCY.leaders.items()}, seniors)
    grade = np.concatenate([[max(AGENCY.leaders) + 1], senior, _drawn(rng, JUNIOR_LEVELS, juniors)]).astype(np.int64)
    units = min(AGENCY.units, 1 + seniors // SENIORS_OF_A_UNIT)
    unit = _unequal(rng, units, len(grade))
    leading = (np.arange(len(grade)) <= seniors) & (rng.random(len(grade)) < LEADING)
    leading[0] = True
    _, layer = np.unique(-grade, return_inverse=True)
    tree = grown(rng, layer.astype(np.int64), unit, leading)
    moved = rng.random(len(grade)) < MOVED
    unit[moved] = _unequal(rng, units, int(moved.sum()))

    def of(some: slice) -> Posts:
        numbers = unit[some].astype(np.int32), grade[some].astype(np.int16), tree.manager[some].astype(np.int32)
        return Posts(*numbers, tree.line[some])

    return of(slice(1, 1 + leaders)), of(slice(len(grade) - juniors, None))


def _needs(ranked: NDArray[np.signedinteger]) -> NDArray[np.signedinteger]:
    """Three needs by priority; -1 where somebody has fewer."""
    return np.pad(ranked, ((0, 0), (0, NEEDS - ranked.shape[1])), constant_values=-1)


def _offers(side: Side, skills: int) -> NDArray[np.int8]:
    offers = np.zeros((len(side.skill), skills), np.int8)
    row, rank = np.nonzero(side.skill >= 0)
    offers[row, side.skill[row, rank]] = side.level[row, rank]
    return offers


def _some_pairs(rng: Generator, leaders: int, juniors: int, share: float) -> NDArray[np.int32]:
    number = int(leaders * share) if juniors else 0
    return np.stack(
        [rng.integers(max(leaders, 1), size=number), rng.integers(max(juniors, 1), size=number)], axis=1
    ).astype(np.int32)
