"""`batten probe` of many hosts: what is looked at, whether the user means it, and how an interrupted run goes on."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from batten import __version__
from batten.cli.options import own_code
from batten.cli.output import stop, tell
from batten.cli.probe_options import Run
from batten.cli.probe_targets import Named, excluded_by
from batten.contract import Contract
from batten.engine.environments import Progress
from batten.engine.fleet import Order, assess_fleet
from batten.engine.outcome import Outcome
from batten.engine.resume import Resumption, begin, digest_of, resume
from batten.files import NoState, state_of
from batten.files.lock import locked
from batten.live.fleet.discovery import Sweep
from batten.live.fleet.hosts import NoHosts, excluded, spread
from batten.live.fleet.ports import NoPorts, ports
from batten.policy import Environment, Policy

MOST_UNASKED = 256  # addresses that are connected to without a question


def order_of(
    named: Named, run: Run, bare: Environment, contract: Contract | None, origins: tuple[str, ...]
) -> Order:
    """What the run assesses. Stops where the targets are too many, or where the user does not confirm them."""
    without = excluded(excluded_by(run.exclude))
    if named.ranges:
        try:
            found = spread(named.ranges, ports(run.ports or "common"), without)
        except (NoHosts, NoPorts) as error:
            stop(str(error))
        if not found:
            stop("--exclude leaves no target")
        sweep = Sweep(found, run.connect_rate, bare.rate, without)
    else:
        sweep = None
    if sweep is not None:
        # Ask before more is connected to than people usually mean: many addresses, or a range of public ones.
        public = [
            e.text
            for e in named.ranges
            if e.ranged
            and e.first is not None
            and e.last is not None
            and (e.first.is_global or e.last.is_global)
        ]
        if not run.yes and not run.dry_run and not (len(sweep.hosts) <= MOST_UNASKED and not public):
            what = f"{len(sweep.hosts):,} addresses, {sum(map(len, sweep.hosts.values())):,} connections"
            if public:
                what += f", and public addresses ({', '.join(public[:3])})"
            if not sys.stdin.isatty():
                stop(f"the targets are {what}; add --yes if you may connect to all of them")
            if not click.confirm(f"The targets are {what}. May you connect to all of them?", err=True):
                stop("nothing was sent")
    single = frozenset((host, entry.port) for entry in named.ranges if entry.port for host in entry)
    return Order(
        environments=tuple(named.environments.values()),
        sweep=sweep,
        named=frozenset(one for one in single if not without.covers(*one)),
        without=without,
        bare=bare,
        contract=contract,
        origins=origins,
    )


def assess_hosts(root: Path, policy: Policy, order: Order, run: Run, tells: Progress) -> Outcome:
    """Assess, with progress kept for --resume where this user has state."""
    # Of all that a result rests on; not of how fast it came about.
    environments = [replace(e, rate=0.0) for e in (*order.environments, order.bare)]
    swept = (sorted(order.sweep.hosts.items()), sorted(order.named)) if order.sweep is not None else ()
    contract = [repr(o) for o in order.contract.operations] if order.contract is not None else []
    judged = replace(policy, today=date.min)
    without = (sorted(order.without.names), order.without.spans, sorted(order.without.ports))
    digest = digest_of(__version__, own_code(), environments, swept, without, contract, order.origins, judged)
    try:
        state = state_of(str(root.resolve()))
        with locked(state, f"fleet-{digest[:12]}.lock", seconds=0.2):
            resumption_state = state_of(str(root.resolve()))
            known = resume(resumption_state, digest) if run.resume else None
            if known is None and run.resume:
                tell("batten: there is no interrupted run with these targets and options; this one begins")
            return _assessed(root, policy, order, tells, known or begin(resumption_state, digest))
    except NoState as error:
        if run.resume:
            stop(str(error))
        return _assessed(root, policy, order, tells, None)


def _assessed(
    root: Path, policy: Policy, order: Order, tells: Progress, resumption: Resumption | None
) -> Outcome:
    if resumption is not None and resumption.kept:
        many = f"{len(resumption.kept):,} targets" if len(resumption.kept) > 1 else "1 target"
        tell(f"batten: {many} were carried over from the run of {resumption.begun}")
    outcome = assess_fleet(root, policy, order, tells, resumption)
    tells("")
    if resumption is not None and not outcome.whole:
        tell("batten: the run was interrupted; `--resume` with the same targets goes on from here")
    return outcome
