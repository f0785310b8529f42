"""Options of `batten probe` that decide what a run does beside assessing its targets."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from batten.model.record import record

F = TypeVar("F", bound=Callable[..., Any])


@record(kw_only=True)
class Run:
    """An assessment, unless `clean_up` or `dry_run` says otherwise; and how hosts without a named port are looked at."""

    clean_up: bool = False
    try_logins: bool = False
    smuggling: bool = False
    dry_run: bool = False
    ports: str = ""
    exclude: tuple[str, ...] = ()
    connect_rate: float = 1000.0
    resume: bool = False
    yes: bool = False


_OPTIONS = (
    click.option(
        "--ports",
        default="",
        metavar="common|80,443,8000-8100",
        help="Look for open ports of hosts, blocks and ranges (10.0.0.0/28), and assess what listens [default for blocks, ranges and lists: common].",
    ),
    click.option(
        "--exclude",
        multiple=True,
        help="Never connect to this host, host:port, block or range. Repeatable.",
    ),
    click.option(
        "--connect-rate",
        type=click.FloatRange(min=1),
        default=1000.0,
        show_default=True,
        help="Connections per second of the search for open ports, over all hosts; to each host as many as --rate.",
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Continue an interrupted run with the same targets: those that were done are not assessed again.",
    ),
    click.option(
        "--yes",
        is_flag=True,
        help="Connect to more than 256 addresses, or to a range of public ones, without asking.",
    ),
    click.option(
        "--try-logins",
        is_flag=True,
        help="Also try up to 20 passwords of a made-up user at documented log-ins [or `try-logins` of batten.yaml].",
    ),
    click.option(
        "--smuggling",
        is_flag=True,
        help="Also send requests whose length two servers may read differently [or `smuggling` of batten.yaml].",
    ),
    click.option(
        "--dry-run", is_flag=True, help="List the requests that would be sent; connects to nothing."
    ),
    click.option(
        "--clean-up",
        is_flag=True,
        help="Remove what interrupted --active runs in this folder created, and nothing else.",
    ),
)
_NAMES = (
    "ports",
    "exclude",
    "connect_rate",
    "resume",
    "yes",
    "try_logins",
    "smuggling",
    "dry_run",
    "clean_up",
)


def run_options(command: F) -> F:
    """These options, which the command gets as `run`."""

    @wraps(command)
    def made(**given: Any) -> Any:
        run = Run(**{name: given.pop(name) for name in _NAMES})
        return command(run=run, **given)

    for option in reversed(_OPTIONS):
        made = option(made)
    return made  # type: ignore[return-value]
