"""The one shape that all mails have: a letter in, its text and its HTML out."""

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from uuid import UUID

import jinja2
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.i18n import Words
from mentoring.messages.contracts import Claimed, Composer, Draft, Letter, Post, Tellers, Told, Write

_HTML = Path(__file__).parent / "html"


@lru_cache
def _template(name: str) -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HTML),
        autoescape=jinja2.select_autoescape(["html"], default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@lru_cache(maxsize=1024)
def words_for(language: str, zone: str) -> Words:
    """The words of a reader; the same for all who share language and zone."""
    return Words(language, zone)


def render(words: Words, letter: Letter, to: str, post: Post, calendar: bytes | None = None) -> Draft:
    """Write a letter out as a mail."""
    context = {
        "letter": letter,
        "language": words.language,
        "direction": words.direction,
        "farewell": words.text("mail.farewell"),
        "organisation": post.settings.organisation,
    }
    return Draft(
        to=to,
        subject=letter.subject,
        text=_template("mail.txt").render(context),
        html=_template("mail.html").render(context),
        calendar=calendar,
    )


def composer(tell: Tellers) -> Composer:
    """How letters that may be merged are written when they go out alone."""

    async def compose(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Write]:
        return {
            message_id: partial(_draft, told, post) for message_id, told in (await tell(db, post, messages)).items()
        }

    return compose


def _draft(told: Told, post: Post) -> Draft:
    return render(told.words, told.write(), told.to, post)
