"""The hosts that edges and contracts name, with what each is known to answer on."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from batten.engine.draft.evidence import context_of, is_shown, line_of
from batten.engine.draft.names import Stage, is_local, stage_of, usable
from batten.engine.review import Review
from batten.facts import Api, Listener, Route, Workload
from batten.model import Context, Location, Setting

_USUAL = {True: 443, False: 80}
_MOST_ENTRANCES = 20
_ANY = frozenset(("", "*", "_"))


@dataclass(slots=True)
class Host:
    """One name. `ports` are those that answer with TLS (True) and without (False); `stages` what each place says of it."""

    name: str
    shown: list[str] = field(default_factory=list)
    ports: dict[bool, int] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    contracts: list[str] = field(default_factory=list)  # documents that name it as a server
    served: bool = False  # an edge answers there with more than redirects
    forwards: bool = False  # an edge forwards it to something

    @property
    def stage(self) -> Stage:
        return max(self.stages, key=list(Stage).index)

    @property
    def local(self) -> bool:
        return self.name == "localhost" or is_local(self.name)

    @property
    def url(self) -> str:
        """Over TLS where anything shows that it has it, or nothing shows that it has not."""
        return self._with(False not in self.ports or True in self.ports)

    @property
    def plain(self) -> str:
        """Its plain-HTTP address beside the other; "" for none."""
        return self._with(False) if len(self.ports) == len(_USUAL) else ""

    def _with(self, tls: bool) -> str:
        port = self.ports.get(tls, _USUAL[tls])
        end = "" if port == _USUAL[tls] else f":{port}"
        return f"{'https' if tls else 'http'}://{self.name}{end}"


@dataclass(slots=True)
class Hosts:
    """All names, those of tests and examples apart; `unusable` are texts that are no addresses, with their places."""

    found: dict[str, Host] = field(default_factory=dict)
    unusable: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Around:
    """What decides about names: by file and server, and of technologies whose files share their listeners."""

    published: dict[int, int]
    servers: dict[tuple[str, str], list[Listener]] = field(default_factory=dict)
    technologies: dict[str, list[Listener]] = field(default_factory=dict)
    forwarding: set[tuple[str, str]] = field(default_factory=set)


def hosts(result: Review) -> Hosts:
    """The hosts of a review, in the order in which its files name them."""
    into, around = Hosts(), _around(result)
    for fact in result.facts:
        if context_of(fact, result) not in (Context.PRODUCTION, Context.DEVELOPMENT):
            continue
        match fact:
            case Listener() if fact.http and fact.serves:
                source = fact.at.source
                forwards = not around.forwarding.isdisjoint(
                    ((source, _server(fact.at.pointer)), (source, "kong"))
                )
                for name in fact.names:
                    host = _host(name, fact.at, result, into)
                    if host is not None:
                        _answers(host, fact, around.published)
                        host.forwards |= forwards
            case Route():
                for required_name in fact.hosts:
                    if not isinstance(required_name.value, str):
                        into.unusable.append(f"a variable ({line_of(required_name.at, result)})")
                        continue
                    required_host = _host(required_name.value, required_name.at, result, into)
                    if required_host is None:
                        continue
                    required_host.forwards |= bool(fact.upstream)
                    # The listeners of a route: its own, else some of its technology's, which share their routes.
                    own = around.servers.get((fact.at.source, _server(fact.server)))
                    entrances = (
                        own or around.technologies.get(result.readers.get(id(fact), ""), [])[:_MOST_ENTRANCES]
                    )
                    for listener in entrances:
                        _answers(required_host, listener, around.published)
            case Api() if result.readers.get(id(fact)) == "openapi":
                _declared(fact, result, into)
            case _:
                pass
    return into


def _around(result: Review) -> _Around:
    # Ports of edges in containers, and the ones of the host that lead to them; only where there is one.
    published_found: dict[int, set[int]] = {}
    for published_fact in result.facts:
        for port in (
            published_fact.ports if isinstance(published_fact, Workload) and published_fact.edge else ()
        ):
            published_found.setdefault(port.container_port, set()).add(port.host_port.known(0))
    found = _Around(
        {inner: outer.pop() for inner, outer in published_found.items() if len(outer) == 1 and 0 not in outer}
    )
    for fact in result.facts:
        key = (fact.at.source, _server(fact.server if isinstance(fact, Route) else fact.at.pointer))
        if isinstance(fact, Route) and fact.upstream:
            found.forwarding.add(key)
        elif isinstance(fact, Listener) and fact.http:
            found.servers.setdefault(key, []).append(fact)
            found.technologies.setdefault(result.readers.get(id(fact), ""), []).append(fact)
    return found


def _answers(host: Host, listener: Listener, published: dict[int, int]) -> None:
    tls, port = listener.tls.known(None), listener.port.known(0)
    tls = port in (443, 8443) if tls is None and port else tls
    if tls is not None:
        host.ports.setdefault(tls, published.get(port, port) or _USUAL[tls])
    redirects = listener.redirects_to_tls
    host.served |= redirects is None or redirects.known(False) is False or bool(tls)


def _server(pointer: str) -> str:
    return re.split(r"/| (?!\S*\])", pointer)[0]


def _declared(api: Api, result: Review, into: Hosts) -> None:
    for server, about in zip(api.servers, api.about or ("",) * len(api.servers), strict=False):
        url = _url(server)
        if url is None:
            if server.known("") == "":
                into.unusable.append(f"a variable ({line_of(server.at, result)})")
            continue
        scheme, name, port = url
        host = _host(name, server.at, result, into, about)
        if host is not None:
            # A contract says where clients come in; what listens behind a published port may have another one.
            tls = scheme == "https"
            if not host.contracts:
                host.ports.pop(tls, None)
            host.ports.setdefault(tls, port or _USUAL[tls])
            host.contracts += [api.at.source] if is_shown(api.at.source) else []
            host.served = True


def _url(server: Setting[str]) -> tuple[str, str, int] | None:
    """Scheme, host and port of an absolute URL."""
    try:
        parts = urlsplit(server.known(""))
        name, port = parts.hostname or "", parts.port or 0
    except ValueError:
        return None
    return (
        (parts.scheme, f"[{name}]" if ":" in name else name, port)
        if parts.scheme in ("http", "https")
        else None
    )


def _host(name: str, at: Location, result: Review, into: Hosts, about: str = "") -> Host | None:
    low = name.lower().rstrip(".")
    if low in _ANY:
        return None
    if (not usable(low) and low != "localhost") or not is_shown(name):
        into.unusable.append(f"`{name}` ({line_of(at, result, name)})")
        return None
    host = into.found.setdefault(low, Host(low))
    host.shown.append(line_of(at, result, name))
    host.stages.append(stage_of(low, about, at.source, result.contexts.of(at)))
    return host


def first(candidates: Iterable[Host]) -> list[Host]:
    """The hosts of one environment, the one that is most likely the API's first."""
    return sorted(candidates, key=_rank)


def _rank(host: Host) -> tuple[bool, ...]:
    labels = re.split(r"[.-]", host.name)
    return (not host.contracts, "api" not in labels, not host.forwards, not host.served, labels[0] == "www")
