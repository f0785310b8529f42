"""nginx: one main file with everything in it, for nginx 1.18 and newer."""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.documents import problem
from batten.harden.edge import ANSWER, BODY, CONNECT, HEAD, IDLE, Edge
from batten.harden.edges.nginx import heads, kinds, maps, server, sockets
from batten.harden.edges.nginx.text import block
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.harden.options import Options

FILE = "nginx.conf"
CONNECTIONS = 1024  # of each worker: clients and the upstream
# Not even a pipe mixes up what several workers write at once, up to this size.
BUFFERED = "buffer=4k flush=1s"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def render(intent: Intent) -> Made:
    """Raises HardenProblem."""
    edge, options = intent.edge, intent.options
    lines = [
        f"# The edge of {edge.title or 'the API'}, written by `batten harden nginx`.",
        "# Generated from the contract and batten.yaml: change those, and generate it again.",
        *main(options, CONNECTIONS),
        "",
        *block("events", (f"worker_connections {CONNECTIONS};",)),
        "",
        *block("http", _http(edge, options)),
    ]
    return Made({FILE: "\n".join(lines) + "\n"})


def main(options: Options, connections: int) -> Iterator[str]:
    """Each connection is a descriptor, and at most one more for the temporary file of its body; logs and listeners need the rest.
    The usual limit of a process, 1024, is reached before `connections` are
    (https://nginx.org/en/docs/ngx_core_module.html#worker_connections)."""
    if options.user:
        yield f"user {options.user};"
    yield "worker_processes auto;"
    yield "pcre_jit on;"
    yield f"worker_rlimit_nofile {4 * connections};"
    yield f'pid "{options.prefix}/nginx.pid";' if options.prefix else "pid /run/nginx.pid;"
    place = options.prefix or "/var/log/nginx"
    yield "error_log stderr warn;" if options.streams else f'error_log "{place}/error.log" warn;'


def _http(edge: Edge, options: Options) -> Iterator[str]:
    yield from basics(options)
    yield from clients(edge)
    yield from limits(edge)
    yield from tls(edge)
    yield from maps.maps(edge)
    yield from kinds.maps(edge)
    yield from heads.maps()
    yield from sockets.maps(edge)
    yield from maps.documents(problem)
    yield from upstream(edge)
    yield from server.strangers(edge, options.version)
    yield ""
    yield from server.api(edge, options.version)
    if edge.plain_port:
        yield ""
        yield from server.redirecting(edge)


def basics(options: Options) -> Iterator[str]:
    yield "default_type application/octet-stream;"
    yield "server_tokens off;"
    yield ""
    yield "# No queries and no headers in the log: they carry credentials."
    yield (
        "log_format edge '$remote_addr [$time_iso8601] $request_method $uri $status $body_bytes_sent"
        f" $request_time {server.REQUEST}';"
    )
    if options.journal:
        log = "syslog:server=unix:/dev/log,nohostname,tag=edge edge"
    else:
        place = "/dev/stdout" if options.streams else f"{options.prefix or '/var/log/nginx'}/access.log"
        log = f'"{place}" edge {BUFFERED}'
    yield f"access_log {log};"
    if options.prefix:
        yield ""
        yield "# Folders that need no root."
        yield from (f'{kind}_temp_path "{options.prefix}/{kind}_temp";' for kind in TEMPORARY)


def clients(edge: Edge) -> Iterator[str]:
    """https://nginx.org/en/docs/http/ngx_http_realip_module.html"""
    if edge.proxies:
        yield ""
        yield "# Addresses of clients, as these proxies say them; other clients are not believed."
        yield from (f"set_real_ip_from {network};" for network in edge.proxies)
        yield f"real_ip_header {'proxy_protocol' if edge.proxy_protocol else 'X-Forwarded-For'};"
        yield "real_ip_recursive on;"


def limits(edge: Edge) -> Iterator[str]:
    yield ""
    yield "# Most requests fit into one block of memory. A second one costs more than its size."
    yield "request_pool_size 16k;"
    yield ""
    yield "# Limits of memory, time and connections for each client."
    yield f"client_max_body_size {edge.body};"
    yield "client_header_buffer_size 1k;"
    yield "large_client_header_buffers 4 8k;"
    yield f"client_header_timeout {HEAD}s;"
    yield f"client_body_timeout {BODY}s;"
    yield f"send_timeout {BODY}s;"
    yield f"keepalive_timeout {IDLE}s;"
    yield "keepalive_requests 1000;"
    yield "reset_timedout_connection on;"
    yield f"limit_req_zone $binary_remote_addr zone=requests:10m rate={edge.rate}r/s;"
    yield "limit_conn_zone $binary_remote_addr zone=connections:10m;"
    yield f"limit_req zone=requests burst={2 * edge.rate} nodelay;"
    yield "limit_req_status 429;"
    yield f"limit_conn connections {edge.connections};"
    yield "limit_conn_status 429;"
    yield ""
    yield "# Against request smuggling: refuse requests that two servers parse differently."
    yield "ignore_invalid_headers on;"
    yield "underscores_in_headers off;"


def tls(edge: Edge) -> Iterator[str]:
    yield ""
    yield "# Mozilla's intermediate profile."
    yield f'ssl_certificate "{edge.certificate}";'
    yield f'ssl_certificate_key "{edge.key}";'
    yield "ssl_protocols TLSv1.2 TLSv1.3;"
    yield f"ssl_ciphers {':'.join(edge.ciphers)};"
    yield "ssl_prefer_server_ciphers off;"
    yield f"ssl_ecdh_curve {':'.join(edge.curves)};"
    yield "ssl_session_cache shared:tls:10m;"
    yield "ssl_session_timeout 1d;"
    yield "# All session tickets share one key while nginx runs; if it leaks, recorded sessions can be decrypted."
    yield "ssl_session_tickets off;"


def upstream(edge: Edge, pool: int = 16) -> Iterator[str]:
    """`pool` is how many idle connections a worker keeps."""
    target = edge.upstream
    yield ""
    yield from block("upstream api", (f"server {target.host}:{target.port};", f"keepalive {pool};"))
    yield ""
    yield "proxy_http_version 1.1;"
    yield f"proxy_connect_timeout {CONNECT}s;"
    yield f"proxy_send_timeout {ANSWER}s;"
    yield f"proxy_read_timeout {ANSWER}s;"
    yield "proxy_next_upstream off;"
    yield "proxy_redirect off;"
    yield "# A compromised upstream must not control the edge."
    yield "proxy_ignore_headers X-Accel-Redirect X-Accel-Buffering X-Accel-Charset X-Accel-Limit-Rate;"
    if target.secure:
        yield "proxy_ssl_verify on;"
        yield "proxy_ssl_verify_depth 3;"
        yield f'proxy_ssl_trusted_certificate "{edge.upstream_ca}";'
        yield "proxy_ssl_server_name on;"
        yield f"proxy_ssl_name {target.host};"
        yield "proxy_ssl_protocols TLSv1.2 TLSv1.3;"
    yield ""
