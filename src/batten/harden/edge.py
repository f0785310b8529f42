"""What an edge does, whatever its engine: made once from contract and policy, rendered by `edges/` and by the guard's exports."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import urlsplit

from batten.contract import Contract, Operation
from batten.contract.sizes import largest
from batten.contract.surface import Path, paths, pattern, sockets, streams, switches, uses_cookies
from batten.controls import MOZILLA_INTERMEDIATE
from batten.harden.acme import Acme, refuse_path
from batten.harden.heads import dropped
from batten.harden.kinds import Kind, extra, kinds, named
from batten.harden.options import HardenProblem, Options, Target
from batten.harden.proxies import networks
from batten.model.record import record
from batten.policy import Policy, headers

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?|https?://\[[0-9A-Fa-f:.]+\](?::\d+)?")
CURVES = ("X25519", "prime256v1", "secp384r1")
CONNECT, HEAD, BODY, ANSWER, IDLE = 3, 10, 10, 15, 20  # seconds
QUIET = 300  # seconds that a stream may be without an event
MOST_TARGET, MOST_HEAD, MOST_HEADERS = 8_000, 32_768, 100  # bytes, bytes, lines


@record(kw_only=True)
class Route:
    """`body` is the largest body of a request in bytes that the contract's schemas can make valid; 0 where no operation
    takes one. `stream`: an answer may be a stream of events. `socket`: the contract declares it as a WebSocket."""

    path: Path
    body: int
    stream: bool = False
    socket: bool = False

    @property
    def allow(self) -> str:
        return ", ".join(sorted(self.path.methods))


@record(kw_only=True)
class Cors:
    origins: tuple[str, ...]
    credentials: bool  # whether browsers send cookies
    age: int = 600  # seconds


@record(kw_only=True)
class Edge:
    """`host` is "" for every address; `plain_port` is 0 without a listener that redirects to HTTPS. `sent` are headers with
    every answer, `hidden` those of upstreams that do not get out, `stripped` those of clients that do not get in. `kinds` are, by
    template, for what is not data, headers in place of `sent` with answers that the edge does not make itself. `listed` are paths of
    WebSockets beside the contract, whose handshakes are looked for before any route; every other request there is as without."""

    title: str
    names: tuple[str, ...]
    host: str
    port: int
    public: int  # the port that clients know
    plain_host: str
    plain_port: int
    certificate: str
    key: str
    ciphers: tuple[str, ...]  # of TLS 1.2, in OpenSSL's names; 1.3's are all good
    curves: tuple[str, ...]
    upstream: Target
    upstream_ca: str
    routes: tuple[Route, ...]
    sent: Mapping[str, str]
    hidden: tuple[str, ...]
    stripped: tuple[str, ...]
    cors: Cors | None
    body: int  # bytes, of any request
    rate: int  # requests a second from one address
    connections: int  # from one address
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    proxies: tuple[
        str, ...
    ] = ()  # networks whose X-Forwarded-For is believed, or with `proxy_protocol` that header
    proxy_protocol: bool = False
    listed: tuple[Path, ...] = ()
    acme: Acme | None = None  # where its certificate comes from; None: from files that people put there

    @property
    def listen(self) -> str:
        return f"{self.host}:{self.port}" if self.host else str(self.port)

    @property
    def plain(self) -> str:
        return f"{self.plain_host}:{self.plain_port}" if self.plain_host else str(self.plain_port)

    @property
    def sockets(self) -> tuple[Path, ...]:
        """All paths at which WebSockets are opened."""
        return (*self.listed, *(route.path for route in self.routes if route.socket))

    @property
    def openers(self) -> tuple[str, ...]:
        """Origins whose pages may open them: browsers open WebSockets to other origins without a preflight (RFC 6455, 10.2)."""
        port = "" if self.public == 443 else f":{self.public}"
        own = (f"https://{name.lower()}{port}" for name in self.names)
        return tuple(dict.fromkeys((*own, *(self.cors.origins if self.cors else ()))))

    @property
    def named_kinds(self) -> tuple[Kind, ...]:
        return named(self.kinds)

    @property
    def extra_headers(self) -> tuple[str, ...]:
        """The names of what is sent with some kinds only."""
        return extra(self.kinds, self.sent)

    @property
    def own_headers(self) -> tuple[str, ...]:
        """The names of all that the edge sends: what upstreams send by them is removed."""
        return (*self.sent, *self.extra_headers)

    def kind_of(self, template: str, status: int = 0) -> Kind | None:
        """Of an answer to a call of this path; None for data, and for a status that is always the edge's own."""
        asked = pattern(template)
        route = next((one for one in self.routes if pattern(one.path.template) == asked), None)
        return None if route is None or status in route.path.errors else self.kinds.get(route.path.template)


