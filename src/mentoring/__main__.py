"""The command line: one program, whose commands are the doors of the slices."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple

import click

from mentoring.memory import for_good


class Known(NamedTuple):
    """A command that has not been imported: where it lives, and what it says of itself first."""

    path: str
    says: str


COMMANDS: Mapping[str, Known] = {
    "staff": Known("mentoring.directory.commands:staff", "The staff directory: import a staff file, look somebody up."),
    "skills": Known(
        "mentoring.skills.commands:skills",
        "The skill catalogue: the 21 competences of DigComp 3.0, and your own.",
    ),
    "programme": Known(
        "mentoring.programmes.commands:programme",
        "Programmes: make one from a preset, look at it, change what it decides.",
    ),
    "signups": Known("mentoring.programmes.commands:signups", "Sign-ups for a programme."),
    "round": Known(
        "mentoring.rounds.commands:round_",
        "Match rounds: see how ready a programme is, propose pairs, decide, publish.",
    ),
    "people": Known(
        "mentoring.people.commands:people",
        "Let people in: invite them, make sign-in links, make administrators.",
    ),
    "at-risk": Known(
        "mentoring.followups.commands:at_risk",
        "Pairings at risk: who they are, why, what is best done next, and who acted.",
    ),
    "hooks": Known(
        "mentoring.hooks.commands:hooks",
        "Webhooks: chats and programs that are told of what happens in a programme.",
    ),
    "inbound": Known(
        "mentoring.inbound.commands:inbound",
        "Read one mail from standard input: an answer to an invitation, or a bounce.",
    ),
    "messages": Known(
        "mentoring.messages.commands:messages",
        "Look at what was sent, what waits, and what went wrong.",
    ),
    "export": Known(
        "mentoring.exports.commands:export",
        "Write a TABLE of PROGRAMME to FILE, as Excel where its name ends in .xlsx, else as CSV.",
    ),
    "audit": Known(
        "mentoring.administration.commands:audit",
        "What happened, and whether anybody tampered with the list of it.",
    ),
    "settings": Known(
        "mentoring.administration.commands:settings",
        "Settings that are changed while the service runs.",
    ),
    "check": Known(
        "mentoring.upkeep.commands:check",
        "Look whether all that must be true of the database is: nothing lost, nothing doubled, nothing stuck.",
    ),
    "status": Known("mentoring.upkeep.commands:status", "Say how the clock, the queue and the events are."),
    "backup": Known(
        "mentoring.upkeep.commands:backup",
        "Write everything that the database holds to FILE, while the service runs.",
    ),
    "restore": Known("mentoring.upkeep.commands:restore", "Put a backup back: all of it, or nothing."),
    "resume": Known("mentoring.upkeep.commands:resume", "Let the clock go on after it has stopped to ask."),
    "migrate": Known("mentoring.running:migrate", "Bring the database's schema up to date."),
    "serve": Known("mentoring.running:serve", "Run the web application and the API."),
    "clock": Known("mentoring.running:clock", "Run the clock: check-ins, follow-ups, messages, rounds."),
    "run": Known(
        "mentoring.running:run",
        "Run web, API and clock in one go; print the address, and with --demo one sign-in link per role.",
    ),
}
"""A command is imported when it is asked for: all of them together take longer than most work."""
MORE = {"programme": ("mentoring.followups.commands:simulate",)}
"""Commands that a slice to the right adds to the group of one to its left."""


class Commands(click.Group):
    """A group that imports a command when somebody wants it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = _found(COMMANDS[cmd_name].path)
        for path in MORE.get(cmd_name, ()):
            assert isinstance(command, click.Group)
            command.add_command(_found(path))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.says) for name, known in COMMANDS.items()])


@cache
def _found(path: str) -> click.Command:
    module, _, name = path.partition(":")
    with for_good():
        command: click.Command = getattr(import_module(module), name)
    return command


@click.group(cls=Commands, context_settings={"max_content_width": 100})
@click.version_option(package_name="mentoring")
def main() -> None:
    """Reverse mentoring that an organisation runs itself.

    A first tour, on SQLite, with nothing to set up:

    \b
      mentoring staff import staff.csv --apply
      mentoring programme create "Digital leaders" --preset standard
      mentoring signups import "Digital leaders" signups.csv --apply
      mentoring round ready "Digital leaders"
      mentoring round propose "Digital leaders" --wait
      mentoring round publish "Digital leaders 1"
      mentoring run

    Settings come from the environment (MENTORING_DATABASE_URL and so on; see docs/operations.md).
    Exit codes: 0 done, 1 refused with reasons, 2 wrong use.
    """


if __name__ == "__main__":
    main()
