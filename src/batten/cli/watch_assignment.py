from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from batten.cli.output import say, stop, tell
from batten.cli.watch_database import the_database
from batten.cli.watch_options import place_options
from batten.watch.model import SERVICE, Asset, Assignment
from batten.watch.schedule import acts
from batten.watch.schedule.acts import ActProblem
from batten.watch.store import assignments, teams
from batten.watch.store.database import now

F = TypeVar("F", bound=Callable[..., Any])
_BY = "command line"
_EVERYTHING = "channels that report everything"
_ASSETS = click.Choice([asset.value for asset in Asset])


def _whose_options(command: F) -> F:
    team = click.option("--team", default="", metavar="NAME", help="The team whose settings may name it.")
    every = click.option("--everything", is_flag=True, help="Of channels that report everything.")
    return team(every(command))


@click.group("assignment")
def command() -> None:
    """Say which secrets, paths, traffic files and networks the settings of which team may name.

    Once there are several teams, environments and channels name only what is assigned to their team. A path stands for all
    that is below it. A network that is assigned is reached by its teams alone.
    """  # fmt: skip


@command.command("list")
@place_options
def list_assignments(data: Path | None, database: str | None) -> None:
    """List assignments, and what settings name that is not assigned."""
    with the_database(data, database) as opened, opened.read() as db:
        names = {0: _EVERYTHING} | {team.id: team.name for team in teams.every(db, SERVICE)}
        for one in assignments.every(db):
            say(f"{one.asset.value}  {one.name}  {names.get(one.team, 'a removed team')}")
        for one in acts.unassigned(db):
            team = names.get(one.team, "a removed team")
            say(f"{one.asset.value}  {one.name}  not assigned, and named by settings of {team}")


@command.command("add")
@click.argument("asset", type=_ASSETS)
@click.argument("name")
@_whose_options
@place_options
def add(asset: str, name: str, team: str, everything: bool, data: Path | None, database: str | None) -> None:
    """Let the settings of a team name NAME: a secret, path, traffic file or network."""
    with _changes(data, database) as db:
        acts.assign(db, _BY, _assignment(db, asset, name, team, everything), now())
    tell(f"batten: {name} is assigned to {team or _EVERYTHING}")


@command.command("remove")
@click.argument("asset", type=_ASSETS)
@click.argument("name")
@_whose_options
@place_options
def remove(
    asset: str, name: str, team: str, everything: bool, data: Path | None, database: str | None
) -> None:
    """Withdraw NAME from a team."""
    with _changes(data, database) as db:
        acts.withdraw(db, _BY, _assignment(db, asset, name, team, everything), now())
    tell(f"batten: {name} is withdrawn from {team or _EVERYTHING}")


@contextmanager
def _changes(data: Path | None, url: str | None) -> Iterator[Connection]:
    try:
        with the_database(data, url) as database, database.begin() as db:
            yield db
    except ActProblem as problem:
        stop(str(problem))


def _assignment(db: Connection, asset: str, name: str, team: str, everything: bool) -> Assignment:
    if bool(team) is everything:
        stop("name one of --team and --everything")
    if team and not teams.exists(db, team):
        stop(f"there is no team {team}")
    return Assignment(asset=Asset(asset), name=name, team=teams.named(db, team) if team else 0)
