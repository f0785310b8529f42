"""nginx in front of a gRPC service (ngx_http_grpc_module): the methods that are listed pass, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator

from batten.guard.export.made import Export
from batten.harden.heads import dropped
from batten.harden.options import Options

CONFIGURATION = "nginx.conf"
_TYPE = r"~^application/grpc(?:\+[a-z]+)?(?:;.*)?$"


def export(methods: tuple[str, ...], options: Options, secure: bool = True) -> Export:
    """Raises ExportProblem."""
    lines = (*_head(options), *_listen(options, secure), *_locations(methods, options), "    }", "}")
    return Export(
        {CONFIGURATION: "\n".join((*lines, ""))}, ("the messages of gRPC methods are not validated",)
    )


def _head(options: Options) -> Iterator[str]:
    yield from ("events {}", "http {", "    server_tokens off;", "    merge_slashes off;")
    yield from (
        "    map $content_type $batten_is_grpc {",
        "        default 0;",
        f'        "{_TYPE}" 1;',
        "    }",
    )
    target = options.target
    yield from (f"    upstream api {{ server {target.host}:{target.port}; keepalive 64; }}", "    server {")


def _listen(options: Options, secure: bool) -> Iterator[str]:
    yield f"        listen {options.listen}{' ssl' if secure else ''};"
    yield "        http2 on;"
    if secure:
        yield f"        ssl_certificate {options.certificate};"
        yield f"        ssl_certificate_key {options.key};"
        yield "        ssl_protocols TLSv1.2 TLSv1.3;"
    yield from (
        "        client_max_body_size 0;",
        "        client_body_timeout 300s;",
        "        grpc_read_timeout 300s;",
        "        grpc_send_timeout 300s;",
    )
    yield "        grpc_set_header X-Forwarded-For $remote_addr;"
    yield from (f'        grpc_set_header {name} "";' for name in dropped(("x-forwarded-for",)))
    if options.target.secure:
        yield "        grpc_ssl_verify on;"
        yield f"        grpc_ssl_trusted_certificate {options.upstream_ca};"
        yield f"        grpc_ssl_name {options.target.host};"
        yield "        grpc_ssl_server_name on;"
        yield "        grpc_ssl_protocols TLSv1.2 TLSv1.3;"


def _locations(methods: tuple[str, ...], options: Options) -> Iterator[str]:
    """A location matches the decoded path, and the target that is forwarded is the one that was sent: both must be the method's."""
    scheme = "grpcs" if options.target.secure else "grpc"
    for method in methods:
        yield f"        location = /{method} {{"
        yield f'            if ($request_uri != "/{method}") {{ return 400; }}'
        yield "            if ($request_method != POST) { return 405; }"
        yield "            if ($batten_is_grpc = 0) { return 415; }"
        yield f"            grpc_pass {scheme}://api;"
        yield "        }"
    yield "        location / { return 404; }"
