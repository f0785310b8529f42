from __future__ import annotations

from pathlib import Path

import click

from batten.cli.output import stop, tell
from batten.cli.watch_database import opening, show
from batten.cli.watch_options import data_option
from batten.files import Refused
from batten.files.private import read_private_file
from batten.watch.store.restore import restore


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@data_option
@click.option(
    "--to",
    "url",
    metavar="URL",
    help="Empty database to restore into [default: a new file in the data folder].",
)
def command(file: Path, data: Path | None, url: str | None) -> None:
    """Restore a backup into an empty database; all of it, or nothing.

    Restore only backups that you trust: their users and tokens can log in afterwards.
    """
    try:
        with read_private_file(file) as (stream, size), opening(url, data, new=True) as target:
            head = restore(stream, size, target, show)
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror or error}")
    tell(f"batten: the backup of batten {head.version} is restored")
