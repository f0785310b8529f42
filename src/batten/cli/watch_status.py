from __future__ import annotations

import click
import msgspec

from batten.cli.output import say
from batten.cli.watch_client import Service, client_options
from batten.cli.watch_names import ago, every


class Caller(msgspec.Struct):
    name: str
    scopes: list[str] | None


class Cause(msgspec.Struct):
    severity: str
    message: str
    places: int
    in_environments: int


class Causes(msgspec.Struct):
    items: list[Cause]
    more: bool


class Pending(msgspec.Struct):
    id: int
    environment: int
    state: str
    progress: str


class Runs(msgspec.Struct):
    items: list[Pending]


@click.command("status")
@client_options
def command(service: Service) -> None:
    """Show what to do first, which environments are overdue, and what is assessed now."""
    caller = service.get(Caller, "/me")
    say(f"{service.url} as {caller.name} ({', '.join(caller.scopes or ['session'])})")
    found = every(service)
    names = {one.id: one.name for one in found}
    overdue = [one for one in found if one.overdue]
    say(f"{len(found)} environments, {len(overdue)} overdue, {sum(one.paused for one in found)} paused")
    for one in overdue:
        say(f"  overdue: {one.name}, assessed {ago(one.assessed)}")
    for run in service.get(Runs, "/runs", state=["queued", "running"], limit=50).items:
        say(f"  {run.state}: {names.get(run.environment, run.environment)} (run {run.id}) {run.progress}")
    causes = service.get(Causes, "/causes", limit=5)
    say("what to do first:" if causes.items else "no open findings")
    for cause in causes.items:
        say(f"  {cause.severity:<8}  {cause.message} ({_count(cause)})")


def _count(cause: Cause) -> str:
    places = f"{cause.places} place" + ("s" if cause.places > 1 else "")
    return places if cause.in_environments == 1 else f"{places} in {cause.in_environments} environments"
