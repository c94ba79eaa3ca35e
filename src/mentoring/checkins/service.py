"""Check-ins are scheduled, fire, chase, lapse and are answered."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.checkins import rules
from mentoring.checkins.asking import questions
from mentoring.checkins.contracts import (
    AnswerCheckIn,
    CheckInAnswered,
    CheckInFired,
    CheckInFollowedUp,
    CheckInLapsed,
    CheckInView,
)
from mentoring.checkins.models import CheckIn, FollowUp
from mentoring.checkins.queries import view
from mentoring.checkins.rules import (
    AnswerDoesNotFit,
    AnswerIncomplete,
    CheckInKind,
    CheckInNotFound,
    CheckInState,
    FollowUpReason,
    Met,
    Step,
)
from mentoring.db import among, insert_missing
from mentoring.directory.contracts import PersonLeft
from mentoring.i18n import Words
from mentoring.identity import Actor
from mentoring.messages import service as messages
from mentoring.messages.contracts import Intended
from mentoring.pairings import rules as pairing_rules
from mentoring.pairings import service as pairings
from mentoring.pairings.contracts import PairingBegan, PairingEnded, PairingsWithdrawn
from mentoring.pairings.models import Pairing, PairSession
from mentoring.pairings.queries import Begun, Place, begun_pairings
from mentoring.pairings.rules import Ending, PairingState
from mentoring.people.models import Person
from mentoring.people.queries import hold
from mentoring.policy import Action
from mentoring.programmes.models import Programme
from mentoring.programmes.rules import Ladder
from mentoring.settings import Settings

LINK_SALT = "check-in"
ALIVE = (CheckInState.SCHEDULED, CheckInState.OPEN)
SCORES = ("good_fit", "candour", "clarity", "protected_time")


async def answer_check_in(
    db: AsyncSession, actor: Actor, check_in_id: UUID, answer: AnswerCheckIn, now: datetime
) -> CheckInView:
    """Take the answer of the person who was asked.

    Raises ``CheckInNotOpen``, ``AnswerIncomplete`` or ``AnswerDoesNotFit``.
    """
    found = await db.get(CheckIn, check_in_id, with_for_update=True, populate_existing=True)
    check_in = policy.require(actor, Action.CHECK_IN_ANSWER, found, CheckInNotFound)
    rules.ensure_open(check_in.state)
    if check_in.kind is CheckInKind.SESSION:
        await _answer_about_session(db, check_in, answer, now)
    else:
        _answer_pulse(check_in, answer)
    check_in.note = answer.note.strip() or None
    check_in.state, check_in.answered_at, check_in.wake_at = CheckInState.ANSWERED, now, None
    journal.record(db, CheckInAnswered(check_in.id), by=actor.id, at=now)
    await db.flush()
    return await view(db, check_in)


async def _answer_about_session(db: AsyncSession, check_in: CheckIn, answer: AnswerCheckIn, now: datetime) -> None:
    if any(getattr(answer, score) is not None for score in SCORES):
        raise AnswerDoesNotFit()
    if answer.met is None:
        raise AnswerIncomplete()
    check_in.met = answer.met
    # A form sends a score that was ticked before "no"; nobody can have found useful what was not held.
    check_in.usefulness = answer.usefulness if answer.met is Met.YES else None
    if answer.met is not Met.MOVED:
        number, held = rules.session_number(check_in.moment), answer.met is Met.YES
        await pairings.mark_session(db, check_in.pairing_id, number, held=held, by=check_in.person_id, now=now)


def _answer_pulse(check_in: CheckIn, answer: AnswerCheckIn) -> None:
    if answer.met is not None or answer.usefulness is not None:
        raise AnswerDoesNotFit()
    if any(getattr(answer, score) is None for score in SCORES):
        raise AnswerIncomplete()
    check_in.good_fit, check_in.candour = answer.good_fit, answer.candour
    check_in.clarity, check_in.protected_time = answer.clarity, answer.protected_time


@lru_cache(maxsize=8)
def _serializer(secret: bytes) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt=LINK_SALT)


def link_token(secret: bytes, check_in_id: UUID, person_id: UUID) -> str:
    """What a mail's link holds: which question, put to whom, signed by us."""
    return _serializer(secret).dumps([check_in_id.hex, person_id.hex])


