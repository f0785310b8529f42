from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import click

from batten.cli.finish import finish
from batten.cli.options import allow_option, control_options
from batten.cli.output import progress, stop, tell, unsaid
from batten.cli.place import place
from batten.cli.probe_dry_run import dry_run
from batten.cli.probe_fleet import assess_hosts, order_of
from batten.cli.probe_options import Run, run_options
from batten.cli.probe_targets import named_by
from batten.cli.wanted import Reporting, Wanted, report_options
from batten.contract import Contract, load
from batten.engine.check import assess
from batten.engine.creations import left_over, removed
from batten.engine.outcome import ExitCode
from batten.engine.trust import vouched
from batten.files import NoState, Root
from batten.formats import SyntaxProblem, Unreadable, Workspace
from batten.policy import Environment

AGAIN = "`batten probe --clean-up` removes what can be proved to be of that run"


@click.command("probe", cls=Reporting)
@click.argument("targets", nargs=-1)
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
    help="Also send verbs that may change data; what they create is removed [default: `active` of batten.yaml].",
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
@run_options
@control_options
@report_options
def command(
    targets: tuple[str, ...],
    contract: Path | None,
    ca: Path | None,
    origins: tuple[str, ...],
    allow: tuple[str, ...],
    allow_env: tuple[str, ...],
    stores: bool,
    active: bool | None,
    rate: float,
    budget: int,
    timeout: float,
    run: Run,
    wanted: Wanted,
) -> None:
    """Assess the running systems at TARGETS: names of environments in batten.yaml, URLs of APIs (https://host), of data
    stores (redis://host:port) or of ports with TLS (smtp://host, ldaps://host); host:port, blocks and ranges of
    addresses (10.0.0.0/28, 10.0.0.1-20) and with --ports hosts, whose open ports are found and assessed; files that
    list such targets, one per line; with --stores hosts, on the default ports of data stores.

    Sends requests to these hosts only, and only harmless ones unless --active, --try-logins or --smuggling is given.
    """
    # Stop where the options do not go together.
    if run.clean_up and targets:
        stop("--clean-up takes no targets")
    if not run.clean_up and not targets:
        stop("name at least one target; see `batten probe --help`")
    root, _, policy = place(())
    trust = str(ca.absolute()) if ca else ""
    bare = Environment("", "", ca=trust, active=bool(active), rate=rate, budget=budget, timeout=timeout)
    policy, unallowed = vouched(Root(root), policy, allow, allow_env)
    if asked := sorted(unallowed.keys() & {*targets}):
        refusal = unallowed[asked[0]]
        stop(f"{asked[0]}: {refusal.message}; {refusal.hint}, or name its URL")
    if run.clean_up:
        try:
            left = removed(root, policy, [e for e in policy.environments if e.name not in unallowed], bare)
        except NoState as error:
            stop(str(error))
        if not left.environments:
            tell("batten: no earlier run in this folder left anything")
            sys.exit(ExitCode.CLEAN)
        finish(left, wanted)
    named = named_by(dict.fromkeys(targets), policy, bare, stores, run)
    bare = _allowed(bare, run, active)
    named.environments = {n: _allowed(e, run, active) for n, e in named.environments.items()}
    known = _contract(contract or (root / policy.contract if policy.contract else None))
    order = order_of(named, run, bare, known, origins or policy.origins)
    if run.dry_run:
        dry_run(order, wanted)
    # Assess and report. Of a fleet, no target is compared with the one before it, and what is done is kept.
    fleet = named.listed or bool(run.exclude) or run.resume
    if left_over(root):
        tell(f"batten: an interrupted run in this folder may have left test data; {AGAIN}")
    tells = unsaid if wanted.quiet else progress
    if fleet:
        outcome = assess_hosts(root, policy, order, run, tells)
    else:
        outcome = assess(root, policy, order.environments, order.contract, order.origins, tells)
    tells("")
    outcome.gate = wanted.gate_of(policy)
    if any(c.address and not c.removed for e in outcome.environments for c in e.created):
        tell(f"batten: not everything that this run created was removed; {AGAIN}")
    finish(outcome, wanted)


def _allowed(environment: Environment, run: Run, active: bool | None) -> Environment:
    """With what the options of this run allow in the place of what batten.yaml does, or beside it."""
    return replace(
        environment,
        active=environment.active if active is None else active,
        try_logins=run.try_logins or environment.try_logins,
        smuggling=run.smuggling or environment.smuggling,
    )


def _contract(path: Path | None) -> Contract | None:
    if path is None:
        return None
    try:
        return load(Workspace(path.absolute().parent), path.name)[0]
    except (SyntaxProblem, Unreadable) as error:
        stop(f"{path}: {error}; {error.hint}")
