from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import click

from batten.cli.output import control_options, finish, gate_of, place, progress, report_options, stop
from batten.contract import Contract, load
from batten.engine.check import assess
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.policy import Environment, Policy


@click.command("probe")
@click.argument("targets", nargs=-1, required=True)
@click.option(
    "--contract", type=click.Path(path_type=Path, dir_okay=False), help="The API's OpenAPI document."
)
@click.option("--ca", type=click.Path(path_type=Path, dir_okay=False), help="PEM file of a private issuer.")
@click.option("--origin", "origins", multiple=True, help="An origin whose pages may read answers.")
@click.option("--rate", type=float, default=50.0, show_default=True, help="Requests a second.")
@control_options
@report_options
def command(
    targets: tuple[str, ...],
    contract: Path | None,
    ca: Path | None,
    origins: tuple[str, ...],
    rate: float,
    form: str,
    output: Path | None,
    gate: str | None,
    verbose: bool,
) -> None:
    """Assess what runs at TARGETS: environments of batten.yaml by name, or URLs (http, https, redis).

    Sends harmless requests only, to these hosts only.
    """
    root, _, policy = place(())
    environments = list(_environments(targets, policy, ca, rate))
    named = contract or (root / policy.contract if policy.contract else None)
    outcome = assess(root, policy, environments, _contract(named), origins or policy.origins, progress)
    progress("")
    outcome.gate = gate_of(gate, policy)
    finish(outcome, form, output, verbose)


def _environments(
    targets: tuple[str, ...], policy: Policy, ca: Path | None, rate: float
) -> Iterable[Environment]:
    known = {e.name: e for e in policy.environments}
    for target in targets:
        if target in known:
            yield known[target]
        elif re.match(r"https?://[^/]+", target):
            yield Environment(target, target.rstrip("/"), ca=str(ca.absolute()) if ca else "", rate=rate)
        elif re.match(r"(redis|rediss|valkey)://[^/]+", target):
            yield Environment(target, "", stores=(target,), rate=rate)
        else:
            stop(
                f"'{target}' is neither an environment of batten.yaml nor a URL (http://, https://, redis://)"
            )


def _contract(path: Path | None) -> Contract | None:
    if path is None:
        return None
    try:
        return load(Workspace(path.absolute().parent), path.name)[0]
    except (SyntaxProblem, Unreadable) as error:
        stop(f"{path}: {error}; {error.hint}")