def _read_token(secret: bytes, token: str) -> tuple[UUID, Actor]:
    try:
        check_in_id, person_id = _serializer(secret).loads(token)
    except BadSignature as forged:
        raise CheckInNotFound() from forged
    return UUID(check_in_id), Actor(id=UUID(person_id))


async def open_from_mail(db: AsyncSession, settings: Settings, token: str) -> CheckInView:
    """Show the question behind a mail's link; changes nothing, because mail scanners open links too."""
    check_in_id, actor = _read_token(settings.secret(), token)
    check_in = policy.require(actor, Action.CHECK_IN_READ, await db.get(CheckIn, check_in_id), CheckInNotFound)
    return await view(db, check_in)


async def reader_from_mail(db: AsyncSession, settings: Settings, token: str) -> Words:
    """The words of whoever the mail was for: they are not signed in, yet they have a language and a clock."""
    _, actor = _read_token(settings.secret(), token)
    person = policy.require(actor, Action.SELF_WRITE, await db.get(Person, actor.id), CheckInNotFound)
    return Words(person.language, person.time_zone)


async def answer_from_mail(
    db: AsyncSession, settings: Settings, token: str, answer: AnswerCheckIn, now: datetime
) -> CheckInView:
    """Take an answer from a mail's link, without signing in. It works once. Raises as ``answer_check_in``."""
    check_in_id, actor = _read_token(settings.secret(), token)
    if await hold(db, actor.id) is None:
        raise CheckInNotFound()
    return await answer_check_in(db, actor, check_in_id, answer, now)


async def schedule_check_ins(db: AsyncSession, events: Sequence[PairingBegan], _now: datetime) -> None:
    """Reaction: a pairing that began gets the check-ins of its sessions and its pulses, for both."""
    ids = [event.pairing_id for event in events]
    rows = await db.execute(
        select(PairSession.pairing_id, PairSession.number, PairSession.starts_at, PairSession.minutes)
        .where(PairSession.pairing_id.in_(ids))
        .order_by(PairSession.number)
    )
    ends = defaultdict(list)
    for row in rows:
        ends[row.pairing_id].append((row.number, row.starts_at + timedelta(minutes=row.minutes)))
    asked = [
        asked_of(begun, ends[begun.pairing.id], place)
        for begun in await begun_pairings(db, ids)
        for place in (begun.leader, begun.junior)
    ]
    await insert_missing(db, CheckIn, [row for rows_of_one in asked for row in rows_of_one])


def asked_of(begun: Begun, ends: Sequence[tuple[int, datetime]], place: Place) -> list[dict[str, object]]:
    """The rows of one person."""
    return [
        {
            "programme_id": begun.pairing.programme_id,
            "pairing_id": begun.pairing.id,
            "person_id": place.person_id,
            "kind": kind,
            "moment": moment,
            "due_at": at,
            "wake_at": at,
        }
        for moment, (kind, at) in questions(begun.at, ends, begun.plan, place.country, place.zone).items()
    ]


async def wake_check_ins(db: AsyncSession, now: datetime, limit: int = 1) -> int:
    """Fire, follow up or lapse the check-ins whose time came first, ``limit`` at most; return how many there were."""
    due = await db.execute(
        select(CheckIn, Pairing.state, Programme)
        .join(Pairing, Pairing.id == CheckIn.pairing_id)
        .join(Programme, Programme.id == CheckIn.programme_id)
        .where(CheckIn.wake_at <= now)
        .order_by(CheckIn.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=CheckIn)
    )
    found = due.all()
    for check_in, pairing, programme in found:
        _wake(db, check_in, pairing, programme.ladder, now)
    return len(found)


def _wake(db: AsyncSession, check_in: CheckIn, pairing: PairingState, ladder: Ladder, now: datetime) -> None:
    if pairing is PairingState.PAUSED:  # what follows from the pause has not followed yet
        check_in.wake_at = None
    elif check_in.state not in ALIVE or pairing not in (PairingState.ACTIVE, PairingState.ENDED):
        check_in.wake_at = None
        check_in.state = CheckInState.CANCELLED if check_in.state in ALIVE else check_in.state
    else:
        follow_ups = tuple(timedelta(days=days) for days in ladder.check_in_follow_ups)
        step, check_in.wake_at = rules.wake(check_in.fired_at, now, follow_ups, timedelta(days=ladder.check_in_lapses))
        _take(db, check_in, step, now)


