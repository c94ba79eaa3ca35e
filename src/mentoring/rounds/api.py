"""Rounds over HTTP, for coordinators and their programs."""

from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.contracts import ChangeProgramme
from mentoring.programmes.rules import PolicyName
from mentoring.rounds import asking, explaining, exporting, queries, service, verifying
from mentoring.rounds.contracts import (
    NamedPair,
    OverridePair,
    Propose,
    Publish,
    PublishedRound,
    Readiness,
    Replay,
    RoundSummary,
    RoundView,
    UndoneRound,
)
from mentoring.rounds.desk import Desk
from mentoring.rounds.differing import Against, RunDifference, compare_runs
from mentoring.rounds.effects import read_effects
from mentoring.rounds.fairness import read_fairness
from mentoring.rounds.findings import (
    Comparison,
    Consequence,
    Decide,
    Effects,
    Explain,
    Explanation,
    FairnessReport,
    Network,
    Readmit,
    Verification,
    WhatIf,
)
from mentoring.rounds.network import read_network
from mentoring.rounds.previewing import PublishPreview, preview_publish
from mentoring.rounds.recruiting import Recruiting, whom_to_recruit
from mentoring.rounds.review import Scores, read_scores
from mentoring.rounds.rules import ExportFormat

Limit = Annotated[int, QueryParameter(ge=1, le=2000)]
Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000)]


