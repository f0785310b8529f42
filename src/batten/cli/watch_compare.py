from __future__ import annotations

import sys

import click
import msgspec

from batten.cli.output import say, stop
from batten.cli.watch_client import Service, client_options
from batten.cli.watch_names import named


class Where(msgspec.Struct):
    service: str
    stage: str


class End(msgspec.Struct):
    environment: Where
    run: int | None


class Difference(msgspec.Struct):
    control: str
    severity: str
    message: str
    only_left: int
    only_right: int
    known_left: bool
    known_right: bool


class Comparison(msgspec.Struct):
    left: End
    right: End
    differences: list[Difference]
    more: bool
    same: int


@click.command("compare")
@click.argument("left")
@click.argument("right")
@click.option("--runs", is_flag=True, help="LEFT and RIGHT are numbers of runs of one environment.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format.",
)
@client_options
def command(service: Service, left: str, right: str, runs: bool, form: str) -> None:
    """Compare two environments as they are now, or with --runs what was open after two runs.

    LEFT and RIGHT are names (orders/staging orders/prod) or numbers. Shown is what differs, by cause.
    """
    if runs and not (left.isdecimal() and right.isdecimal()):
        stop("--runs needs the numbers of two runs")
    what = "runs" if runs else "environments"
    ends = [int(one) if runs else named(service, one).id for one in (left, right)]
    if form == "json":
        for piece in service.pieces(f"/compare/{what}", left=ends[0], right=ends[1]):
            sys.stdout.buffer.write(piece)
        return
    found = service.get(Comparison, f"/compare/{what}", left=ends[0], right=ends[1])
    say(f"left: {_end(found.left)}; right: {_end(found.right)}; {found.same} causes are alike")
    for one in found.differences:
        # Where it is; what the other end was not asked about is not better there.
        if one.only_left and one.only_right:
            side = "other places"
        elif one.only_left:
            side = "left only" if one.known_right else "right unknown"
        else:
            side = "right only" if one.known_left else "left unknown"
        say(f"  {one.severity:<8}  {side:<13}  {one.control}: {one.message}")
    if found.more:
        say("  and others; --format json lists more")


def _end(end: End) -> str:
    name = f"{end.environment.service}/{end.environment.stage}"
    return f"{name} after run {end.run}" if end.run else name
