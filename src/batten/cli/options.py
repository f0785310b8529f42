"""Options that commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import click

from batten.cell.trust import trusting
from batten.cli.output import stop
from batten.controls import registered
from batten.model import Context

_OWN = "batten.own_controls"
F = TypeVar("F", bound=Callable[..., Any])


def context_option(command: F) -> F:
    """--context."""
    return click.option(
        "--context",
        "contexts",
        multiple=True,
        type=click.Choice([c.value for c in Context if c is not Context.PRODUCTION]),
        help="Count findings in these files like findings in production files. Repeatable.",
    )(command)


def control_options(command: F) -> F:
    """--controls: the files are run while the command line is read; their contents are `own_code`."""
    return click.option(
        "--controls",
        type=click.Path(path_type=Path, dir_okay=False),
        multiple=True,
        expose_value=False,
        callback=_own_controls,
        help="Load controls from this Python file, too; the file is executed. Repeatable.",
    )(command)


def loads_controls() -> bool:
    """Whether the command judges, with all controls that the user has."""
    return _OWN in click.get_current_context().meta


def own_code() -> tuple[bytes, ...]:
    """The contents of the files that --controls named."""
    return tuple(click.get_current_context().meta.get(_OWN, ()))


def _own_controls(context: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]) -> None:
    """Run the files in which a user keeps controls, which registers them."""
    contents: list[bytes] = context.meta.setdefault(_OWN, [])
    for path in paths:
        before = len(registered())
        try:
            code = _of_base(path, context)
            contents.append(path.read_bytes() if code is None else code)  # the user's own, wherever it lies
            module = ModuleType(f"batten_own_{path.stem}")
            module.__file__ = str(path)
            exec(compile(contents[-1], path, "exec"), module.__dict__)
        except OSError as error:
            stop(f"{path} cannot be read: {error.strerror}")
        except Exception as error:
            stop(f"{path} failed: {type(error).__name__}: {error}; see docs/policy.md for a control's form")
        if len(registered()) == before:
            stop(f"{path} registers no control; decorate a judge with @control of batten.controls")


def _of_base(path: Path, context: click.Context) -> bytes | None:
    """The file as it is at the revision whose policy decides, where it is in the repository under review: a change runs no code
    of its own. None for the file as it is."""
    revision = context.params.get("policy_from") or context.params.get("revision")
    if revision in (None, "."):
        return None
    from batten.engine.lowering.based import OPTION, path_in
    from batten.engine.revision import ChangesProblem, commit_at
    from batten.files.named import checkout_of

    for place in (Path.cwd(), *context.params.get("paths", ())):
        folder = place if place.is_dir() else place.absolute().parent
        below = path_in(path, checkout_of(folder).resolve())
        try:
            code = commit_at(revision, folder, OPTION).file(below) if below is not None else None
        except ChangesProblem as error:
            stop(str(error))
        if below is not None and code is None:
            stop(f"{path} is not a file at '{revision}', whose controls decide; see {OPTION}")
        if code is not None:
            return code
    return None


def baseline_options(command: F) -> F:
    """--baseline, --write-baseline."""
    path = click.Path(path_type=Path, dir_okay=False)
    command = click.option(
        "--write-baseline", type=path, help="Write the current findings to this baseline file."
    )(command)
    return click.option(
        "--baseline", type=path, help="Count only findings that are not in this baseline file."
    )(command)


def history_option(command: F) -> F:
    """--history."""
    return click.option(
        "--history",
        "named",
        type=click.Path(path_type=Path, dir_okay=False),
        help="History database, outside the checkout [default: BATTEN_HISTORY, or the user's state folder].",
    )(command)


def trust_option(command: F) -> F:
    """--trust: for as long as the command runs, programs are asked without a cell."""
    return click.option(
        "--trust",
        is_flag=True,
        expose_value=False,
        callback=_trust,
        help="Trust the files: run validators, helm and git even without a sandbox.",
    )(command)


def _trust(context: click.Context, parameter: click.Parameter, given: bool) -> None:
    context.with_resource(trusting(given))


def allow_option(command: F) -> F:
    """--allow, --allow-env."""
    command = click.option(
        "--allow-env",
        multiple=True,
        metavar="NAME[@PLACE]",
        callback=_loans,
        help="Send this environment variable to environments that --allow admits, or to PLACE alone [default: BATTEN_ALLOW_ENV]. Repeatable.",
    )(command)
    return click.option(
        "--allow",
        multiple=True,
        metavar="PLACE",
        callback=_places,
        help="Connect to environments of batten.yaml there: HOST (HTTPS, port 443), HOST:PORT, http://HOST, HOST:* (every port)"
        " [default: BATTEN_ALLOW]; see `batten trust`. Repeatable.",
    )(command)


def _places(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    from batten.engine.trust import VARIABLE, listed, place_of

    for text, source in _written(given, listed(VARIABLE), VARIABLE):
        if place_of(text) is None:
            raise click.BadParameter(
                f"'{text}'{source} names no place; write HOST, HOST:PORT, HOST:* or SCHEME://HOST[:PORT]"
            )
    return given


def _loans(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    from batten.engine.trust import LENDING, listed, loan_of

    for text, source in _written(given, listed(LENDING), LENDING):
        if loan_of(text) is None:
            raise click.BadParameter(f"'{text}'{source} names no variable; write NAME or NAME@HOST")
    return given


def _written(given: Iterable[str], listed: Iterable[str], variable: str) -> list[tuple[str, str]]:
    """Each entry of an option and of the variable that adds to it, with the words that say where it is from."""
    return [*((text, "") for text in given), *((text, f" in {variable}") for text in listed)]
