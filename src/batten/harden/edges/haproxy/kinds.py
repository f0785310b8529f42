"""Rules for headers that not every path has the same value of, with answers that the edge does not make itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from batten.harden.edges.haproxy.requests import ROUTE, Ways
from batten.harden.edges.haproxy.text import listed, quoted
from batten.harden.kinds import OWN, Kind, named
from batten.policy.headers import CSP

_POLICY = "var(txn.policy)"
_SAID = CSP.lower()


def answered(ways: Ways, kinds: Mapping[str, Kind]) -> Iterator[str]:
    """After the rules that answer in the API's stead: what is left is the API's own."""
    if not kinds:
        return
    yield "# Headers by what a path serves; answers of the edge itself are data."
    by_kind: dict[str, list[str]] = {}
    for key, path in ways:
        if kind := kinds.get(path.template):
            by_kind.setdefault(kind.name, []).append(key)
    for name, keys in by_kind.items():
        yield from listed(f"of_{name}", ROUTE, keys)
        yield f"http-response set-var(txn.answers) str({name}) if of_{name}"
    for kind in named(kinds):
        if kind.keeps:
            yield "# A policy of the application's own is kept where it allows no injected scripts."
            one = f"of_{kind.name} {{ res.fhdr_cnt({_SAID}) eq 1 }}"
            strict = f"{{ res.fhdr({_SAID}) -m reg -i {quoted(OWN)} }}"
            yield f"http-response set-var(txn.policy) res.fhdr({_SAID}) if {one} {strict}"
    names = dict.fromkeys(name.lower() for kind in kinds.values() for name in kind.sent)
    yield from (f"http-response del-header {name}" for name in names)


def sent(kinds: Mapping[str, Kind]) -> Iterator[str]:
    """In place of what every answer has."""
    for kind in named(kinds):
        when = f"if {{ var(txn.answers) -m str {kind.name} }}"
        for name, value in kind.sent.items():
            yield f'http-after-response set-header {name} "{value}" {when}'
        if kind.keeps:
            kept = f'"%[{_POLICY}], {kind.beside}"'
            yield f"http-after-response set-header {CSP} {kept} {when} {{ {_POLICY} -m found }}"
