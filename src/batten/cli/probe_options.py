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
    """What is done: an assessment, unless one of these says otherwise."""

    clean_up: bool = False
    dry_run: bool = False


_OPTIONS = (
    click.option(
        "--dry-run", is_flag=True, help="List the requests that would be sent; connects to nothing."
    ),
    click.option(
        "--clean-up",
        is_flag=True,
        help="Remove what interrupted --active runs in this folder created, and nothing else.",
    ),
)


def run_options(command: F) -> F:
    """These options, which the command gets as `run`."""

    @wraps(command)
    def made(*, clean_up: bool, dry_run: bool, **others: Any) -> Any:
        return command(run=Run(clean_up=clean_up, dry_run=dry_run), **others)

    for option in reversed(_OPTIONS):
        made = option(made)
    return made  # type: ignore[return-value]
