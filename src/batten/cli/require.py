"""--require: technologies that a run must have read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from batten.cli.output import stop
from batten.policy.nearest import meant
from batten.technologies import technologies

_REQUIRED = "batten.required"
F = TypeVar("F", bound=Callable[..., Any])


def require_option(command: F) -> F:
    """--require."""
    return click.option(
        "--require",
        multiple=True,
        expose_value=False,
        metavar="TECHNOLOGY",
        callback=_known,
        help="Exit with 3 unless a production file of this technology was read. Repeatable.",
    )(command)


def required() -> tuple[str, ...]:
    """The technologies that --require named."""
    return tuple(click.get_current_context().meta.get(_REQUIRED, ()))


def _known(context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> None:
    """Stop at a name that is not a technology's."""
    for name in names:
        if name not in technologies():
            others = f"choose from {', '.join(technologies())}"
            stop(f"--require: there is no technology '{name}'; {meant(name, technologies(), others)}")
    context.meta[_REQUIRED] = names
