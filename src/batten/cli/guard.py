from __future__ import annotations

import click

from batten.cli.subcommands import group_of

# Each subcommand is a module `guard_<name>` of its own, imported when it is called.
SUBCOMMANDS = {
    "export": "Export the guard as configuration for nginx, Envoy, HAProxy or Kong.",
    "grpc": "Export a configuration of Envoy or nginx that passes listed gRPC methods only.",
    "learn": "Draft contract operations from recorded traffic.",
    "report": "List recorded traffic that the contract does not declare.",
    "run": "Run a reverse proxy that enforces an API's contract.",
}


@click.group("guard", cls=group_of(SUBCOMMANDS))
def command() -> None:
    """Enforce the contract of a running API."""
