"""People on the command line: invitations, sign-in links, administrators, API tokens."""

from typing import TypeVar

import click
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import console
from mentoring.identity import MACHINE
from mentoring.people import queries, service
from mentoring.people.contracts import LinkShown, NewPerson, NewToken, PersonView, TokenShown
from mentoring.people.rules import LinkPurpose
from mentoring.policy import SCOPES

Given = TypeVar("Given", NewPerson, NewToken)


def _given(kind: type[Given], **values: object) -> Given:
    """What was typed, held to the rules of the other doors; wrong use where it breaks one."""
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as wrong:
        raise click.BadParameter(str(wrong)) from wrong


@click.group()
def people() -> None:
    """Let people in: invite them, make sign-in links, make administrators."""


@people.command()
@click.argument("given_name")
@click.argument("family_name")
@click.argument("email")
@click.option("--language", default="en", show_default=True, help="The language in which they are spoken to.")
@click.option("--administrator", is_flag=True, help="They may administer the service.")
@console.json_option
def add(given_name: str, family_name: str, email: str, language: str, administrator: bool, as_json: bool) -> None:
    """Enter somebody who is in no staff file, and send an invitation.

    Example: mentoring people add Ama Mensah ama@example.org --administrator
    """
    new = _given(
        NewPerson,
        given_name=given_name,
        email=email,
        family_name=family_name,
        language=language,
        administrator=administrator,
    )

    async def work(db: AsyncSession) -> PersonView:
        return await service.add_and_invite(db, MACHINE, new, console.moment())

    person = console.in_transaction(work)
    console.say(as_json, person, [console.words().text("people.invited", name=person.name, email=person.email)])


@people.command()
@click.argument("person")
def invite(person: str) -> None:
    """Send PERSON (id, staff number or address) a link with which to set a password."""

    async def work(db: AsyncSession) -> PersonView:
        await service.invite(db, MACHINE, person, console.moment())
        return queries.view(await queries.find_person(db, person))

    invited = console.in_transaction(work)
    console.say(False, None, [console.words().text("people.invited", name=invited.name, email=invited.email)])


@people.command("sign-in-link")
@click.argument("person")
@console.json_option
def sign_in_link(person: str, as_json: bool) -> None:
    """Print a link that signs PERSON in once, on this machine's word alone."""
    base = console.settings().base_url

    async def work(db: AsyncSession) -> LinkShown:
        found = await queries.find_person(db, person)
        secret = await service.make_link(db, found.id, LinkPurpose.SIGN_IN, console.moment())
        return LinkShown(queries.full_name(found), f"{base}/enter/{secret}")

    shown = console.in_transaction(work)
    console.say(as_json, shown, [shown.link])


@people.command()
@click.argument("person")
@click.option("--revoke", is_flag=True, help="They may administer the service no longer.")
@console.json_option
def administrator(person: str, revoke: bool, as_json: bool) -> None:
    """Let PERSON (id, staff number or address), who is known already, administer the service.

    Example: mentoring people administrator ama@example.org
    """

    async def work(db: AsyncSession) -> PersonView:
        return await service.change_administrator(db, MACHINE, person, not revoke, console.moment())

    changed = console.in_transaction(work)
    key = "people.administrator.revoked" if revoke else "people.administrator.made"
    console.say(as_json, changed, [console.words().text(key, name=changed.name, email=changed.email)])


@people.command()
@click.argument("person")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), required=True)
@click.option("--days", default=365, show_default=True, type=click.IntRange(1, 730))
@console.json_option
def token(person: str, name: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make an API token that acts for PERSON; it is shown once.

    Example: mentoring people token ama@example.org --name "HR export" --scope rounds
    """
    new = _given(NewToken, name=name, scopes=list(scopes), days=days)

    async def work(db: AsyncSession) -> TokenShown:
        return await service.make_token(db, MACHINE, person, new, console.moment())

    shown = console.in_transaction(work)
    console.say(as_json, shown, [shown.token])
