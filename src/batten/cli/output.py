"""Options and output that commands share: where to write, in which format, what to exit with."""

from __future__ import annotations

import gc
import os
import shutil
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import click

from batten.cell.trust import trusting
from batten.controls import registered
from batten.engine.baseline import Baseline, BaselineProblem, baseline_text, read_baseline
from batten.engine.outcome import ExitCode, Outcome
from batten.files import Refused, Root
from batten.files.named import checkout_of, write_named
from batten.files.state import unfinished
from batten.formats import Workspace
from batten.masking import sentence
from batten.model import Context, Severity
from batten.policy import Policy, PolicyProblem, find_policy
from batten.reports import FORMATS, render
from batten.reports.legible import legible

_OWN = "batten.own_controls"
F = TypeVar("F", bound=Callable[..., Any])
SEVERITIES = click.Choice([s.label for s in Severity])


def report_options(command: F) -> F:
    """--format, --output, --gate, --verbose."""
    for option in reversed(
        (
            click.option(
                "--format",
                "form",
                type=click.Choice(FORMATS),
                default="terminal",
                show_default=True,
                help="Report format.",
            ),
            click.option(
                "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file."
            ),
            click.option("--gate", type=SEVERITIES, help="Fail at this severity or above [default: low]."),
            click.option(
                "--verbose",
                "-v",
                is_flag=True,
                help="Show suppressed findings, and findings that do not count, too.",
            ),
        )
    ):
        command = option(command)
    return command


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


def own_code() -> tuple[bytes, ...]:
    """The contents of the files that --controls named."""
    return tuple(click.get_current_context().meta.get(_OWN, ()))


def _own_controls(context: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]) -> None:
    """Run the files in which a user keeps controls, which registers them."""
    contents: list[bytes] = context.meta.setdefault(_OWN, [])
    for path in paths:
        before = len(registered())
        try:
            contents.append(path.read_bytes())  # the user's own code: obeyed, wherever it lies
            specification = spec_from_file_location(f"batten_own_{path.stem}", path)
            assert specification is not None and specification.loader is not None
            specification.loader.exec_module(module_from_spec(specification))
        except OSError as error:
            stop(f"{path} cannot be read: {error.strerror}")
        except Exception as error:
            stop(f"{path} failed: {type(error).__name__}: {error}; see docs/policy.md for a control's form")
        if len(registered()) == before:
            stop(f"{path} registers no control; decorate a judge with @control of batten.controls")


def baseline_options(command: F) -> F:
    """--baseline, --write-baseline."""
    path = click.Path(path_type=Path, dir_okay=False)
    command = click.option(
        "--write-baseline", type=path, help="Write the current findings to this baseline file."
    )(command)
    return click.option(
        "--baseline", type=path, help="Count only findings that are not in this baseline file."
    )(command)


def place(paths: tuple[Path, ...], contexts: tuple[str, ...] = ()) -> tuple[Path, tuple[str, ...], Policy]:
    """The root, the paths below it (none: all of it), and the policy that holds there; findings of
    `contexts` count.
    """
    asked = [p.absolute() for p in paths] or [Path.cwd()]
    for path in asked:
        if not path.exists():
            stop(f"there is no {path}; name a file or folder that exists")
    common = Path(os.path.commonpath(asked))
    start = common if common.is_dir() else common.parent
    found = find_policy(start)
    policy = (_policy(found) if found else Policy()).counting(map(Context, contexts))
    root = found.parent if found else start
    for path in asked:
        _stays(path, root)
    _tell_recovered(root)
    only = tuple(p.resolve().relative_to(root.resolve()).as_posix() for p in asked)
    return root, () if "." in only else only, policy


def _stays(path: Path, root: Path) -> None:
    """Stop where a link of the checkout leads out of it: what lies there was not meant to be read."""
    for around in {root, checkout_of(path)}:
        if path.is_relative_to(around) and not path.resolve().is_relative_to(around.resolve()):
            stop(
                f"{path} leads out of {around} through a symbolic link; name {path.resolve()} if you mean that folder"
            )


