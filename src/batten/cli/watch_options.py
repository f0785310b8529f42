"""Options that `batten watch` and its subcommands share: where the service keeps its files, and its database."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from batten.cli.output import stop
from batten.files import Refused
from batten.files.named import read_named

F = TypeVar("F", bound=Callable[..., Any])
VARIABLE = "BATTEN_WATCH_DATABASE"
_FILE = f"{VARIABLE}_FILE"


def data_option(command: F) -> F:
    """--data."""
    return click.option(
        "--data", type=click.Path(path_type=Path), metavar="DIR",
        help="Data folder of the service [default: this user's state].",
    )(command)  # fmt: skip


def database_option(command: F) -> F:
    """--database: a URL may hold a password, so it also comes by an environment variable, or in a file that one names."""
    return click.option(
        "--database", metavar="URL", callback=_given,
        help=f"postgresql://… of a fleet; also by {VARIABLE}, or in the file that {_FILE} names [default: a file in the data folder].",
    )(command)  # fmt: skip


def repositories_option(command: F) -> F:
    """--repositories."""
    return click.option(
        "--repositories", multiple=True, type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Folder of this machine below which repositories may be read. Repeatable.",
    )(command)  # fmt: skip


def networks_option(command: F) -> F:
    """--target-network."""
    return click.option(
        "--target-network", "target_networks", multiple=True, metavar="CIDR",
        help="Network that alone is assessed, such as 10.0.0.0/8; without one, all but this machine, loopback, link-local and metadata "
        "addresses, which a network opens that is within them, such as 127.0.0.0/8. Repeatable.",
    )(command)  # fmt: skip


def log_option(command: F) -> F:
    """--log."""
    return click.option(
        "--log", type=click.Choice(["text", "json"]), default="text", show_default=True,
        help="Format of the log on stderr.",
    )(command)  # fmt: skip


def _given(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value:
        return value
    if os.environ.get(VARIABLE):
        return os.environ[VARIABLE]
    named = os.environ.get(_FILE)
    if not named:
        return None
    try:
        return read_named(Path(named)).decode().strip() or None
    except (OSError, Refused, UnicodeDecodeError) as error:
        stop(f"{_FILE}: {named} cannot be read: {error}")


def place_options(command: F) -> F:
    """--data and --database, as the service itself has them."""
    return data_option(database_option(command))
