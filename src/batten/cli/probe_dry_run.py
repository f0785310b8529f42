"""`batten probe --dry-run`: every request that would be sent, without a connection."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import NoReturn

import click
import msgspec

from batten.cli.output import say, stop, write_out
from batten.cli.wanted import Wanted
from batten.engine.fleet import Order
from batten.engine.outcome import ExitCode
from batten.live.calls import survey_of
from batten.live.fleet.listeners import MOST_QUESTIONS
from batten.live.rehearsal import Planned, Rehearsal, Rehearsed, rehearse
from batten.live.writing.labels import fresh_label
from batten.masking import masked

VERSION = 1
MOST_SHOWN = 6  # addresses
MORE = "more may follow, which answers decide: links, documents and retries, at the same hosts and ports"
REMOVAL = "what is created is looked up with GET, and removed with DELETE where the contract documents it"


def dry_run(order: Order, wanted: Wanted) -> NoReturn:
    """Print what an assessment would ask, and exit with 0."""
    label = fresh_label()
    plans = [rehearse(survey_of(e, order.contract, order.origins, label=label)) for e in order.environments]
    active = any(e.active for e in (*order.environments, order.bare))
    if order.sweep is not None:
        # What the search for open ports does, and what follows for each that is open.
        sweep = order.sweep
        connections = sum(map(len, sweep.hosts.values()))
        search: dict[str, object] | None = {
            "addresses": list(sweep.hosts),
            "ports": sorted({port for some in sweep.hosts.values() for port in some}),
            "connections": connections,
            "most_connections": 2 * connections,
            "connections_a_second": min(sweep.rate, sweep.host_rate * len(sweep.hosts)),
            "to_recognise_an_open_port": MOST_QUESTIONS,
            "to_assess_what_listens": order.bare.budget,
        }
    else:
        search = None
    for target in wanted.targets:
        if target.form not in ("terminal", "json"):
            stop(f"--dry-run writes --format terminal or json, not {target.form}")
        people = target.form == "terminal"
        lines = list(_lines(plans, active, search)) if people else [_json(plans, active, search)]
        if target.path is not None:
            write_out(target.path, masked("\n".join(lines)) + "\n")
        else:
            plain = target.form == "json"
            for line in lines:
                click.echo(line) if plain else say(line)
    sys.exit(ExitCode.CLEAN)


def _lines(plans: Iterable[Rehearsal], active: bool, sweep: dict[str, object] | None) -> Iterator[str]:
    if sweep is not None:
        addresses, ports = sweep["addresses"], sweep["ports"]
        assert isinstance(addresses, list) and isinstance(ports, list)
        shown = ", ".join(addresses[:MOST_SHOWN]) + (
            f" and {len(addresses) - MOST_SHOWN:,} more" if len(addresses) > MOST_SHOWN else ""
        )
        yield f"{len(addresses):,} addresses: {shown}"
        yield f"  {sweep['connections']:,} TCP connections, which send nothing, to {len(ports):,} ports; a second one where a host that answers does not at a port"
        yield f"  at most {sweep['connections_a_second']:g} a second; names are resolved first"
        yield f"  at each open port: at most {sweep['to_recognise_an_open_port']} questions that recognise what listens"
        yield f"  for each API, store or TLS service found: at most {sweep['to_assess_what_listens']:,} requests, as --dry-run with its URL lists them"
    for plan in plans:
        yield _head(plan)
        for probe in plan.probes:
            yield from _probe(probe)
        yield f"  {MORE}; at most {plan.budget:,} requests in all"
        if active:
            yield f"  {REMOVAL}"
    yield "dry run: nothing was sent"


def _head(plan: Rehearsal) -> str:
    places = ", ".join(f"{host}:{port}" for host, port in plan.places)
    name = plan.url or plan.environment
    return f"{name}: {plan.planned:,} requests are planned, at most {plan.rate:g} a second, to {places} only"


def _probe(probe: Rehearsed) -> Iterator[str]:
    yield f"  {probe.name}"
    yield from (f"    {_line(one)}" for one in probe.planned)
    yield from (f"    if answers call for it: {_line(one)}" for one in probe.possible)
    yield from (f"    not without --active: {_line(one)}" for one in probe.withheld)


def _line(one: Planned) -> str:
    told = [one.method, one.target]
    told += [f"[{', '.join(one.headers)}]"] if one.headers else []
    told += [f"with {one.body} bytes"] if one.body else []
    told += ["(may change data)"] if one.changes else []
    told += ["(with credentials)"] if one.credentials else []
    return " ".join(told)


def _json(plans: list[Rehearsal], active: bool, sweep: dict[str, object] | None) -> str:
    document = {
        "version": VERSION,
        "tool": "batten",
        "command": "probe --dry-run",
        "discovery": sweep,
        "targets": [_target(plan, active) for plan in plans],
    }
    return msgspec.json.format(msgspec.json.encode(_shown(document))).decode()


def _target(plan: Rehearsal, active: bool) -> dict[str, object]:
    return {
        "name": plan.environment,
        "url": plan.url,
        "most_requests": plan.budget,
        "rate": plan.rate,
        "hosts": [f"{host}:{port}" for host, port in plan.places],
        "depends_on_answers": [MORE, *([REMOVAL] if active else [])],
        "probes": [msgspec.to_builtins(probe) for probe in plan.probes],
    }


def _shown(value: object) -> object:
    """The same without secrets in its texts."""
    match value:
        case dict():
            return {key: _shown(of) for key, of in value.items()}
        case list() | tuple():
            return [_shown(of) for of in value]
        case str():
            return masked(value)
        case _:
            return value
