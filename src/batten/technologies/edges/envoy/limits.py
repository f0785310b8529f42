"""Bounds on what clients may send, logs of it, and the edits that set both.

Source: https://www.envoyproxy.io/docs/envoy/latest/faq/configuration/timeouts
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import AccessLog, Limits
from batten.model import ABSENT, UNKNOWN, Fix, Quantity, Setting
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import Manager, managers, routes_of
from batten.technologies.edges.envoy.places import manager_at
from batten.technologies.edges.envoy.tls.listeners import redirects
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.edges.credentials import credential
from batten.technologies.shared.text.field_edits import put, risky, safe

_STDOUT = (
    "- name: envoy.access_loggers.stdout\n"
    "  typed_config:\n"
    '    "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog'
)

IDLE = 300.0  # seconds that a stream may be silent for, unless told otherwise
_LIMITERS = (
    "ratelimit",
    "local_ratelimit",
    "rate_limit_quota",
    "admission_control",
    "adaptive_concurrency",
    "",
)
_LOGGED = re.compile(r"%(?:REQ|RESP|REQUEST_HEADER|RESPONSE_HEADER|TRAILER)\(([^)?:]+)", re.IGNORECASE)


def limits(tree: Tree) -> Iterator[Limits]:
    for manager in managers(tree):
        if manager.private:
            continue
        config = manager.config
        idle, whole = config["stream_idle_timeout"].seconds(IDLE), config["request_timeout"].seconds()
        headers = config["request_headers_timeout"].seconds()
        bounds = [s for s in (headers, whole, idle) if s.effective not in (ABSENT, 0.0)]
        yield Limits(
            manager.item.named(config.pointer).block,
            body=_body(manager),
            header_timeout=bounds[0] if bounds else idle,
            body_timeout=next((s for s in (whole, idle) if s.effective not in (ABSENT, 0.0)), None),
            rate=_rate(manager),
        )


def _body(manager: Manager) -> Setting[int] | None:
    """Envoy passes bodies on as they come; only the buffer filter counts them."""
    buffer = manager.first("buffer")
    if buffer is None:
        return None
    if not buffer.off:
        return buffer.config["max_request_bytes"].number()
    levels = (level for host in manager.hosts for level in (host, *routes_of(host)))
    own = (
        level["typed_per_filter_config"][buffer.name].of("buffer", "max_request_bytes") for level in levels
    )
    sizes = [field.number() for field in own if field]
    return max(sizes, key=lambda size: size.known(0), default=None)


def _rate(manager: Manager) -> Setting[str] | None:
    if redirects(manager).known(True) or manager.routes is None:
        return None
    at = manager.item.named(manager.config.pointer).block
    network = [f["typed_config"].type for f in manager.chain["filters"].items()]
    per_route = [
        c
        for h in manager.hosts
        for r in (h, *routes_of(h))
        for _, c in r["typed_per_filter_config"].entries()
    ]
    counted = any("ratelimit" in t or "rate_limit" in t for t in (*network, *(c.type for c in per_route)))
    if manager.all(*_LIMITERS) or manager.opaque or counted:
        return Setting(UNKNOWN, at)
    return Setting(ABSENT, at)


def logs(tree: Tree) -> Iterator[AccessLog]:
    for manager in managers(tree):
        if manager.private:
            continue
        at = manager.item.named(manager.config.pointer).block
        sinks = [*manager.config["access_log"].items(), *manager.listener["access_log"].items()]
        access = Setting(ABSENT, at, False)
        if sinks or manager.config["access_log_options"]:
            access = Setting(True, at)
        elif redirects(manager).known(False):
            access = Setting(UNKNOWN, at)  # what a client does is logged where it goes then
        logged: list[Setting[str]] = []
        for sink in sinks:
            logged.extend(_carried(sink))
        for field in manager.listener.walk():
            if field.key == "key_log" and field["path"]:
                logged.append(Setting("the secrets of TLS sessions (`key_log`)", field["path"].here))
        yield AccessLog(at, access, Setting(UNKNOWN, at), tuple(logged))


def _carried(sink: Field) -> Iterator[Setting[str]]:
    for field in sink.walk():
        for name in _LOGGED.findall(field.text):
            if credential(name):
                yield Setting(f"the {name} header", field.here)
    for key in ("additional_request_headers_to_log", "additional_response_headers_to_log"):
        for name_field in sink.of("typed_config", key).items():
            if credential(name_field.text):
                yield Setting(f"the {name_field.text} header", name_field.here)


def access_log(tree: Tree, found: Field) -> Fix | None:
    manager = manager_at(tree, found)
    if manager is None:
        return None
    return safe("log requests to stdout", put(tree.workspace, manager.config["access_log"], _STDOUT))


def limit(tree: Tree, found: Field, written: bool, resource: Quantity) -> Fix | None:
    """Where a bound was turned off, Envoy's own default."""
    key = found.key
    if not written or key != "stream_idle_timeout":
        return None
    breaks = "streams that are idle for more than five minutes"
    return risky(
        "close idle streams after Envoy's default of five minutes", put(tree.workspace, found, "300s"), breaks
    )
