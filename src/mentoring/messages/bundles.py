"""Several messages that waited for the same reader go out as one mail: each is a part of it."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.messages.contracts import Claimed, Draft, Kind, Letter, Post, Told, Write
from mentoring.messages.models import Message
from mentoring.messages.rendering import render
from mentoring.messages.rules import MessageState

BUNDLE = "bundle"


def bundle_kind(guard: ColumnElement[bool], kinds: Mapping[str, Kind]) -> Kind:
    """The kind of message that carries others. What of them no longer makes sense is left out."""

    async def compose(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Write]:
        found: dict[UUID, Write] = {}
        for carrier in messages:
            parts = await _parts(db, post, carrier, kinds)
            if parts:
                found[carrier.id] = partial(_draft, parts, post)
        return found

    return Kind(guard, compose)


async def _parts(db: AsyncSession, post: Post, carrier: Claimed, kinds: Mapping[str, Kind]) -> list[Told]:
    members = await merged_with(db, carrier.id)
    told: list[Told] = []
    for name, group in groupby(sorted(members, key=lambda one: one.kind), key=lambda one: one.kind):
        tell = kinds[name].tell
        batch = await sensible(db, list(group), kinds[name], post)
        if tell is not None and batch:
            letters = await tell(db, post, batch)
            told += [letters[one.id] for one in batch if one.id in letters]
    return told


async def merged_with(db: AsyncSession, carrier_id: UUID) -> list[Claimed]:
    columns = (Message.id, Message.kind, Message.about, Message.sequence, Message.recipient_id, Message.attempt)
    chosen = select(*columns, Message.pace).where(Message.within_id == carrier_id, Message.state == MessageState.MERGED)
    return [Claimed(*row) for row in await db.execute(chosen.order_by(Message.made_at, Message.id))]


async def sensible(db: AsyncSession, messages: Sequence[Claimed], kind: Kind, post: Post) -> list[Claimed]:
    """Those of the messages, all of one kind, that still make sense."""
    chosen = select(Message.id).where(Message.id.in_([one.id for one in messages]), kind.guard)
    still = set(await db.scalars(chosen, {"now": post.now}))
    return [one for one in messages if one.id in still]


def _draft(parts: Sequence[Told], post: Post) -> Draft:
    """One part alone is the letter that it would have been."""
    words, letters = parts[0].words, [part.write() for part in parts]
    if len(letters) == 1:
        return render(words, letters[0], parts[0].to, post)
    together = Letter(
        subject=words.plural("mail.bundle.subject", len(letters)),
        greeting=letters[0].greeting,
        lines=[words.text("mail.bundle.text")],
        closing=list(dict.fromkeys(line for letter in letters for line in letter.closing)),
        parts=letters,
    )
    return render(words, together, parts[0].to, post)
