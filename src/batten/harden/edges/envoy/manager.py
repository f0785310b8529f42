"""The connection manager, and what Envoy says itself.
https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from batten.contract.titles import TITLES
from batten.harden.documents import MEDIA, Says
from batten.harden.edge import HEAD, MOST_HEAD, MOST_HEADERS, Cors
from batten.harden.edges.envoy import clients
from batten.harden.edges.envoy.headers import FILTERS, added
from batten.harden.edges.envoy.routing import header, one_of

Json = dict[str, Any]
IDLE = 60  # seconds
STREAMS = 100  # of a connection
_MANAGER = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)
ROUTER: Json = {
    "name": "envoy.filters.http.router",
    "typed_config": {"@type": f"{FILTERS}.router.v3.Router", "suppress_envoy_headers": True, "dynamic_stats": False},
}  # fmt: skip


def manager(
    name: str,
    routes: Json,
    filters: list[Any],
    mappers: list[Json],
    seconds: int,
    secure: bool,
    proxies: tuple[str, ...] = (),
    early: tuple[Json, ...] = (),
    any_verb: bool = False,
) -> Json:
    """`seconds` are for a whole request to come in; `proxies` are networks whose X-Forwarded-For is believed, `early` changes of
    headers before that. `any_verb` lets the routes decide about verbs that Envoy does not know, too; else its parser
    answers 400."""
    return {
        "@type": _MANAGER,
        "stat_prefix": name,
        "codec_type": "AUTO" if secure else "HTTP1",
        "route_config": routes,
        "http_filters": filters,
        "local_reply_config": {"mappers": mappers},
        "server_header_transformation": "PASS_THROUGH",
        **clients.detected(proxies, early),
        "normalize_path": False,
        "merge_slashes": False,
        "max_request_headers_kb": MOST_HEAD // 1024,
        "request_headers_timeout": f"{HEAD}s",
        "request_timeout": f"{seconds}s",
        "stream_idle_timeout": f"{IDLE}s",
        "delayed_close_timeout": "1s",
        "common_http_protocol_options": {
            "headers_with_underscores_action": "DROP_HEADER",
            "max_headers_count": MOST_HEADERS,
            "idle_timeout": f"{IDLE}s",
        },
        "http_protocol_options": {"allow_absolute_url": False, "allow_custom_methods": any_verb},
        "http2_protocol_options": {
            "max_concurrent_streams": STREAMS,
            "initial_stream_window_size": 65_536,
            "initial_connection_window_size": 1_048_576,
        },
    }


def mappers(
    says: Says, sent: Mapping[str, str], cors: Cors | None = None, later: Mapping[str, str] = {}
) -> Iterator[Json]:
    """Documents for all that Envoy says itself; scripts of listed origins may read them. The filter for CORS sees none of
    what is said by a route or in place of an answer. `later` goes with 429: what another filter adds to it is lost with
    the answer that is said in its place."""
    if cors is not None:
        granted = {"Access-Control-Allow-Origin": "%REQ(ORIGIN)%"}
        if cors.credentials:
            granted["Access-Control-Allow-Credentials"] = "true"
        listed = {"header_filter": {"header": header("origin", one_of(cors.origins))}}
        for status in TITLES:
            further = {**granted, **(later if status == 429 else {})}
            yield _mapper(
                {"and_filter": {"filters": [_is(status), listed]}}, status, says, {**sent, **further}
            )
    for status in TITLES:
        yield _mapper(_is(status), status, says, {**sent, **(later if status == 429 else {})})


def _is(status: int) -> Json:
    compared = {"op": "EQ", "value": {"default_value": status, "runtime_key": f"batten.{status}"}}
    return {"status_code_filter": {"comparison": compared}}


def _mapper(asked: Json, status: int, says: Says, sent: Mapping[str, str]) -> Json:
    return {
        "filter": asked,
        "body_format_override": {
            "text_format_source": {"inline_string": says(status)},
            "content_type": MEDIA,
        },
        "headers_to_add": added(sent),
    }
