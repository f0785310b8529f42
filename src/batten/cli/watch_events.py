from __future__ import annotations

import sys
import time
from contextlib import suppress
from datetime import datetime

import click
import msgspec

from batten.cli.output import say
from batten.cli.watch_client import Service, client_options
from batten.cli.watch_names import every, named

_BETWEEN = 2.0  # seconds between two questions for what is new


class Event(msgspec.Struct):
    id: int
    at: datetime
    what: str
    environment: int
    run: int
    finding: int
    control: str
    severity: str | None
    by: str
    data: dict[str, str]


class Page(msgspec.Struct):
    items: list[Event]
    last: int


@click.command("events")
@click.option(
    "--environment", default="", help="Only of this environment: its name (orders/prod) or its number."
)
@click.option(
    "--after", type=click.IntRange(0), help="Begin after the event of this number [default: the last 50]."
)
@click.option("--follow", is_flag=True, help="Wait for more, until Ctrl-C.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Output format; json is one object a line.",
)
@client_options
def command(service: Service, environment: str, after: int | None, follow: bool, form: str) -> None:
    """Show what changed: findings, controls, runs, waivers."""
    number = named(service, environment).id if environment else None
    names = {one.id: one.name for one in every(service)}
    page = service.get(Page, "/events", after=after, environment=number, limit=50)
    with suppress(KeyboardInterrupt):  # which is how following ends
        while page.items or follow:
            for one in page.items:
                if form == "json":
                    sys.stdout.buffer.write(msgspec.json.encode(one) + b"\n")
                else:
                    where = names.get(
                        one.environment, f"environment {one.environment}" if one.environment else ""
                    )
                    about = [
                        one.control,
                        one.severity or "",
                        f"finding {one.finding}" if one.finding else "",
                        f"run {one.run}" if one.run else "",
                    ]
                    say(
                        f"{one.id:>8}  {one.at:%Y-%m-%d %H:%M:%S}  {one.what:<20}  {where}  {'  '.join(filter(None, about))}"
                    )
            sys.stdout.flush()
            if not page.items:
                time.sleep(_BETWEEN)
            page = service.get(Page, "/events", after=page.last, environment=number, limit=200)
