"""Exports from the command line."""

from pathlib import Path

import click

from mentoring.console import json_option, moment, say, with_database, words
from mentoring.exports import service
from mentoring.exports.contracts import Table, TakeAway
from mentoring.identity import MACHINE
from mentoring.sheets import SheetFormat


@click.command()
@click.argument("ref", metavar="PROGRAMME")
@click.argument("table", type=click.Choice([one.value for one in Table]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
def export(ref: str, table: str, file: Path, as_json: bool) -> None:
    """Write a TABLE of PROGRAMME to FILE, as Excel where its name ends in .xlsx, else as CSV.

    \b
    Example:
      mentoring export "Digital leaders" pairings pairings.xlsx
    """
    format = SheetFormat.XLSX if file.suffix.lower() == ".xlsx" else SheetFormat.CSV
    wanted = TakeAway(Table(table), format)
    written = with_database(lambda opened: service.export_table(opened, MACHINE, ref, wanted, words(), moment()))
    file.write_bytes(written.content)
    say(as_json, {"file": str(file)}, [words().text("export.done", file=file)])
