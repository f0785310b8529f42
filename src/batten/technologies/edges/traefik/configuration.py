"""What makes one Traefik: its static configuration, what its providers give it, and who is attached to what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats import Workspace
from batten.model import UNKNOWN, Location, Unknown
from batten.model.networks import everybody
from batten.model.record import record
from batten.technologies.edges.traefik.values import Value
from batten.technologies.shared.transport.upstreams import is_loopback

INTERNAL = "traefik"  # the entry point of the API; routers that name none are not on it
_ADDRESS = re.compile(r"^(.*?):(\d+)(?:/(tcp|udp))?$")
GUARDS = ("basicAuth", "digestAuth", "forwardAuth", "ipAllowList", "ipWhiteList", "plugin", "oidc", "jwt")
_MOST_LINKS = 200


@dataclass(slots=True)
class Configuration:
    """`static` is None where it is not here. `dynamics` are what each provider ("file", "docker") gives."""

    workspace: Workspace
    static: Value | None = None
    dynamics: list[tuple[str, Value]] = field(default_factory=list)
    version: str = ""
    silent: frozenset[str] = frozenset()  # files that another unit judges: looked things up in only
    _middlewares: dict[str, Value] | None = None

    def of(self, kind: str, protocol: str = "http") -> Iterator[tuple[str, Value]]:
        """The routers, middlewares, services … that are written here, each with its provider."""
        for provider, dynamic in self.dynamics:
            if dynamic.source not in self.silent:
                yield from ((provider, v) for v in dynamic.of(protocol, kind).entries())

    def middleware(self, reference: str, provider: str) -> Value | None:
        """The middleware that a name stands for; None when it is not here."""
        if self._middlewares is None:
            self._middlewares = {
                f"{v.name}@{p}".lower(): v
                for p, dynamic in self.dynamics
                for v in dynamic.of("http", "middlewares").entries()
            }
        full = reference if "@" in reference else f"{reference}@{provider}"
        return self._middlewares.get(full.lower())

    def chain(self, names: tuple[str, ...], provider: str) -> list[Value | None]:
        """The middlewares in their order, those of `chain` written out; None for what is not known."""
        found: list[Value | None] = []
        pending = list(names)[::-1]
        for _ in range(_MOST_LINKS):
            if not pending:
                return found
            name = pending.pop()
            middleware = None if "\0" in name else self.middleware(name, provider)
            below = middleware["chain"]["middlewares"] if middleware is not None else None
            if below is not None and below.exists:
                pending += reversed(below.words())
            else:
                found.append(middleware)
        return [*found, None]

    def entry_points(self) -> dict[str, EntryPoint]:
        """By lower-case name; those of UDP left out."""
        values = self.static["entryPoints"].entries() if self.static is not None else ()
        made = (EntryPoint(v, *address_of(v["address"])) for v in values)
        return {e.value.name.lower(): e for e in made if not e.udp}

    def routers(self) -> Iterator[Router]:
        points = self.entry_points()
        for provider, value in self.of("routers"):
            named = tuple(n.lower() for n in value["entryPoints"].words())
            on: tuple[str, ...] | None = named
            if not named:
                on = _defaults(points) if points else None
            elif "\0" in named:
                on = None
            around: list[Value | None] = []
            if on is None or self.static is None or any(n not in points for n in on):
                around.append(None)
            else:
                for name in on:
                    around += self.chain(points[name].value.of("http", "middlewares").words(), "file")
            chain = self.chain(value["middlewares"].words(), provider)
            if "tls" in value.table and not value["tls"].exists:
                tls: bool | Unknown = UNKNOWN
            elif value["tls"].exists:
                tls = value["tls"].on if value["tls"].known else UNKNOWN
            elif self.static is None or on is None or any(n not in points for n in on):
                tls = UNKNOWN
            else:
                tls = any(points[n].tls for n in on if points[n].redirects is False)
            yield Router(value, provider, on, tls, chain, around)


@record
class EntryPoint:
    value: Value
    host: str | Unknown
    port: int | Unknown
    udp: bool = False

    @property
    def tls(self) -> bool:
        return self.value.of("http", "tls").on

    @property
    def redirects(self) -> bool | Unknown:
        """Whether everything that comes in is sent on to https."""
        target = self.value.of("http", "redirections", "entryPoint")
        if not target["to"].exists:
            return False
        scheme = target["scheme"]
        return UNKNOWN if not scheme.known else (scheme.word or "https") == "https"

    @property
    def outside(self) -> bool:
        """Whether strangers reach it by the ports of the web."""
        return self.port in (80, 443) and not (isinstance(self.host, str) and is_loopback(self.host))


def address_of(value: Value) -> tuple[str | Unknown, int | Unknown, bool]:
    """Host, port, and whether it is UDP."""
    found = _ADDRESS.match(value.word)
    if found is None:
        return UNKNOWN, UNKNOWN, False
    return found[1].strip("[]") or "0.0.0.0", int(found[2]), found[3] == "udp"


@record
class Router:
    """`points` are the entry points that it is on, by lower-case name; None where that is not known.
    `chain` are its middlewares, without those of its entry points."""

    value: Value
    provider: str
    points: tuple[str, ...] | None
    tls: bool | Unknown
    chain: list[Value | None]
    around: list[Value | None]  # middlewares of its entry points, which come first

    @property
    def rule(self) -> Value:
        return self.value["rule"]

    @property
    def service(self) -> str:
        return self.value["service"].word

    @property
    def at(self) -> Location:
        return self.value.block

    @property
    def internal(self) -> bool:
        """Whether Traefik answers by itself: its API, dashboard, metrics, ping."""
        return self.service.endswith("@internal")

    @property
    def redirects(self) -> bool:
        """Whether what it takes is sent elsewhere. `redirectScheme` lets pass what has the scheme already."""
        passes = self.tls is True and not self._has("redirectregex")
        return self.moves and not passes

    @property
    def moves(self) -> bool:
        """Whether plain requests are sent elsewhere."""
        if self._has("redirectscheme", "redirectregex"):
            return True
        # Whether a `headers` middleware turns something on; `sslRedirect` is of Traefik 1 and 2.
        found = (m["headers"]["sslRedirect"] for m in (*self.around, *self.chain) if m is not None)
        return any(value.exists and value.flag(value.here).known(False) for value in found)

    @property
    def checks_hosts(self) -> bool:
        """Whether a middleware refuses host names that it does not list."""
        return any(m is not None and m["headers"]["allowedHosts"].exists for m in (*self.around, *self.chain))

    def _has(self, *names: str) -> bool:
        chain = (*self.around, *self.chain)
        return any(m is not None and any(n in m.table for n in names) for m in chain)

    def plain_on(self, point: EntryPoint) -> bool:
        """Whether it serves content in clear text to whom comes in there."""
        own = self.value["tls"]
        off = "tls" not in self.value.table or (own.text is not None and not own.on)
        clear = off and not point.tls and point.redirects is False
        named = self.points is not None and point.value.name.lower() in self.points
        return clear and named and not self.moves and not self.internal

    @property
    def known(self) -> bool:
        return None not in self.chain and None not in self.around

    def guarded(self) -> bool:
        """Whether something asks who is there, or may."""
        chain = (*self.around, *self.chain)
        return any(m is None or guards(m) for m in chain) or "ClientIP(" in (self.rule.text or "")


def guards(middleware: Value) -> bool:
    for name in GUARDS:
        found = middleware[name]
        if found.exists and not everybody(found["sourceRange"].words()):
            return True
    return not middleware.table  # nothing that is understood


def _defaults(points: dict[str, EntryPoint]) -> tuple[str, ...]:
    """All entry points but the API's, or those that say that they are default."""
    chosen = tuple(n for n, p in points.items() if p.value["asDefault"].on)
    return chosen or tuple(n for n in points if n != INTERNAL)
