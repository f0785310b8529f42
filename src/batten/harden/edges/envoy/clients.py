"""Addresses of clients: the connection's own, or what proxies say of it.
https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-for"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]
_DETECTION = "type.googleapis.com/envoy.extensions.http.original_ip_detection.xff.v3.XffConfig"
_MUTATION = (
    "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"
)
_PROXY = "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol"


def saying(proxies: tuple[str, ...], announced: bool) -> tuple[str, ...]:
    """Proxies that say it in each request."""
    return () if announced else proxies


def behind(listener: Json, proxies: tuple[str, ...], announced: bool) -> Json:
    if announced:
        # Connections begin with a PROXY header. Envoy would believe it of anybody: connections of others are closed.
        ranges = cidrs(proxies)
        filters = [{"name": "envoy.filters.listener.proxy_protocol", "typed_config": {"@type": _PROXY}}]
        chains = [
            {
                **chain,
                "filter_chain_match": {
                    **chain.get("filter_chain_match", {}),
                    "direct_source_prefix_ranges": ranges,
                },
            }
            for chain in listener["filter_chains"]
        ]
        return {
            **listener,
            "listener_filters": [*filters, *listener.get("listener_filters", [])],
            "filter_chains": chains,
        }
    return listener


def detected(proxies: Iterable[str], early: Iterable[Json] = ()) -> Json:
    """The last address of X-Forwarded-For that does not belong to a proxy, where a proxy sent it; of a connection manager. `early` are
    changes of requests before that; without any, what Envoy would take from clients itself is removed."""
    ranges = cidrs(proxies)
    changes = list(early) or (_forgotten() if ranges else [])
    first = {"early_header_mutation_extensions": [_changed(changes)]} if changes else {}
    if not ranges:
        return {"use_remote_address": True, "skip_xff_append": True, **first}  # it is set anew
    config = {"@type": _DETECTION, "xff_trusted_cidrs": {"cidrs": ranges}}
    found = {"name": "envoy.http.original_ip_detection.xff", "typed_config": config}
    return {"use_remote_address": False, "original_ip_detection_extensions": [found], **first}


def _forgotten() -> list[Json]:
    """What Envoy takes from clients as soon as it looks for their addresses in a header: names of requests, the scheme of links,
    and what its router does."""
    names = ("x-request-id", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port")
    family = {"safe_regex": {"regex": "(?i)x-envoy-.*"}}
    return [*({"remove": name} for name in names), {"remove_on_match": {"key_matcher": family}}]


def _changed(mutations: list[Json]) -> Json:
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {"@type": _MUTATION, "mutations": mutations},
    }


def cidrs(networks: Iterable[str]) -> list[Json]:
    parts = (network.rpartition("/") for network in networks)
    return [{"address_prefix": address, "prefix_len": int(bits)} for address, _, bits in parts]
