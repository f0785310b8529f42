"""Which hosts are served, for engines that have their own words for it."""

from __future__ import annotations

from batten.guard.compiled import Compiled


def hosts_pattern(compiled: Compiled) -> str:
    """What a listed Host header looks like, whatever its case; "" where every host is served."""
    return compiled.hosts.pattern if compiled.hosts is not None else ""


def port_of(listen: str) -> tuple[int, ...]:
    """Of an address such as 127.0.0.1:8443, or a port alone."""
    port = listen.rpartition(":")[2]
    return (int(port),) if port.isdigit() else ()
