"""What a proxy is told when it starts."""

from __future__ import annotations

import re
from dataclasses import field, replace
from pathlib import Path
from urllib.parse import urlsplit

from batten.guard.options import GuardProblem, Mode, Options
from batten.model.record import record

LONGEST_SOCKET = 100  # bytes of its path; systems allow a few more (unix(7): 108 with the end)
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\[\]/]*)):(?P<port>[0-9]{1,5})")


@record
class Address:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@record
class Local:
    """A unix socket."""

    path: Path
    mode: int = 0o660  # of a listener

    def __str__(self) -> str:
        return f"unix:{self.path}"


@record
class Inherited:
    """Listeners that the service manager opened (socket activation); "" is all of them."""

    name: str = ""

    def __str__(self) -> str:
        return f"systemd:{self.name}" if self.name else "systemd"


Listen = Address | Local | Inherited


@record
class Upstream:
    address: Address | Local
    tls: bool = False
    ca: str = ""  # PEM file with the trust anchor, where it is not a public one
    name: str = ""  # that its certificate must have, where it is not the host
    certificate: Path | None = None  # that the guard shows to it, in PEM
    key: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """What its TLS is configured from."""
        given = (Path(self.ca) if self.ca else None, self.certificate, self.key)
        return tuple(path for path in given if path is not None)


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
    stuck: float = 10.0  # in which a worker must show that it is alive; 0 for no end
    drain: float = 30.0  # for what is under way at the end
    drain_delay: float = (
        0.0  # in which requests are still taken at the end, until load balancers have noticed
    )


@record
class Settings:
    contract: Path
    upstream: Upstream
    listen: Listen
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
    services: tuple[Served, ...] = ()  # in place of `contract` and `upstream`

    @property
    def upstreams(self) -> tuple[Upstream, ...]:
        return tuple(one.upstream for one in self.services) or (self.upstream,)

    @property
    def upstream_files(self) -> tuple[Path, ...]:
        """What the TLS to upstreams is configured from."""
        return tuple(path for upstream in self.upstreams for path in upstream.files)


@record
class Served:
    """One of several APIs behind the listener, with its files found."""

    name: str
    contract: Path
    upstream: Upstream
    hosts: tuple[str, ...]
    prefix: str
    policy: Path
    mode: Mode | None

    def settings(self, common: Settings) -> Settings:
        """As if it were served alone."""
        options = common.options if self.mode is None else replace(common.options, mode=self.mode)
        if self.hosts:
            options = replace(options, hosts=(*options.hosts, *self.hosts))
        return replace(
            common,
            contract=self.contract,
            upstream=self.upstream,
            policy=self.policy,
            options=options,
            services=(),
        )


def address(text: str) -> Address:
    """`127.0.0.1:8443`, `[::1]:8443` or `:8443`, which is every interface. Raises GuardProblem."""
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"]) > 65_535:
        raise GuardProblem(f"'{text}' is not an address; write host:port, as in 127.0.0.1:8443")
    return Address(found["six"] or found["host"] or "0.0.0.0", int(found["port"]))


def listener(text: str, mode: int = 0o660) -> Listen:
    """An address, `unix:/run/guard.sock`, or `systemd` and `systemd:NAME` for sockets of the service manager. Raises
    GuardProblem."""
    kind, _, rest = text.partition(":")
    if kind == "unix":
        return Local(_path(text, rest), mode)
    if kind == "systemd":
        return Inherited(rest)
    return address(text)


def upstream(url: str, ca: str = "") -> Upstream:
    """Of `http://host:port`, `https://host` or `unix:/run/app.sock`. Raises GuardProblem."""
    if url.startswith("unix:"):
        return Upstream(Local(_path(url, url.removeprefix("unix:"))))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _no_upstream(url) from None
    fits = parts.scheme in ("http", "https") and parts.hostname and parts.path in ("", "/")
    if not fits or port == 0 or parts.query or parts.fragment or parts.username is not None:
        raise _no_upstream(url)
    tls = parts.scheme == "https"
    return Upstream(Address(parts.hostname or "", port or (443 if tls else 80)), tls, ca)


def _no_upstream(url: str) -> GuardProblem:
    shown = re.sub(r"//[^/@]*@", "//…@", url)  # a password is in no message
    return GuardProblem(
        f"'{shown}' is not an upstream; write http://host:port or https://host:port, without a path, "
        "or unix:/run/app.sock"
    )


def _path(text: str, path: str) -> Path:
    if not path.startswith("/") or len(path.encode()) > LONGEST_SOCKET or "\0" in path:
        raise GuardProblem(
            f"'{text}' is not a unix socket; write unix: and an absolute path of at most {LONGEST_SOCKET} bytes"
        )
    return Path(path)


def tcp(where: Listen, option: str) -> Address:
    """For what has no other sockets. Raises GuardProblem."""
    if not isinstance(where, Address):
        raise GuardProblem(f"{option} {where} cannot be used with --ext-proc; write host:port")
    return where
