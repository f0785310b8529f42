"""An AsyncAPI document in facts."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract.names import is_credential
from batten.contract.references import References, Target
from batten.contract.security import read_scheme
from batten.contract.source import Place
from batten.facts import Api, Fact, MessageServer, SecurityDemand, SecurityScheme
from batten.formats.tree import Plain
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.model.record import record
from batten.technologies.contracts.asyncapi.protocols import MANAGED
from batten.technologies.contracts.asyncapi.servers import Server, read_servers

_Object = dict[str, Plain]
_WITH_ADDRESSES = frozenset(
    ("ws", "wss", "http", "https")
)  # protocols in which a channel is an address that callers open


def facts_of(document: _Object, version: str, path: str, references: References) -> Iterator[Fact]:
    root = Place(path)
    block = references.sources.block(root)
    top = Location(path, "", block.span, kind=Kind.BLOCK)
    info = document.get("info")
    title = info.get("title") if isinstance(info, dict) else ""
    schemes = list(read_schemes(document, root, references))
    kinds = {scheme.name: scheme.kind.known("") for scheme in schemes}
    servers = list(read_servers(document, root, references))
    demands = [_Demand(references, server, kinds) for server in servers]
    urls = tuple(d.url() for d in demands)
    yield Api(top, title=title if isinstance(title, str) else "", version=version, servers=urls)
    yield from schemes
    # Those of AsyncAPI 3 stand by themselves and refer to their channels, those of 2 are in them.
    operations: list[_Operation] = []
    for target in _followed(document, "operations", root, references):
        value = _object(target.value)
        channel = references.follow(value.get("channel"), target.place / "channel")
        operations.append(_Operation(value, _object(channel.value) if channel is not None else {}))
    for target in _followed(document, "channels", root, references):
        channel_of_2 = _object(target.value)
        for key in ("publish", "subscribe"):
            operation = channel_of_2.get(key)
            if isinstance(operation, dict):
                operations.append(_Operation(operation, channel_of_2))
    guarded = bool(operations) and all(bool(o.value.get("security")) for o in operations)
    shown = _shown(operations)
    for demand in demands:
        yield from demand.facts(guarded, shown)


class _Demand:
    """What one server asks of its callers."""

    def __init__(self, references: References, server: Server, kinds: dict[str, str]) -> None:
        self.references = references
        self.server = server
        self.kinds = kinds
        self.written = server.value.get("security")
        self.place = server.place / "security"
        self.named = list(self._named())

    def _named(self) -> Iterator[tuple[Place, str, str | None]]:
        """Where each scheme is named, its name, and its kind; None where nothing declares it."""
        for index, entry in enumerate(self.written if isinstance(self.written, list) else ()):
            at = self.place / str(index)
            if isinstance(entry, dict) and ("$ref" in entry or "type" in entry):  # AsyncAPI 3
                target = self.references.follow(entry, at)
                kind = (
                    target.value.get("type")
                    if target is not None and isinstance(target.value, dict)
                    else None
                )
                yield (
                    at,
                    str(entry.get("$ref", "")).rpartition("/")[2],
                    kind if isinstance(kind, str) else None,
                )
            elif isinstance(entry, dict):
                yield from ((at / name, name, self.kinds.get(name)) for name in entry)

    def url(self) -> Setting[str]:
        """A client certificate is shown over TLS only, whatever the protocol's word."""
        url = self.server.url
        return Setting(UNKNOWN, url.at) if "X509" in [kind for _, _, kind in self.named] else url

    def facts(self, guarded: bool, shown: str) -> Iterator[Fact]:
        sources = self.references.sources
        at = sources.block(self.server.place)
        kinds: Setting[tuple[str, ...]] = Setting(ABSENT, at)
        if isinstance(self.written, list):
            found = tuple(kind or "" for _, _, kind in self.named)
            kinds = Setting(found, sources.block(self.place))
        elif "security" in self.server.value:
            kinds = Setting(UNKNOWN, at)
        if not guarded and self.server.protocol not in MANAGED:
            by = shown if self.server.protocol in _WITH_ADDRESSES else ""
            yield MessageServer(at, name=self.server.name, host=self.server.host, security=kinds, shown=by)
        undeclared = tuple(
            Setting(name, sources.block(place))
            for place, name, kind in self.named
            if kind is None and len(place.tokens) > len(self.place.tokens) + 1
        )
        if undeclared:
            yield SecurityDemand(at, what=f"the server {self.server.name}", undeclared=undeclared)


@record
class _Operation:
    value: _Object
    channel: _Object


def _shown(operations: list[_Operation]) -> str:
    """The name of a credential that the channels of all operations without `security` take from their callers, as a part of
    their address or in the request that opens the connection."""
    names = [next(_credentials(o.channel), "") for o in operations if not o.value.get("security")]
    return names[0] if names and all(names) else ""


def _credentials(channel: _Object) -> Iterator[str]:
    opened = _object(_object(channel.get("bindings")).get("ws"))
    declared = (_object(_object(opened.get(key)).get("properties")) for key in ("query", "headers"))
    for group in (_object(channel.get("parameters")), *declared):
        yield from (name for name in group if is_credential(name))


def _object(value: Plain) -> _Object:
    return value if isinstance(value, dict) else {}


def _followed(document: _Object, key: str, root: Place, references: References) -> Iterator[Target]:
    declared, place = references.members(document, root, key)
    for name, value in declared.items():
        target = references.follow(value, place / name)
        if target is not None:
            yield target


_KINDS = {"httpApiKey": "apiKey"}


def read_schemes(document: dict[str, Plain], root: Place, references: References) -> Iterator[SecurityScheme]:
    """Security schemes: those of OpenAPI by other names, and those that brokers have of their own."""
    declared, place = references.members(document, root, "components", "securitySchemes")
    for name, value in declared.items():
        target = references.follow(value, place / name)
        if target is not None and isinstance(target.value, dict):
            yield _scheme(name, target.value, target.place, references)


def _scheme(name: str, value: dict[str, Plain], place: Place, references: References) -> SecurityScheme:
    found = read_scheme(name, value, place)
    sources = references.sources
    at = sources.block(place)

    def setting(key: str, text: str) -> Setting[str]:
        where: Location = sources.value(place / key) if text else at
        return Setting(text or ABSENT, where)

    return SecurityScheme(
        at,
        name=name,
        kind=setting("type", _KINDS.get(found.kind, found.kind)),
        scheme=setting("scheme", found.scheme),
        place=setting("in", found.location),
        flows=tuple(Setting(flow, sources.block(where)) for flow, where in found.flows.items()),
        urls=tuple(Setting(url, sources.value(where)) for where, url in found.urls.items()),
    )
