"""The Envoy configuration that an external processor needs."""

from __future__ import annotations

import json
from typing import Any

from batten.guard.answers.problems import SIZE
from batten.guard.extproc.messages import DETAILS
from batten.guard.options import Mode
from batten.guard.proxy.settings import Settings, tcp

Json = dict[str, Any]
_TYPES = "type.googleapis.com/envoy.extensions"
_PUBLIC = "/etc/ssl/certs/ca-certificates.crt"  # where most distributions keep the public trust anchors
CLUSTER = "batten"


def bootstrap(settings: Settings) -> str:
    """A whole configuration in JSON; what is in use already takes the filter, the two clusters' limits and the
    manager's settings from it."""
    router = {"@type": f"{_TYPES}.filters.http.router.v3.Router", "suppress_envoy_headers": True}
    route = {
        "match": {"prefix": "/"},
        "route": {"cluster": "api", "timeout": f"{settings.deadlines.answer:g}s"},
    }
    # What Envoy says itself where the guard has no say: an upstream that breaks off within an answer, a processor
    # that is away. The guard's own documents are left alone by what they name as their cause.
    cel = f"{_TYPES}.access_loggers.filters.cel.v3.ExpressionFilter"
    ours = {"@type": cel, "expression": f'!response.code_details.startsWith("{DETAILS}")'}
    text = '{"type":"about:blank","title":"Error","status":%RESPONSE_CODE%,"detail":"Reference: %REQ(X-REQUEST-ID)%."}'
    padding = SIZE - len(text) + len("%RESPONSE_CODE%%REQ(X-REQUEST-ID)%") - len("500") - 36  # of a UUID
    added = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    manager = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "api",
        "route_config": {"virtual_hosts": [{"name": "api", "domains": ["*"], "routes": [route]}]},
        "http_filters": [ext_proc(settings), {"name": "envoy.filters.http.router", "typed_config": router}],
        "local_reply_config": {
            "mappers": [
                {
                    "filter": {
                        "extension_filter": {
                            "name": "envoy.access_loggers.extension_filters.cel",
                            "typed_config": ours,
                        }
                    },
                    "body_format_override": {
                        "text_format_source": {"inline_string": text + " " * padding},
                        "content_type": "application/problem+json",
                    },
                    "headers_to_add": [
                        {
                            "header": {"key": name, "value": value},
                            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
                        }
                        for name, value in added.items()
                    ],
                }
            ]
        },
        "server_header_transformation": "PASS_THROUGH",
        "use_remote_address": True,
        "skip_xff_append": True,  # the guard writes it, from source.address
        "normalize_path": False,
        "merge_slashes": False,
        "request_headers_timeout": f"{settings.deadlines.head:g}s",
    }
    listener = {
        "name": "api",
        "address": _address("127.0.0.1", 8080),
        "per_connection_buffer_limit_bytes": _buffer(settings),
        "filter_chains": [
            {"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}
        ],
    }
    target = settings.upstream
    address = tcp(target.address, "--upstream")
    made = _cluster("api", address.host, address.port)
    made["per_connection_buffer_limit_bytes"] = _buffer(settings)
    if target.tls:
        made["transport_socket"] = _tls(target.name or address.host, target.ca or _PUBLIC)
    listen = tcp(settings.listen, "--listen")
    host = "127.0.0.1" if listen.host == "0.0.0.0" else listen.host
    processor_made = _cluster(CLUSTER, host, listen.port)
    upstreams = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    http2: Json = {"http2_protocol_options": {}}
    options = {"@type": f"type.googleapis.com/{upstreams}", "explicit_http_config": http2}
    processor_made["typed_extension_protocol_options"] = {upstreams: options}
    if settings.certificate is not None:
        processor_made["transport_socket"] = _tls(host, str(settings.certificate))
    static = {"listeners": [listener], "clusters": [made, processor_made]}
    return json.dumps({"static_resources": static}, indent=2)


def ext_proc(settings: Settings) -> Json:
    """The filter. Bodies are asked for one by one (mode_override), heads always: with `response_header_mode:
    SKIP` the status would be gone before the verdict."""
    return {
        "name": "envoy.filters.http.ext_proc",
        "typed_config": {
            "@type": f"{_TYPES}.filters.http.ext_proc.v3.ExternalProcessor",
            "grpc_service": {"envoy_grpc": {"cluster_name": CLUSTER}},
            "failure_mode_allow": settings.options.mode is Mode.OBSERVE,
            "message_timeout": "1s",
            "allow_mode_override": True,
            "request_attributes": ["source.address"],
            "response_attributes": ["response.code_details"],
            "processing_mode": {
                "request_header_mode": "SEND",
                "response_header_mode": "SEND",
                "request_body_mode": "NONE",
                "response_body_mode": "NONE",
                "request_trailer_mode": "SKIP",
                "response_trailer_mode": "SKIP",
            },
        },
    }


def _tls(host: str, trusted: str) -> Json:
    """The peer must be who it says: Envoy checks no name by itself."""
    is_address = host.replace(".", "").isdigit() or ":" in host
    kind = "IP_ADDRESS" if is_address else "DNS"
    validation = {
        "trusted_ca": {"filename": trusted},
        "match_typed_subject_alt_names": [{"san_type": kind, "matcher": {"exact": host}}],
    }
    context: Json = {
        "@type": f"{_TYPES}.transport_sockets.tls.v3.UpstreamTlsContext",
        "common_tls_context": {"validation_context": validation},
    }
    if not is_address:  # RFC 6066, section 3
        context["sni"] = host
    return {"name": "envoy.transport_sockets.tls", "typed_config": context}


def _cluster(name: str, host: str, port: int) -> Json:
    endpoint = {"endpoint": {"address": _address(host, port)}}
    return {
        "name": name,
        "type": "STRICT_DNS",
        "connect_timeout": "3s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _address(host: str, port: int) -> Json:
    return {"socket_address": {"address": host, "port_value": port}}


def _buffer(settings: Settings) -> int:
    """Bytes. With Envoy's own 1 MiB, a larger limit of the guard would never be reached."""
    limits = settings.options.limits
    return max(limits.request_body, limits.answer_body)
