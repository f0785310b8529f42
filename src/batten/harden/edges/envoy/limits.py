"""Limits: of one address, of bodies, and of the whole process."""

from __future__ import annotations

from typing import Any

from batten.harden.edges.envoy.headers import FILTERS, added

Json = dict[str, Any]
BUFFER = 32_768  # bytes of a connection, as Envoy's advice for edges has it
CONNECTIONS = 10_000  # of the whole process
HEAP = 402_653_184  # bytes; the containers that batten writes have 512 MiB
ADDRESSES = 10_000  # that are counted at a time; the one that was seen longest ago is forgotten first
UNCOUNTED = 1_000_000  # requests a second of all that is not counted by address, which is nothing
BODIES, RATE = "envoy.filters.http.buffer", "envoy.filters.http.local_ratelimit"
LATER = {"Retry-After": "1"}  # seconds; with 429
_MONITORS = "envoy.resource_monitors"
_MONITOR = "type.googleapis.com/envoy.extensions.resource_monitors"


def rate(requests: int, wide: bool) -> Json:
    """Requests a second from one address, and twice as many at once. Where addresses are `wide` (IPv6) a network is one client;
    to mask those of IPv4, which have nothing to mask, would cost as much as the rest
    (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/local_rate_limit_filter)."""
    always = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    key = "masked_remote_address" if wide else "remote_address"
    by = {key: {"v4_prefix_mask_len": 32, "v6_prefix_mask_len": 64} if wide else {}}
    counted = {"entries": [{"key": key}], "token_bucket": _bucket(2 * requests, requests)}
    config = {
        "@type": f"{FILTERS}.local_ratelimit.v3.LocalRateLimit",
        "stat_prefix": "addresses",
        "token_bucket": _bucket(UNCOUNTED, UNCOUNTED),
        "always_consume_default_token_bucket": False,
        "max_dynamic_descriptors": ADDRESSES,
        "filter_enabled": always,
        "filter_enforced": always,
        "response_headers_to_add": added(LATER),
        "rate_limits": [{"actions": [by]}],
        "descriptors": [counted],
    }
    return {"name": RATE, "typed_config": config}


def _bucket(most: int, each: int) -> Json:
    return {"max_tokens": most, "tokens_per_fill": each, "fill_interval": "1s"}


def bodies(most: int) -> Json:
    """Whole requests before any of them is forwarded, so that slow clients occupy no upstream. Off but for routes that
    forward: Envoy does not wait for what it refuses."""
    config = {"@type": f"{FILTERS}.buffer.v3.Buffer", "max_request_bytes": most}
    return {"name": BODIES, "disabled": True, "typed_config": config}


def body(most: int) -> Json:
    """Of one route. Envoy has no limit of 0: where no operation takes a body, one byte passes."""
    kind = f"{FILTERS}.buffer.v3.BufferPerRoute"
    return {"@type": kind, "buffer": {"max_request_bytes": max(1, most)}}


def overload() -> Json:
    """https://www.envoyproxy.io/docs/envoy/latest/configuration/operations/overload_manager/overload_manager"""
    heap = f"{_MONITORS}.fixed_heap"
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            _monitor("global_downstream_max_connections", "downstream_connections.v3.DownstreamConnectionsConfig",
                     {"max_active_downstream_connections": CONNECTIONS}),
            _monitor("fixed_heap", "fixed_heap.v3.FixedHeapConfig", {"max_heap_size_bytes": HEAP}),
        ],
        "actions": [
            {"name": f"envoy.overload_actions.{action}", "triggers": [{"name": heap, "threshold": {"value": full}}]}
            for action, full in (("shrink_heap", 0.95), ("stop_accepting_requests", 0.98))
        ],
    }  # fmt: skip


def _monitor(name: str, kind: str, values: Json) -> Json:
    return {"name": f"{_MONITORS}.{name}", "typed_config": {"@type": f"{_MONITOR}.{kind}", **values}}
