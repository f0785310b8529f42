from __future__ import annotations

import sys
from pathlib import Path

import click

from batten.cli.output import stop, tell
from batten.files import Refused
from batten.watch import secrets
from batten.watch.folder import FolderProblem, folder


@click.command("secret")
@click.argument("name")
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help="Data folder of the service.")
def command(name: str, data: Path | None) -> None:
    """Set the secret NAME, which settings of environments (TARGET_…), channels (ALERT_…) and the file of --oidc
    (OIDC_…) name as ${NAME}.

    Its value is asked for, or read from standard input. It is kept in the data folder, not in the database.
    """
    if secrets.NAME.fullmatch(name) is None:
        stop(
            f"{name!r}: write TARGET_… for environments, ALERT_… for channels or OIDC_… for --oidc, in capitals, digits and underscores"
        )
    value = click.prompt("Value", hide_input=True) if sys.stdin.isatty() else sys.stdin.read().rstrip("\n")
    if not value:
        stop("the value is empty; nothing was changed")
    try:
        secrets.keep(folder(data), name, value)
    except (FolderProblem, OSError, Refused) as error:
        stop(f"the secret cannot be kept: {error}")
    tell(f"batten: {name} is set")
