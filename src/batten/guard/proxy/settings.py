"""What a proxy is told when it starts."""

from __future__ import annotations

import re
from dataclasses import field
from pathlib import Path
from urllib.parse import urlsplit

from batten.guard.options import GuardProblem, Options
from batten.model.record import record

_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/]*)):(?P<port>[0-9]{1,5})")


@record
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@record
class Upstream:
    address: Address
    tls: bool = False
    ca: str = ""  # PEM file with the trust anchor, where it is not a public one


@record
class Deadlines:
    """Seconds."""

    handshake: float = 10.0
    head: float = 10.0  # from the first byte of a request's head to its last
    idle: float = 75.0  # between requests
    body: float = 15.0  # for a request's body, and one more for each `slowest` bytes of it
    connect: float = 5.0
    queue: float = 5.0  # for a free connection to the upstream
    answer: float = 60.0  # until the answer's head; kept answers must be whole by then
    stall: float = 60.0  # between two pieces of a streamed answer, and for a client that does not read
    drain: float = 30.0  # for what is under way at the end


@record
class Settings:
    contract: Path
    upstream: Upstream
    listen: Address
    policy: Path | None = None
    options: Options = Options()
    certificate: Path | None = None  # the chain in PEM; None: no TLS
    key: Path | None = None
    workers: int = 1
    admin: Address | None = None
    access_log: str = ""  # a path, "-" for the standard output, "" for none
    traffic: Path | None = None  # the file that `batten guard report` reads
    learns: bool = False  # shapes of what is not documented go there, too
    deadlines: Deadlines = Deadlines()
    slowest: int = 512  # bytes a second that a request's body must make
    connections: int = 10_000  # of clients, for each worker
    upstream_connections: int = 128  # for each worker
    queued: int = 1_024  # requests that wait for one of them
    http10: bool = False
    proxy_protocol: bool = False  # connections of trusted peers begin with the address of their client
    watch_seconds: float = field(default=1.0)


def address(text: str) -> Address:
    """`127.0.0.1:8443`, `[::1]:8443` or `:8443`, which is every interface. Raises GuardProblem."""
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) > 65_535:
        raise GuardProblem(f"'{text}' is not an address; write host:port, as in 127.0.0.1:8443")
    return Address(found["six"] or found["host"] or "0.0.0.0", int(found["port"]))


def upstream(url: str, ca: str = "") -> Upstream:
    """Of `http://host:port` or `https://host`. Raises GuardProblem."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    fits = parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/")
    if not fits or port == -1 or parts.query or parts.username:
        raise GuardProblem(
            f"'{url}' is not an upstream; write http://host:port or https://host:port, without a path"
        )
    tls = parts.scheme == "https"
    return Upstream(Address(parts.hostname or "", port or (443 if tls else 80)), tls, ca)
