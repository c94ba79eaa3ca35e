"""A form that is refused comes back: the same page, with what was typed and the words of the refusal."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import msgspec
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.errors import Invalid, MentoringError
from mentoring.i18n import Words

Command = TypeVar("Command")
LABELS = {
    "address": "page.data.erase.address",
    "change_cost": "page.setting.matching.change_cost",
    "cap": "page.setting.matching.cap",
    "country": "page.round.country",
    "days": "page.tokens.days",
    "email": "page.sign_in.email",
    "every_days": "page.agreement.every_days.days",
    "junior": "role.junior",
    "junior_wants": "page.agreement.junior_wants",
    "language": "page.agreement.language",
    "leader": "role.leader",
    "local_start": "page.simulation.when",
    "message": "page.concern.words",
    "minutes": "page.agreement.minutes.minutes",
    "name": "page.table.name",
    "note": "page.check_in.note",
    "password": "page.sign_in.password",
    "person": "page.programme.person",
    "perspective_goal": "page.agreement.perspective_goal",
    "policy": "page.setting.matching.policy",
    "q": "page.round.search",
    "quota": "page.setting.matching.quota",
    "reason": "page.round.reason",
    "seed": "page.setting.matching.seed",
    "since": "page.audit.since",
    "skill_goal": "page.agreement.skill_goal",
    "unit": "page.round.unit",
    "until": "page.audit.until",
    "url": "page.hooks.url",
    "values": "page.admin.settings",
    "without": "page.round.what_if.without",
    "words": "page.goals.words",
    "zone": "page.settings.zone",
    "AuditFilter.person": "page.audit.person",
    "Acted.note": "page.at_risk.note",
    "Correction.email": "page.messages.address",
    "Decline.reason": "page.pairing.reason",
    "EndPairing.reason": "page.end.reason",
    "NameDelegate.person": "page.delegates.who",
    "LeaveProgramme.reason": "page.end.reason",
    "NewToken.name": "page.tokens.name",
    "Pause.until": "page.pause.day",
}
"""What pages call the fields of their forms, for nobody knows their codes; by the command where they differ."""


class FormRefused(Exception):
    """The form's page again; it leaves the door as an exception, so that nothing of the request is committed."""

    def __init__(self, refusal: MentoringError, again: Template) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.again = again


@asynccontextmanager
async def kept(again: Callable[[], Awaitable[Template]], db: AsyncSession | None = None) -> AsyncIterator[None]:
    """Run a use case for a form; where it is refused, raise ``FormRefused`` with the page that ``again`` makes.

    ``db`` is the request's session: what the use case did is undone first, so that the page shows what is true.
    """
    try:
        async with AsyncExitStack() as undoing:
            if db is not None:
                await undoing.enter_async_context(db.begin_nested())
            yield
    except MentoringError as refusal:
        raise FormRefused(refusal, await again()) from refusal


class FormUnreadable(Invalid):
    """The form's ``field`` holds what it cannot hold: too long, out of range, or in another form."""

    label = "page.typed.words"
    """The key of what the page calls the field; a field that no page names is simply what somebody wrote."""


def command_of(kind: type[Command], values: object) -> Command:
    """Make a command out of what a form says. Raises ``FormUnreadable``."""
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        place = str(error).partition("`$.")[2] or str(error).partition("missing required field `")[2]
        path = place.partition("`")[0]
        field, inmost = path.partition("[")[0], path.rpartition(".")[2].partition("[")[0]
        refusal = FormUnreadable(field=field)
        known = (LABELS.get(name) for name in (f"{kind.__name__}.{field}", inmost, field))
        refusal.label = next(filter(None, known), refusal.label)
        raise refusal from error


def text_of(refusal: MentoringError, words: Words) -> str:
    """A refusal in the reader's words, the field that it speaks of called as the page calls it."""
    named = {"field": words.text(refusal.label)} if isinstance(refusal, FormUnreadable) else {}
    return words.text(f"error.{refusal.code}", **{**refusal.details, **named})