def _take(db: AsyncSession, check_in: CheckIn, step: Step, now: datetime) -> None:
    match step:
        case Step.FIRE:
            check_in.state, check_in.fired_at = CheckInState.OPEN, now
            journal.record(db, CheckInFired(check_in.id), by=None, at=now)
        case Step.FOLLOW_UP:
            check_in.follow_ups += 1
            journal.record(db, CheckInFollowedUp(check_in.id, check_in.follow_ups), by=None, at=now)
        case Step.LAPSE:
            check_in.state = CheckInState.LAPSED
            journal.record(db, CheckInLapsed(check_in.id), by=None, at=now)


async def mail_the_questions(
    db: AsyncSession, events: Sequence[CheckInFired | CheckInFollowedUp], now: datetime
) -> None:
    """Reaction: the question goes out by mail, the first time and each time it is asked again."""
    again = {one.check_in_id: one.follow_up if isinstance(one, CheckInFollowedUp) else 0 for one in events}
    rows = await db.execute(
        select(CheckIn.id, CheckIn.kind, CheckIn.person_id, CheckIn.due_at).where(CheckIn.id.in_(again))
    )
    await messages.enqueue(
        db,
        [
            Intended(
                _MAIL[row.kind], row.id, row.person_id, now, again[row.id], rules.pace(again[row.id], row.due_at, now)
            )
            for row in rows
        ],
    )


_MAIL = {CheckInKind.PULSE: "pulse", CheckInKind.SESSION: "check_in"}


async def notice_silence(db: AsyncSession, events: Sequence[CheckInLapsed], now: datetime) -> None:
    """Reaction: a coordinator is told of somebody who lets check-ins lapse in a row."""
    for event in events:
        check_in = await db.get_one(CheckIn, event.check_in_id)
        latest = await db.scalars(
            select(CheckIn.state)
            .where(CheckIn.pairing_id == check_in.pairing_id, CheckIn.person_id == check_in.person_id)
            .where(CheckIn.due_at <= check_in.due_at, CheckIn.state.in_((CheckInState.ANSWERED, CheckInState.LAPSED)))
            .order_by(CheckIn.due_at.desc())
            .limit(rules.SILENT_AFTER)
        )
        if rules.silent(list(latest)):
            silent = _follow_up(
                check_in.pairing_id, check_in.programme_id, check_in.person_id, FollowUpReason.SILENT, now
            )
            await insert_missing(db, FollowUp, [silent])


def _follow_up(
    pairing_id: UUID, programme_id: UUID, person_id: UUID, reason: FollowUpReason, now: datetime
) -> dict[str, object]:
    return {
        "programme_id": programme_id,
        "pairing_id": pairing_id,
        "person_id": person_id,
        "reason": reason.value,
        "opened_at": now,
    }


async def look_after_the_left_behind(db: AsyncSession, events: Sequence[PersonLeft], now: datetime) -> None:
    """Reaction: who left is asked nothing more; a coordinator looks after each pairing they leave open."""
    for event in events:
        open_pairings = await db.execute(
            select(Pairing.id, Pairing.programme_id).where(
                Pairing.state.in_(pairing_rules.OPEN),
                (Pairing.leader_id == event.person_id) | (Pairing.junior_id == event.person_id),
            )
        )
        left = [
            _follow_up(row.id, row.programme_id, event.person_id, FollowUpReason.LEFT, now) for row in open_pairings
        ]
        await insert_missing(db, FollowUp, left)
        await db.execute(
            update(CheckIn)
            .where(CheckIn.person_id == event.person_id, CheckIn.state.in_(ALIVE))
            .values(state=CheckInState.CANCELLED, wake_at=None)
        )


async def cancel_check_ins(
    db: AsyncSession, events: Sequence[PairingsWithdrawn | PairingEnded], _now: datetime
) -> None:
    """Reaction: nobody is asked how a pairing goes that was taken back, or that ended before its time.

    One that went its whole way is still asked about: at its end, and some time later, looking back.
    """
    early = [one for one in events if not isinstance(one, PairingEnded) or one.ending is not Ending.COMPLETED]
    over = [[one.pairing_id] if isinstance(one, PairingEnded) else one.pairing_ids for one in early]
    await db.execute(
        update(CheckIn)
        .where(among(CheckIn.pairing_id, [one for ids in over for one in ids]), CheckIn.state.in_(ALIVE))
        .values(state=CheckInState.CANCELLED, wake_at=None)
    )
