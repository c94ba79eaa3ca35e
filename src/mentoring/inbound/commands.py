"""Mails that come in, by way of the mail server's own delivery."""

import sys

import click
from sqlalchemy.ext.asyncio import AsyncSession

from mentoring import console
from mentoring.identity import MACHINE
from mentoring.inbound import service
from mentoring.inbound.contracts import Received
from mentoring.inbound.rules import LARGEST_MAIL


@click.command()
@console.json_option
def inbound(as_json: bool) -> None:
    """Read one mail from standard input: an answer to an invitation, or a bounce.

    For the mail server that delivers what comes to MENTORING_MAIL_FROM. The same mail again changes nothing.

    \b
    Example (Postfix aliases):
      mentoring: "|/opt/mentoring/bin/mentoring inbound"
    """
    content = sys.stdin.buffer.read(LARGEST_MAIL + 1)
    settings = console.settings()

    async def job(db: AsyncSession) -> Received:
        return await service.receive_mail(db, MACHINE, settings, content, console.moment())

    received = console.in_transaction(job)
    console.say(as_json, received, [console.words().text(f"inbound.{received.outcome.value}")])
