"""The command line: one program, whose commands are the doors of the slices."""

from importlib import import_module

import click

COMMANDS = {
    "staff": "mentoring.directory.commands:staff",
    "skills": "mentoring.skills.commands:skills",
    "programme": "mentoring.programmes.commands:programme",
    "signups": "mentoring.programmes.commands:signups",
    "round": "mentoring.rounds.commands:round_",
    "people": "mentoring.people.commands:people",
    "at-risk": "mentoring.followups.commands:at_risk",
    "hooks": "mentoring.hooks.commands:hooks",
    "inbound": "mentoring.inbound.commands:inbound",
    "messages": "mentoring.messages.commands:messages",
    "export": "mentoring.exports.commands:export",
    "audit": "mentoring.administration.commands:audit",
    "settings": "mentoring.administration.commands:settings",
    "check": "mentoring.upkeep.commands:check",
    "status": "mentoring.upkeep.commands:status",
    "backup": "mentoring.upkeep.commands:backup",
    "restore": "mentoring.upkeep.commands:restore",
    "resume": "mentoring.upkeep.commands:resume",
    "migrate": "mentoring.running:migrate",
    "serve": "mentoring.running:serve",
    "clock": "mentoring.running:clock",
    "run": "mentoring.running:run",
}
"""Where each command lives. It is imported when it is asked for: all of them together take longer than most work."""
MORE = {"programme": ("mentoring.followups.commands:simulate",)}
"""Commands that a slice to the right adds to the group of one to its left."""


class Commands(click.Group):
    """A group that imports a command when somebody wants it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = _found(COMMANDS[cmd_name])
        for path in MORE.get(cmd_name, ()):
            assert isinstance(command, click.Group)
            command.add_command(_found(path))
        return command


def _found(path: str) -> click.Command:
    module, _, name = path.partition(":")
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
