from __future__ import annotations

import sys

import click
import msgspec

from batten.cli.output import say
from batten.cli.watch_client import Service, client_options
from batten.cli.watch_names import Environment, ago, every


@click.command("environments")
@click.option("--stage", default="", help="Only of this stage.")
@click.option("--overdue", is_flag=True, help="Only those that were not assessed within their objective.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@client_options
def command(service: Service, stage: str, overdue: bool, form: str) -> None:
    """List environments: when each was assessed, and when it will be."""
    found = every(service, stage=stage, overdue="true" if overdue else None)
    if form == "json":
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
        return
    say(f"{'id':>6}  {'environment':<32}  {'source':<10}  {'assessed':<10}  {'next':<8}  state")
    for one in found:
        upcoming = "-" if one.due is None else ago(one.due)
        say(
            f"{one.id:>6}  {one.name:<32}  {one.source:<10}  {ago(one.assessed):<10}  {upcoming:<8}  {_state(one)}"
        )


def _state(one: Environment) -> str:
    words = ["overdue"] if one.overdue else []
    return ", ".join([*words, *(["paused"] if one.paused else [])]) or "on time"
