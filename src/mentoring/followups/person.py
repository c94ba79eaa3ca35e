"""A person as coordinators see them: who they are, and how they take part in the programmes of whoever asks."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring.directory.queries import read_entry
from mentoring.followups.contracts import PersonEnrolment, PersonPairing, PersonRecord
from mentoring.followups.models import Watch
from mentoring.followups.rules import Level
from mentoring.identity import Actor
from mentoring.messages.queries import count_messages
from mentoring.pairings.contracts import PairingRecord
from mentoring.pairings.queries import list_records
from mentoring.people.models import Mailing
from mentoring.programmes.queries import enrolments_of
from mentoring.programmes.rules import Role


async def read_person(db: AsyncSession, actor: Actor, ref: str) -> PersonRecord:
    """A person with sign-ups, pairings and what became of the mails; nothing that is private to them.

    Raises ``PersonNotFound``.
    """
    entry = await read_entry(db, actor, ref)
    person_id = entry.person.id
    enrolments = await enrolments_of(db, actor, person_id)
    names = {programme.id: programme.name for programme, _ in enrolments}
    records = await list_records(db, actor, person_id=person_id)
    at_risk = await _at_risk(db, (one.id for one in records))
    mailing = await db.get(Mailing, person_id)
    return PersonRecord(
        entry=entry,
        enrolments=[
            PersonEnrolment(
                programme.id, programme.name, one.role, one.state, one.prepared, one.enrolled_at, one.skills
            )
            for programme, one in enrolments
        ],
        pairings=[_pairing(one, person_id, names[one.programme_id], one.id in at_risk) for one in records],
        messages=await count_messages(db, actor, person_id),
        reminders_stopped_at=mailing.stopped_at if mailing else None,
        bounced_at=mailing.bounced_at if mailing and mailing.bounced_address == entry.person.email else None,
    )


async def _at_risk(db: AsyncSession, pairing_ids: Iterable[UUID]) -> set[UUID]:
    chosen = select(Watch.pairing_id).where(Watch.pairing_id.in_(pairing_ids), Watch.level != Level.GREEN)
    return set(await db.scalars(chosen))


def _pairing(record: PairingRecord, person_id: UUID, programme: str, at_risk: bool) -> PersonPairing:
    leads = record.leader_id == person_id
    return PersonPairing(
        id=record.id,
        programme=programme,
        role=Role.LEADER if leads else Role.JUNIOR,
        partner_id=record.junior_id if leads else record.leader_id,
        partner=record.junior if leads else record.leader,
        state=record.state,
        asked_at=record.asked_at,
        began_at=record.began_at,
        over_at=record.over_at,
        at_risk=at_risk,
    )
