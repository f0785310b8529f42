"""nginx: one main file with everything in it, for nginx 1.18 and newer."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract
from batten.contract.surface import Path, paths
from batten.controls import MOZILLA_INTERMEDIATE
from batten.harden.edge import names_of, plain_title
from batten.harden.edges.nginx import maps, server
from batten.harden.edges.nginx.text import block
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import HardenProblem, Options
from batten.policy import Policy

FILE = "nginx.conf"
CONNECTIONS = 1024  # of each worker: clients and the upstream
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    contract, policy, options = intent.contract, intent.policy, intent.options
    surface = paths(contract, options.head)
    if not surface:
        raise HardenProblem(
            f"{contract.path} declares no operation; an edge for it would refuse every request"
        )
    names = names_of(contract, policy, options)
    lines = [
        f"# The edge of {plain_title(contract.title) or 'the API'}, written by `batten harden nginx`.",
        "# Generated from the contract and batten.yaml: change those, and generate it again.",
        *main(options, CONNECTIONS),
        "",
        *block("events", (f"worker_connections {CONNECTIONS};",)),
        "",
        *block("http", _http(contract, policy, options, surface, names)),
    ]
    return Made({FILE: "\n".join(lines) + "\n"})


def main(options: Options, connections: int) -> Iterator[str]:
    """Each connection is a descriptor, and at most one more for the temporary file of its body; logs and listeners need the rest.
    The usual limit of a process, 1024, is reached before `connections` are
    (https://nginx.org/en/docs/ngx_core_module.html#worker_connections)."""
    if options.user:
        yield f"user {options.user};"
    yield "worker_processes auto;"
    yield f"worker_rlimit_nofile {4 * connections};"
    yield f'pid "{options.prefix}/nginx.pid";' if options.prefix else "pid /run/nginx.pid;"
    place = options.prefix or "/var/log/nginx"
    yield "error_log stderr warn;" if options.streams else f'error_log "{place}/error.log" warn;'


def _http(
    contract: Contract, policy: Policy, options: Options, surface: tuple[Path, ...], names: tuple[str, ...]
) -> Iterator[str]:
    yield from basics(options)
    yield from limits(options)
    yield from tls(options)
    yield from maps.maps(contract, policy, surface)
    yield from upstream(options)
    yield from server.strangers(policy, options)
    yield ""
    yield from server.api(contract, policy, options, surface, names)
    if options.plain:
        yield ""
        yield from server.redirecting(policy, options, names)


def basics(options: Options) -> Iterator[str]:
    yield "default_type application/octet-stream;"
    yield "server_tokens off;"
    yield ""
    yield "# No queries and no headers in the log: they carry credentials."
    yield (
        "log_format edge '$remote_addr [$time_iso8601] $request_method $uri $status $body_bytes_sent"
        " $request_time $request_id';"
    )
    place = options.prefix or "/var/log/nginx"
    yield f'access_log "{"/dev/stdout" if options.streams else f"{place}/access.log"}" edge;'
    if options.prefix:
        yield ""
        yield "# Folders that need no root."
        yield from (f'{kind}_temp_path "{options.prefix}/{kind}_temp";' for kind in TEMPORARY)


def limits(options: Options) -> Iterator[str]:
    yield ""
    yield "# Limits of memory, time and connections for each client."
    yield f"client_max_body_size {options.body};"
    yield "client_header_buffer_size 1k;"
    yield "large_client_header_buffers 4 8k;"
    yield "client_header_timeout 10s;"
    yield "client_body_timeout 10s;"
    yield "send_timeout 10s;"
    yield "keepalive_timeout 20s;"
    yield "keepalive_requests 1000;"
    yield "reset_timedout_connection on;"
    yield f"limit_req_zone $binary_remote_addr zone=requests:10m rate={options.rate}r/s;"
    yield "limit_conn_zone $binary_remote_addr zone=connections:10m;"
    yield f"limit_req zone=requests burst={2 * options.rate} nodelay;"
    yield "limit_req_status 429;"
    yield f"limit_conn connections {options.connections};"
    yield "limit_conn_status 429;"
    yield ""
    yield "# Against request smuggling: refuse requests that two servers parse differently."
    yield "ignore_invalid_headers on;"
    yield "underscores_in_headers off;"


def tls(options: Options) -> Iterator[str]:
    yield ""
    yield "# Mozilla's intermediate profile."
    yield f'ssl_certificate "{options.certificate}";'
    yield f'ssl_certificate_key "{options.key}";'
    yield "ssl_protocols TLSv1.2 TLSv1.3;"
    yield f"ssl_ciphers {':'.join(MOZILLA_INTERMEDIATE)};"
    yield "ssl_prefer_server_ciphers off;"
    yield "ssl_ecdh_curve X25519:prime256v1:secp384r1;"
    yield "ssl_session_cache shared:tls:10m;"
    yield "ssl_session_timeout 1d;"
    yield "# All session tickets share one key while nginx runs; if it leaks, recorded sessions can be decrypted."
    yield "ssl_session_tickets off;"


def upstream(options: Options) -> Iterator[str]:
    target = options.target
    yield ""
    yield from block("upstream api", (f"server {target.host}:{target.port};", "keepalive 16;"))
    yield ""
    yield "proxy_http_version 1.1;"
    yield "proxy_connect_timeout 3s;"
    yield "proxy_send_timeout 15s;"
    yield "proxy_read_timeout 15s;"
    yield "proxy_next_upstream off;"
    yield "proxy_redirect off;"
    yield "# A compromised upstream must not control the edge."
    yield "proxy_ignore_headers X-Accel-Redirect X-Accel-Buffering X-Accel-Charset X-Accel-Limit-Rate;"
    if target.secure:
        yield "proxy_ssl_verify on;"
        yield "proxy_ssl_verify_depth 3;"
        yield f'proxy_ssl_trusted_certificate "{options.upstream_ca}";'
        yield "proxy_ssl_server_name on;"
        yield f"proxy_ssl_name {target.host};"
        yield "proxy_ssl_protocols TLSv1.2 TLSv1.3;"
    yield ""


__all__ = ["FILE", "names_of", "render"]
