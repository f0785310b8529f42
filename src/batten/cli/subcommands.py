"""A group of commands whose modules are imported when they are called."""

from __future__ import annotations

from importlib import import_module
from typing import ClassVar

import click


class Subcommands(click.Group):
    """`summaries` says what each subcommand does; that of `name` is `command` in the module `cli/<group>_<name>.py`."""

    summaries: ClassVar[dict[str, str]] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.summaries)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.summaries:
            return None
        command = import_module(f"batten.cli.{self.name}_{name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.summaries.items()))


def group_of(summaries: dict[str, str]) -> type[Subcommands]:
    """The class of a group with these subcommands."""
    return type("Of", (Subcommands,), {"summaries": summaries})
