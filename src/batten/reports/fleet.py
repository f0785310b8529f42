"""What a search for open ports found, in the words that reports share."""

from __future__ import annotations

from batten.engine.outcome import FleetOutcome, HostOutcome, Outcome, ServiceOutcome
from batten.reports import words

NOT_ASSESSED = "open; batten does not assess it"


def title(fleet: FleetOutcome) -> str:
    """`3 hosts with open ports, of 16 addresses`."""
    of = f"{fleet.addresses:,} address{'' if fleet.addresses == 1 else 'es'}"
    return f"{words.plural(len(fleet.hosts), 'host')} with open ports, of {of}"


def tried(fleet: FleetOutcome) -> str:
    """How the ports answered."""
    return (
        f"{words.plural(fleet.connections, 'connection')} in {fleet.seconds:,.0f} s: {fleet.open:,} open, "
        f"{fleet.closed:,} closed, {fleet.silent:,} without an answer"
    )


def host_name(host: HostOutcome) -> str:
    """Its name, with its addresses where they are others."""
    others = [address for address in host.addresses if address != host.host]
    return f"{host.host} ({', '.join(others)})" if others else host.host


def what(service: ServiceOutcome) -> str:
    """`redis://127.0.0.5:6379`; port and kind of what is not assessed."""
    return service.target or f"port {service.port} ({service.kind})"


def found(service: ServiceOutcome, outcome: Outcome) -> str:
    """The first finding and how many more there are; how far it was assessed where there is none."""
    if not service.target:
        return NOT_ASSESSED
    if service.worst is not None:
        more = f"; {service.findings - 1:,} more" if service.findings > 1 else ""
        return f"{service.message}{more}"
    environment = next((e for e in outcome.environments if e.name == service.target), None)
    return f"no finding; {words.reached(environment)}" if environment is not None else "no finding"


def partly(host: HostOutcome) -> str:
    """`port 443 is open on some of its addresses only`; "" where all are alike."""
    if not host.partly:
        return ""
    named = ", ".join(map(str, host.partly))
    return f"{'port' if len(host.partly) == 1 else 'ports'} {named}: open on some of its addresses only"
