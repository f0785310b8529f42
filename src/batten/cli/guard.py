from __future__ import annotations

from importlib import import_module

import click

# Each subcommand is a module `guard_<name>` of its own, imported when it is called.
SUBCOMMANDS = {
    "export": "Export the guard as configuration for nginx, Envoy, HAProxy or Kong.",
    "grpc": "Export a configuration of Envoy or nginx that passes listed gRPC methods only.",
    "learn": "Draft contract operations from recorded traffic.",
    "report": "List recorded traffic that the contract does not declare.",
    "run": "Run a reverse proxy that enforces an API's contract.",
}


class Subcommands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in SUBCOMMANDS:
            return None
        command = import_module(f"batten.cli.guard_{name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(SUBCOMMANDS.items()))


@click.group("guard", cls=Subcommands)
def command() -> None:
    """Enforce the contract of a running API."""
