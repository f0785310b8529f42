"""Envoy as an edge, wide open and locked down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from live_edges import HEADERS, ITEM, NOTHING, OLD_SUITES, SUITES, Place, upstream
from live_servers import running

from batten.technologies.edges.envoy.validator import envoy as envoy_program
from needs import without


@contextmanager
def envoy_edge(at: Place, locked: bool) -> Iterator[None]:
    if not envoy_program():
        without("envoy")
    config = at.folder / "envoy.json"
    config.write_text(json.dumps(_envoy(at, locked)))
    command = [
        envoy_program(),
        "-c",
        str(config),
        "--use-dynamic-base-id",
        "--concurrency",
        "1",
        "-l",
        "warn",
    ]
    with upstream(at), running(command, at.tls, at.folder):
        yield


_TYPE = "type.googleapis.com/envoy.extensions"


def _address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _envoy(at: Place, locked: bool) -> dict[str, object]:
    plain = _redirect(at) if locked else _routes()
    listeners = [_listener(at, locked, at.tls, _routes(locked)), _listener(at, locked, at.plain, plain)]
    clusters = [
        {
            "name": name,
            "connect_timeout": "2s",
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}],
            },
        }
        for name, port in (("files", at.upstream), ("away", at.away))
    ]
    made: dict[str, object] = {"static_resources": {"listeners": listeners, "clusters": clusters}}
    return made if locked else made | {"admin": {"address": _address(at.admin)}}


def _redirect(at: Place) -> list[object]:
    return [{"match": {"prefix": "/"}, "redirect": {"https_redirect": True, "port_redirect": at.tls}}]


def _routes(locked: bool = False) -> list[object]:
    item: dict[str, object] = {"direct_response": {"status": 200, "body": {"inline_string": ITEM}}}
    if not locked:
        rest: dict[str, object] = {"route": {"cluster": "files"}}
        return [
            {"match": {"prefix": "/v1/items/"}, **item},
            {"match": {"path": "/v1/reports"}, "route": {"cluster": "away"}},
            {"match": {"prefix": "/"}, **rest},
        ]
    get = {"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}
    gone = {"direct_response": {"status": 404, "body": {"inline_string": NOTHING}}}
    return [
        {"match": {"path": "/v1/items/1", "headers": [get]}, **item},
        {"match": {"path": "/v1/reports", "headers": [get]}, "route": {"cluster": "away"}},
        {"match": {"prefix": "/"}, **gone},
    ]


def _listener(at: Place, locked: bool, port: int, routes: list[object]) -> dict[str, object]:
    added = [{"header": {"key": name, "value": value}} for name, value in HEADERS.items()]
    added.append({"header": {"key": "content-type", "value": "application/json"}})
    for one in added:
        one["append_action"] = "OVERWRITE_IF_EXISTS_OR_ADD"  # type: ignore[assignment]
    config: dict[str, object] = {
        "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "server_header_transformation": "PASS_THROUGH",
        "route_config": {
            "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}],
            **({"response_headers_to_add": added} if locked else {}),
        },
        "http_filters": [
            {"name": "router", "typed_config": {"@type": f"{_TYPE}.filters.http.router.v3.Router"}}
        ],
    }
    if locked:
        every = {
            "filter": {
                "status_code_filter": {
                    "comparison": {"op": "GE", "value": {"default_value": 400, "runtime_key": "x"}}
                }
            }
        }
        config["local_reply_config"] = {"mappers": [every | {"headers_to_add": added}]}
    chain: dict[str, object] = {"filters": [{"name": "manager", "typed_config": config}]}
    if port == at.tls:
        chain["transport_socket"] = _envoy_tls(at, locked)
    return {"name": f"edge-{port}", "address": _address(port), "filter_chains": [chain]}


def _envoy_tls(at: Place, locked: bool) -> dict[str, object]:
    suites = (SUITES if locked else OLD_SUITES.rpartition(":")[0]).split(":")
    pair = {"certificate_chain": {"filename": str(at.cert)}, "private_key": {"filename": str(at.key)}}
    oldest = "TLSv1_2" if locked else "TLSv1_0"
    return {
        "name": "tls",
        "typed_config": {
            "@type": f"{_TYPE}.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "tls_params": {"tls_minimum_protocol_version": oldest, "cipher_suites": suites},
                "tls_certificates": [pair],
            },
        },
    }
