"""The coordinator's pages: how ready a programme is, a round from proposal to publication and back."""

from datetime import datetime
from functools import partial
from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import Database
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.policy import Action
from mentoring.programmes.changes import UNCHANGED, change_of, pairs_of, shown_of
from mentoring.programmes.contracts import ChangeProgramme, MatchingChange
from mentoring.programmes.queries import read_programme
from mentoring.programmes.rules import PolicyName
from mentoring.rounds import asking, desk_pages, explaining, exporting, picture, queries, service, verifying, wording
from mentoring.rounds.contracts import NamedPair, OverridePair, Propose, Publish, Replay
from mentoring.rounds.desk import Desk
from mentoring.rounds.desk_pages import AnyRequest, address_of, lines_of, wanted_of
from mentoring.rounds.effects import read_effects
from mentoring.rounds.fairness import read_fairness
from mentoring.rounds.findings import Comparison, Decide, Effects, Explain, Readmit, WhatIf
from mentoring.rounds.network import read_network
from mentoring.rounds.previewing import preview_publish
from mentoring.rounds.review import Wanted, review_round
from mentoring.rounds.rules import ExportFormat, OverrideKind
from mentoring.skills.queries import read_titles
from mentoring.web.doors import page
from mentoring.web.forms import Typed, command_of, kept, several, single


