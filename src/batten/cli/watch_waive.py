from __future__ import annotations

import click
import msgspec

from batten.cli.output import say
from batten.cli.watch_client import Service, client_options
from batten.cli.watch_names import end_of


class Waiver(msgspec.Struct):
    id: int
    state: str
    control: str
    message: str


@click.command("waive")
@click.argument("finding", type=click.IntRange(1))
@click.option("--owner", required=True, help="The person who is responsible for it.")
@click.option("--reason", required=True, help="Why it is accepted.")
@click.option(
    "--until",
    required=True,
    metavar="DAY",
    help="The last day on which it is accepted, as 2027-01-31; at most 366 days away.",
)
@click.option("--ticket", default="", help="Where the work on it is tracked.")
@client_options
def command(service: Service, finding: int, owner: str, reason: str, until: str, ticket: str) -> None:
    """Accept FINDING, by its number, until a day.

    The waiver holds for the value that was seen. If the service requires four eyes, another operator approves it.
    """
    terms = {"finding": finding, "owner": owner, "reason": reason, "until": end_of(until), "ticket": ticket}
    made = service.post(Waiver, "/waivers", terms)
    waits = "; another operator must approve it" if made.state == "proposed" else ""
    say(f"waiver {made.id} of {made.control} is {made.state}{waits}: {made.message}")
