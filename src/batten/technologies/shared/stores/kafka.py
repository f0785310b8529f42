"""Kafka's listeners, and whether they ask who connects. Source: Kafka's broker settings `listeners` and
`listener.security.protocol.map`, as images take them from variables."""

from __future__ import annotations

import re

from batten.model import UNKNOWN, Setting, Unknown
from batten.technologies.shared.containers.container import Container

_LISTENER = re.compile(r"\s*(?P<name>[\w-]+)://(?P<host>[^,]*?)(?::(?P<port>\d+))?\s*(?:,|$)", re.ASCII)
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def kafka(container: Container) -> Setting[bool]:
    """False where clients get a listener in clear text: every one there is, or one that is published."""
    listed = _variable(container, "LISTENERS") or _variable(container, "ADVERTISED_LISTENERS")
    if listed is None:
        plain = container.vendor == "apache" and not container.mounted("/mnt/shared", "/opt/kafka/config")
        return container.missing(False if plain else UNKNOWN)
    if not listed.is_known:
        return Setting(UNKNOWN, listed.at)
    asks_listed = listed.known("")
    mapped, controllers = (
        _variable(container, "LISTENER_SECURITY_PROTOCOL_MAP"),
        _variable(container, "CONTROLLER_LISTENER_NAMES"),
    )
    if any(s is not None and not s.is_known for s in (mapped, controllers)):
        asks: bool | Unknown = UNKNOWN
    else:
        pairs = (p.partition(":") for p in (mapped.known("") if mapped else "").split(","))
        protocols = {name.strip(): protocol.strip().upper() for name, _, protocol in pairs}
        inner = {n.strip() for n in (controllers.known("") if controllers else "").split(",")}
        clients = [
            found
            for found in _LISTENER.finditer(asks_listed)
            if found["name"] not in inner and found["host"] not in _LOOPBACK
        ]
        asks_plain = [f for f in clients if protocols.get(f["name"], f["name"].upper()) == "PLAINTEXT"]
        published = {p.container_port for p in container.workload.ports if p.outside}
        if asks_plain and (
            len(asks_plain) == len(clients) or any(int(f["port"] or 0) in published for f in asks_plain)
        ):
            asks = False
        else:
            asked = [f for f in clients if protocols.get(f["name"], f["name"].upper()).startswith("SASL")]
            asks = True if clients and len(asked) == len(clients) else UNKNOWN
    return Setting(asks, listed.at)


def _variable(container: Container, name: str) -> Setting[str] | None:
    return container.variable(f"KAFKA_{name}", f"KAFKA_CFG_{name}")
