"""Whether what readers see in a rendered edge is what was asked for. What a reader does not know is told as not read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

from batten.engine.hardening.readback_kinds import headers_by_path
from batten.engine.hardening.readback_sockets import websockets
from batten.facts import (
    CorsPolicy,
    Fact,
    Limits,
    Listener,
    OriginKind,
    ResponseHeaders,
    Route,
    SentHeader,
    TrustedProxies,
    Upstream,
)
from batten.harden.edge import Edge
from batten.model import Setting
from batten.model.record import record

PROTOCOLS = {"TLSv1.2", "TLSv1.3"}
T = TypeVar("T")
A = TypeVar("A")


@record(kw_only=True)
class Compared:
    """Subjects that are equal, sentences about those that differ, subjects that no reader knows."""

    equal: tuple[str, ...]
    differing: tuple[str, ...]
    unread: tuple[str, ...]


def compared(edge: Edge, facts: Iterable[Fact]) -> Compared:
    """The edge that was asked for, and the facts of the files that were written for it."""
    known = list(facts)
    return compared_by(
        {
            **_SUBJECTS,
            **(_IN_FRONT if edge.proxies or of_kind(TrustedProxies, known) else {}),
            **({"WebSockets": websockets} if edge.sockets or websockets(edge, known) else {}),
            **({"headers by path": headers_by_path} if edge.kinds or headers_by_path(edge, known) else {}),
        },
        edge,
        known,
    )


def compared_by(
    subjects: Mapping[str, Callable[[A, list[Fact]], list[str] | None]], asked: A, facts: Iterable[Fact]
) -> Compared:
    """Each subject says what differs, or None for what no reader knows."""
    known = list(facts)
    equal, differing, unread = list[str](), list[str](), list[str]()
    for subject, compare in subjects.items():
        verdict = compare(asked, known)
        if verdict is None:
            unread.append(subject)
        elif verdict:
            differing += [f"{subject}: {sentence}" for sentence in verdict]
        else:
            equal.append(subject)
    return Compared(equal=tuple(equal), differing=tuple(differing), unread=tuple(unread))


def of_kind(kind: type[T], facts: Iterable[object]) -> list[T]:
    return [fact for fact in facts if isinstance(fact, kind)]


def known_value(setting: Setting[T] | None) -> T | None:
    """What is known to be set; None for what is absent or not known."""
    return setting.known(None) if setting is not None else None


def _serving(facts: list[Fact], tls: bool) -> list[Listener]:
    return [
        one for one in of_kind(Listener, facts) if one.http and one.serves and known_value(one.tls) is tls
    ]


def _names(edge: Edge, facts: list[Fact]) -> list[str] | None:
    found = {name.lower() for listener in _serving(facts, True) for name in listener.names}
    return set_differences("host names", found, {name.lower() for name in edge.names}) if found else None


def set_differences(what: str, found: set[str], asked: set[str]) -> list[str]:
    more, less = sorted(found - asked), sorted(asked - found)
    return [
        *([f"{what} that were not asked for: {', '.join(more)}"] if more else []),
        *([f"{what} that are missing: {', '.join(less)}"] if less else []),
    ]


def _listeners(edge: Edge, facts: list[Fact]) -> list[str] | None:
    ports = [port for one in _serving(facts, True) if (port := one.port.known(None)) is not None]
    if not ports:
        return None
    return [] if edge.port in ports else [f"port {edge.port} is not among {', '.join(map(str, ports))}"]


def _redirect(edge: Edge, facts: list[Fact]) -> list[str] | None:
    plain = [one for one in _serving(facts, False) if one.port.known(None) == edge.plain_port]
    if not edge.plain_port:
        return [f"a plain listener on port {o.port.known(None)}" for o in _serving(facts, False)]
    told = [known_value(one.redirects_to_tls) for one in plain]
    if not told or all(each is None for each in told):
        return None
    return [] if all(each is not False for each in told) else [f"port {edge.plain_port} does not redirect"]


def _protocols(edge: Edge, facts: list[Fact]) -> list[str] | None:
    found = [set(value) for one in _serving(facts, True) if (value := known_value(one.protocols)) is not None]
    return (
        [line for each in found for line in set_differences("versions", each, PROTOCOLS)] if found else None
    )


def _ciphers(edge: Edge, facts: list[Fact]) -> list[str] | None:
    found = [set(text.split(":")) for one in _serving(facts, True) if (text := known_value(one.ciphers))]
    return (
        [line for each in found for line in set_differences("ciphers", each, set(edge.ciphers))]
        if found
        else None
    )


def _headers(edge: Edge, facts: list[Fact]) -> list[str] | None:
    """In one place all are sent, with errors too; in none another value is."""
    places = [one.sent for one in of_kind(ResponseHeaders, facts) if one.over_tls and one.sent]
    if not places:
        return None
    best = min((_lacking(edge, sent) for sent in places), key=len)
    others = {
        f"{name} is sent with another value"
        for sent in places
        for name, asked in edge.sent.items()
        if (found := sent.get(name.lower()))
        and (value := known_value(found.value))
        and value not in (asked, *(kind.sent.get(name) for kind in edge.named_kinds))
    }
    return [*best, *sorted(others)]


def _lacking(edge: Edge, sent: Mapping[str, SentHeader]) -> list[str]:
    missing = []
    for name in edge.sent:
        found = sent.get(name.lower())
        if found is None:
            missing.append(f"{name} is not sent")
        elif not found.on_errors:
            missing.append(f"{name} is not sent with errors")
    return missing


def _cors(edge: Edge, facts: list[Fact]) -> list[str] | None:
    asked = set(edge.cors.origins) if edge.cors is not None else set[str]()
    rules = [rule for one in of_kind(CorsPolicy, facts) for rule in known_value(one.origins) or ()]
    if any(rule.kind is OriginKind.PATTERN for rule in rules) or (asked and not rules):
        return None
    wide = [rule.kind.value for rule in rules if rule.kind is not OriginKind.EXACT]
    found = {str(known_value(rule.text)) for rule in rules if rule.kind is OriginKind.EXACT}
    return [*(f"origins of the kind '{kind}'" for kind in wide), *set_differences("origins", found, asked)]


def _routes(edge: Edge, facts: list[Fact]) -> list[str] | None:
    """Verbs of each path that a reader knows as the contract writes it. OPTIONS may be there for preflights."""
    asked = {route.path.fixed or route.path.pattern: route.path.methods for route in edge.routes}
    found: dict[str, set[str]] = {}  # an engine may have several routes for one path
    for route in of_kind(Route, facts):
        key = route.path if route.match == "exact" else route.regex
        methods = known_value(route.methods)
        if route.upstream and key in asked and methods is not None:
            found.setdefault(key, set()).update(methods)
    wrong = [
        f"{key}: {line}"
        for key, methods in found.items()
        for line in set_differences("verbs", methods - ({"OPTIONS"} - set(asked[key])), set(asked[key]))
    ]
    return wrong or ([] if len(found) == len(asked) else None)


def _upstream(edge: Edge, facts: list[Fact]) -> list[str] | None:
    found = [one for one in of_kind(Upstream, facts) if one.host and one.port]
    if not found:
        return None
    asked = (edge.upstream.host.strip("[]"), edge.upstream.port)
    # Where challenges of ACME may be forwarded to.
    wrong = [
        f"{o.host}:{o.port}"
        for o in found
        if (o.host.strip("[]"), o.port)
        not in (
            asked,
            (edge.acme.responder.host.strip("[]"), edge.acme.responder.port)
            if edge.acme is not None
            else None,
        )
    ]
    own = [one for one in found if (one.host.strip("[]"), one.port) == asked]
    plain = edge.upstream.secure and any(known_value(one.encrypted) is False for one in own)
    trusting = edge.upstream.secure and any(known_value(one.verified) is False for one in own)
    return [
        *(f"{place} was not asked for" for place in dict.fromkeys(wrong)),
        *(["the connection is not encrypted"] if plain else []),
        *(["the certificate is not verified"] if trusting else []),
    ]


def _body(edge: Edge, facts: list[Fact]) -> list[str] | None:
    found = [size for one in of_kind(Limits, facts) if (size := known_value(one.body)) is not None]
    # Traefik takes less than its limit, so it has one byte more.
    wrong = [size for size in found if size == 0 or size > edge.body + 1]
    return [f"{size} bytes are accepted, {edge.body} were asked for" for size in wrong] if found else None


def _proxies(edge: Edge, facts: list[Fact]) -> list[str] | None:
    """In every place that is read, for a listener without them counts its proxies as clients."""
    found = of_kind(TrustedProxies, facts)
    kinds = {True: "the PROXY protocol", False: "X-Forwarded-For"}
    asked = set(edge.proxies)
    wrong = [
        f"{kinds[one.announced]} is read"
        for one in found
        if edge.proxies and one.announced is not edge.proxy_protocol
    ]
    lines = [line for one in found for line in set_differences("networks", set(one.networks), asked)]
    return list(dict.fromkeys((*wrong, *lines))) if found else None


# Compared where there are any, asked for or read: not every engine takes them.
_IN_FRONT = {"proxies that are trusted": _proxies}
_SUBJECTS: dict[str, Callable[[Edge, list[Fact]], list[str] | None]] = {
    "host names": _names,
    "TLS listener": _listeners,
    "redirect": _redirect,
    "TLS versions": _protocols,
    "cipher suites": _ciphers,
    "headers": _headers,
    "CORS": _cors,
    "routes and verbs": _routes,
    "upstream": _upstream,
    "size of bodies": _body,
}


def lines(found: Compared, part: str = "") -> Iterator[str]:
    """What was compared, for people; `part` is the name of one of several."""
    of = f"{part}: " if part else ""
    if found.equal:
        yield f"{of}equal: {', '.join(found.equal)}"
    if found.unread:
        yield f"{of}not read: {', '.join(found.unread)}"
    yield from (f"{of}different: {sentence}" for sentence in found.differing)
