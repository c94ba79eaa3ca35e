"""What somebody might have answered, as options of a command."""

from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from typing import TypeVar

import click

from mentoring.programmes.rules import MOST_CAPACITY, Hours
from mentoring.programmes.signup_file import span_of
from mentoring.rounds.findings import Answered, Listed

Skills = Iterable[tuple[str, str, int | None]]
Spans = Iterable[tuple[str, tuple[int, int, int]]]
Command = TypeVar("Command", bound=Callable[..., object])


class _Level(click.ParamType[int | None]):
    name = "level"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        if value in ("0", "1", "2", "3", "4"):
            return int(value)
        return None if value == "none" else self.fail(f"{value} is neither a level from 0 to 4 nor none.", param, ctx)


class _Span(click.ParamType[tuple[int, int, int]]):
    name = "span"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int, int]:
        return span_of(value) or self.fail(f"{value} does not read as mon:09:00-12:30.", param, ctx)


SKILL, SPAN, PLACES = (str, str, _Level()), (str, _Span()), (str, click.IntRange(0, MOST_CAPACITY))
OPTIONS = (
    click.option(
        "--need", type=SKILL, multiple=True, metavar="LEADER CODE LEVEL",
        help="If this leader needed the skill and held so much of it, 0 to 4; none: if they did not list it.",
    ),
    click.option(
        "--offer", type=SKILL, multiple=True, metavar="JUNIOR CODE LEVEL",
        help="If this junior offered the skill at this level, 1 to 4; none: if they did not list it.",
    ),
    click.option(
        "--hours", type=SPAN, multiple=True, metavar="PERSON SPAN",
        help="If this were all their time, by their own clock: mon:09:00-12:30. Again for more of it.",
    ),
    click.option("--more-hours", type=SPAN, multiple=True, metavar="PERSON SPAN", help="If they had this time, too."),
    click.option(
        "--places", type=PLACES, multiple=True, metavar="JUNIOR NUMBER",
        help=f"If this junior took so many leaders in this round, 0 to {MOST_CAPACITY}.",
    ),
)  # fmt: skip


def answering_options(command: Command) -> Command:
    """The options, in this order, for a function that hands them to ``answered``."""
    return reduce(lambda with_some, option: option(with_some), reversed(OPTIONS), command)


def answered(
    need: Skills, offer: Skills, hours: Spans, more_hours: Spans, places: Iterable[tuple[str, int]]
) -> list[Answered]:
    """One after the other, as they would be said."""
    return [
        *(Answered(who, needs=[Listed(code, level)]) for who, code, level in need),
        *(Answered(who, offers=[Listed(code, level)]) for who, code, level in offer),
        *(Answered(who, hours=spans) for who, spans in _by_person(hours)),
        *(Answered(who, more_hours=spans) for who, spans in _by_person(more_hours)),
        *(Answered(who, places=number) for who, number in places),
    ]


def _by_person(spans: Spans) -> Iterator[tuple[str, Hours]]:
    by_person: dict[str, Hours] = {}
    for who, span in spans:
        by_person.setdefault(who, []).append(span)
    yield from by_person.items()
