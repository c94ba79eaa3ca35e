"""Webhooks from the command line."""

from uuid import UUID

import click
import msgspec

from mentoring.console import in_transaction, json_option, moment, reading, say, words
from mentoring.hooks import service
from mentoring.hooks.contracts import HookView, NewHook
from mentoring.hooks.rules import TOLD, HookKind
from mentoring.identity import MACHINE


@click.group()
def hooks() -> None:
    """Webhooks: chats and programs that are told of what happens in a programme."""


@hooks.command("add")
@click.argument("ref", metavar="PROGRAMME")
@click.argument("name")
@click.argument("url")
@click.option("--kind", type=click.Choice([one.value for one in HookKind]), default="signed", show_default=True)
@click.option(
    "--topic", "topics", multiple=True, type=click.Choice([one.value for one in TOLD]), help="All, unless said."
)
@json_option
def add(ref: str, name: str, url: str, kind: str, topics: tuple[str, ...], as_json: bool) -> None:
    """Tell URL of what happens in PROGRAMME. The key of a signed one is shown this once.

    \b
    Example:
      mentoring hooks add "Digital leaders" "Our channel" https://hooks.example.org/services/T0/B0/x --kind slack
    """
    try:
        new = msgspec.convert({"name": name, "url": url, "kind": kind, "topics": list(topics)}, NewHook)
    except msgspec.ValidationError as error:
        raise click.UsageError(str(error)) from error
    made = in_transaction(lambda db: service.add_hook(db, MACHINE, ref, new, moment()))
    say(as_json, made, [_line(made.hook), *([made.secret] if made.secret else [])])


@hooks.command("list")
@click.argument("ref", metavar="PROGRAMME")
@json_option
def list_all(ref: str, as_json: bool) -> None:
    """List the webhooks of PROGRAMME."""
    found = reading(lambda db: service.list_hooks(db, MACHINE, ref))
    say(as_json, found, map(_line, found))


@hooks.command("remove")
@click.argument("hook_id", metavar="HOOK", type=click.UUID)
def remove(hook_id: UUID) -> None:
    """Tell HOOK (an id, as `hooks list` prints it) nothing more."""
    in_transaction(lambda db: service.remove_hook(db, MACHINE, hook_id, moment()))
    say(False, None, [words().text("hook.removed")])


@hooks.command("ping")
@click.argument("hook_id", metavar="HOOK", type=click.UUID)
def ping(hook_id: UUID) -> None:
    """Send HOOK a test message; the clock delivers it."""
    in_transaction(lambda db: service.ping(db, MACHINE, hook_id, moment()))
    say(False, None, [words().text("hook.pinged")])


def _line(one: HookView) -> str:
    return f"{one.id}  {one.kind.value:<6}  {one.host}  {one.name}  {', '.join(one.topics)}"
