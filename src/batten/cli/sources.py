"""Where advisories are, as commands are told: `--advisories` and `--online`."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import click

from batten.cli.output import stop
from batten.masking import masked
from batten.policy.advising import Source

F = TypeVar("F", bound=Callable[..., Any])


def source_options(command: F) -> F:
    """--advisories and --online; the command gets a `Source` or None as `source`."""

    def chosen(advised: str | None, online: bool, **given: Any) -> Any:
        return command(source=_source(advised, online), **given)

    wrapped = click.option(
        "--online",
        is_flag=True,
        help="Compare packages with OSV's advisories: names and versions of packages are sent to api.osv.dev.",
    )(update_wrapper(chosen, command))
    return click.option(  # type: ignore[return-value]
        "--advisories",
        "advised",
        metavar="DIR|URL",
        help="Compare packages with the advisories of a database (`batten advisories fetch`), or of an API like OSV's.",
    )(wrapped)


def needs_extra() -> None:
    """Stop where what compares versions is not installed."""
    if find_spec("univers") is None or find_spec("cvss") is None:
        stop("the packages that compare versions are not installed; pip install 'batten[advisories]'")


def _source(named: str | None, online: bool) -> Source | None:
    if named is not None and online:
        stop("--online is --advisories with the address of OSV; omit one of them")
    if named is None and not online:
        return None
    needs_extra()
    from batten.advisories.api import USUAL
    from batten.advisories.web import address

    if online:
        return Source(url=USUAL)
    assert named is not None
    if "://" not in named:
        return Source(folder=_folder(named))
    try:
        return Source(url=address(named).removesuffix("/v1"))
    except ValueError as error:
        stop(f"--advisories {masked(named)} {error}; write https://host")


def _folder(named: str) -> Path:
    path = Path(named)
    if not path.is_dir():
        stop(f"there is no folder {named}; make it with `batten advisories fetch {named}`")
    return path.absolute()
