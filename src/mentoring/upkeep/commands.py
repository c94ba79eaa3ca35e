"""The command line's door to the upkeep of a deployment."""

import click

from mentoring import console
from mentoring.upkeep import invariants


@click.command()
@console.json_option
def check(as_json: bool) -> None:
    """Look whether all that must be true of the database is: nothing lost, nothing doubled, nothing stuck.

    Reads, changes nothing, may run while the service does. Exit code 1 where a rule is broken; what each means is in
    docs/operations.md.
    """
    broken = console.reading(lambda db: invariants.broken_rules(db, console.moment()))
    words = console.words()
    console.say(
        as_json, broken, [*broken, words.plural("check.broken", len(broken)) if broken else words.text("check.fine")]
    )
    raise SystemExit(1 if broken else 0)
