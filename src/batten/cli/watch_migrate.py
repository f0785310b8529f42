from __future__ import annotations

import click

from batten.cli.output import tell
from batten.cli.watch_database import opening, show
from batten.watch.store.move import move


@click.command("migrate")
@click.option(
    "--from",
    "source",
    required=True,
    metavar="URL",
    help="Database to copy: sqlite:///FILE or postgresql://….",
)
@click.option(
    "--to", "target", required=True, metavar="URL", help="Empty database to fill; a file is created."
)
def command(source: str, target: str) -> None:
    """Copy everything from one database to another: SQLite to PostgreSQL, or back.

    Stop the service and its workers first: what they write meanwhile is not copied. The source does not change. The target receives
    everything in one transaction, compared row by row, or nothing.
    """
    with opening(source, None) as old, opening(target, None, new=True) as new:
        move(old, new, show)
    tell("batten: everything was copied and compared; start the service with the new database")
