"""Before publishing: exactly what would be sent, to how many, and which pairs could not be made any more."""

from collections import Counter
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.db import among
from mentoring.identity import Actor
from mentoring.people.models import Person
from mentoring.policy import Action
from mentoring.programmes.models import Programme
from mentoring.programmes.rules import Role
from mentoring.rounds.contracts import Dropped, RoundSummary
from mentoring.rounds.publishing import named_pairs, proposed_pairs, still_possible
from mentoring.rounds.queries import find_round, summary, unmatched_counts


class PublishPreview(Struct, frozen=True):
    """``mails``: to leaders, now, by their language. ``dropped``: pairs that can no longer be made."""

    summary: RoundSummary
    leaders: int
    pairs: int
    mails: dict[str, int]
    dropped: list[Dropped]
    unmatched_leaders: int
    unmatched_juniors: int
    remind_after: list[int]
    expires_after: int
    """Working days."""


async def preview_publish(db: AsyncSession, actor: Actor, round_ref: str) -> PublishPreview:
    """What ``publish_round`` would do now; nothing is done. Raises ``RoundNotFound``."""
    round_ = await find_round(db, actor, round_ref, Action.ROUND_WRITE)
    programme = await db.get_one(Programme, round_.programme_id)
    kept, dropped = await still_possible(db, programme, round_, await proposed_pairs(db, round_.id))
    leaders = [pair.leader.person_id for pair in kept]
    unmatched = await unmatched_counts(db, round_.id)
    ladder = programme.ladder
    return PublishPreview(
        summary=summary(round_),
        leaders=len(set(leaders)),
        pairs=len(kept),
        mails=await _languages(db, leaders),
        dropped=await named_pairs(db, dropped),
        unmatched_leaders=unmatched.get(Role.LEADER, 0),
        unmatched_juniors=unmatched.get(Role.JUNIOR, 0),
        remind_after=list(ladder.consent_reminders),
        expires_after=ladder.consent_expires,
    )


async def _languages(db: AsyncSession, people: list[UUID]) -> dict[str, int]:
    """A mail for each pairing, in the language of who gets it; the most spoken first."""
    rows = await db.execute(select(Person.id, Person.language).where(among(Person.id, set(people))))
    spoken = dict(rows.all())
    return dict(Counter(spoken[one] for one in people).most_common())
