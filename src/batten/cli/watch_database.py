"""The database that a subcommand of `batten watch` works on; what is wrong with it ends the command with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from batten.cli.output import say, stop
from batten.watch.folder import FolderProblem, folder
from batten.watch.store.copying import Copied
from batten.watch.store.database import FILE, Database, StoreProblem, in_folder, open_database, unavailable
from batten.watch.store.schema import prepare


@contextmanager
def opening(url: str | None, data: Path | None, new: bool = False) -> Iterator[Database]:
    """The database of a URL, or the file in the data folder; with `new`, one that is made."""
    try:
        opened = open_database(url, new) if url else in_folder(folder(data), new)
        try:
            yield opened
        finally:
            opened.close()
    except (FolderProblem, StoreProblem) as problem:
        stop(str(problem))
    except DBAPIError as error:
        stop(f"the database cannot be used: {unavailable(error)}")


@contextmanager
def the_database(data: Path | None, url: str | None) -> Iterator[Database]:
    """The database of a service that was started before, with the tables of this version."""
    if not url and not (_folder(data) / FILE).exists():
        stop(f"{_folder(data)} has no database; start `batten watch` first, or name its folder with --data")
    with opening(url, data) as opened:
        prepare(opened)
        yield opened


def _folder(data: Path | None) -> Path:
    try:
        return folder(data)
    except FolderProblem as problem:
        stop(str(problem))


def show(copied: Copied) -> None:
    """A line for each table."""
    say(f"{copied.rows:>12,}  {copied.table}")
