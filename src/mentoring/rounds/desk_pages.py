"""The pages around the round desk that only show: a leader's pairs, who has nobody, how fits lie, whom to recruit."""

from itertools import product
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from litestar import Controller, get
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.rules import MOST_CAPACITY, PolicyName
from mentoring.rounds import picture, queries, review, wording
from mentoring.rounds.asking import get_ready
from mentoring.rounds.desk import Desk
from mentoring.rounds.differing import Against, compare_runs
from mentoring.rounds.recruiting import whom_to_recruit
from mentoring.rounds.review import Column, Review, Wanted
from mentoring.skills.queries import read_titles
from mentoring.web.doors import AnyRequest, page
from mentoring.web.forms import command_of

PAGE = 100
"""People left over on one page: as many as somebody reads in one sitting."""
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000)]


MARKS = {
    is_so: tuple(name for name, holds in zip(("weak", "pinned", "alternate"), is_so, strict=True) if holds)
    for is_so in product((False, True), repeat=3)
}


def wanted_of(request: AnyRequest) -> Wanted:
    """What the address of a desk asks to see. Raises ``FormUnreadable``."""
    return command_of(Wanted, {name: value for name, value in request.query_params.items() if value})


def address_of(wanted: Wanted, column: Column, down: bool) -> str:
    """The same pairs in another order."""
    asked = structs.asdict(wanted) | {"sort": column, "down": "true" if down else ""}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


class Line(NamedTuple):
    """A row of the desk as the page writes it. ``opens``: where all about the leader's pair is."""

    opens: str
    leader: str
    leader_unit: str
    junior: str
    junior_unit: str
    countries: str
    fit: str
    marks: tuple[str, ...]
    """Of weak, pinned, alternate: what it is."""


def lines_of(words: Words, view: Review) -> list[Line]:
    """Each fit is written once: a thousand times the same few hundred would take longer than all the rest."""
    fits = {fit: words.exact(fit, 3) for fit in {row.fit for row in view.pairs}}
    leaders = f"/rounds/{view.summary.round}/leaders/"
    return [
        Line(
            leaders + row.ref, row.leader, row.leader_unit, row.junior, row.junior_unit,
            f"{row.leader_country} {row.junior_country}", fits[row.fit], MARKS[row.weak, row.pinned, row.alternate],
        )
        for row in view.pairs
    ]  # fmt: skip


class DeskPages(Controller):
    path = "/rounds/{round_ref:str}"
    include_in_schema = False

    @get("/leaders/{leader:str}", opt={"action": Action.ROUND_READ})
    async def leader(
        self,
        round_ref: FromPath[str],
        leader: FromPath[str],
        db: NamedDependency[AsyncSession],
        database: NamedDependency[Database],
        desk: NamedDependency[Desk],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        view = await review.review_leader(db, actor, round_ref, leader)
        titles = await read_titles(db, actor, words)
        shown = page("rounds/leader.html", view=view, titles=titles, most_places=MOST_CAPACITY)
        shown.background = BackgroundTask(get_ready, database, desk, actor, round_ref)
        return shown

    @get("/unmatched", opt={"action": Action.ROUND_READ})
    async def unmatched(
        self,
        round_ref: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        offset: FromQuery[Offset] = 0,
    ) -> Template:
        view = await review.review_unmatched(db, actor, round_ref, PAGE, offset)
        return page("rounds/unmatched.html", view=view, size=PAGE)

    @get("/scores", opt={"action": Action.ROUND_READ})
    async def scores(
        self, round_ref: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        view = await review.read_scores(db, actor, round_ref)
        return page(
            "rounds/scores.html",
            view=view,
            bars=picture.columns(view.bars),
            marks=picture.marks(view.bars),
            width=picture.WIDTH,
            height=picture.HEIGHT,
        )

    @get("/recruits", opt={"action": Action.ROUND_READ})
    async def recruits(
        self,
        round_ref: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        found = await whom_to_recruit(database, actor, round_ref)
        async with database.reading() as db:
            titles = await read_titles(db, actor, words)
        return page("rounds/recruits.html", found=found, titles=titles)

    @get("/differences", opt={"action": Action.ROUND_READ})
    async def differences(
        self,
        round_ref: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        other: FromQuery[str] = "",
        policy: FromQuery[str] = "",
    ) -> Template:
        against = command_of(Against, {name: one for name, one in (("other", other), ("policy", policy)) if one})
        found = await compare_runs(database, actor, round_ref, against)
        async with database.reading() as db:
            rounds = await queries.list_rounds(db, actor, str(found.programme))
        others = [one for one in rounds if one.round != found.round]
        lines = list(wording.sums(words, found.before, found.after))
        return page("rounds/differences.html", found=found, others=others, policies=list(PolicyName), lines=lines)


ROUTES = (DeskPages,)
