"""An AsyncAPI document in facts."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract.references import References, Target
from batten.contract.source import Place
from batten.facts import Api, Fact, MessageServer, SecurityDemand
from batten.formats.tree import Plain
from batten.model import ABSENT, UNKNOWN, Kind, Location, Setting
from batten.technologies.asyncapi.protocols import MANAGED
from batten.technologies.asyncapi.schemes import read_schemes
from batten.technologies.asyncapi.servers import Server, read_servers

_Object = dict[str, Plain]


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
    guarded = _operations_guarded(document, root, references)
    for demand in demands:
        yield from demand.facts(guarded)


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
                yield at, str(entry.get("$ref", "")).rpartition("/")[2], _kind(target)
            elif isinstance(entry, dict):
                yield from ((at / name, name, self.kinds.get(name)) for name in entry)

    def url(self) -> Setting[str]:
        """A client certificate is shown over TLS only, whatever the protocol's word."""
        url = self.server.url
        return Setting(UNKNOWN, url.at) if "X509" in [kind for _, _, kind in self.named] else url

    def facts(self, guarded: bool) -> Iterator[Fact]:
        sources = self.references.sources
        at = sources.block(self.server.place)
        kinds: Setting[tuple[str, ...]] = Setting(ABSENT, at)
        if isinstance(self.written, list):
            found = tuple(kind or "" for _, _, kind in self.named)
            kinds = Setting(found, sources.block(self.place))
        elif "security" in self.server.value:
            kinds = Setting(UNKNOWN, at)
        if not guarded and self.server.protocol not in MANAGED:
            yield MessageServer(at, self.server.name, self.server.host, kinds)
        undeclared = tuple(
            Setting(name, sources.block(place))
            for place, name, kind in self.named
            if kind is None and len(place.tokens) > len(self.place.tokens) + 1
        )
        if undeclared:
            yield SecurityDemand(at, f"the server {self.server.name}", undeclared)


def _kind(target: Target | None) -> str | None:
    kind = target.value.get("type") if target is not None and isinstance(target.value, dict) else None
    return kind if isinstance(kind, str) else None


def _operations_guarded(document: _Object, root: Place, references: References) -> bool:
    """Whether every operation demands credentials of its own."""
    operations = list(_operations(document, root, references))
    return bool(operations) and all(bool(operation.get("security")) for operation in operations)


def _operations(document: _Object, root: Place, references: References) -> Iterator[_Object]:
    """Those of AsyncAPI 3 stand by themselves, those of 2 in their channels."""
    for value in _followed(document, "operations", root, references):
        yield value.value if isinstance(value.value, dict) else {}
    for channel in _followed(document, "channels", root, references):
        for key in ("publish", "subscribe"):
            operation = channel.value.get(key) if isinstance(channel.value, dict) else None
            if isinstance(operation, dict):
                yield operation


def _followed(document: _Object, key: str, root: Place, references: References) -> Iterator[Target]:
    declared, place = references.members(document, root, key)
    for name, value in declared.items():
        target = references.follow(value, place / name)
        if target is not None:
            yield target
