from __future__ import annotations

import sys
from pathlib import Path

import click

from batten.cli.output import stop
from batten.cli.place import place
from batten.engine.trust import addresses, trust, variables
from batten.files import NoState, Root
from batten.reports.words import plural


@click.command("trust")
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def command(path: Path, yes: bool) -> None:
    """Allow batten to connect to the environments in batten.yaml.

    batten.yaml comes with the files, so its addresses, and the environment variables that it sends to them,
    are used only after your approval. The approval covers exactly these rows; when one changes, batten
    asks again.
    """
    root, _, policy = place((path,))
    if not policy.environments:
        stop(f"{root} has no batten.yaml with environments; there is nothing to approve")
    for environment in policy.environments:
        click.echo(f"{environment.name}: {', '.join(addresses(environment))}")
        for name in variables(environment):
            click.echo(f"  sends the environment variable {name}")
        if environment.ca:
            click.echo(f"  trusts the CA in {environment.ca}")
        if environment.active:
            click.echo("  sends verbs that may change data (active: true)")
        if environment.default_credentials:
            click.echo("  tries the vendors' default credentials once")
        if environment.try_logins:
            click.echo("  tries to log in with a made-up user (try-logins: true)")
        if environment.smuggling:
            click.echo("  sends requests that servers may read differently (smuggling: true)")
    if not yes:
        if not sys.stdin.isatty():
            stop("standard input is not a terminal; pass --yes to approve the rows above")
        click.confirm(
            "Allow batten to connect to these addresses and send the data listed above?", abort=True
        )
    try:
        trust(Root(root), policy.environments)
    except NoState as error:
        stop(str(error))
    click.echo(f"trusted {plural(len(policy.environments), 'environment')} of {root}")
