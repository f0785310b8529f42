"""Envoy: a matcher tree of routes, its own CORS filter, and Lua where an operation's bodies are judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from batten.contract import Contract
from batten.contract.titles import TITLES
from batten.guard.compiled import Compiled
from batten.guard.export.documents import document, sent_headers
from batten.guard.export.envoy_answers import unless_let_out
from batten.guard.export.envoy_routes import FILTERS, HEADS, LUA, added, routing
from batten.guard.export.made import MOST_BODY, Export, Supervised
from batten.guard.export.operations import Operations, Part
from batten.guard.export.routes import Route, keeps_answers, reads_requests, routes
from batten.guard.export.senders import port_of
from batten.guard.lua import program
from batten.guard.lua.text import quoted
from batten.guard.served import Served
from batten.harden.options import Options
from batten.policy import Policy

CONFIGURATION, MODULE = "envoy.json", "batten_guard.lua"
# The same for one direction: what passes by the other costs nothing there.
ANSWERS, REQUESTS = "batten_answers.lua", "batten_requests.lua"
SCRIPTS = {"guard": MODULE, "answers": ANSWERS, "requests": REQUESTS}
MOST_PROGRAM = 2_000  # of a regular expression; the one for targets takes some 650
MOST_HEADERS = 100
Json = dict[str, Any]
_ROUTER = {
    "name": "envoy.filters.http.router",
    "typed_config": {
        "@type": f"{FILTERS}.router.v3.Router",
        "suppress_envoy_headers": True,
        "dynamic_stats": False,
    },
}
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3"


def export(
    contract: Contract, policy: Policy, options: Options, folder: str, secure: bool = True, run: Supervised | None = None
) -> Export:  # fmt: skip
    """`folder` is where the files will lie. Raises ExportProblem."""
    compiled, found = routes(contract, policy, options.unjudged, port_of(options.listen))
    operations = Operations(contract, found, compiled.usable.listed)
    sent = sent_headers(compiled, policy, secure)
    if policy.origins:
        sent["Vary"] = "Origin"
    sizes = {
        "re2.max_program_size.error_level": MOST_PROGRAM,
        "re2.max_program_size.warn_level": MOST_PROGRAM,
        "envoy.http.headermap.lazy_map_min_size": MOST_HEADERS + 1,  # lists of headers, never tables of them
    }
    manager = _manager(compiled, contract, policy, found, sent, folder, secure)
    if run is not None:
        manager["access_log"] = [_watched(run)]
    front = listener(manager, options, secure)
    configuration: Json = {
        "layered_runtime": {"layers": [{"name": "batten", "static_layer": sizes}]},
        "static_resources": {"listeners": [front], "clusters": [cluster(options)]},
    }
    files = {
        CONFIGURATION: json.dumps(configuration, separators=(",", ":")) + "\n",
        MODULE: _module(operations, sent, _of_both),
        ANSWERS: _module(operations, sent, _of_answers) + "envoy_on_request = nil\n",
        REQUESTS: _module(operations, sent, _of_requests) + "envoy_on_response = nil\n",
    }
    return Export(files, tuple(operations.notes))


def _watched(run: Supervised) -> Json:
    """An access log of a JSON object a line, without queries and headers."""
    told = {"m": "%REQ(:METHOD)%", "p": "%REQ_WITHOUT_QUERY(:PATH)%", "s": "%RESPONSE_CODE%", "b": "%BYTES_SENT%", "t": "%DURATION%",
            "d": "%RESPONSE_CODE_DETAILS%", "a": "%DYNAMIC_METADATA(batten:answered)%", "r": "%DYNAMIC_METADATA(batten:reason)%",
            "o": "%DYNAMIC_METADATA(batten:own)%", "x": "%REQ(X-REQUEST-ID)%",
            "i": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}  # fmt: skip
    extension = "type.googleapis.com/envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"
    formatter = {"name": "envoy.formatter.req_without_query", "typed_config": {"@type": extension}}
    kind = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
    written = {"@type": kind, "path": run.log, "log_format": {"json_format": told, "formatters": [formatter]}}
    return {"name": "envoy.access_loggers.file", "typed_config": written}


def _module(operations: Operations, sent: dict[str, str], part: Callable[[Served], Part]) -> str:
    names = ", ".join(quoted(name.lower()) for name in sent)
    lines = (
        *operations.module(part),
        *program.source_of("envoy").rstrip("\n").split("\n"),
        f"for _, name in ipairs({{ {names} }}) do KEPT[name] = true end",
    )
    return "\n".join(lines) + "\n"


def _of_both(served: Served) -> Part:
    return Part.WHOLE if reads_requests(served) and keeps_answers(served) else Part.NONE


def _of_answers(served: Served) -> Part:
    """The heads of all answers that are not kept are looked at there, too."""
    return Part.NONE if _of_both(served) is Part.WHOLE else Part.ANSWERS


def _of_requests(served: Served) -> Part:
    return Part.WHOLE if reads_requests(served) and not keeps_answers(served) else Part.NONE


def listener(manager: Json, options: Options, secure: bool) -> Json:
    host, _, port = options.listen.rpartition(":")
    chain: Json = {
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    }
    if secure:
        pair = {
            "certificate_chain": {"filename": options.certificate},
            "private_key": {"filename": options.key},
        }
        common = {
            "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
            "tls_certificates": [pair],
            "alpn_protocols": ["h2", "http/1.1"],
        }
        context = {"@type": f"{_TLS}.DownstreamTlsContext", "common_tls_context": common}
        chain["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return {
        "name": "api",
        "address": {"socket_address": {"address": host.strip("[]") or "0.0.0.0", "port_value": int(port)}},
        "per_connection_buffer_limit_bytes": MOST_BODY,
        "filter_chains": [chain],
    }


def cluster(options: Options) -> Json:
    target = options.target
    address = {"socket_address": {"address": target.host.strip("[]"), "port_value": target.port}}
    made: Json = {
        "name": "api",
        "type": "STRICT_DNS",
        "connect_timeout": "3s",
        "per_connection_buffer_limit_bytes": MOST_BODY,
        "load_assignment": {
            "cluster_name": "api",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }
    if target.secure:
        validation = {
            "trusted_ca": {"filename": options.upstream_ca},
            "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": target.host}}],
        }
        context = {
            "@type": f"{_TLS}.UpstreamTlsContext",
            "sni": target.host,
            "common_tls_context": {"validation_context": validation},
        }
        made["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return made


def _manager(
    compiled: Compiled,
    contract: Contract,
    policy: Policy,
    found: tuple[Route, ...],
    sent: dict[str, str],
    folder: str,
    secure: bool,
) -> Json:
    cors = {"name": "envoy.filters.http.cors", "typed_config": {"@type": f"{FILTERS}.cors.v3.Cors"}}
    filters = [*([cors] if policy.origins else []), *_scripts(folder), _ROUTER]
    return {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "api",
        "codec_type": "AUTO" if secure else "HTTP1",
        "route_config": routing(compiled, contract, policy, found, sent),
        "http_filters": filters,
        "local_reply_config": {"mappers": [*_mappers(sent)]},
        "server_header_transformation": "PASS_THROUGH",
        "use_remote_address": True,
        "normalize_path": False,
        "merge_slashes": False,
        "max_request_headers_kb": 32,
        "request_headers_timeout": "10s",
        "request_timeout": "15s",
        "stream_idle_timeout": "60s",
        "delayed_close_timeout": "1s",
        "common_http_protocol_options": {
            "headers_with_underscores_action": "DROP_HEADER",
            "max_headers_count": MOST_HEADERS,
            "idle_timeout": "60s",
        },
        "http_protocol_options": {"allow_absolute_url": False},
        "http2_protocol_options": {"max_concurrent_streams": 100},
    }


def _scripts(folder: str) -> Iterator[Json]:
    """Off, but where a route asks for them."""
    files = {name: {"filename": f"{folder}/{file}"} for name, file in SCRIPTS.items()}
    lua: Json = {"@type": f"{FILTERS}.lua.v3.Lua"}
    yield {"name": LUA, "disabled": True, "typed_config": {**lua, "source_codes": files}}
    heads = unless_let_out({**lua, "default_source_code": files["answers"]})
    yield {"name": HEADS, "disabled": True, "typed_config": heads}


def _mappers(sent: dict[str, str]) -> Iterator[Json]:
    """Documents of one size for whatever Envoy says itself."""
    reference = "%REQ(X-REQUEST-ID)%"
    for status in TITLES:
        compared = {"op": "EQ", "value": {"default_value": status, "runtime_key": f"batten.{status}"}}
        yield {
            "filter": {
                "and_filter": {
                    "filters": [
                        {"status_code_filter": {"comparison": compared}},
                        {"not_health_check_filter": {}},
                    ]
                }
            },
            "body_format_override": {
                "text_format_source": {"inline_string": document(status, reference, 36)},
                "content_type": "application/problem+json",
            },
            "headers_to_add": added(sent),
        }
