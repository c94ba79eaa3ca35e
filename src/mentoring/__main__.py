"""The command line: one program, whose commands are the doors of the slices."""

import click

from mentoring import running
from mentoring.directory import commands as directory
from mentoring.messages import commands as messages
from mentoring.people import commands as people
from mentoring.programmes import commands as programmes
from mentoring.rounds import commands as rounds
from mentoring.skills import commands as skills


@click.group(context_settings={"max_content_width": 100})
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


for command in (
    directory.staff,
    skills.skills,
    programmes.programme,
    programmes.signups,
    rounds.round_,
    people.people,
    messages.messages,
    *running.COMMANDS,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