def edge_of(contract: Contract, policy: Policy, options: Options, acme: Acme | None = None) -> Edge:
    """Raises HardenProblem for a contract without operations or names, or one that `acme` contradicts."""
    surface = paths(contract, options.head)
    if not surface:
        raise HardenProblem(
            f"{contract.path} declares no operation; an edge for it would refuse every request"
        )
    names = names_of(contract, policy, options)
    if acme is not None:
        for path in surface:
            refuse_path(path.template)
    routes = tuple(_route(contract, path, options) for path in surface)
    host, _, port = options.listen.rpartition(":")
    plain_host, _, plain_port = options.plain.rpartition(":")
    # Raises HardenProblem for an origin that no browser sends: engines would read more into it.
    for origin in policy.origins:
        if not _ORIGIN.fullmatch(origin):
            raise HardenProblem(f"'{origin}' is not an origin; write scheme://host[:port] in batten.yaml")
    return Edge(
        title=plain_title(contract.title),
        names=names,
        host=host,
        port=int(port),
        public=options.public or int(port),
        plain_host=plain_host,
        plain_port=int(plain_port or 0),
        certificate=options.certificate,
        key=options.key,
        ciphers=MOZILLA_INTERMEDIATE,
        curves=CURVES,
        upstream=options.target,
        upstream_ca=options.upstream_ca,
        routes=routes,
        sent=headers.constant(policy),
        hidden=(*headers.CORS, *headers.BANNERS, *headers.OBSOLETE, "Proxy-Authenticate"),
        stripped=(*headers.STRIPPED, *dropped(tuple(map(str.lower, headers.STRIPPED)))),
        cors=Cors(origins=policy.origins, credentials=uses_cookies(contract)) if policy.origins else None,
        kinds=kinds(policy, names, surface),
        listed=_listed(contract, policy, routes),
        body=options.most_body,
        rate=options.rate,
        connections=options.connections,
        proxies=networks(options.proxies),
        proxy_protocol=options.proxy_protocol,
        acme=acme,
    )


def _listed(contract: Contract, policy: Policy, routes: tuple[Route, ...]) -> tuple[Path, ...]:
    """Raises HardenProblem for what is not a path."""
    for template in policy.leniency.websockets:
        if not template.startswith("/") or set(template) & set("?#"):
            raise HardenProblem(
                f"websockets: '{template}' is not a path; write it in batten.yaml with its base path, as in /v1/events"
            )
    declared = {pattern(route.path.template) for route in routes if route.socket}
    found = sockets(contract, policy.leniency.websockets)
    return tuple(path for path in found if pattern(path.template) not in declared)


def names_of(contract: Contract, policy: Policy, options: Options) -> tuple[str, ...]:
    """The names that the edge answers to: asked for, the policy's, or those of the contract's servers. Raises HardenProblem."""
    names = tuple(dict.fromkeys(options.names or policy.hosts or served_names(contract)))
    if not names:
        raise HardenProblem("no host name is given; list `hosts:` in batten.yaml, or pass --name")
    Options(names=names)  # the policy's and the contract's names must pass for names too
    return names


def served_names(contract: Contract) -> tuple[str, ...]:
    """Those of the contract's servers."""
    return tuple(filter(None, (_host(server.url or "") for server in contract.servers)))


def plain_title(title: str) -> str:
    """A title on one line, without what is not printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in title).split())


def _host(url: str) -> str:
    """The host that a contract's server names; "" where it names none that a server could be called by."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _route(contract: Contract, path: Path, options: Options) -> Route:
    of_it = [o for o in contract.operations if path.template in (o.path, *o.others)]
    return Route(
        path=path,
        body=_largest_body(contract, of_it, options),
        stream=any(map(streams, of_it)),
        socket=any(map(switches, of_it)),
    )


def _largest_body(contract: Contract, operations: list[Operation], options: Options) -> int:
    """Of all operations of a path; the option's where a schema sets no bound."""
    found = 0
    for operation in operations:
        if operation.body is None:
            continue
        for media in operation.body.media.values():
            found = max(found, min(options.most_body, largest(contract, media) or options.most_body))
        if not operation.body.media:
            return options.most_body
    return found


__all__ = ["CURVES", "Cors", "Edge", "Route", "edge_of", "names_of", "plain_title"]
