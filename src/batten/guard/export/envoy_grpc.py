"""Envoy in front of a gRPC service: the methods that are listed pass, over HTTP/2, and nothing else does.

Messages are not looked at. A call that is refused gets 404, 405 or 415, and who asks by gRPC gets the gRPC status that
stands for it: 404 is UNIMPLEMENTED, as of a server without the method (grpc/doc/http-grpc-status-mapping.md).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from batten.guard.answers.header_rules import BANNERS
from batten.guard.export.envoy import CONFIGURATION, encrypted, place
from batten.guard.export.made import MOST_BODY, Export
from batten.harden.edges.envoy.listener import cluster, listener
from batten.harden.heads import dropped
from batten.harden.options import Options

Json = dict[str, Any]
_CONFIG = "type.googleapis.com/envoy.extensions"
_UPSTREAMS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_POST = {"name": ":method", "string_match": {"exact": "POST"}}
_GRPC = {
    "name": "content-type",
    "string_match": {"safe_regex": {"regex": r"application/grpc(?:\+[a-z]+)?(?:;.*)?"}},
}


def export(methods: tuple[str, ...], options: Options, secure: bool = True) -> Export:
    """Raises ExportProblem."""
    router = {"@type": f"{_CONFIG}.filters.http.router.v3.Router", "suppress_envoy_headers": True}
    made = listener(
        "api",
        place(options),
        {
            "@type": f"{_CONFIG}.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "grpc",
            "codec_type": "HTTP2",
            "route_config": {
                "name": "grpc",
                "request_headers_to_remove": sorted(
                    dropped(("x-forwarded-for", "x-forwarded-proto", "x-forwarded-client-cert"))
                ),
                "response_headers_to_remove": sorted(name.decode() for name in BANNERS),
                "virtual_hosts": [{"name": "grpc", "domains": ["*"], "routes": [*_routes(methods)]}],
            },
            "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
            "server_header_transformation": "PASS_THROUGH",
            "use_remote_address": True,
            "normalize_path": False,
            "merge_slashes": False,
            "max_request_headers_kb": 32,
            "request_headers_timeout": "10s",
            "stream_idle_timeout": "300s",
            "common_http_protocol_options": {
                "headers_with_underscores_action": "REJECT_REQUEST",
                "max_headers_count": 100,
                "idle_timeout": "300s",
            },
            "http2_protocol_options": {"max_concurrent_streams": 100},
        },
        encrypted(options, secure),
        MOST_BODY,
    )
    if secure:
        (chain,) = made["filter_chains"]
        chain["transport_socket"]["typed_config"]["common_tls_context"]["alpn_protocols"] = ["h2"]
    over_made = cluster(options.target, options.upstream_ca, MOST_BODY)
    http2: Json = {"explicit_http_config": {"http2_protocol_options": {}}}
    over_options = {"@type": f"type.googleapis.com/{_UPSTREAMS}", **http2}
    over_made["typed_extension_protocol_options"] = {_UPSTREAMS: over_options}
    resources = {
        "listeners": [made],
        "clusters": [over_made],
    }
    text = json.dumps({"static_resources": resources}, indent=1) + "\n"
    return Export({CONFIGURATION: text}, ("the messages of gRPC methods are not validated",))


def _routes(methods: tuple[str, ...]) -> Iterator[Json]:
    """A route matches the path to its end; a query has no meaning in gRPC, so a path with one does not match."""
    query = {"name": ":path", "string_match": {"contains": "?"}}
    yield _refused({"prefix": "/", "headers": [query]}, 400)
    for method in methods:
        path = f"/{method}"
        yield {
            "match": {"path": path, "headers": [_POST, _GRPC]},
            "route": {
                "cluster": "api",
                "timeout": "0s",
                "max_stream_duration": {"grpc_timeout_header_max": "0s"},
            },
        }
        yield _refused({"path": path, "headers": [_POST]}, 415)
        yield _refused({"path": path}, 405)
    yield _refused({"prefix": "/"}, 404)


def _refused(match: Json, status: int) -> Json:
    return {"match": match, "direct_response": {"status": status}}
