from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from batten import masking
from batten.cli.finish import finish
from batten.cli.options import allow_option, control_options
from batten.cli.output import progress, stop, unsaid
from batten.cli.place import place
from batten.cli.wanted import Reporting, Wanted, report_options
from batten.contract import Contract, load
from batten.engine.check import assess
from batten.engine.trust import UNALLOWED, vouched
from batten.files import Root
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.live.services import SCHEMES as SERVICES
from batten.live.services import complaint as not_a_service
from batten.live.services import service
from batten.live.stores.door import complaint
from batten.policy import Environment, Policy


@click.command("probe", cls=Reporting)
@click.argument("targets", nargs=-1, required=True)
@click.option(
    "--contract", type=click.Path(path_type=Path, dir_okay=False), help="The API's OpenAPI document."
)
@click.option("--ca", type=click.Path(path_type=Path, dir_okay=False), help="PEM file of a private CA.")
@click.option(
    "--origin", "origins", multiple=True, help="An origin whose pages may read answers (CORS). Repeatable."
)
@allow_option
@click.option(
    "--stores", is_flag=True, help="Look for data stores on their default ports of each named host."
)
@click.option(
    "--active/--no-active",
    default=None,
    help="Also send verbs that may change data [default: `active` of batten.yaml].",
)
@click.option("--rate", type=float, default=50.0, show_default=True, help="Requests per second to each URL.")
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=2000,
    show_default=True,
    help="Total requests to each URL.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=10.0,
    show_default=True,
    help="Seconds for one complete answer.",
)
@control_options
@report_options
def command(
    targets: tuple[str, ...],
    contract: Path | None,
    ca: Path | None,
    origins: tuple[str, ...],
    allow: tuple[str, ...],
    stores: bool,
    active: bool | None,
    rate: float,
    budget: int,
    timeout: float,
    wanted: Wanted,
) -> None:
    """Assess the running systems at TARGETS: names of environments in batten.yaml, URLs of APIs (https://host),
    of data stores (redis://host:port, mongodb://host …) or of ports with TLS (smtp://host, imap://host,
    ldaps://host …), or with --stores plain host names.

    Sends requests to these hosts only, and only harmless ones unless --active is given.
    """
    root, _, policy = place(())
    trust = str(ca.absolute()) if ca else ""
    bare = Environment("", "", ca=trust, rate=rate, budget=budget, timeout=timeout)
    policy, unallowed = vouched(Root(root), policy, allow)
    if asked := sorted(unallowed.intersection(targets)):
        stop(f"{asked[0]}: {UNALLOWED}; run `batten trust`, or pass its URL")
    environments = list(_environments(tuple(dict.fromkeys(targets)), policy, bare, stores))
    if active is not None:
        environments = [replace(e, active=active) for e in environments]
    named = contract or (root / policy.contract if policy.contract else None)
    tells = unsaid if wanted.quiet else progress
    outcome = assess(root, policy, environments, _contract(named), origins or policy.origins, tells)
    tells("")
    outcome.gate = wanted.gate_of(policy)
    finish(outcome, wanted)


def _environments(
    targets: tuple[str, ...], policy: Policy, bare: Environment, stores: bool
) -> Iterable[Environment]:
    """What the targets name; `bare` is how an address that batten.yaml does not know is asked."""
    known = {e.name: e for e in policy.environments}
    for target in targets:
        masking.noted(target)
        if target in known:
            yield known[target]
        elif re.match(r"https?://[^/]+", target):
            if wrong := complaint(target):
                stop(wrong)
            host = (urlsplit(target).hostname or "",) if stores else ()
            yield replace(bare, name=target, url=target.rstrip("/"), stores=host)
        elif target.partition("://")[0] in SERVICES:
            yield _service(target, bare)
        elif "://" in target or stores:
            yield _store(target, bare)
        else:
            stop(
                f"'{target}' is neither an environment of batten.yaml nor a URL (https://host, redis://host:port); to look for data stores on a host's default ports, add --stores"
            )


def _service(target: str, bare: Environment) -> Environment:
    """One port of mail, a directory or files, whose TLS is assessed."""
    found = service(target)
    if found is None:
        stop(not_a_service(target))
    return replace(bare, name=found.source, tls=(found.source,))


def _store(target: str, bare: Environment) -> Environment:
    """One store by its URL, or a host with all its usual ports."""
    wrong = complaint(target)
    if wrong:
        stop(wrong)
    shown = re.sub(r"//[^/]*@", "//", target)  # no password of a URL gets any further
    return replace(bare, name=shown, stores=(shown,))


def _contract(path: Path | None) -> Contract | None:
    if path is None:
        return None
    try:
        return load(Workspace(path.absolute().parent), path.name)[0]
    except (SyntaxProblem, Unreadable) as error:
        stop(f"{path}: {error}; {error.hint}")
