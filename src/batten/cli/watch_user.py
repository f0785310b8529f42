from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy import Connection

from batten.cli.output import say, stop, tell
from batten.cli.watch_database import the_database
from batten.cli.watch_options import place_options
from batten.watch.access import accounts
from batten.watch.access.accounts import AccessProblem
from batten.watch.access.scopes import Scope
from batten.watch.model import DAY, SERVICE, Caller, Grant, Role, Token, User
from batten.watch.store import environments, teams, users
from batten.watch.store.database import now

F = TypeVar("F", bound=Callable[..., Any])
_BY = "command line"
_ROLE = click.option(
    "--role", required=True, type=click.Choice([role.label for role in Role]), help="What the user may do."
)


def _over_options(command: F) -> F:
    team = click.option(
        "--team", default="", metavar="NAME", help="Over the environments of this team alone."
    )
    one = click.option(
        "--environment", default="", metavar="SERVICE/STAGE", help="Over this environment alone."
    )
    return team(one(command))


@click.group("user")
def command() -> None:
    """Add, disable and list users, and grant roles, directly in the service's database."""


@command.command("list")
@place_options
def list_users(data: Path | None, database: str | None) -> None:
    """List users with their roles."""
    with the_database(data, database) as opened, opened.read() as db:
        for user in users.every(db):
            state = (
                "disabled" if user.disabled else "must change the password" if user.must_change else "active"
            )
            roles = ", ".join(_over(db, grant) for grant in users.grants(db, user.id)) or "no role"
            seen = (
                datetime.fromtimestamp(user.seen / 1000, UTC).date().isoformat()
                if user.seen is not None
                else "never"
            )
            say(f"{user.name}  {state}  {roles}  last log-in {seen}  {user.issuer}".rstrip())


@command.command("add")
@click.argument("name")
@_ROLE
@_over_options
@place_options
def add(name: str, role: str, team: str, environment: str, data: Path | None, database: str | None) -> None:
    """Add a user, and print the password for the first log-in."""
    with _changes(data, database) as db:
        password = accounts.add_user(db, _BY, name, [_grant(db, role, team, environment)], now())
    _show(f"the user {name} is added; the password for the first log-in, shown once:", password)


@command.command("reset")
@click.argument("name")
@place_options
def reset(name: str, data: Path | None, database: str | None) -> None:
    """Print a new password for a user, and end the user's sessions."""
    with _changes(data, database) as db:
        password = accounts.reset_password(db, _BY, _user(db, name), now())
    _show(f"the password of {name} for the next log-in, shown once:", password)


@command.command("disable")
@click.argument("name")
@place_options
def disable(name: str, data: Path | None, database: str | None) -> None:
    """Disable a user, and refuse the user's sessions and tokens."""
    with _changes(data, database) as db:
        accounts.disable(db, _BY, _user(db, name), now())
    tell(f"batten: {name} is disabled")


@command.command("enable")
@click.argument("name")
@place_options
def enable(name: str, data: Path | None, database: str | None) -> None:
    """Admit a disabled user again."""
    with _changes(data, database) as db:
        accounts.enable(db, _BY, _user(db, name), now())
    tell(f"batten: {name} is enabled")


@command.command("grant")
@click.argument("name")
@_ROLE
@_over_options
@place_options
def grant(name: str, role: str, team: str, environment: str, data: Path | None, database: str | None) -> None:
    """Grant a role over everything, a team or an environment, instead of the one over the same."""
    with _changes(data, database) as db:
        given = _grant(db, role, team, environment)
        accounts.grant(db, _BY, _user(db, name), given, now())
        said = _over(db, given)
    tell(f"batten: {name} is {said}")


@command.command("revoke")
@click.argument("name")
@_over_options
@place_options
def revoke(name: str, team: str, environment: str, data: Path | None, database: str | None) -> None:
    """Revoke the role over everything, a team or an environment."""
    with _changes(data, database) as db:
        accounts.revoke(db, _BY, _user(db, name), _grant(db, "viewer", team, environment), now())
    tell(f"batten: the role of {name} is revoked")


@command.command("token")
@click.argument("name")
@click.argument("label")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]),
    help="A scope of the token. Repeatable; no scope includes another.",
)  # fmt: skip
@click.option(
    "--days", type=click.IntRange(1, 3_650), default=90, show_default=True, help="How long it is valid."
)
@_over_options
@place_options
def token(
    name: str,
    label: str,
    scopes: tuple[str, ...],
    days: int,
    team: str,
    environment: str,
    data: Path | None,
    database: str | None,
) -> None:
    """Print a new token LABEL of the user NAME, for a program."""
    with _changes(data, database) as db:
        owner, at = _user(db, name), now()
        over = _grant(db, "viewer", team, environment)
        one = Token(
            name=label,
            user=owner.id,
            scopes=scopes,
            team=over.team,
            environment=over.environment,
            expires=at + days * DAY,
        )
        sent = accounts.create_token(db, Caller(name=_BY), one, at)
    _show(f"a token of {name} for {days} days, shown once:", sent)


@contextmanager
def _changes(data: Path | None, url: str | None) -> Iterator[Connection]:
    try:
        with the_database(data, url) as database, database.begin() as db:
            yield db
    except AccessProblem as problem:
        stop(str(problem))


def _user(db: Connection, name: str) -> User:
    found = users.named(db, name)
    return (
        found if found is not None else stop(f"there is no user {name}; `batten watch user list` shows them")
    )


def _grant(db: Connection, role: str, team: str, environment: str) -> Grant:
    """A role over what the options name."""
    if team and environment:
        stop("--team and --environment exclude each other")
    number = 0
    if team and not teams.exists(db, team):
        stop(f"there is no team {team}")
    if environment:
        found = [e.id for e in environments.every(db, SERVICE) if environment in (e.name, str(e.id))]
        if len(found) != 1:
            stop(f"{len(found)} environments are called {environment}; name one by its number")
        number = found[0]
    return Grant(Role[role.upper()], teams.named(db, team) if team else 0, number)


def _over(db: Connection, given: Grant) -> str:
    if given.environment:
        one = environments.find(db, SERVICE, given.environment)
        return f"{given.role.label} of {one.name if one is not None else 'a removed environment'}"
    if given.team:
        names = {team.id: team.name for team in teams.every(db, SERVICE)}
        return f"{given.role.label} of the team {names.get(given.team, 'that was removed')}"
    return f"{given.role.label} of everything"


def _show(said: str, secret: str) -> None:
    """The secret alone on stdout, as it is."""
    tell(f"batten: {said}")
    click.echo(secret)
