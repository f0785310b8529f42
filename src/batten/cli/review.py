from __future__ import annotations

from pathlib import Path

import click

from batten.cell import trust
from batten.cli.output import (
    baseline_from,
    baseline_options,
    context_option,
    control_options,
    finish,
    gate_of,
    own_code,
    place,
    report_options,
    stop,
    trust_option,
)
from batten.cli.require import require_option, required
from batten.engine import Review, review
from batten.engine.account import accounted, shortfalls, strictly
from batten.engine.outcome import Outcome
from batten.engine.recall import recalled
from batten.policy import Policy


@click.command("review")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--strict",
    is_flag=True,
    help="List every setting that could not be resolved and every file that was not read, and exit with 3 if there is one.",
)
@click.option(
    "--changed-since",
    "revision",
    metavar="REV",
    help="Report only findings that are new since this git revision.",
)
@require_option
@click.option("--no-cache", is_flag=True, help="Do not use or write the cache.")
@context_option
@trust_option
@control_options
@report_options
@baseline_options
def command(
    paths: tuple[Path, ...],
    contexts: tuple[str, ...],
    strict: bool,
    revision: str | None,
    no_cache: bool,
    form: str,
    output: Path | None,
    gate: str | None,
    verbose: bool,
    baseline: Path | None,
    write_baseline: Path | None,
) -> None:
    """Review the configuration files below PATHS (default: this folder). Never uses the network."""
    root, only, policy = place(paths, contexts)
    known = baseline_from(baseline, root)
    # What is kept of an earlier run holds no facts, so no unknown ones, and not what only trust lets be asked.
    if no_cache or strict or trust.is_given():
        result = review(root, policy, only, baseline=known)
    else:
        result = recalled(root, policy, only, known, own_code())
    if strict:
        result.problems += strictly(result)
    if revision is not None:
        _narrowed(result, revision, policy, only)
    result.problems += shortfalls(result, only, required())
    outcome = Outcome(
        "review",
        str(root),
        gate_of(gate, policy),
        result.findings,
        result.problems,
        files=result.files,
        withheld=result.withheld,
        units=result.read_units,
        ledger=accounted(result),
    )
    finish(outcome, form, output, verbose, write_baseline, result.workspace)


def _narrowed(result: Review, revision: str, policy: Policy, only: tuple[str, ...]) -> None:
    """Leave only what is new since the revision."""
    from batten.engine.changes import ChangesProblem, changes_since, of_the_change

    try:
        of_the_change(result, changes_since(revision, result.workspace), policy, only)
    except ChangesProblem as error:
        stop(str(error))