class ProgrammeRoundsApi(Controller):
    path = "/api/v1/programmes/{programme:str}"
    tags = ["rounds"]

    @get("/readiness", opt={"action": Action.ROUND_READ})
    async def ready(
        self,
        programme: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Readiness:
        """What stands in the way of a good round, before one is run."""
        return await queries.read_readiness(database, actor, programme, now)

    @get("/network", opt={"action": Action.ROUND_READ})
    async def network(
        self, programme: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Network:
        """Who teaches whom between offices: pairings that were made and not undone."""
        return await read_network(db, actor, programme)

    @post("/effects", status_code=200, opt={"action": Action.ROUND_READ})
    async def effects(
        self,
        programme: FromPath[str],
        data: JSONBody[ChangeProgramme],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Effects:
        """What the hard rules would do with this change: the share of pairs each refuses, and whom it leaves alone."""
        return await read_effects(database, actor, programme, data, now)

    @get("/rounds", opt={"action": Action.ROUND_READ})
    async def all(
        self, programme: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> list[RoundSummary]:
        """The rounds of a programme, newest first."""
        return await queries.list_rounds(db, actor, programme)

    @post("/rounds", status_code=202, opt={"action": Action.ROUND_WRITE})
    async def propose(
        self,
        programme: FromPath[str],
        data: JSONBody[Propose],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> RoundSummary:
        """Ask for a proposal. The clock solves it; its progress is in the round."""
        return await service.propose_round(db, actor, programme, data, now)

    @post("/comparison", status_code=200, opt={"action": Action.ROUND_READ})
    async def compare(
        self,
        programme: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Comparison:
        """What each policy would give if a round were proposed now."""
        return await asking.compare_programme(database, actor, programme, now.year)


class RoundApi(Controller):
    path = "/api/v1/rounds/{round_ref:str}"
    tags = ["rounds"]

    @get(opt={"action": Action.ROUND_READ})
    async def show(
        self,
        round_ref: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        limit: FromQuery[Limit] = 200,
        offset: FromQuery[Offset] = 0,
    ) -> RoundView:
        """A round with its pairs, weakest fit first, and the unmatched; ``limit`` and ``offset`` count in each list."""
        return await queries.show_round(db, actor, round_ref, limit, offset)

    @post("/pins", status_code=202, opt={"action": Action.ROUND_WRITE})
    async def pin(
        self,
        round_ref: FromPath[str],
        data: JSONBody[OverridePair],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> RoundSummary:
        """Have a pair in the round whatever else is better. The clock solves it again."""
        return await service.pin_pair(db, actor, round_ref, data, now)

    @post("/forbids", status_code=202, opt={"action": Action.ROUND_WRITE})
    async def forbid(
        self,
        round_ref: FromPath[str],
        data: JSONBody[OverridePair],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> RoundSummary:
        """Never have a pair in the round. The clock solves it again."""
        return await service.forbid_pair(db, actor, round_ref, data, now)

    @post("/clearings", status_code=202, opt={"action": Action.ROUND_WRITE})
    async def clear(
        self,
        round_ref: FromPath[str],
        data: JSONBody[NamedPair],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> RoundSummary:
        """Leave a pair that was pinned or forbidden to the engine again. The clock solves it again."""
        return await service.clear_override(db, actor, round_ref, data, now)

    @post("/publish", status_code=200, opt={"action": Action.ROUND_WRITE})
    async def publish(
        self,
        round_ref: FromPath[str],
        data: JSONBody[Publish],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> PublishedRound:
        """Make the proposed pairs into pairings whose leaders are asked first. Happens once."""
        return await service.publish_round(db, actor, round_ref, data, now)

    @post("/undo", status_code=200, opt={"action": Action.ROUND_WRITE})
    async def undo(
        self,
        round_ref: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> UndoneRound:
        """Take a published round back."""
        return await service.undo_round(db, actor, round_ref, now)

    @post("/replay", status_code=200, opt={"action": Action.ROUND_READ})
    async def replay(
        self, round_ref: FromPath[str], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Replay:
        """Solve the stored inputs again and say whether the result is the same."""
        return await service.replay_round(database, actor, round_ref)

    @post("/verify", status_code=200, opt={"action": Action.ROUND_READ})
    async def verify(
        self, round_ref: FromPath[str], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Verification:
        """Look at all pairs once more, apart from the solver: is every rule kept, could anything be better?"""
        return await verifying.verify_round(database, actor, round_ref)

    @post("/what-if", status_code=200, opt={"action": Action.ROUND_READ})
    async def what_if(
        self,
        round_ref: FromPath[str],
        data: JSONBody[WhatIf],
        database: NamedDependency[Database],
        desk: NamedDependency[Desk],
        actor: NamedDependency[Actor],
    ) -> Consequence:
        """What decisions, or other answers of somebody's, would change and cost. Nothing is changed."""
        return await asking.what_if(database, desk, actor, round_ref, data)

    @post("/decisions", status_code=202, opt={"action": Action.ROUND_WRITE})
    async def decide(
        self,
        round_ref: FromPath[str],
        data: JSONBody[Decide],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> RoundSummary:
        """Pin and forbid several pairs and hold people out at once. The clock solves the round again, once."""
        return await service.decide_pairs(db, actor, round_ref, data, now)

    @post("/readmissions", status_code=202, opt={"action": Action.ROUND_WRITE})
    async def readmit(
        self,
        round_ref: FromPath[str],
        data: JSONBody[Readmit],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> RoundSummary:
        """Let somebody who was held out take part again. The clock solves the round again."""
        return await service.readmit(db, actor, round_ref, data, now)

    @post("/comparison", status_code=200, opt={"action": Action.ROUND_READ})
    async def compare(
        self, round_ref: FromPath[str], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Comparison:
        """What each policy would give for this round, and what it costs against the others."""
        return await asking.compare_round(database, actor, round_ref)

    @post("/explanation", status_code=200, opt={"action": Action.ROUND_READ})
    async def explain(
        self,
        round_ref: FromPath[str],
        data: JSONBody[Explain],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
    ) -> Explanation:
        """Why two are paired or not; for a leader alone the own pair, or what would help."""
        return await explaining.explain(database, actor, round_ref, data.leader, data.junior)

    @get("/fairness", opt={"action": Action.ROUND_READ})
    async def fairness(
        self, round_ref: FromPath[str], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> FairnessReport:
        """Who is matched and how well, by country, grade and, where given, gender. Small groups are hidden."""
        return await read_fairness(database, actor, round_ref)

    @get("/recruits", opt={"action": Action.ROUND_READ})
    async def recruits(
        self, round_ref: FromPath[str], database: NamedDependency[Database], actor: NamedDependency[Actor]
    ) -> Recruiting:
        """Which skill's next junior would be worth most, by what the leaders of the round would pay."""
        return await whom_to_recruit(database, actor, round_ref)

    @get("/differences", opt={"action": Action.ROUND_READ})
    async def differences(
        self,
        round_ref: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        other: FromQuery[str | None] = None,
        policy: FromQuery[PolicyName | None] = None,
    ) -> RunDifference:
        """For whom this run differs from another round, or from what another policy would give."""
        return await compare_runs(database, actor, round_ref, Against(other, policy))

    @get("/publish-preview", opt={"action": Action.ROUND_WRITE})
    async def preview(
        self, round_ref: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> PublishPreview:
        """What publishing would send now, to how many, and which pairs could not be made any more."""
        return await preview_publish(db, actor, round_ref)

    @get("/scores", opt={"action": Action.ROUND_READ})
    async def scores(
        self, round_ref: FromPath[str], db: NamedDependency[AsyncSession], actor: NamedDependency[Actor]
    ) -> Scores:
        """How many pairs have which fit."""
        return await read_scores(db, actor, round_ref)

    @post("/export", status_code=200, opt={"action": Action.ROUND_READ})
    async def export(
        self,
        round_ref: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
        format: FromQuery[ExportFormat] = ExportFormat.CSV,
    ) -> Response[bytes]:
        """The pairs as a file. That you took them is written down, so this is no GET."""
        written = await exporting.export_round(database, actor, round_ref, format, now)
        disposition = {"content-disposition": f"attachment; filename*=UTF-8''{quote(written.filename)}"}
        return Response(written.content, media_type=written.media_type, headers=disposition)


ROUTES = (ProgrammeRoundsApi, RoundApi)
