from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click

from batten.cli.output import stop
from batten.cli.watch_options import log_option, networks_option, place_options, repositories_option
from batten.live.addresses import NetworkProblem, networks
from batten.watch.folder import FolderProblem, folder
from batten.watch.logs import configure
from batten.watch.schedule.workers import WorkerProblem, healthy
from batten.watch.settings import Settings, Watch
from batten.watch.store.database import StoreProblem, open_database


@click.command("worker")
@place_options
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Assessments at a time in this process.",
)
@repositories_option
@networks_option
@click.option(
    "--drain",
    type=click.IntRange(0, 3_600),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long assessments may go on after SIGTERM; then they go back into the queue.",
)
@log_option
@click.option(
    "--healthy",
    "check",
    is_flag=True,
    help="Exit with 0 where a worker of the data folder goes on, else with 1.",
)
def command(
    database: str | None,
    data: Path | None,
    workers: int,
    repositories: tuple[Path, ...],
    target_networks: tuple[str, ...],
    drain: int,
    log: str,
    check: bool,
) -> None:
    """Assess environments for a service on PostgreSQL.

    Start as many as needed, on as many machines; each needs access to the database and to the environments that it assesses.
    """
    if check:
        _check(data)
    try:
        work = import_module("batten.watch.schedule.fleet").work
    except ModuleNotFoundError as error:
        stop(f"{error.name} is not installed; pip install 'batten[fleet]'")
    if not database:
        stop("workers need PostgreSQL; name the service's database with --database postgresql://…")
    configure(log)
    try:
        opened = open_database(database)
        try:
            settings = Settings(
                folder=folder(data), workers=workers, repositories=repositories, target_networks=networks(target_networks)
            )  # fmt: skip
            work(Watch(opened, settings), drain)
        finally:
            opened.close()
    except (FolderProblem, StoreProblem, WorkerProblem) as problem:
        stop(str(problem))
    except NetworkProblem as problem:
        stop(f"--target-network: {problem}")


def _check(data: Path | None) -> NoReturn:
    """For the health check of a container."""
    try:
        sys.exit(0 if healthy(folder(data)) else 1)
    except (FolderProblem, WorkerProblem) as problem:
        stop(str(problem))
