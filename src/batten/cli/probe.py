from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import click

from batten.cli.output import control_options, finish, gate_of, place, progress, report_options, stop
from batten.contract import Contract, load
from batten.engine.check import assess
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.live.stores.door import complaint
from batten.policy import Environment, Policy


@click.command("probe")
@click.argument("targets", nargs=-1, required=True)
@click.option(
    "--contract", type=click.Path(path_type=Path, dir_okay=False), help="The API's OpenAPI document."
)
@click.option("--ca", type=click.Path(path_type=Path, dir_okay=False), help="PEM file of a private issuer.")
@click.option("--origin", "origins", multiple=True, help="An origin whose pages may read answers.")
@click.option("--stores", is_flag=True, help="Ask each host that is named for stores at their usual ports.")
@click.option("--rate", type=float, default=50.0, show_default=True, help="Requests a second.")
@control_options
@report_options
def command(
    targets: tuple[str, ...],
    contract: Path | None,
    ca: Path | None,
    origins: tuple[str, ...],
    stores: bool,
    rate: float,
    form: str,
    output: Path | None,
    gate: str | None,
    verbose: bool,
) -> None:
    """Assess what runs at TARGETS: environments of batten.yaml by name, URLs of APIs (https://host) or of
    stores (redis://host:port, mongodb://host …), or with --stores hosts.

    Sends harmless requests only, to these hosts only.
    """
    root, _, policy = place(())
    environments = list(_environments(targets, policy, ca, rate, stores))
    named = contract or (root / policy.contract if policy.contract else None)
    outcome = assess(root, policy, environments, _contract(named), origins or policy.origins, progress)
    progress("")
    outcome.gate = gate_of(gate, policy)
    finish(outcome, form, output, verbose)


def _environments(
    targets: tuple[str, ...], policy: Policy, ca: Path | None, rate: float, stores: bool
) -> Iterable[Environment]:
    known = {e.name: e for e in policy.environments}
    for target in targets:
        if target in known:
            yield known[target]
        elif re.match(r"https?://[^/]+", target):
            host = (urlsplit(target).hostname or "",) if stores else ()
            trust = str(ca.absolute()) if ca else ""
            yield Environment(target, target.rstrip("/"), ca=trust, stores=host, rate=rate)
        elif "://" in target or stores:
            yield _store(target, rate)
        else:
            stop(
                f"'{target}' is neither an environment of batten.yaml nor a URL (https://host, redis://host:port);"
                " to ask a host for stores at their usual ports, add --stores"
            )


def _store(target: str, rate: float) -> Environment:
    """One store by its URL, or a host with all its usual ports."""
    wrong = complaint(target)
    if wrong:
        stop(wrong)
    shown = re.sub(r"//[^/]*@", "//", target)  # no password of a URL gets any further
    return Environment(shown, "", stores=(shown,), rate=rate)


def _contract(path: Path | None) -> Contract | None:
    if path is None:
        return None
    try:
        return load(Workspace(path.absolute().parent), path.name)[0]
    except (SyntaxProblem, Unreadable) as error:
        stop(f"{path}: {error}; {error.hint}")
