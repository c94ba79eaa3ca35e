"""The coordinator's pages of a round, from proposal to publication and back."""

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
from mentoring.programmes.rules import MOST_CAPACITY, PolicyName
from mentoring.rounds import asking, desk_pages, explaining, exporting, programme_pages, service, verifying, wording
from mentoring.rounds.contracts import NamedPair, OverridePair, Publish, Replay
from mentoring.rounds.desk import Desk
from mentoring.rounds.desk_pages import address_of, lines_of, wanted_of
from mentoring.rounds.fairness import read_fairness
from mentoring.rounds.findings import Explain, Readmit
from mentoring.rounds.forms import decided_of, what_if_of
from mentoring.rounds.previewing import preview_publish
from mentoring.rounds.programme_pages import comparison
from mentoring.rounds.review import Wanted, review_round
from mentoring.rounds.rules import ExportFormat, OverrideKind
from mentoring.skills.queries import read_titles
from mentoring.web.doors import AnyRequest, page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat, single


class ExportForm(Struct, frozen=True, forbid_unknown_fields=True):
    format: ExportFormat


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
        async with kept(partial(_round, db, actor, words, round_ref, data), db):
            await service.decide_pairs(db, actor, round_ref, decided_of(data), now)
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
        return await _replayed(database, actor, words, round_ref, done=done)

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
        async with kept(partial(_replayed, database, actor, words, round_ref, data)):
            asked = command_of(Explain, flat(data))
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
        return page("rounds/fairness.html", found=found, labelled=partial(wording.labelled, words))

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
        async with kept(partial(_replayed, database, actor, words, round_ref, data)):
            found = await asking.what_if(database, desk, actor, round_ref, what_if_of(data))
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
        return comparison(words, found, f"/rounds/{round_ref}")

    @post("/export", opt={"action": Action.ROUND_READ}, status_code=200)
    async def export(
        self,
        round_ref: FromPath[str],
        data: URLEncodedBody[ExportForm],
        database: NamedDependency[Database],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        written = await exporting.export_round(database, actor, round_ref, data.format, now)
        disposition = {"content-disposition": f"attachment; filename*=UTF-8''{quote(written.filename)}"}
        return Response(written.content, media_type=written.media_type, headers=disposition)


DECISIONS = {OverrideKind.PIN: service.pin_pair, OverrideKind.FORBID: service.forbid_pair}


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
        countries=words.named(view.countries, words.country_name),
        policies=list(PolicyName),
        typed=flat(typed or {}),
        sorted_by=partial(address_of, view.wanted),
        titles=await read_titles(db, actor, words),
        most_places=MOST_CAPACITY,
        replay=replay,
    )


async def _replayed(
    database: Database,
    actor: Actor,
    words: Words,
    round_ref: str,
    typed: Typed | None = None,
    done: Replay | None = None,
) -> Template:
    async with database.reading() as db:
        return await _round(db, actor, words, round_ref, typed, replay=done)


ROUTES = (*programme_pages.ROUTES, RoundPages, *desk_pages.ROUTES)
