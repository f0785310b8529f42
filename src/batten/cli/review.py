from __future__ import annotations

from pathlib import Path

import click

from batten.cli.output import baseline_from, baseline_options, finish, gate_of, place, report_options
from batten.engine import review
from batten.engine.outcome import Outcome


@click.command("review")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@report_options
@baseline_options
def command(
    paths: tuple[Path, ...],
    form: str,
    output: Path | None,
    gate: str | None,
    verbose: bool,
    baseline: Path | None,
    write_baseline: Path | None,
) -> None:
    """Review the files below PATHS (default: this folder). Reads, judges, and never uses the network."""
    root, only, policy = place(paths)
    result = review(root, policy, only, baseline=baseline_from(baseline))
    outcome = Outcome(
        "review",
        str(root),
        gate_of(gate, policy),
        result.findings,
        result.problems,
        files=result.files,
        units=len(result.units),
    )
    finish(outcome, form, output, verbose, write_baseline)
