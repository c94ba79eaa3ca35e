"""The coordinator's pages of a programme: how ready it is, its rounds, what its rules would do, who teaches whom."""

from datetime import datetime
from functools import partial

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.changes import UNCHANGED, change_of, pairs_of, shown_of
from mentoring.programmes.contracts import ChangeProgramme, MatchingChange
from mentoring.programmes.queries import read_programme
from mentoring.programmes.rules import PolicyName
from mentoring.rounds import asking, picture, queries, service, wording
from mentoring.rounds.contracts import Propose
from mentoring.rounds.effects import read_effects
from mentoring.rounds.findings import Comparison, Effects
from mentoring.rounds.network import read_network
from mentoring.skills.queries import read_titles
from mentoring.web.doors import page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat


class ProgrammeRounds(Controller):
    path = "/programmes/{programme:str}"
    include_in_schema = False

    @get("/rounds", opt={"action": Action.ROUND_READ})
    async def all(
        self, programme: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        return await _rounds(db, actor, programme)

    @post("/rounds", opt={"action": Action.ROUND_WRITE})
    async def propose(
        self,
        programme: FromPath[str],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_rounds, db, actor, programme), db):
            wanted = command_of(MatchingChange, flat(data))
            asked = await service.propose_round(db, actor, programme, Propose(matching=wanted), now)
        return Redirect(f"/rounds/{asked.round}", status_code=303)

    @get("/readiness", opt={"action": Action.ROUND_READ})
    async def ready(
        self,
        programme: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        ready = await queries.read_readiness(database, actor, programme, now)
        async with database.reading() as db:
            rounds = await queries.list_rounds(db, actor, programme)
            return page(
                "rounds/readiness.html",
                programme=await read_programme(db, actor, programme),
                ready=ready,
                latest=next((one.round for one in rounds if one.solved_at), None),
                titles=await read_titles(db, actor, words),
            )

    @get("/network", opt={"action": Action.ROUND_READ})
    async def network(
        self, programme: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        found = await read_network(db, actor, programme)
        spots, curves = picture.circle(found)
        return page(
            "rounds/network.html",
            programme=await read_programme(db, actor, programme),
            network=found,
            spots=spots,
            curves=curves,
            side=picture.ROUND,
        )

    @post("/effects", opt={"action": Action.ROUND_READ}, status_code=200)
    async def effects(
        self,
        programme: FromPath[str],
        data: URLEncodedBody[Typed],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Template:
        """The programme's own page as it was filled in, with what its rules would do."""
        async with kept(partial(_settings, database, actor, programme, data)):
            change = change_of(pairs_of(data))
            found = await read_effects(database, actor, programme, change, now)
        return await _settings(database, actor, programme, data, found, change)

    @post("/comparison", opt={"action": Action.ROUND_READ}, status_code=200)
    async def compare(
        self,
        programme: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        async with kept(partial(_asked_of, database, actor, programme)):
            found = await asking.compare_programme(database, actor, programme, now.year)
        return comparison(words, found, f"/programmes/{programme}/rounds")


async def _settings(
    database: Database,
    actor: Actor,
    ref: str,
    typed: Typed,
    effects: Effects | None = None,
    change: ChangeProgramme = UNCHANGED,
) -> Template:
    async with database.reading() as db:
        programme = await read_programme(db, actor, ref)
    return page("programmes/programme.html", effects=effects, **shown_of(programme, typed, change))


async def _asked_of(database: Database, actor: Actor, programme: str) -> Template:
    async with database.reading() as db:
        return await _rounds(db, actor, programme)


async def _rounds(db: AsyncSession, actor: Actor, programme: str) -> Template:
    return page(
        "rounds/rounds.html",
        programme=await read_programme(db, actor, programme),
        rounds=await queries.list_rounds(db, actor, programme),
        policies=list(PolicyName),
    )


def comparison(words: Words, found: Comparison, back: str) -> Template:
    """The page of all policies side by side."""
    frontiers = {"lowest": found.found.lowest, "across": found.found.across}
    return page(
        "rounds/comparison.html",
        found=found,
        prices=list(wording.prices(words, found.found.prices)),
        frontiers={name: (points, picture.dots(points), picture.line(points)) for name, points in frontiers.items()},
        tenths=partial(wording.tenths, words),
        width=picture.WIDTH,
        height=picture.HEIGHT,
        back=back,
    )


ROUTES = (ProgrammeRounds,)
