from __future__ import annotations

import click

from batten.cli.output import say
from batten.cli.watch_client import Service, client_options
from batten.cli.watch_names import named
from batten.cli.watch_runs import Run, awaited, told


@click.command("run")
@click.argument("environment", metavar="ENVIRONMENT")
@click.option("--wait", is_flag=True, help="Wait until it ends. Exit with 3 if it fails or is cancelled.")
@client_options
def command(service: Service, environment: str, wait: bool) -> None:
    """Assess ENVIRONMENT now: its name (orders/prod) or its number.

    If an assessment of it is pending already, no second one is queued.
    """
    one = named(service, environment)
    run = service.post(Run, f"/environments/{one.id}/runs")
    if wait:
        raise SystemExit(told(awaited(service, run), one.name))
    say(f"run {run.id} of {one.name} is {run.state}")
