from __future__ import annotations

from pathlib import Path

import click

from batten.cli.output import say, stop
from batten.cli.watch_database import the_database
from batten.cli.watch_options import place_options
from batten.engine.history import HistoryProblem
from batten.engine.history.former import FormerHistory, former_history
from batten.files import Refused
from batten.files.named import read_named
from batten.watch.assess.histories import BY, imported
from batten.watch.model import SERVICE
from batten.watch.store import audit, environments, imports
from batten.watch.store.database import now


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--environment",
    "name",
    required=True,
    metavar="SERVICE/STAGE",
    help="The environment that gets the history; it must be new.",
)
@click.option(
    "--observed",
    default="",
    metavar="NAME",
    help="Also import what the history says of this environment of batten.yaml.",
)
@place_options
def command(file: Path, name: str, observed: str, data: Path | None, database: str | None) -> None:
    """Import FILE, a history.db of `batten check`: findings keep the day on which they were first seen."""
    history = _read(file)
    with the_database(data, database) as opened, opened.begin() as db:
        found = [one for one in environments.every(db, SERVICE) if name in (one.name, str(one.id))]
        if len(found) != 1:
            stop(f"{len(found)} environments are called {name}; name one by its number")
        one = found[0]
        if not imports.is_empty(db, one.id):
            stop(f"{one.name} was assessed already; a history is imported into a new environment only")
        made = imported(history, one.id, observed)
        count = imports.write(db, one.id, made.runs, made.lives)
        audit.append(db, now(), BY, "history-imported", one.name, one.id, {"findings": str(count)})
    left = (
        f"; {history.unknown} findings of a former version have no identity and were left out"
        if history.unknown
        else ""
    )
    say(f"imported {len(made.runs)} runs and {count} findings into {one.name}{left}")


def _read(file: Path) -> FormerHistory:
    try:
        return former_history(read_named(file))
    except (HistoryProblem, Refused) as problem:
        stop(f"{file} cannot be imported: {problem}")
    except OSError as error:
        stop(f"{file} cannot be read: {error.strerror or error}")
