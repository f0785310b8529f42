from __future__ import annotations

from pathlib import Path

import click

from batten.cli.output import stop, write_out
from batten.contract import Contract
from batten.files import Refused
from batten.files.named import remove_named
from batten.guard.learning.digest import sorted_out
from batten.guard.loading import read_contract
from batten.guard.options import GuardProblem
from batten.guard.traffic.traffic_file import TrafficProblem, read
from batten.reports.traffic import FORMATS, render

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("report")
@click.option("--traffic", type=_FILE, required=True, help="The traffic file that guards recorded.")
@click.option(
    "--contract", type=_FILE, default="openapi.yaml", show_default=True, help="The OpenAPI document."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="terminal",
    show_default=True,
    help="Output format.",
)
@click.option("--output", type=_FILE, help="Write to this file.")
@click.option("--forget", is_flag=True, help="Remove the traffic file afterwards, to start over.")
def command(traffic: Path, contract: Path, form: str, output: Path | None, forget: bool) -> None:
    """List recorded traffic that the contract does not declare: paths, verbs, answers and requests.

    Guards record it with `traffic=` (middleware) or --traffic (proxy). It holds templates, names and counts; no
    bodies, values, credentials or addresses.
    """
    try:
        rows, _ = read(traffic)
        text = render(form, sorted_out(rows, known(contract)), str(traffic))
    except (TrafficProblem, GuardProblem) as problem:
        stop(str(problem))
    if output is not None:
        write_out(output, text)
    else:
        click.echo(text, nl=False)
    try:
        for suffix in ("", "-wal", "-shm", "-journal") if forget else ():
            remove_named(traffic.with_name(traffic.name + suffix))
    except Refused as error:
        stop(f"{error}; {error.hint}")
    except OSError as error:
        stop(f"{error.filename or traffic}: {error.strerror}")


def known(contract: Path) -> Contract | None:
    """The contract that was named; None where the usual one is not there. Raises GuardProblem."""
    if not contract.exists() and contract == Path("openapi.yaml"):
        return None
    return read_contract(contract)
