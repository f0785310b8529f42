from __future__ import annotations

from pathlib import Path

import click

from batten.cli.options import history_option
from batten.cli.output import say, stop
from batten.cli.place import known_controls, place
from batten.controls import adopt
from batten.engine.history import FORMER, HistoryProblem, history_path, import_history, runs, stories
from batten.files import Root
from batten.reports.words import plural


@click.command("history")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--control", default="", help="Show the history of each finding of this control.")
@click.option("--findings", is_flag=True, help="Show the history of every finding.")
@history_option
@click.option("--import", "take_over", is_flag=True, help=f"Import {FORMER} of an earlier version, once.")
@click.option("--limit", default=20, show_default=True, help="Number of runs to show.")
def command(
    path: Path, control: str, findings: bool, named: Path | None, take_over: bool, limit: int
) -> None:
    """Show the results of `batten check` over time: runs, or with --findings the history of each finding."""
    root, _, policy = place((path,))
    files = Root(root)
    try:
        database = history_path(files, named)
        if take_over:
            click.echo(
                f"imported {plural(import_history(files, database), 'run')} from {FORMER}; you may remove it"
            )
            return
        if not database.exists():
            former = f"; `batten history --import` imports {FORMER}" if files.exists(FORMER) else ""
            stop(f"there is no history of {root}; `batten check` creates it{former}")
        if findings or control:
            found = list(stories(database, control))
            if control and not found:
                adopt(policy.custom)
                known_controls((control,))
            for story in found:
                end = f"fixed {story.closed}" if story.closed else "stands"
                again = ", regressed" if story.regressed else ""
                where = f"{story.environment}: {story.place}" if story.environment else story.place
                say(
                    f"{story.opened}  {end}{again}  {story.severity.label}  {story.control}  {where}  {story.message}"
                )
        else:
            click.echo(
                f"{'run':>4}  {'started':<25}  {'new':>4} {'fixed':>5} {'standing':>8} {'problems':>8}  targets"
            )
            for run in runs(database, limit):
                counts = f"{run.opened:>4} {run.closed:>5} {run.standing:>8} {run.problems:>8}"
                say(f"{run.id:>4}  {run.started:<25}  {counts}  {run.targets}")
    except HistoryProblem as error:
        stop(str(error))
