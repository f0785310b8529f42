"""Hosts with open ports in the terminal's report: the worst first, a line for each service."""

from __future__ import annotations

from collections.abc import Iterator

from batten.engine.outcome import HostOutcome
from batten.reports import fleet
from batten.reports.legible import one_line
from batten.reports.terminal_page import INDENT, Page, hanging
from batten.reports.terminal_style import fit

MOST_HOSTS = 20
MOST_SERVICES = 12


def hosts(page: Page) -> Iterator[str]:
    """What listens where; --verbose lists all."""
    found = page.outcome.fleet
    if found is None:
        return
    yield page.style.rule(fleet.title(found))
    yield from hanging("", fleet.tried(found), page)
    carried = [e.carried for e in page.outcome.environments if e.carried]
    if carried:
        since = f"{min(carried)} to {max(carried)}" if min(carried) != max(carried) else carried[0]
        yield f"{INDENT}{len(carried):,} assessed by an interrupted run, {since}, and carried over"
    for host in found.hosts if page.verbose else found.hosts[:MOST_HOSTS]:
        yield from _host(host, page)
    if len(found.hosts) > MOST_HOSTS and not page.verbose:
        yield f"{INDENT}… and {len(found.hosts) - MOST_HOSTS:,} more hosts (--verbose lists them)"


def _host(host: HostOutcome, page: Page) -> Iterator[str]:
    yield INDENT + page.style.paint(one_line(fleet.host_name(host)), "bold")
    for service in host.services if page.verbose else host.services[:MOST_SERVICES]:
        severity = f"{page.style.severity(service.worst)}  " if service.worst is not None else ""
        plain = len(service.worst.label) + 4 if service.worst is not None else 0
        service_told = one_line(f"{fleet.what(service)}  {fleet.found(service, page.outcome)}")
        yield f"{INDENT}  {severity}{fit(service_told, page.width - 4 - plain)}"
    if len(host.services) > MOST_SERVICES and not page.verbose:
        yield f"{INDENT}  … and {len(host.services) - MOST_SERVICES:,} more ports"
    if told := fleet.partly(host):
        yield from hanging("  ", told, page)
