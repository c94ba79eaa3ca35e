"""Fill an empty database with the demo organisation: through the same use cases as everybody else's data."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import exists, select

from mentoring.db import Database
from mentoring.demo import organisation
from mentoring.directory.contracts import StaffUpload
from mentoring.directory.service import import_staff
from mentoring.i18n import Words
from mentoring.identity import MACHINE
from mentoring.people.models import Person
from mentoring.people.queries import find_person, full_name
from mentoring.people.rules import LinkPurpose
from mentoring.people.service import ensure_account, make_link
from mentoring.programmes.contracts import ChangeProgramme, MatchingChange, NewProgramme, SignUpsUpload
from mentoring.programmes.imports import import_sign_ups
from mentoring.programmes.rules import PolicyName, Preset
from mentoring.programmes.service import add_coordinator, change_programme, create_programme

PROGRAMME = "Digital leaders"
POLICY = PolicyName.COVERAGE_FIRST
ROLES = {
    "administrator": organisation.ADMINISTRATOR,
    "coordinator": organisation.COORDINATOR,
    "leader": organisation.LEADER,
    "junior": organisation.JUNIOR,
}


async def ensure_demo(database: Database) -> bool:
    """Make the demo organisation where the database knows nobody yet; say whether it did."""
    async with database.reading() as db:
        if await db.scalar(select(exists(select(Person.id)))):
            return False
    now, words = datetime.now(UTC), Words("en")
    staff = StaffUpload(_csv(organisation.staff_rows()), "staff.csv", apply=True)
    await import_staff(database, MACHINE, staff, words, now)
    async with database.sessions.begin() as db:
        await create_programme(db, MACHINE, NewProgramme(PROGRAMME, Preset.STANDARD), now)
        # so that the leader and the junior of the links, who wish for each other, get each other
        await change_programme(db, MACHINE, PROGRAMME, ChangeProgramme(matching=MatchingChange(policy=POLICY)), now)
        await add_coordinator(db, MACHINE, PROGRAMME, organisation.COORDINATOR, now)
        for staff_no in ROLES.values():
            account = await ensure_account(db, (await find_person(db, staff_no)).id, now)
            account.administrator = staff_no == organisation.ADMINISTRATOR
    sign_ups = SignUpsUpload(_csv(organisation.signup_rows()), "signups.csv", apply=True)
    await import_sign_ups(database, MACHINE, PROGRAMME, sign_ups, words, now)
    return True


async def sign_in_links(database: Database, base_url: str) -> list[tuple[str, str, str]]:
    """One fresh sign-in link per role: role, name, address. Empty where the database is no demo."""
    now = datetime.now(UTC)
    async with database.sessions.begin() as db:
        links = []
        for role, staff_no in ROLES.items():
            person = await db.scalar(select(Person).where(Person.staff_no == staff_no))
            if person is not None:
                secret = await make_link(db, person.id, LinkPurpose.SIGN_IN, now)
                links.append((role, full_name(person), f"{base_url}/enter/{secret}"))
        return links


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
