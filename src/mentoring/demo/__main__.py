"""Fill an empty database with the demo and say how to come in: ``python -m mentoring.demo``."""

import click

from mentoring import console
from mentoring.db import Database
from mentoring.demo.seed import ensure_demo, sign_in_links


def main() -> None:
    base_url = console.settings().base_url

    async def work(database: Database) -> list[tuple[str, str, str]]:
        await ensure_demo(database)
        return await sign_in_links(database, base_url)

    words = console.words()
    for role, name, link in console.with_database(work):
        click.echo(words.text("run.link", role=words.text(f"role.{role}"), name=name, link=link))
    click.echo(words.text("run.mailbox", address=f"{base_url}/mailbox"))


if __name__ == "__main__":
    main()
