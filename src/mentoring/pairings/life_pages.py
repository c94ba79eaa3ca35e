"""The pages of the life of a pairing: agreement, goals, pause, end, closing, concerns; and the calendar feed itself."""

from datetime import datetime
from functools import partial
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Redirect, Template
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.pairings import agreements, closing, concerns, endings, feeds, goals, pausing, queries
from mentoring.pairings.life import (
    Assess,
    EndPairing,
    LeaveProgramme,
    Pause,
    RaiseConcern,
    SetGoal,
    SignAgreement,
    TickGoal,
    WriteAgreement,
)
from mentoring.pairings.pages import pairing_page
from mentoring.policy import Action
from mentoring.programmes.forms import SPOKEN
from mentoring.settings import Settings
from mentoring.skills.queries import read_titles
from mentoring.web.doors import page
from mentoring.web.forms import command_of, kept
from mentoring.web.typed import Typed, flat, several, single

EMPTY = dict.fromkeys(WriteAgreement.__struct_fields__, "")


class LifePages(Controller):
    path = "/pairings/{pairing_id:uuid}"
    include_in_schema = False

    @get("/agreement", opt={"action": Action.AGREEMENT_READ})
    async def agreement(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
    ) -> Template:
        return await _agreement(db, actor, words, pairing_id)

    @post("/agreement", opt={"action": Action.AGREEMENT_SIGN})
    async def write(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_agreement, db, actor, words, pairing_id, data), db):
            await agreements.write_agreement(db, actor, pairing_id, command_of(WriteAgreement, flat(data)), now)
        return Redirect(f"/pairings/{pairing_id}/agreement", status_code=303)

    @post("/agreement/sign", opt={"action": Action.AGREEMENT_SIGN})
    async def sign(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[SignAgreement],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_agreement, db, actor, words, pairing_id), db):
            await agreements.sign_agreement(db, actor, pairing_id, data, now)
        return Redirect(f"/pairings/{pairing_id}/agreement", status_code=303)

    @post("/pause", opt={"action": Action.PAIRING_PAUSE})
    async def pause(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now, flat(data)), db):
            await pausing.pause_pairing(db, actor, pairing_id, command_of(Pause, flat(data)), now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)

    @post("/resume", opt={"action": Action.PAIRING_RESUME})
    async def resume(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await pausing.resume_pairing(db, actor, pairing_id, now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)

    @post("/end", opt={"action": Action.PAIRING_END})
    async def end(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now, {"end": single(data, "reason")}), db):
            await endings.end_pairing(db, actor, pairing_id, command_of(EndPairing, flat(data)), now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)

    @post("/leave", opt={"action": Action.PAIRING_END})
    async def leave(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(
            partial(pairing_page, db, actor, words, pairing_id, now, {"leave": single(data, "reason")}), db
        ):
            await endings.leave_programme(db, actor, pairing_id, command_of(LeaveProgramme, flat(data)), now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)

    @post("/rematch", opt={"action": Action.REMATCH})
    async def rematch(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now), db):
            await endings.request_rematch(db, actor, pairing_id, now)
        return Redirect(f"/pairings/{pairing_id}", status_code=303)

    @post("/concern", opt={"action": Action.CONCERN_RAISE}, status_code=200)
    async def confide(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now, flat(data)), db):
            await concerns.raise_concern(db, actor, pairing_id, command_of(RaiseConcern, flat(data)), now)
        return await pairing_page(db, actor, words, pairing_id, now, confided=True)

    @post("/goals", opt={"action": Action.GOAL_SET})
    async def set_goal(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now, {"goal": single(data, "words")}), db):
            await goals.set_goal(db, actor, pairing_id, command_of(SetGoal, flat(data)), now)
        return Redirect(f"/pairings/{pairing_id}#goals", status_code=303)

    @post("/goals/{goal_id:uuid}", opt={"action": Action.GOAL_SET})
    async def tick(
        self,
        pairing_id: FromPath[UUID],
        goal_id: FromPath[UUID],
        data: URLEncodedBody[TickGoal],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now), db):
            await goals.tick_goal(db, actor, goal_id, data, now)
        return Redirect(f"/pairings/{pairing_id}#goals", status_code=303)

    @post("/goals/{goal_id:uuid}/drop", opt={"action": Action.GOAL_SET})
    async def drop(
        self,
        pairing_id: FromPath[UUID],
        goal_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(pairing_page, db, actor, words, pairing_id, now), db):
            await goals.drop_goal(db, actor, goal_id, now)
        return Redirect(f"/pairings/{pairing_id}#goals", status_code=303)

    @get("/closing", opt={"action": Action.ASSESS})
    async def closing_page(
        self,
        pairing_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Template:
        return await _closing(db, actor, words, pairing_id, now)

    @post("/closing", opt={"action": Action.ASSESS})
    async def assess(
        self,
        pairing_id: FromPath[UUID],
        data: URLEncodedBody[Typed],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        words: NamedDependency[Words],
        now: NamedDependency[datetime],
    ) -> Redirect:
        async with kept(partial(_closing, db, actor, words, pairing_id, now, data), db):
            await closing.assess(db, actor, pairing_id, _assessment_of(data), now)
        return Redirect(f"/pairings/{pairing_id}/closing", status_code=303)


async def _agreement(
    db: AsyncSession, actor: Actor, words: Words, pairing_id: UUID, typed: Typed | None = None
) -> Template:
    found = await agreements.read_agreements(db, actor, pairing_id)
    return page(
        "pairings/agreement.html",
        pairing=await queries.read_pairing(db, actor, pairing_id),
        agreements=found,
        typed=structs.asdict(found.proposed) if typed is None else EMPTY | flat(typed),
        languages=words.named(SPOKEN, words.language_name),
    )


async def _closing(
    db: AsyncSession, actor: Actor, words: Words, pairing_id: UUID, now: datetime, typed: Typed | None = None
) -> Template:
    assessment = await closing.read_assessment(db, actor, pairing_id, now)
    said = {f"{name}-{one.skill}": str(getattr(one, name)) for one in assessment.mine for name in ("after", "before")}
    return page(
        "pairings/closing.html",
        pairing=await queries.read_pairing(db, actor, pairing_id),
        assessment=assessment,
        typed=said if typed is None else typed,
        titles=await read_titles(db, actor, words),
    )


def _assessment_of(typed: Typed) -> Assess:
    """Read the form. Raises ``FormUnreadable``."""
    skills = [
        {"skill": skill, "after": single(typed, f"after-{skill}"), "before": single(typed, f"before-{skill}")}
        for skill in several(typed, "skill")
    ]
    return command_of(Assess, {"skills": skills})


class ConcernPages(Controller):
    path = "/concerns"
    include_in_schema = False

    @get(opt={"action": Action.CONCERN_READ})
    async def read(
        self,
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
    ) -> Template:
        return page("pairings/concerns.html", concerns=await concerns.list_concerns(db, actor))

    @post("/{concern_id:uuid}/close", opt={"action": Action.CONCERN_CLOSE})
    async def close(
        self,
        concern_id: FromPath[UUID],
        db: NamedDependency[AsyncSession],
        actor: NamedDependency[Actor],
        now: NamedDependency[datetime],
    ) -> Redirect:
        await concerns.close_concern(db, actor, concern_id, now)
        return Redirect("/concerns", status_code=303)


class FeedPages(Controller):
    path = "/feeds"
    include_in_schema = False

    @get("/{name:str}", opt={"action": Action.PUBLIC})
    async def feed(
        self,
        name: FromPath[str],
        db: NamedDependency[AsyncSession],
        settings: NamedDependency[Settings],
        now: NamedDependency[datetime],
    ) -> Response[bytes]:
        content = await feeds.write_feed(db, settings, name, now)
        return Response(content, media_type="text/calendar")


ROUTES = (LifePages, ConcernPages, FeedPages)
