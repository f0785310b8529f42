from __future__ import annotations

import click

from batten.cli.subcommands import group_of

# Each subcommand is a module `advisories_<name>` of its own, imported when it is called.
SUBCOMMANDS = {
    "fetch": "Fetch advisories of OSV into a database of this machine, or bring it up to date.",
}


@click.group("advisories", cls=group_of(SUBCOMMANDS))
def command() -> None:
    """Keep the published vulnerabilities that packages are compared with."""
