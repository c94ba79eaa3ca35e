"""What the mails about check-ins say."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.checkins.models import CheckIn
from mentoring.checkins.rules import CheckInKind, CheckInState, Met
from mentoring.checkins.service import link_token
from mentoring.messages.contracts import Choice, Claimed, Kind, Letter, Post, Told
from mentoring.messages.models import Message
from mentoring.messages.rendering import composer
from mentoring.pairings.mails import Subject, subjects_of
from mentoring.pairings.models import Pairing
from mentoring.pairings.rules import PairingState
from mentoring.people.recipients import STILL_HERE

_OPEN: ColumnElement[bool] = (
    select(CheckIn.id)
    .join(Pairing, Pairing.id == CheckIn.pairing_id)
    .where(CheckIn.id == Message.about, CheckIn.state == CheckInState.OPEN, CheckIn.follow_ups == Message.sequence)
    .where(Pairing.state != PairingState.PAUSED)
    .exists()
)
"""Still unanswered, not paused, and not asked again since: after an outage only the latest goes out."""


async def tell(db: AsyncSession, post: Post, messages: Sequence[Claimed]) -> dict[UUID, Told]:
    """The questions of a batch, about sessions and pulses alike."""
    rows = await db.execute(
        select(CheckIn, Pairing)
        .join(Pairing, Pairing.id == CheckIn.pairing_id)
        .where(CheckIn.id.in_({one.about for one in messages}))
    )
    asked = {check_in.id: (check_in, pairing) for check_in, pairing in rows}
    about = {one.id: (one, asked[one.about][1]) for one in messages if one.about in asked}
    subjects = await subjects_of(db, about)
    return {
        message_id: _told(subjects[message_id], asked[message.about][0], message, post)
        for message_id, (message, _) in about.items()
    }


def _told(subject: Subject, check_in: CheckIn, message: Claimed, post: Post) -> Told:
    write = partial(_letter, subject, check_in, again=message.sequence > 0, post=post)
    return Told(subject.words, subject.reader.email, write)


def _letter(subject: Subject, check_in: CheckIn, *, again: bool, post: Post) -> Letter:
    words = subject.words
    key = "mail.pulse" if check_in.kind is CheckInKind.PULSE else "mail.check_in"
    about = {"partner": subject.partner.name, "programme": subject.programme.name}
    lines = [words.text(f"{key}.text", **about)]
    return Letter(
        subject=words.text(f"{key}.again" if again else f"{key}.subject", **about),
        greeting=words.text("mail.greeting", name=subject.reader.name),
        lines=[words.text("mail.check_in.reminder"), *lines] if again else lines,
        choices=_choices(subject, check_in, post),
        closing=[words.text("mail.check_in.closing")],
    )


def _choices(subject: Subject, check_in: CheckIn, post: Post) -> list[Choice]:
    """One link an answer, so that two taps are enough; opening it changes nothing yet."""
    words = subject.words
    link = post.url(f"/check-ins/{link_token(post.secret, check_in.id, subject.reader.id)}")
    if check_in.kind is CheckInKind.PULSE:
        return [Choice(words.text("mail.pulse.choice"), link)]
    return [Choice(words.text(f"check_in.met.{met.value}"), f"{link}?met={met.value}") for met in Met]


_QUESTION = Kind(_OPEN & STILL_HERE, composer(tell), tell)
KINDS: dict[str, Kind] = {"check_in": _QUESTION, "pulse": _QUESTION}
