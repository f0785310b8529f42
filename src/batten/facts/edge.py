"""Reverse proxies, gateways, load balancers: where requests come in and where they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from batten.facts.fact import Fact
from batten.model import Location, Setting, Switch
from batten.model.record import record

INSIDE_CLUSTER = "inside the cluster"


@record(kw_only=True)
class Listener(Fact):
    """One address and port that a server (virtual host) answers on."""

    address: Setting[str]  # "0.0.0.0", "::", "127.0.0.1", "unix:/…"
    port: Setting[int]
    tls: Setting[bool]
    names: tuple[str, ...] = ()  # host names it serves; empty: any
    redirects_to_tls: Setting[bool] | None = None  # every answer is a redirect to https, or a refusal
    serves: bool = True  # False: only refuses, e.g. a default server that closes the connection
    protocols: Setting[tuple[str, ...]] | None = None  # "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"
    ciphers: Setting[str] | None = None  # OpenSSL cipher string (TLS 1.2 and older)
    suites: tuple[str, ...] = ()  # what was seen on the wire, or what the string expands to; OpenSSL names
    certificate: Setting[str] | None = None  # path of the certificate file
    http: bool = True  # False: raw TCP
    assets: bool = False  # serves images, styles and fonts only
    imposed: bool = False  # its vendor's certificate fixes the versions, which no setting changes
    tls_before: Setting[bool] | None = None  # whether a server in front ends TLS; UNKNOWN: it is likely
    inside: str = ""  # where clients from outside have no way of their own, as a clause: INSIDE_CLUSTER


@record(kw_only=True)
class Route(Fact):
    """What an edge does with a path: serves files, forwards, or refuses; and with which verbs. `sent` are headers, by lower-case
    name, that what is forwarded gets in place of those of its site."""

    server: str  # identity of the listener's server block
    path: str
    match: str  # "prefix", "exact", "regex"
    methods: Setting[tuple[str, ...]]  # ABSENT: any verb passes
    upstream: str = ""  # where it forwards to, "" when it does not
    serves_files: bool = False
    refuses: bool = False  # deny all, return 4xx
    regex: str = ""
    assets: bool = False  # serves images, styles, scripts, fonts and the like only
    trace: Setting[bool] | None = None  # whether TRACE is answered
    hosts: tuple[Setting[str], ...] = ()  # host names that it requires, where its listener does not name them
    sent: Mapping[str, Setting[str]] = field(default_factory=dict)


@record
class ReplacedHeaders(Fact):
    """Headers of requests that an edge sets for an upstream. `dropped` are those, by lower-case name, that the block around sets
    and this one passes on as clients send them; "" is a value that is not known, or a header that is taken away."""

    dropped: Mapping[str, Setting[str]]


@record(kw_only=True)
class SocketRoute(Fact):
    """Where an edge forwards handshakes of WebSockets, and nothing else, and for pages of which origins it does."""

    server: str
    path: str
    match: str  # "exact", "prefix", "regex"
    upstream: str
    regex: str = ""
    origins: Setting[tuple[str, ...]]  # ABSENT: of any


@record(kw_only=True)
class Upstream(Fact):
    """One hop from an edge to something behind it."""

    target: Setting[str]  # URL or host:port as written, effective
    host: str = ""  # host name or address, "" when unknown
    port: int = 0
    encrypted: Setting[bool] | None = None
    verified: Setting[bool] | None = None  # only meaningful when encrypted
    from_client: tuple[Location, ...] = ()  # parts of the target that a client's request decides
    local: bool = False  # loopback or a unix socket
    switch: Switch | None = None  # what turns encryption on, where it is one switch


@record(kw_only=True)
class Limits(Fact):
    """Bounds on what a client may send. A setting that the technology has not is None."""

    body: Setting[int] | None = None  # bytes; 0 means no bound
    headers: Setting[int] | None = None  # bytes
    header_timeout: Setting[float] | None = None  # seconds; 0 means no bound
    body_timeout: Setting[float] | None = None
    send_timeout: Setting[float] | None = None
    rate: Setting[str] | None = None  # ABSENT: no rate limit


@record
class TrustedProxies(Fact):
    """Networks, as they are written, whose word about a client's address an edge believes: in the PROXY protocol where it is
    `announced`, else in a header of each request."""

    networks: tuple[str, ...]
    announced: bool


@record
class AccessLog(Fact):
    access: Setting[bool]
    errors: Setting[bool]
    carries: tuple[Setting[str], ...] = ()  # credentials that the format writes: "authorization" …


@record
class AccessRule(Fact):
    """A rule that restricts access, and whether it does what it seems to.

    `defeat` is "" when it works; otherwise why it does not, as people read it behind a colon.
    """

    rule: str
    defeat: str = ""
    partial: bool = False  # it works for what is written in the usual way, and `defeat` goes around it


@record(kw_only=True)
class WebRoot(Fact):
    """A directory whose files are served."""

    path: Setting[str]
    listing: Setting[bool]
    denies_hidden: Setting[bool]  # dot files (.git, .env, .bash_history) are refused
    sensitive: tuple[str, ...] = field(default=())  # files in it, on disk here, that must not be served
    prefix: str = "/"
    traversal: Setting[bool] | None = None  # alias without slash and kin: reaches outside the root
    guarded: bool = False  # every client must log in
