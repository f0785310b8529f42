"""The database that a subcommand of `batten watch` works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from batten.cli.output import say, stop
from batten.watch.folder import FolderProblem, folder
from batten.watch.store.copying import Copied
from batten.watch.store.database import Database, StoreProblem, in_folder, open_database

F = TypeVar("F", bound=Callable[..., Any])
VARIABLE = "BATTEN_WATCH_DATABASE"


def data_option(command: F) -> F:
    """--data."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Data folder of the service [default: this user's state].",
    )(command)


@contextmanager
def database(url: str | None, data: Path | None, new: bool = False) -> Iterator[Database]:
    """The database of a URL, or the file in the data folder; a problem with it ends the command."""
    try:
        opened = open_database(url, new) if url else in_folder(folder(data), new)
        try:
            yield opened
        finally:
            opened.close()
    except (FolderProblem, StoreProblem) as problem:
        stop(str(problem))


def show(copied: Copied) -> None:
    """A line for each table."""
    say(f"{copied.rows:>12,}  {copied.table}")
