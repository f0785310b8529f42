"""Routes of WebSockets, before those of the same path that forward anything else.

https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/upgrades
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from batten.contract.surface import Path
from batten.harden.edge import QUIET, Edge
from batten.harden.edges.envoy import answers, routing
from batten.harden.handshakes import BODIES, NAMED, PROTOCOL, VERSION

Json = dict[str, Any]


def routes(path: Path, edge: Edge) -> Iterator[Json]:
    """What is forwarded, and the refusal of pages of other origins."""
    asks = (
        routing.verb(path.methods),
        routing.header("upgrade", f"(?i){PROTOCOL}"),
        routing.header("connection", f"(?i){NAMED}"),
        routing.header("sec-websocket-version", VERSION),
        *({"name": name.lower(), "present_match": False} for name in BODIES),
    )
    taken = {
        "cluster": "api",
        "timeout": "0s",
        "idle_timeout": f"{QUIET}s",
        "host_rewrite_literal": edge.names[0],
        "upgrade_configs": [{"upgrade_type": PROTOCOL}],
    }
    opener = {
        **routing.header("origin", f"(?:{routing.one_of(edge.openers)})?"),
        "treat_missing_header_as_empty": True,
    }
    own = {answers.INSTEAD: answers.instead(path.errors)}
    yield {"match": routing.match(path, *asks, opener), "route": taken, "typed_per_filter_config": own}
    yield {"match": routing.match(path, *asks), **routing.direct(403)}


def lists(edge: Edge) -> Iterator[tuple[str, list[Json]]]:
    """Of paths beside the contract."""
    return ((path.sent_prefix, [*routes(path, edge)]) for path in edge.listed)
