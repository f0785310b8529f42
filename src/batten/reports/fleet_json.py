"""Hosts with open ports in the JSON report."""

from __future__ import annotations

import msgspec

from batten.engine.outcome import FleetOutcome, HostOutcome, ServiceOutcome
from batten.reports.vocabulary import SeverityName


class JsonService(msgspec.Struct, frozen=True):
    """What listens at one port. `environment` is the name of what it was assessed as, "" where batten does not assess it;
    `worst` and `message` are of the first finding, null and "" where there is none."""

    port: int
    kind: str
    environment: str
    worst: SeverityName | None
    findings: int
    message: str


class JsonHost(msgspec.Struct, frozen=True):
    """A host with open ports, the worst service first. `partly` are ports that only some of its addresses have open; `closed` and
    `silent` count its other ports."""

    host: str
    addresses: list[str]
    services: list[JsonService]
    partly: list[int]
    closed: int
    silent: int


class JsonFleet(msgspec.Struct, frozen=True):
    """What the search for open ports saw: hosts with any, the worst first, and how many ports of all addresses answered how."""

    hosts: list[JsonHost]
    addresses: int
    connections: int
    open: int
    closed: int
    silent: int
    seconds: float


def fleet_as_json(fleet: FleetOutcome) -> JsonFleet:
    return JsonFleet(
        [_host(host) for host in fleet.hosts],
        fleet.addresses,
        fleet.connections,
        fleet.open,
        fleet.closed,
        fleet.silent,
        round(fleet.seconds, 1),
    )


def _host(host: HostOutcome) -> JsonHost:
    services = [_service(service) for service in host.services]
    return JsonHost(host.host, list(host.addresses), services, list(host.partly), host.closed, host.silent)


def _service(service: ServiceOutcome) -> JsonService:
    worst = service.worst.label if service.worst is not None else None
    return JsonService(service.port, service.kind, service.target, worst, service.findings, service.message)
