"""Many hosts in one run: their open ports are found, what listens there is recognised, and each service is assessed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import field, replace
from itertools import chain
from pathlib import Path

from batten.contract import Contract
from batten.controls import adopt
from batten.engine.environments import Kept, Memory, Progress, assessed
from batten.engine.outcome import EnvironmentOutcome, FleetOutcome, HostOutcome, Outcome, ServiceOutcome
from batten.engine.resume import Resumption, swept_of
from batten.engine.review import Review
from batten.engine.review import order as by_severity
from batten.formats import Workspace
from batten.live.assessment import Target, unasked
from batten.live.fleet.discovery import Seen, Sweep, Swept, discover
from batten.live.fleet.hosts import Excluded
from batten.live.fleet.listeners import UNKNOWN, Listener, listening
from batten.live.stores.door import SCHEMES as STORES
from batten.live.tls.services import SCHEMES as SERVICES
from batten.model import Finding, Problem
from batten.model.record import record
from batten.policy import Environment, Policy

PORTS = {"http": 80, "https": 443}
NAME_IT = "name its protocol, as in redis://host:port, or leave it out with --exclude"
MOST_SHOWN = 8  # ports of a host
SKIPPED = "skipped: "
INTERRUPTED = "discovery was interrupted: not all ports were tried"


@record(kw_only=True)
class Order:
    """What is assessed: environments that were named, and what listens at the hosts of `sweep`, asked as `bare` says.
    `named` are ports that were named one by one: one that is closed is told."""

    environments: tuple[Environment, ...] = ()
    sweep: Sweep | None = None
    named: frozenset[tuple[str, int]] = frozenset()
    without: Excluded = field(default_factory=Excluded)
    bare: Environment = Environment("", "")
    contract: Contract | None = None
    origins: tuple[str, ...] = ()


@record
class _Looked:
    swept: Swept
    listeners: tuple[Listener, ...]


def assess_fleet(
    root: Path, policy: Policy, order: Order, progress: Progress, resumption: Resumption | None = None
) -> Outcome:
    """Discover, recognise and assess; each target that is done is kept for a later `--resume`."""
    adopt(policy.custom)
    result = Review(Workspace(root), policy)
    looked = _looked(order, progress, resumption) if order.sweep is not None else None
    environments = {e.name: e for e in order.environments}
    for listener in looked.listeners if looked is not None else ():
        environment = _environment(listener, order.bare)
        if environment is not None:
            environments.setdefault(environment.name, environment)
    targets = [Target(e, order.contract, order.origins) for e in environments.values()]
    if looked is not None and not looked.swept.complete:
        kept = [Kept(_unasked(target.environment), None, None) for target in targets]
    else:
        kept = assessed(targets, result, progress, memory=_memory(resumption), without=order.without.covers)
    # Services of a fleet are no stages of one deployment: none is compared with another.
    of_services: list[Finding] = []
    for service in kept:
        if service.judged is not None:
            result.problems += service.judged.problems
            of_services.extend(service.judged.findings)
    findings = sorted(of_services, key=by_severity)
    seen = {_name(listener) for listener in looked.listeners} if looked is not None else set()
    told = [_unlooked(one.outcome) if one.outcome.name in seen else one.outcome for one in kept]
    outcome = Outcome("probe", str(root), policy.gate, findings, result.problems, told, today=policy.today)
    if looked is not None:
        outcome.fleet = _fleet(looked, findings, order.bare)
        outcome.problems += _problems(looked, order)
    # Whether nothing is left to go on with: every target had its turn.
    interrupted = any("interrupted" in p.message for e in outcome.environments for p in e.not_assessed)
    outcome.whole = not interrupted and (looked is None or looked.swept.complete)
    if resumption is not None and outcome.whole:
        resumption.over()
    return outcome


def _unlooked(outcome: EnvironmentOutcome) -> EnvironmentOutcome:
    """A service that was found, and not named: what is not asked of it was not chosen, and so was not assessed."""
    left = [p for p in outcome.left_alone if SKIPPED in p.message and "its TLS only" in p.message]
    missed = (
        replace(p, stage="probe", message=p.message.replace(SKIPPED, "not assessed: ", 1)) for p in left
    )
    kept = tuple(p for p in outcome.left_alone if p not in left)
    return replace(outcome, not_assessed=(*outcome.not_assessed, *missed), left_alone=kept)


def _unasked(environment: Environment) -> EnvironmentOutcome:
    """An environment whose turn did not come."""
    missed = tuple(unasked(environment).not_assessed)
    return EnvironmentOutcome(environment.name, environment.url, False, not_assessed=missed)


def _memory(resumption: Resumption | None) -> Memory | None:
    if resumption is None:
        return None
    known = {
        name: replace(kept, outcome=replace(kept.outcome, carried=when))
        for name, (when, kept) in resumption.kept.items()
    }
    return Memory(known, resumption.keep)


def _looked(order: Order, progress: Progress, resumption: Resumption | None) -> _Looked:
    """What listens where: as an earlier run knew it, as far as that came."""
    assert order.sweep is not None
    found = resumption.found if resumption is not None else None
    if found is not None and found.listeners is not None:
        return _Looked(swept_of(found), found.listeners)
    swept = swept_of(found) if found is not None else None
    looked = asyncio.run(_discovered(order.sweep, progress, resumption, swept))
    if resumption is not None and looked.swept.complete:
        resumption.note(looked.swept, looked.listeners)
    return looked


async def _discovered(
    sweep: Sweep, progress: Progress, resumption: Resumption | None, so_far: Swept | None
) -> _Looked:
    saved = resumption.note if resumption is not None else None

    def told(tried: int, total: int, opened: int) -> None:
        progress(f"discovering: {tried:,} of {total:,} ports tried, {opened:,} open")

    swept = await discover(sweep, told, saved, so_far)
    if not swept.complete:
        return _Looked(swept, ())
    places: dict[tuple[str, int], tuple[str, str, int]] = {}
    for host, address, port in swept.open:
        places.setdefault((host, port), (host, address, port))
    progress(f"recognising what listens at {len(places)} open ports")
    try:
        return _Looked(swept, tuple(await listening(places.values())))
    except asyncio.CancelledError:
        swept.complete = False
        return _Looked(swept, ())


def _environment(listener: Listener, bare: Environment) -> Environment | None:
    """The listener as a target; None for what batten does not assess."""
    source = _name(listener)
    if listener.kind in PORTS:
        return replace(bare, name=source, url=source)
    if listener.kind in STORES:
        return replace(bare, name=source, stores=(source,))
    return replace(bare, name=source, tls=(source,)) if listener.kind in SERVICES else None


def _name(listener: Listener) -> str:
    """Its address as people write it: without the usual port of the web."""
    if PORTS.get(listener.kind) == listener.port:
        return listener.source.rpartition(":")[0]
    return listener.source


def _problems(looked: _Looked, order: Order) -> Iterator[Problem]:
    if not looked.swept.complete:
        yield Problem("discovery", "probe", INTERRUPTED, hint="`--resume` with the same targets goes on")
    for host, reason in looked.swept.unresolved.items():
        yield Problem(
            host, "probe", f"not assessed: {host} does not resolve: {reason}", hint="correct the name"
        )
    # Open ports that nothing is known of, by host.
    unknown_found: dict[str, list[int]] = {}
    for listener in looked.listeners:
        if listener.kind == UNKNOWN:
            unknown_found.setdefault(listener.host, []).append(listener.port)
    for host, ports in unknown_found.items():
        shown = ", ".join(map(str, ports[:MOST_SHOWN]))
        more = f" and {len(ports) - MOST_SHOWN:,} more" if len(ports) > MOST_SHOWN else ""
        one = "port" if len(ports) == 1 else "ports"
        message = f"not assessed: what listens at {one} {shown}{more} was not recognised"
        yield Problem(host, "probe", message, hint=NAME_IT)
    found = {(host, port) for host, _, port in looked.swept.open}
    for host, port in sorted(order.named - found) if looked.swept.complete else ():
        if host not in looked.swept.unresolved:
            place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            yield Problem(
                place, "probe", f"not assessed: {place} takes no connection", hint="it was named by its port"
            )


def _fleet(looked: _Looked, findings: Iterable[Finding], bare: Environment) -> FleetOutcome:
    worst: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.suppression is None and finding.counts:
            worst.setdefault(finding.environment, []).append(finding)
    services: dict[str, list[ServiceOutcome]] = {}
    for listener in looked.listeners:
        known = worst.get(_name(listener), [])
        target = _name(listener) if _environment(listener, bare) is not None else ""
        lead = known[0] if known else None
        made = ServiceOutcome(
            listener.port,
            listener.kind,
            target,
            lead.severity if lead is not None else None,
            len(known),
            lead.message if lead is not None else "",
        )
        services.setdefault(listener.host, []).append(made)
    hosts = [_host(host, found, looked.swept) for host, found in services.items()]
    seen = looked.swept.seen.values()
    return FleetOutcome(
        tuple(sorted(hosts, key=lambda h: -h.rank)),
        len(looked.swept.seen),
        looked.swept.connections,
        sum(len(s.open) for s in seen),
        sum(s.closed for s in seen),
        sum(s.silent for s in seen),
        looked.swept.seconds,
    )


def _host(host: str, services: list[ServiceOutcome], swept: Swept) -> HostOutcome:
    seen = {address: one for (name, address), one in swept.seen.items() if name == host}
    every: Iterable[int] = chain.from_iterable(one.open for one in seen.values())
    partly = sorted({p for p in every if any(p not in one.open for one in seen.values())})
    ranked = sorted(services, key=lambda s: (-s.rank, s.port))
    return HostOutcome(
        host,
        tuple(seen),
        tuple(ranked),
        tuple(partly),
        _sum(seen.values(), "closed"),
        _sum(seen.values(), "silent"),
    )


def _sum(seen: Iterable[Seen], what: str) -> int:
    return sum(getattr(one, what) for one in seen)
