from __future__ import annotations

from pathlib import Path

import click

from batten.cell import trust
from batten.cli.finish import finish
from batten.cli.options import (
    baseline_options,
    context_option,
    control_options,
    own_code,
    trust_option,
)
from batten.cli.output import baseline_from, stop
from batten.cli.place import WORK_TREE, named, place
from batten.cli.require import require_option, required
from batten.cli.sources import source_options
from batten.cli.wanted import Reporting, Wanted, report_options
from batten.engine.account import accounted, shortfalls, strictly
from batten.engine.changed import Changed
from batten.engine.outcome import Outcome
from batten.engine.recall import recalled
from batten.engine.review import review
from batten.model import Problem
from batten.policy.advising import Source


@click.command("review", cls=Reporting)
@click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path), is_eager=True
)  # `--controls` asks where they are
@click.option(
    "--strict",
    is_flag=True,
    help="List every setting that could not be resolved and every file that was not read, and exit with 3 if there is one.",
)
@click.option(
    "--changed-since",
    "revision",
    metavar="REV",
    is_eager=True,
    help="Report only findings that are new since this git revision.",
)
@click.option(
    "--policy-from",
    "policy_from",
    metavar="REV",
    is_eager=True,
    envvar="BATTEN_POLICY_FROM",
    help="Judge by the batten.yaml, the comments and the contexts of this git revision; `.` is the work tree "
    "[default: BATTEN_POLICY_FROM, or that of --changed-since].",
)
@require_option
@click.option("--control", "slugs", multiple=True, help="Report only findings of this control. Repeatable.")
@click.option("--no-cache", is_flag=True, help="Do not use or write the cache.")
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
    strict: bool,
    slugs: tuple[str, ...],
    revision: str | None,
    policy_from: str | None,
    no_cache: bool,
    wanted: Wanted,
    baseline: Path | None,
    write_baseline: Path | None,
) -> None:
    """Review the configuration files below PATHS (default: this folder). Uses the network only with --online or the
    URL of --advisories."""
    if write_baseline is not None and (slugs or revision is not None or policy_from is not None):
        stop("--write-baseline records every finding; omit --control, --changed-since and --policy-from")
    changed: Changed | None = None
    others: tuple[Problem, ...] = ()
    if revision is not None or policy_from not in (None, WORK_TREE):
        from batten.cli.place_at import changed_place

        (root, only, policy), changed, others = changed_place(
            paths, contexts, source, revision, policy_from, baseline
        )
        result = changed.review
    else:
        root, only, policy = place(paths, contexts, source)
        # What is kept of an earlier run holds no facts, so no unknown ones, and not what only trust lets be asked;
        # and advisories change without the files.
        known = baseline_from(baseline, root)
        if no_cache or strict or trust.is_given() or policy.advisories is not None:
            result = review(root, policy, only, baseline=known)
        else:
            result = recalled(root, policy, only, known, own_code())
    chosen = named(slugs, policy)
    # What stayed unknown and what was not read, of a change only that in its files.
    result.problems += [
        *others,
        *(
            [p for p in strictly(result) if changed is None or p.source in changed.changes.paths]
            if strict
            else ()
        ),
    ]
    result.problems += shortfalls(result, only, required())
    finish(
        Outcome(
            "review",
            str(root),
            wanted.gate_of(policy),
            [f for f in result.findings if not chosen or f.control in chosen],
            result.problems,
            files=result.files,
            withheld=result.withheld,
            units=result.read_units,
            stood=changed.stood if changed is not None else None,
            lowered=result.lowered,
            ledger=accounted(result),
            judged=result.judged,
            chosen=tuple(sorted(chosen)),
            only=only,
            today=policy.today,
        ),
        wanted,
        write_baseline,
        result.workspace,
    )
