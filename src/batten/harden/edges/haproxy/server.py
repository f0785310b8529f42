"""What is not about one request: the process, listeners with TLS, and the API behind."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from batten.harden.edge import ANSWER, CONNECT, HEAD, IDLE
from batten.harden.edges.haproxy.text import section
from batten.harden.options import Target

MOST_LINES = 201  # of a head, so that one more than is allowed can still be refused


def timeouts() -> Iterator[str]:
    yield "mode http"
    yield f"timeout client {IDLE}s"
    yield f"timeout http-request {HEAD}s"
    yield f"timeout http-keep-alive {IDLE}s"
    yield f"timeout connect {CONNECT}s"
    yield f"timeout server {ANSWER}s"


def users(user: str) -> Iterator[str]:
    return (f"{kind} {name}" for kind, name in zip(("user", "group"), user.split(), strict=False))


def certificate(chain: str, key: str) -> Iterator[str]:
    """A store of its own: without one the key would have to be in the same file."""
    yield f'load crt "{chain}" key "{key}" alias "edge"'


def bind(host: str, port: int, tls: str = "") -> str:
    return f"bind {host or '*'}:{port}{tls}"


def tls(ciphers: tuple[str, ...], curves: tuple[str, ...], strict: bool) -> str:
    """Mozilla's intermediate profile; `strict` refuses handshakes for other names than the certificate's."""
    words = (
        'ssl crt "@edge/edge" alpn h2,http/1.1 ssl-min-ver TLSv1.2 no-tls-tickets',
        f"ciphers {':'.join(ciphers)}",
        f"curves {':'.join(curves)}",
        *(("strict-sni",) if strict else ()),
    )
    return " " + " ".join(words)


def resolvers(*targets: Target) -> Iterator[str]:
    """Names are resolved while it runs: in containers addresses change, and some are there later."""
    if not all(is_address(target.host) for target in targets):
        yield from section("resolvers system", ("parse-resolv-conf", "hold valid 10s"))


def upstream(target: Target, authorities: str) -> Iterator[str]:
    """`authorities` is the file that the certificate of a TLS upstream is verified with."""
    host = target.host
    named = not is_address(host)
    words = [f"server api {host}:{target.port}"]
    if named:
        words.append("init-addr last,libc,none resolvers system")
    if target.secure:
        words.append(f'ssl verify required ca-file "{authorities}" ssl-min-ver TLSv1.2 verifyhost {host}')
        words += [f"sni str({host})"] if named else []
    yield " ".join(words)


def is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return host == "localhost"
    return True
