"""Which database the subcommands that administer a service work on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.exc import DBAPIError

from batten.cli.output import stop
from batten.watch.folder import FolderProblem, folder
from batten.watch.store.database import FILE, Database, StoreProblem, in_folder, open_database, unavailable
from batten.watch.store.schema import prepare

F = TypeVar("F", bound=Callable[..., Any])


def place_options(command: F) -> F:
    """`--data` and `--database`, as the service itself has them."""
    data = click.option(
        "--data", type=click.Path(path_type=Path), metavar="DIR", help="Data folder of the service."
    )
    database = click.option(
        "--database", envvar="BATTEN_WATCH_DATABASE", metavar="URL",
        help="The service's database, where it is not in the data folder; also by BATTEN_WATCH_DATABASE.",
    )  # fmt: skip
    return data(database(command))


@contextmanager
def the_database(data: Path | None, url: str | None) -> Iterator[Database]:
    """The database of a service that was started before; what is wrong with it ends the command with a sentence."""
    try:
        database = open_database(url) if url else _in_folder(data)
        prepare(database)
        yield database
    except (FolderProblem, StoreProblem) as problem:
        stop(str(problem))
    except DBAPIError as error:
        stop(f"the database cannot be used: {unavailable(error)}")
    database.close()


def _in_folder(data: Path | None) -> Database:
    place = folder(data)
    if not (place / FILE).exists():
        stop(f"{place} has no database; start `batten watch` first, or name its folder with --data")
    return in_folder(place)
