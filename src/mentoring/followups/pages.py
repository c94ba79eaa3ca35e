"""The queue of pairings at risk, and the try-out of a programme's ladder, as pages."""

from datetime import datetime
from functools import partial
from typing import Literal
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.followups import queries, service, tryout
from mentoring.followups.contracts import Acted, Scenario, TryOut
from mentoring.followups.person import read_person
from mentoring.followups.rules import Level
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.queries import list_programmes, read_programme
from mentoring.settings import Settings
from mentoring.skills.queries import read_titles
from mentoring.web.doors import page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, single


class AtRiskPages(Controller):
    path = "/at-risk"
    include_in_schema = False

    @get("/", opt={"action": Action.RISK_READ})
    async def queue(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        programme: FromQuery[str] = "",
        level: FromQuery[Literal["", "amber", "red"]] = "",
    ) -> Template:
        """An empty choice of a form is no choice."""
        chosen = Level(level) if level else None
        return page(
            "followups/at_risk.html",
            pairings=await queries.at_risk(db, actor, programme or None, level=chosen),
            programmes=await list_programmes(db, actor),
            programme=programme,
            level=level,
            note="",
        )

    @get("/{pairing_id:uuid}", opt={"action": Action.RISK_READ})
    async def one(
        self, pairing_id: FromPath[UUID], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Template:
        return await _one(db, actor, pairing_id)

    @post("/{pairing_id:uuid}/acted", opt={"action": Action.RISK_ACT})
    async def acted(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_one, db, actor, pairing_id, single(data, "note")), db):
            done = command_of(Acted, {"note": single(data, "note")})
            await service.act(db, actor, pairing_id, done, now)
        return Redirect("/at-risk", status_code=303)


async def _one(db: AsyncSession, actor: Actor, pairing_id: UUID, note: str = "") -> Template:
    one = await queries.at_risk_one(db, actor, pairing_id)
    return page("followups/at_risk.html", pairings=[one], programmes=(), note=note)


class TryOutPages(Controller):
    path = "/programmes/{programme:str}/simulation"
    include_in_schema = False

    @get("/", opt={"action": Action.LADDER_TRY})
    async def simulate(
        self,
        programme: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
        scenario: FromQuery[Scenario] = Scenario.SILENT,
    ) -> Template:
        """Both are where the coordinator is who tries it out, on an ordinary week without public holidays."""
        tried = TryOut(scenario=scenario, leader_zone=actor.zone, junior_zone=actor.zone)
        return page(
            "followups/simulation.html",
            programme=await read_programme(db, actor, programme),
            scenarios=list(Scenario),
            chosen=scenario,
            said=await tryout.simulate_programme(db, actor, settings, programme, tried, now),
        )


class PersonPage(Controller):
    path = "/staff/{person:str}"
    include_in_schema = False

    @get("/", opt={"action": Action.PEOPLE_READ})
    async def show(
        self,
        person: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        found = await read_person(db, actor, person)
        return page("followups/person.html", found=found, titles=await read_titles(db, actor, words))


ROUTES = (PersonPage, AtRiskPages, TryOutPages)
