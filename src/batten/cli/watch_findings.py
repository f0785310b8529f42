from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from batten.cli.output import say, write_out
from batten.cli.watch_client import Service, client_options
from batten.cli.watch_names import named

SEVERITIES = ["info", "low", "medium", "high", "critical"]


class Where(msgspec.Struct):
    service: str
    stage: str


class Finding(msgspec.Struct):
    id: int
    environment: Where
    severity: str
    state: str
    control: str
    message: str
    place: str
    line: int


class Page(msgspec.Struct):
    items: list[Finding]
    count: int
    more_than_counted: bool


@click.command("findings")
@click.option(
    "--environment", default="", help="Only of this environment: its name (orders/prod) or its number."
)
@click.option("--service-name", default="", metavar="NAME", help="Only of the environments of this service.")
@click.option("--stage", default="", help="Only of this stage.")
@click.option("--severity", type=click.Choice(SEVERITIES), help="Only findings at least as severe.")
@click.option(
    "--state",
    type=click.Choice(["open", "unknown", "fixed"]),
    multiple=True,
    help="Only in this state [default: open and unknown]. Repeatable.",
)
@click.option("--control", default="", help="Only of this control.")
@click.option("--family", default="", help="Only of controls of this family.")
@click.option(
    "--text", default="", help="Only those whose sentence, control, place or service contains this text."
)
@click.option(
    "--side",
    type=click.Choice(["declared", "observed"]),
    help="Only what files declare, or what a running system shows.",
)
@click.option(
    "--reach",
    type=click.Choice(["public", "inside", "unknown"]),
    help="Only findings that clients of the internet, inside clients or unknown clients can reach.",
)
@click.option(
    "--waived",
    type=click.Choice(["without", "only", "both"]),
    help="Findings that are waived [default: without].",
)
@click.option("--regressed", is_flag=True, help="Only findings that came back.")
@click.option(
    "--limit",
    type=click.IntRange(1, 200),
    default=50,
    show_default=True,
    help="Number of findings to show as text.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json", "sarif"]),
    default="text",
    show_default=True,
    help="Output format; all but text list every finding.",
)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@client_options
def command(
    service: Service,
    environment: str,
    service_name: str,
    regressed: bool,
    limit: int,
    form: str,
    output: Path | None,
    state: tuple[str, ...],
    **filters: str | None,
) -> None:
    """List findings of all environments that the token can see, the most severe first."""  # fmt: skip
    query: dict[str, str | int | list[str] | None] = {
        **filters, "service": service_name, "state": list(state), "regressed": "true" if regressed else None,
        "environment": named(service, environment).id if environment else None,
    }  # fmt: skip
    if form == "text":
        text = "".join(f"{line}\n" for line in _lines(service.get(Page, "/findings", limit=limit, **query)))
        if output is None:
            say(text.rstrip("\n"))
        else:
            write_out(output, text)
        return
    pieces = service.pieces("/findings/export", format=form, **query)
    if output is not None:
        write_out(output, b"".join(pieces).decode("utf-8", "replace"))
        return
    for piece in pieces:
        sys.stdout.buffer.write(piece)


def _lines(page: Page) -> list[str]:
    if not page.items:
        return ["no findings"]
    lines = [
        f"{one.id:>8}  {one.severity:<8}  {one.state:<7}  {one.environment.service}/{one.environment.stage}"
        f"  {one.place}{f':{one.line}' if one.line else ''}  {one.control}: {one.message}"
        for one in page.items
    ]
    if page.count > len(page.items):
        more = "more than " if page.more_than_counted else ""
        lines.append(f"{len(page.items)} of {more}{page.count:,}; --format csv lists all")
    return lines
