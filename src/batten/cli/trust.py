from __future__ import annotations

import sys
from pathlib import Path

import click

from batten.cli.output import place, stop
from batten.engine.trust import addresses, trust, variables
from batten.files import NoState, Root
from batten.policy import Environment


@click.command("trust")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask: you have read the environments in batten.yaml.")
def command(path: Path, yes: bool) -> None:
    """Let batten ask the running systems that batten.yaml names.

    batten.yaml comes with the files, so its addresses, and the environment variables that it sends to them, are used on
    your word only. It holds for exactly these rows; when one changes, batten asks you again.
    """
    root, _, policy = place((path,))
    if not policy.environments:
        stop(f"{root} has no batten.yaml with environments; there is nothing to trust")
    for environment in policy.environments:
        _show(environment)
    if not yes:
        if not sys.stdin.isatty():
            stop("standard input is not a terminal; pass --yes if you have read the above")
        click.confirm("May batten connect to these addresses and send what is listed?", abort=True)
    try:
        trust(Root(root), policy.environments)
    except NoState as error:
        stop(str(error))
    click.echo(f"trusted {len(policy.environments)} environments of {root}")


def _show(environment: Environment) -> None:
    click.echo(f"{environment.name}: {', '.join(addresses(environment))}")
    for name in variables(environment):
        click.echo(f"  sends the environment variable {name}")
    if environment.ca:
        click.echo(f"  trusts the issuer in {environment.ca}")
    if environment.active:
        click.echo("  tries verbs that may change something (active: true)")
    if environment.default_credentials:
        click.echo("  tries the vendors' default credentials, once")
