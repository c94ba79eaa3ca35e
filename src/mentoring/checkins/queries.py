"""What one is asked and has answered; and what a coordinator must look at."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import policy
from mentoring.checkins.contracts import CheckInView, FollowUpView
from mentoring.checkins.models import CheckIn, FollowUp
from mentoring.checkins.rules import CheckInNotFound, CheckInState, FollowUpReason
from mentoring.identity import Actor
from mentoring.pairings.models import Pairing
from mentoring.people.models import Person
from mentoring.people.queries import full_name
from mentoring.policy import Action
from mentoring.programmes.models import Programme

MANY = 200
SHOWN = (CheckInState.OPEN, CheckInState.ANSWERED, CheckInState.LAPSED)


async def my_check_ins(db: AsyncSession, actor: Actor) -> list[CheckInView]:
    """What one was asked, the latest first; what is still open comes before all else."""
    policy.require_right(actor, Action.SIGNED_IN)
    chosen = (
        _seen()
        .where(CheckIn.person_id == actor.id, CheckIn.state.in_(SHOWN))
        .order_by(CheckIn.state != CheckInState.OPEN, CheckIn.due_at.desc(), CheckIn.moment)
        .limit(MANY)
    )
    return [_view(*row) for row in await db.execute(chosen)]


async def read_check_in(db: AsyncSession, actor: Actor, check_in_id: UUID) -> CheckInView:
    """One check-in that was put to the actor. Raises ``CheckInNotFound``."""
    row = (await db.execute(_seen().where(CheckIn.id == check_in_id))).one_or_none()
    policy.require(actor, Action.CHECK_IN_READ, row[0] if row else None, CheckInNotFound)
    assert row is not None
    return _view(*row)


async def view(db: AsyncSession, check_in: CheckIn) -> CheckInView:
    """A check-in as the one who was asked sees it."""
    row = (await db.execute(_seen().where(CheckIn.id == check_in.id))).one()
    return _view(*row)


def _seen() -> Select[CheckIn, Programme, Person]:
    """A check-in with its programme and the other of the two."""
    partner_id = or_(
        (CheckIn.person_id == Pairing.leader_id) & (Person.id == Pairing.junior_id),
        (CheckIn.person_id == Pairing.junior_id) & (Person.id == Pairing.leader_id),
    )
    return (
        select(CheckIn, Programme, Person)
        .join(Pairing, Pairing.id == CheckIn.pairing_id)
        .join(Programme, Programme.id == CheckIn.programme_id)
        .join(Person, partner_id)
    )


def _view(check_in: CheckIn, programme: Programme, partner: Person) -> CheckInView:
    lapses = timedelta(days=programme.ladder.check_in_lapses)
    waiting = check_in.state is CheckInState.OPEN and check_in.fired_at is not None
    return CheckInView(
        id=check_in.id,
        pairing_id=check_in.pairing_id,
        programme=programme.name,
        partner=full_name(partner),
        kind=check_in.kind,
        moment=check_in.moment,
        state=check_in.state,
        due_at=check_in.due_at,
        answer_by=check_in.fired_at + lapses if waiting and check_in.fired_at else None,
        answered_at=check_in.answered_at,
        met=check_in.met,
        usefulness=check_in.usefulness,
        good_fit=check_in.good_fit,
        candour=check_in.candour,
        clarity=check_in.clarity,
        protected_time=check_in.protected_time,
        note=check_in.note,
    )


async def list_follow_ups(db: AsyncSession, actor: Actor) -> list[FollowUpView]:
    """What waits for the coordinators of the actor's programmes, the oldest first."""
    chosen = (
        select(FollowUp, Person)
        .join(Person, Person.id == FollowUp.person_id)
        .where(FollowUp.closed_at.is_(None))
        .order_by(FollowUp.opened_at, FollowUp.id)
        .limit(MANY)
    )
    if not actor.administrator:
        chosen = chosen.where(FollowUp.programme_id.in_(actor.coordinates))
    return [
        FollowUpView(
            id=one.id,
            programme_id=one.programme_id,
            pairing_id=one.pairing_id,
            person_id=one.person_id,
            person=full_name(person),
            reason=FollowUpReason(one.reason),
            opened_at=one.opened_at,
        )
        for one, person in await db.execute(chosen)
    ]
