from __future__ import annotations

import click

from batten.cli.output import say
from batten.cli.watch_client import Service, client_options
from batten.cli.watch_runs import Run


@click.command("cancel")
@click.argument("run", type=click.IntRange(1))
@client_options
def command(service: Service, run: int) -> None:
    """Cancel RUN, by its number. One that is in progress ends when its worker has stopped."""
    found = service.post(Run, f"/runs/{run}/cancel")
    say(f"run {found.id} is {found.state}" if found.ended else f"run {found.id} is asked to stop")