def _tell_recovered(root: Path) -> None:
    """Clean up after a fix that was killed, and say how far it had come."""
    recover = import_module("batten.engine.journal").recover if unfinished(root) else None
    found = recover(Root(root)) if recover is not None else None
    if found is not None:
        after = "; `batten fix --undo` restores them" if found.new else ""
        many = f"{found.new} of {found.new + found.old} files were written{after}"
        tell(f"batten: an earlier fix was interrupted: {many}")


def _policy(path: Path) -> Policy:
    load_policy = import_module("batten.policy.load").load_policy  # brings the YAML reader along
    try:
        policy = cast(Policy, load_policy(path))
    except PolicyProblem as error:
        stop(str(error))
    taken = {c.slug for c in registered()} if policy.custom else set()
    for row in policy.custom:
        if row.slug in taken:
            stop(f"{path}: '{row.slug}' is a built-in control; choose another name")
    return policy


def stop(message: str) -> NoReturn:
    """Say what is wrong with the call or the policy, and exit with 2."""
    tell(f"batten: {message}")
    sys.exit(ExitCode.USAGE)


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
    """--allow."""
    return click.option(
        "--allow",
        multiple=True,
        metavar="HOST",
        help="Connect to environments of batten.yaml at these hosts [default: BATTEN_ALLOW]; see `batten trust`. Repeatable.",
    )(command)


def say(line: str) -> None:
    """A line on stdout: without secrets, and without characters that a terminal would obey."""
    click.echo(legible(sentence(line)))


def tell(line: str) -> None:
    """The same on stderr."""
    click.echo(legible(sentence(line)), err=True)


def baseline_from(path: Path | None, root: Path) -> Baseline | None:
    try:
        known = read_baseline(path, str(root)) if path else None
        if known is not None and known.former:
            tell(
                f"{path} is of version 1, whose findings are compared by control and file only; write a new baseline with --write-baseline"
            )
        return known
    except BaselineProblem as error:
        stop(str(error))


def finish(
    outcome: Outcome,
    form: str,
    output: Path | None,
    verbose: bool,
    write_to: Path | None = None,
    read: Workspace | None = None,
) -> NoReturn:
    """Write the report and exit with its code. `read` holds the files that were read already."""
    workspace = read or Workspace(outcome.root)
    if write_to is not None:
        noted, count = baseline_text(outcome.findings, outcome.root)
        write_out(write_to, noted, outcome.root)
        tell(f"batten: wrote {count} findings to {write_to}")
    color = output is None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size((110, 40)).columns, 140)
    text = render(form, outcome, workspace, color=color, width=width, verbose=verbose)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        write_out(output, text, outcome.root)
    gc.freeze()  # nothing is to be collected any more: the process ends here
    sys.exit(outcome.exit_code)


def write_out(path: Path, text: str, root: str = "") -> None:
    """Write a file that the user named; whatever keeps it from being written ends the run with a sentence."""
    try:
        write_named(path, text.encode("utf-8", "backslashreplace"), root)
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{path} cannot be written: {error.strerror or error}")


def gate_of(name: str | None, policy: Policy) -> Severity:
    return Severity.named(name) if name else policy.gate


_BETWEEN = 0.1  # seconds: a terminal far away must not hold up what it tells of
_last = ("", 0.0)


def progress(line: str) -> None:
    """A line on stderr that the next one replaces; only for people. What counts too fast is left out."""
    global _last
    what, now = line.partition(" ")[0], time.monotonic()
    if (what == _last[0] and now - _last[1] < _BETWEEN) or not sys.stderr.isatty():
        return
    _last = (what, now)
    click.echo(f"\r\x1b[K{legible(sentence(line))}" if line else "\r\x1b[K", err=True, nl=False)
