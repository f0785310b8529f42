"""Security schemes: those of OpenAPI by other names, and those that brokers have of their own."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract.references import References
from batten.contract.security import read_scheme
from batten.contract.source import Place
from batten.facts import SecurityScheme
from batten.formats.tree import Plain
from batten.model import ABSENT, Location, Setting

_KINDS = {"httpApiKey": "apiKey"}


def read_schemes(document: dict[str, Plain], root: Place, references: References) -> Iterator[SecurityScheme]:
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
