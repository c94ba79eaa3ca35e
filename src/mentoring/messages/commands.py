"""The command line's door to messages."""

import click

from mentoring import console
from mentoring.identity import MACHINE
from mentoring.messages import queries
from mentoring.messages.contracts import MessageView
from mentoring.messages.rules import MessageState

STATES = [state.value for state in MessageState]


@click.group()
def messages() -> None:
    """Look at what was sent, what waits, and what went wrong."""


@messages.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@console.json_option
def list_messages(state: str | None, limit: int, as_json: bool) -> None:
    """List the latest messages.

    A message is uncertain when the service was stopped, or the connection broke, at the very moment of sending: it may
    have arrived, so it is not sent again by itself.

    \b
      mentoring messages list --state uncertain
    """
    wanted = MessageState(state) if state else None
    found = console.reading(lambda db: queries.list_messages(db, MACHINE, wanted, limit))
    console.say(as_json, found, [_line(one) for one in found] or [console.words().text("messages.none")])


def _line(message: MessageView) -> str:
    made = message.made_at.strftime("%Y-%m-%d %H:%M")
    columns = (f"{message.state.value:<9}", f"{message.kind:<20}", f"{message.address or '-':<32}", message.error or "")
    return "  ".join((made, *columns)).rstrip()
