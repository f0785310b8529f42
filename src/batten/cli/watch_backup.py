from __future__ import annotations

from pathlib import Path

import click

from batten.cli.output import stop, tell
from batten.cli.watch_database import opening, show
from batten.cli.watch_options import place_options
from batten.files.private import new_private_file
from batten.watch.store.backup import write


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@place_options
def command(file: Path, data: Path | None, database: str | None) -> None:
    """Write a backup of the database to a new FILE; the service may run meanwhile.

    Secrets and keys in the data folder are not part of it. Sessions are not either: after a restore, users log in again.
    """
    with opening(database, data) as source:
        try:
            with new_private_file(file.absolute()) as stream:
                write(source, stream, show)
        except OSError as error:
            stop(f"{file} cannot be written: {error.strerror or error}")
    tell(f"batten: {file} is written")