class ExportForm(Struct, frozen=True, forbid_unknown_fields=True):
    format: ExportFormat


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
            wanted = command_of(MatchingChange, {name: single(data, name) for name in data})
            asked = await service.propose_round(db, actor, programme, Propose(matching=wanted), now)
        return Redirect(f"/rounds/{asked.round}", status_code=303)

    @get("/readiness", opt={"action": Action.ROUND_READ})
    async def ready(
        self,
        programme: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        return page(
            "rounds/readiness.html",
            programme=await read_programme(db, actor, programme),
            ready=await queries.read_readiness(db, actor, programme, now),
            latest=next((one.round for one in await queries.list_rounds(db, actor, programme) if one.solved_at), None),
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
        return _comparison(words, found, f"/programmes/{programme}/rounds")


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


class RoundPages(Controller):
    path = "/rounds/{round_ref:str}"
    include_in_schema = False

    @get("/", opt={"action": Action.ROUND_READ})
    async def show(
        self,
        round_ref: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        request: AnyRequest,
    ) -> Template:
        return await _round(db, actor, words, round_ref, wanted=wanted_of(request))

    @post("/overrides", opt={"action": Action.ROUND_WRITE})
    async def override(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_round, db, actor, words, round_ref, data), db):
            pair = command_of(OverridePair, {name: single(data, name) for name in ("leader", "junior", "reason")})
            decide = DECISIONS[command_of(OverrideKind, single(data, "kind"))]
            await decide(db, actor, round_ref, pair, now)
        return Redirect(f"/rounds/{round_ref}", status_code=303)

    @post("/decisions", opt={"action": Action.ROUND_WRITE})
    async def decide(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        """Take what was tried."""
        async with kept(partial(_round, db, actor, words, round_ref), db):
            await service.decide_pairs(db, actor, round_ref, _decided(data), now)
        return Redirect(f"/rounds/{round_ref}", status_code=303)

    @post("/readmissions", opt={"action": Action.ROUND_WRITE})
    async def readmit(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[Readmit],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_round, db, actor, words, round_ref), db):
            await service.readmit(db, actor, round_ref, data, now)
        return Redirect(f"/rounds/{round_ref}", status_code=303)

    @post("/clearings", opt={"action": Action.ROUND_WRITE})
    async def clear(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[NamedPair],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_round, db, actor, words, round_ref), db):
            await service.clear_override(db, actor, round_ref, data, now)
        return Redirect(f"/rounds/{round_ref}", status_code=303)

    @get("/publish", opt={"action": Action.ROUND_WRITE})
    async def publish_page(
        self,
        round_ref: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> Template:
        """Say exactly what publishing will do, and to how many."""
        return page("rounds/publish.html", view=await preview_publish(db, actor, round_ref))

    @post("/publish", opt={"action": Action.ROUND_WRITE}, status_code=200)
    async def publish(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[Publish],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        async with kept(partial(_round, db, actor, words, round_ref), db):
            done = await service.publish_round(db, actor, round_ref, data, now)
        return page("rounds/published.html", done=done)

    @post("/undo", opt={"action": Action.ROUND_WRITE})
    async def undo(
        self,
        round_ref: FromPath[str],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_round, db, actor, words, round_ref), db):
            await service.undo_round(db, actor, round_ref, now)
        return Redirect(f"/rounds/{round_ref}", status_code=303)

    @post("/replay", opt={"action": Action.ROUND_READ}, status_code=200)
    async def replay(
        self,
        round_ref: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        async with kept(partial(_replayed, database, actor, words, round_ref)):
            done = await service.replay_round(database, actor, round_ref)
        return await _replayed(database, actor, words, round_ref, done)

    @post("/verify", opt={"action": Action.ROUND_READ}, status_code=200)
    async def verify(
        self,
        round_ref: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        async with kept(partial(_replayed, database, actor, words, round_ref)):
            found = await verifying.verify_round(database, actor, round_ref)
        return page("rounds/verified.html", found=found, lines=list(wording.verification(words, found)))

    @post("/explanation", opt={"action": Action.ROUND_READ}, status_code=200)
    async def explain(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[Typed],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        async with kept(partial(_replayed, database, actor, words, round_ref)):
            asked = command_of(Explain, {name: single(data, name) for name in data})
            found = await explaining.explain(database, actor, round_ref, asked.leader, asked.junior)
        return page("rounds/explained.html", found=found, lines=list(wording.explanation(words, found)))

    @get("/fairness", opt={"action": Action.ROUND_READ})
    async def fairness(
        self,
        round_ref: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        found = await read_fairness(database, actor, round_ref)
        return page("rounds/fairness.html", found=found, label=partial(wording.group_label, words))

    @post("/what-if", opt={"action": Action.ROUND_READ}, status_code=200)
    async def what_if(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[Typed],
        database: NamedDependency[Database],
        desk: NamedDependency[Desk],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        async with kept(partial(_replayed, database, actor, words, round_ref)):
            found = await asking.what_if(database, desk, actor, round_ref, _what_if(data))
        return page("rounds/what_if.html", found=found, lines=list(wording.consequence(words, found)))

    @post("/comparison", opt={"action": Action.ROUND_READ}, status_code=200)
    async def compare(
        self,
        round_ref: FromPath[str],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        async with kept(partial(_replayed, database, actor, words, round_ref)):
            found = await asking.compare_round(database, actor, round_ref)
        return _comparison(words, found, f"/rounds/{round_ref}")

    @post("/export", opt={"action": Action.ROUND_READ}, status_code=200)
    async def export(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[ExportForm],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        written = await exporting.export_round(db, actor, round_ref, data.format, now)
        disposition = {"content-disposition": f"attachment; filename*=UTF-8''{quote(written.filename)}"}
        return Response(written.content, media_type=written.media_type, headers=disposition)


DECISIONS = {OverrideKind.PIN: service.pin_pair, OverrideKind.FORBID: service.forbid_pair}


def _what_if(typed: Typed) -> WhatIf:
    """One pair to pin or to forbid, two leaders who swap, or one person, as the form says."""
    named = {name: single(typed, name) for name in ("leader", "junior", "other", "without")}
    pair = {"leader": named["leader"], "junior": named["junior"]}
    kinds: dict[str, dict[str, object]] = {
        "pin": {"pins": [pair]},
        "forbid": {"forbids": [pair]},
        "swap": {"swaps": [{"leader": named["leader"], "other": named["other"]}]},
    }
    wanted = kinds.get(single(typed, "kind"), {}) if any(pair.values()) else {}
    return command_of(WhatIf, wanted | ({"without": [named["without"]]} if named["without"] else {}))


def _decided(typed: Typed) -> Decide:
    """The decisions that a page of what-if has in its form."""
    pairs = {
        f"{kind}s": [
            {"leader": leader, "junior": junior}
            for leader, junior in zip(several(typed, f"{kind}_leader"), several(typed, f"{kind}_junior"), strict=False)
        ]
        for kind in ("pin", "forbid")
    }
    rest = {"reason": single(typed, "reason"), "revision": single(typed, "revision") or None}
    return command_of(Decide, pairs | rest | {"without": several(typed, "without")})


def _comparison(words: Words, found: Comparison, back: str) -> Template:
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


async def _round(
    db: AsyncSession,
    actor: Actor,
    words: Words,
    round_ref: str,
    typed: Typed | None = None,
    wanted: Wanted | None = None,
    replay: Replay | None = None,
) -> Template:
    view = await review_round(db, actor, round_ref, wanted or Wanted())
    return page(
        "rounds/round.html",
        view=view,
        lines=lines_of(words, view),
        policies=list(PolicyName),
        typed=typed or {},
        sorted_by=partial(address_of, view.wanted),
        replay=replay,
    )


async def _replayed(
    database: Database, actor: Actor, words: Words, round_ref: str, done: Replay | None = None
) -> Template:
    async with database.reading() as db:
        return await _round(db, actor, words, round_ref, replay=done)


ROUTES = (ProgrammeRounds, RoundPages, *desk_pages.ROUTES)
