"""Which reports are wanted: formats, where each is written, from which severity a run fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from batten.cli.output import stop
from batten.model import Severity
from batten.model.record import record
from batten.policy import Policy
from batten.reports import FORMATS

F = TypeVar("F", bound=Callable[..., Any])
SEVERITIES = click.Choice([s.label for s in Severity])
_ORDER = "batten.order_of_outputs"


@record
class Target:
    """A report in one format; `path` is None for stdout."""

    form: str
    path: Path | None


@record(kw_only=True)
class Wanted:
    """What the options about reports say. With `forgiving`, findings do not make the run fail."""

    targets: tuple[Target, ...] = (Target("terminal", None),)
    gate: Severity | None = None  # None: as batten.yaml says
    verbose: bool = False
    quiet: bool = False
    forgiving: bool = False

    def gate_of(self, policy: Policy) -> Severity:
        return policy.gate if self.gate is None else self.gate


class Reporting(click.Command):
    """A command that remembers in which order --format and --output were written."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[_ORDER] = tuple(p.name for p in order if p.name in ("forms", "outputs"))
        return super().parse_args(ctx, args)


def report_options(command: F) -> F:
    """--format, --output, --gate, --exit-zero, --verbose and --quiet, which the command gets as `wanted`."""

    @wraps(command)
    def made(
        *,
        forms: tuple[str, ...],
        outputs: tuple[Path, ...],
        gate: str | None,
        exit_zero: bool,
        verbose: bool,
        quiet: bool,
        **others: Any,
    ) -> Any:
        order = click.get_current_context().meta.get(_ORDER, ())
        wanted = Wanted(
            targets=targets(forms, outputs, order),
            gate=Severity.named(gate) if gate else None,
            verbose=verbose,
            quiet=quiet,
            forgiving=exit_zero,
        )
        return command(wanted=wanted, **others)

    for option in reversed(_OPTIONS):
        made = option(made)
    return made  # type: ignore[return-value]


_OPTIONS = (
    click.option(
        "--format",
        "forms",
        multiple=True,
        type=click.Choice(FORMATS),
        help="Report format [default: terminal]. Repeatable: each --output belongs to the --format before it.",
    ),
    click.option(
        "--output",
        "outputs",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the report to this file. Repeatable.",
    ),
    click.option("--gate", type=SEVERITIES, help="Fail at this severity or above [default: low]."),
    click.option(
        "--exit-zero", is_flag=True, help="Exit with 0 even if there are findings; errors still fail."
    ),
    click.option(
        "--verbose",
        "-v",
        is_flag=True,
        help="Show suppressed findings, and findings that do not count, too.",
    ),
    click.option(
        "--quiet", "-q", is_flag=True, help="Print only findings and problems that count; no summary."
    ),
)


def targets(forms: tuple[str, ...], outputs: tuple[Path, ...], order: Iterable[str]) -> tuple[Target, ...]:
    """Which report goes where. One format and one file belong together in any order; of several, each file belongs to the
    format before it, and one format may be left for stdout."""
    if len(forms) <= 1 and len(outputs) <= 1:
        return (Target(forms[0] if forms else "terminal", outputs[0] if outputs else None),)
    found = _paired(iter(forms), iter(outputs), order)
    bare = [target.form for target in found if target.path is None]
    if len(bare) > 1:
        stop(
            f"--format {bare[0]} and --format {bare[1]} both write to stdout; add an --output after one of them"
        )
    twice = [path for index, path in enumerate(outputs) if path in outputs[:index]]
    if twice:
        stop(f"--output {twice[0]} is given twice; write each report to its own file")
    return tuple(sorted(found, key=lambda target: target.path is None))  # stdout last


def _paired(forms: Iterable[str], outputs: Iterable[Path], order: Iterable[str]) -> list[Target]:
    forms, outputs = iter(forms), iter(outputs)
    found: list[Target] = []
    for name in order:
        if name == "forms":
            found.append(Target(next(forms), None))
            continue
        path = next(outputs)
        if not found or found[-1].path is not None:
            stop(
                f"--output {path} has no --format of its own; write it after the --format that it belongs to"
            )
        found[-1] = Target(found[-1].form, path)
    return found
