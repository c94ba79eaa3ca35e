"""What the mails about sign-ups say."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.messages.contracts import Choice, Claimed, Intended, Kind, Letter, Post, Write
from mentoring.messages.models import Message
from mentoring.messages.rendering import render
from mentoring.messages.service import enqueue
from mentoring.people.recipients import STILL_HERE, Recipient, recipients
from mentoring.programmes.contracts import PersonSignedUp
from mentoring.programmes.models import Enrolment, Programme
from mentoring.programmes.rules import EnrolmentState, Role


async def confirm_sign_ups(db: AsyncSession, events: Sequence[PersonSignedUp], now: datetime) -> None:
    """Reaction: whoever signed up gets it in writing, once a programme and role."""
    ids = [event.enrolment_id for event in events]
    rows = await db.execute(select(Enrolment.id, Enrolment.person_id).where(Enrolment.id.in_(ids)))
    await enqueue(db, [Intended("signed_up", row.id, row.person_id, now) for row in rows])


async def compose(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Write]:
    rows = await db.execute(
        select(Enrolment, Programme)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .where(Enrolment.id.in_({one.about for one in messages}))
    )
    found = {enrolment.id: (enrolment, programme) for enrolment, programme in rows}
    readers = await recipients(db, [one.recipient_id for one in messages])
    drafts: dict[UUID, Write] = {}
    for one in messages:
        if one.about in found and one.recipient_id in readers:
            reader = readers[one.recipient_id]
            letter = _letter(*found[one.about], reader, post)
            drafts[one.id] = partial(render, reader.words, letter, reader.email, post)
    return drafts


def _letter(enrolment: Enrolment, programme: Programme, reader: Recipient, post: Post) -> Letter:
    words, about = reader.words, {"programme": programme.name}
    unprepared = enrolment.role is Role.JUNIOR and enrolment.prepared_at is None
    page = "preparation" if unprepared else f"sign-up/{enrolment.role}"
    return Letter(
        subject=words.text("mail.signed_up.subject", **about),
        greeting=words.text("mail.greeting", name=reader.name),
        lines=[words.text(f"mail.signed_up.{enrolment.role}", **about)],
        choices=[
            Choice(
                words.text("mail.signed_up.prepare" if unprepared else "mail.signed_up.choice"),
                post.url(f"/programmes/{programme.id}/{page}"),
            )
        ],
        closing=[words.text("mail.signed_up.closing")],
    )


_ENROLLED = (
    select(Enrolment.id).where(Enrolment.id == Message.about, Enrolment.state == EnrolmentState.ENROLLED).exists()
)
KINDS: dict[str, Kind] = {"signed_up": Kind(_ENROLLED & STILL_HERE, compose)}
