from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from batten.cli.finish import finish
from batten.cli.options import (
    allow_option,
    baseline_options,
    context_option,
    control_options,
    history_option,
    trust_option,
)
from batten.cli.output import baseline_from, progress, stop, tell, unsaid
from batten.cli.place import place
from batten.cli.push import Push, push_option, sent
from batten.cli.require import require_option, required
from batten.cli.sources import source_options
from batten.cli.wanted import Reporting, Wanted, report_options
from batten.engine.check import Order, check
from batten.engine.history import FORMER, HistoryProblem, history_path
from batten.engine.outcome import Outcome
from batten.engine.trust import vouched
from batten.files import Root
from batten.policy import Policy
from batten.policy.advising import Source
from batten.policy.nearest import meant


@click.command("check", cls=Reporting)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--environment", "-e", "environments", multiple=True, help="Check only this environment. Repeatable."
)
@click.option("--no-probe", is_flag=True, help="Review files only; do not probe.")
@click.option("--no-history", is_flag=True, help="Do not read or write the history.")
@history_option
@allow_option
@click.option(
    "--traffic",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A traffic file that guards recorded.",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="An access log of the API (see `batten logs`). Repeatable.",
)
@push_option
@require_option
@source_options
@context_option
@trust_option
@control_options
@report_options
@baseline_options
def command(
    paths: tuple[Path, ...],
    contexts: tuple[str, ...],
    source: Source | None,
    environments: tuple[str, ...],
    no_probe: bool,
    no_history: bool,
    named: Path | None,
    allow: tuple[str, ...],
    allow_env: tuple[str, ...],
    traffic: Path | None,
    logs: tuple[Path, ...],
    push: Push | None,
    wanted: Wanted,
    baseline: Path | None,
    write_baseline: Path | None,
) -> None:
    """Review PATHS (default: this folder), probe every environment in batten.yaml, combine declared and
    observed facts, and compare with the previous run.
    """
    root, only, policy = place(paths, contexts, source)
    # Stop at a name that batten.yaml does not have.
    known = {e.name for e in policy.environments}
    for name in environments:
        if name not in known:
            hint = meant(name, known, f"it has {', '.join(sorted(known)) or 'none'}")
            stop(f"batten.yaml has no environment '{name}'; {hint}")
    policy, unallowed = vouched(Root(root), policy, allow, allow_env)
    order = Order(
        only,
        environments,
        probe=not no_probe,
        history=not no_history,
        history_file=named,
        baseline=baseline_from(baseline, root),
        traffic=traffic,
        logs=logs,
        required=required(),
        unallowed=unallowed,
    )
    outcome = _checked(root, policy, order, quiet=wanted.quiet)
    outcome.gate = wanted.gate_of(policy)
    finish(outcome, wanted, write_baseline, push=partial(sent, push) if push is not None else None)


def _checked(root: Path, policy: Policy, order: Order, quiet: bool) -> Outcome:
    try:
        # Say once, before there is a history, that a checkout holds one of an earlier version.
        tell_root = Root(root)
        if (
            order.history
            and tell_root.exists(FORMER)
            and not history_path(tell_root, order.history_file).exists()
        ):
            tell(f"batten: {FORMER} is no longer used; `batten history --import` imports it")
        return check(root, policy, order, unsaid if quiet else progress)
    except HistoryProblem as error:
        stop(str(error))
    finally:
        progress("")
