"""What is forwarded, and what of the answers gets out. https://caddyserver.com/docs/caddyfile/directives/reverse_proxy"""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract.surface import Path
from batten.harden.edge import ANSWER, CONNECT, MOST_HEAD, Edge
from batten.harden.edges.caddy import clients, kinds
from batten.harden.edges.caddy.text import block, line
from batten.harden.kinds import Kind


def forwarded(
    key: str, path: Path, edge: Edge, kind: Kind | None = None, quiet: int = ANSWER
) -> Iterator[str]:
    """`quiet` is how long the upstream may say nothing, in seconds."""
    return block(
        line(
            "reverse_proxy",
            f"{'https' if edge.upstream.secure else 'http'}://{edge.upstream.host}:{edge.upstream.port}",
        ),
        _proxied(key, path, edge, kind, quiet),
    )


def _proxied(key: str, path: Path, edge: Edge, kind: Kind | None, quiet: int) -> Iterator[str]:
    own = {
        "Host": edge.names[0],
        "X-Forwarded-Host": edge.names[0],
        "X-Forwarded-For": clients.address(edge),
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Port": str(edge.public),
        "X-Real-IP": clients.address(edge),
        "X-Request-ID": "{http.request.uuid}",
    }
    yield from (f"header_up {name} {value}" for name, value in own.items())
    yield from (f"header_down -{name}" for name in (*kinds.removed(edge, kind), *edge.hidden))
    if kind is not None:
        yield from kinds.policies(kind)
    yield "header_down Set-Cookie `^(.*)$` `$1; Secure; HttpOnly; SameSite=Lax`"
    yield from block("transport http", _transport(edge, quiet))
    yield "# The edge answers these errors; the contract declares the others, which are forwarded."
    yield line(f"@{key}_error", "status", *map(str, path.errors))
    yield from block(f"handle_response @{key}_error", ("error upstream {rp.status_code}",))


def _transport(edge: Edge, quiet: int) -> Iterator[str]:
    yield f"dial_timeout {CONNECT}s"
    yield f"response_header_timeout {ANSWER}s"
    yield f"read_timeout {quiet}s"
    yield f"write_timeout {ANSWER}s"
    yield f"max_response_header {MOST_HEAD}"
    if edge.upstream.secure:
        yield line("tls_trusted_ca_certs", edge.upstream_ca)
        yield line("tls_server_name", edge.upstream.host)
