"""The agreement: one page that both sign, a version at a time, looked at again at the midpoint."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from msgspec import structs
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import journal, policy
from mentoring.db import insert_missing
from mentoring.failpoints import failpoint
from mentoring.identity import Actor
from mentoring.messages import service as messages
from mentoring.messages.contracts import Intended
from mentoring.messages.rules import Pace
from mentoring.pairings import rules
from mentoring.pairings.contracts import (
    AgreementMade,
    AgreementSigned,
    AgreementWritten,
    SessionHeld,
    SessionsShifted,
)
from mentoring.pairings.life import Agreements, AgreementView, SignAgreement, WriteAgreement
from mentoring.pairings.models import Agreement, Pairing, PairSession
from mentoring.pairings.planning import closes_at, end_of, plan_again
from mentoring.pairings.queries import Begun, begun_pairings
from mentoring.pairings.rules import Occasion, PairingNotFound, PairingState, SessionState
from mentoring.policy import Action
from mentoring.programmes.models import Programme

WORDS = WriteAgreement.__struct_fields__


async def read_agreements(db: AsyncSession, actor: Actor, pairing_id: UUID) -> Agreements:
    """What the two have agreed on and what waits for their signatures. Raises ``PairingNotFound``."""
    pairing = policy.require(actor, Action.AGREEMENT_READ, await db.get(Pairing, pairing_id), PairingNotFound)
    return await _agreements(db, actor, pairing)


async def write_agreement(
    db: AsyncSession, actor: Actor, pairing_id: UUID, wanted: WriteAgreement, now: datetime
) -> Agreements:
    """Write the words of the version that is not agreed yet, or begin a new one. What changes has to be signed anew.

    Raises ``PairingNotFound``, ``PairingNotActive``.
    """
    pairing = await _to_sign(db, actor, pairing_id)
    latest = await _latest(db, pairing.id)
    wanted = structs.replace(wanted, **{name: _tidy(getattr(wanted, name)) for name in WORDS})
    if latest is not None and latest.agreed_at is None:
        _rewrite(latest, wanted, now)
        agreement = latest
    else:
        version = latest.version + 1 if latest else 1
        occasion = Occasion.CHANGE if latest else Occasion.BEGINNING
        agreement = Agreement(
            id=uuid4(), pairing_id=pairing.id, version=version, revision=1, occasion=occasion, written_at=now,
            **structs.asdict(wanted),
        )  # fmt: skip
        db.add(agreement)
    journal.record(db, AgreementWritten(agreement.id, agreement.revision), by=actor.id, at=now)
    await db.flush()
    return await _agreements(db, actor, pairing)


def _rewrite(agreement: Agreement, wanted: WriteAgreement, now: datetime) -> None:
    """Put other words into a version; nobody has signed those. The same words leave everything as it is."""
    if all(getattr(agreement, name) == getattr(wanted, name) for name in WORDS):
        return
    for name in WORDS:
        setattr(agreement, name, getattr(wanted, name))
    agreement.revision, agreement.written_at = agreement.revision + 1, now
    agreement.leader_signed_at = agreement.junior_signed_at = None


async def sign_agreement(
    db: AsyncSession, actor: Actor, pairing_id: UUID, signed: SignAgreement, now: datetime
) -> Agreements:
    """Sign the words that one has read; twice is the same as once. With both signatures it is in force.

    Raises ``PairingNotFound``, ``PairingNotActive``, ``AgreementNotFound``, ``AgreementChanged``.
    """
    pairing = await _to_sign(db, actor, pairing_id)
    agreement = await _latest(db, pairing.id)
    if agreement is None:
        raise rules.AgreementNotFound()
    if (agreement.version, agreement.revision) != (signed.version, signed.revision):
        raise rules.AgreementChanged()
    assert actor.id is not None
    mine = "leader_signed_at" if actor.id == pairing.leader_id else "junior_signed_at"
    if getattr(agreement, mine) is None:
        setattr(agreement, mine, now)
        await db.flush()
        failpoint("sign.written")
        if agreement.leader_signed_at and agreement.junior_signed_at:
            agreement.agreed_at = now
            journal.record(db, AgreementMade(agreement.id), by=actor.id, at=now)
        else:
            journal.record(db, AgreementSigned(agreement.id, agreement.revision, actor.id), by=actor.id, at=now)
    await db.flush()
    return await _agreements(db, actor, pairing)


async def _to_sign(db: AsyncSession, actor: Actor, pairing_id: UUID) -> Pairing:
    """The pairing, held, so that two who write at once do it one after the other."""
    found = await db.get(Pairing, pairing_id, with_for_update=True, populate_existing=True)
    pairing = policy.require(actor, Action.AGREEMENT_SIGN, found, PairingNotFound)
    if pairing.state is not PairingState.ACTIVE:
        raise rules.PairingNotActive()
    return pairing


async def _latest(db: AsyncSession, pairing_id: UUID) -> Agreement | None:
    latest: Agreement | None = await db.scalar(
        select(Agreement)
        .where(Agreement.pairing_id == pairing_id)
        .order_by(Agreement.version.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return latest


async def _agreements(db: AsyncSession, actor: Actor, pairing: Pairing) -> Agreements:
    rows = await db.scalars(
        select(Agreement).where(Agreement.pairing_id == pairing.id).order_by(Agreement.version.desc())
    )
    versions = list(rows)
    in_force = next((one for one in versions if one.agreed_at is not None), None)
    open_ = versions[0] if versions and versions[0].agreed_at is None else None
    mine = Agreement.leader_signed_at if actor.id == pairing.leader_id else Agreement.junior_signed_at
    shown = open_ or in_force
    return Agreements(
        in_force=_view(in_force) if in_force else None,
        open=_view(open_) if open_ else None,
        proposed=_words(shown) if shown else await _proposed(db, pairing),
        signed_by_me=bool(open_ and getattr(open_, mine.key)),
    )


def _words(agreement: Agreement) -> WriteAgreement:
    return WriteAgreement(**{name: getattr(agreement, name) for name in WORDS})


def _view(agreement: Agreement) -> AgreementView:
    return AgreementView(**{name: getattr(agreement, name) for name in AgreementView.__struct_fields__})


async def _proposed(db: AsyncSession, pairing: Pairing) -> WriteAgreement:
    """What the plan says, for a page on which nothing has been written."""
    plan = (await db.get_one(Programme, pairing.programme_id)).plan
    return WriteAgreement(plan.every_days, plan.minutes, pairing.reasons.language or "en")


def _tidy(value: object) -> object:
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


async def ask_to_sign(db: AsyncSession, events: Sequence[AgreementSigned], now: datetime) -> None:
    """Reaction: one has signed, so the other is asked to."""
    revisions = {event.agreement_id: event for event in events}
    rows = await db.execute(
        select(Agreement.id, Pairing.leader_id, Pairing.junior_id)
        .join(Pairing, Pairing.id == Agreement.pairing_id)
        .where(Agreement.id.in_(revisions))
    )
    intended = []
    for row in rows:
        event = revisions[row.id]
        other = row.junior_id if event.person_id == row.leader_id else row.leader_id
        intended.append(Intended("agreement_to_sign", row.id, other, now, event.revision, Pace.REMINDER))
    await messages.enqueue(db, intended)


async def look_at_it_again(db: AsyncSession, events: Sequence[SessionHeld], now: datetime) -> None:
    """Reaction: after the session at the midpoint the agreement lies there again, to be changed or signed as it is."""
    rows = await db.execute(
        select(PairSession.number, Pairing, Programme)
        .join(Pairing, Pairing.id == PairSession.pairing_id)
        .join(Programme, Programme.id == Pairing.programme_id)
        .where(PairSession.id.in_([event.session_id for event in events]), Pairing.state == PairingState.ACTIVE)
    )
    for number, pairing, programme in rows.all():
        if number == min(programme.plan.midpoint_after_session, programme.plan.sessions):
            await _renew(db, pairing, now)


async def _renew(db: AsyncSession, pairing: Pairing, now: datetime) -> None:
    """A new version with the words of the one in force; once, and only where there is one and none is being written."""
    rows = await db.scalars(
        select(Agreement).where(Agreement.pairing_id == pairing.id).order_by(Agreement.version.desc())
    )
    versions = list(rows)
    if not versions or versions[0].agreed_at is None or any(one.occasion is Occasion.MIDPOINT for one in versions):
        return
    row = {
        "id": uuid4(), "pairing_id": pairing.id, "version": versions[0].version + 1, "revision": 1,
        "occasion": Occasion.MIDPOINT, "written_at": now, **structs.asdict(_words(versions[0])),
    }  # fmt: skip
    await insert_missing(db, Agreement, [row])
    both = (pairing.leader_id, pairing.junior_id)
    about = row["id"]
    assert isinstance(about, UUID)
    await messages.enqueue(
        db, [Intended("agreement_to_renew", about, person_id, now, pace=Pace.REMINDER) for person_id in both]
    )


async def keep_the_rhythm(db: AsyncSession, events: Sequence[AgreementMade], now: datetime) -> None:
    """Reaction: sessions that nobody has booked yet are planned in the rhythm, and of the length, that both signed."""
    made = {
        one.pairing_id: one
        for one in await db.scalars(
            select(Agreement)
            .where(Agreement.id.in_([event.agreement_id for event in events]))
            .order_by(Agreement.version)
        )
    }
    for begun in await begun_pairings(db, list(made)):
        agreement = made[begun.pairing.id]
        if await _rhythm_before(db, agreement, begun) == (agreement.every_days, agreement.minutes):
            continue
        rows = await db.scalars(
            select(PairSession).where(PairSession.pairing_id == begun.pairing.id).order_by(PairSession.number)
        )
        shifted = _shift(begun, agreement, list(rows), now)
        if shifted:
            journal.record(db, SessionsShifted(shifted), by=None, at=now)


async def _rhythm_before(db: AsyncSession, agreement: Agreement, begun: Begun) -> tuple[int, int]:
    """How often and how long they met until now: by what they signed before, or by the plan."""
    before = await db.scalar(
        select(Agreement)
        .where(Agreement.pairing_id == agreement.pairing_id, Agreement.version < agreement.version)
        .where(Agreement.agreed_at.is_not(None))
        .order_by(Agreement.version.desc())
        .limit(1)
    )
    return (before.every_days, before.minutes) if before else (begun.plan.every_days, begun.plan.minutes)


def _shift(begun: Begun, agreement: Agreement, sessions: Sequence[PairSession], now: datetime) -> list[UUID]:
    """Plan those anew of which calendars know nothing; the others stay, and the first follows the last of them."""
    unbooked = [one for one in sessions if one.state is SessionState.PLANNED and one.starts_at > now]
    if not unbooked:
        return []
    settled = [one.starts_at for one in sessions if one.state in (SessionState.INVITED, SessionState.HELD)]
    follows = max(settled) + timedelta(days=agreement.every_days) - timedelta(hours=12) if settled else None
    plan_again(
        begun, unbooked, max(follows or unbooked[0].starts_at, now), agreement.every_days, agreement.minutes, now
    )
    begun.pairing.wake_at = closes_at(map(end_of, sessions))
    return [one.id for one in unbooked]
