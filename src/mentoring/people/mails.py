"""The mails that let people in. The secret of a link is made when its mail is about to be sent, and kept nowhere."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.messages.contracts import Choice, Claimed, Intended, Kind, Letter, Post, Write
from mentoring.messages.rendering import render
from mentoring.messages.service import enqueue
from mentoring.people.contracts import PersonInvited
from mentoring.people.queries import hold
from mentoring.people.recipients import STILL_HERE, recipients
from mentoring.people.rules import LinkPurpose
from mentoring.people.service import make_link


async def mail_the_links(db: AsyncSession, events: Sequence[PersonInvited], now: datetime) -> None:
    """Reaction: whoever was invited, or forgot a password, gets a link."""
    await enqueue(db, [Intended(event.purpose.value, event.link_id, event.person_id, now) for event in events])


def _kind(purpose: LinkPurpose) -> Kind:
    async def compose(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Write]:
        readers = await recipients(db, {one.recipient_id for one in messages})
        drafts: dict[UUID, Write] = {}
        for message in messages:
            # Held here: of those who have left, or are being erased at this moment, no mail is composed.
            if (reader := readers.get(message.recipient_id)) and await hold(db, reader.id):
                words, key = reader.words, f"mail.{purpose.value}"
                secret = await make_link(db, reader.id, purpose, post.now)
                letter = Letter(
                    subject=words.text(f"{key}.subject", organisation=post.settings.organisation),
                    greeting=words.text("mail.greeting", name=reader.name),
                    lines=[words.text(f"{key}.text", organisation=post.settings.organisation)],
                    choices=[Choice(words.text(f"{key}.choice"), post.url(f"/enter/{secret}"))],
                    closing=[words.text(f"{key}.closing")],
                )
                drafts[message.id] = partial(render, words, letter, reader.email, post)
        return drafts

    return Kind(guard=STILL_HERE, compose=compose)


COMPOSERS = {purpose.value: _kind(purpose) for purpose in (LinkPurpose.INVITATION, LinkPurpose.RESET)}
