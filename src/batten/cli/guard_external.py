"""`batten guard run --ext-proc`: the guard as an external processor of Envoy."""

from __future__ import annotations

from importlib.util import find_spec

import click

from batten.cli.output import stop
from batten.guard.extproc import configuration
from batten.guard.proxy.settings import Settings


def run(settings: Settings, prints: bool) -> None:
    """Serve, or print what Envoy must be told. Raises GuardProblem and PolicyProblem."""
    if prints:
        click.echo(configuration.bootstrap(settings))
        return
    for option, given in (("--admin", settings.admin), ("--access-log", settings.access_log)):
        if given:
            stop(f"{option} applies to the reverse proxy only; with --ext-proc configure it in Envoy")
    if find_spec("grpc") is None:
        stop("grpcio is not installed; pip install 'batten[extproc]'")
    from batten.guard.extproc import server  # it stands on the extra

    server.run(settings)
