"""Headers that not every path has the same value of: the path's own, and those of data where none were set.

https://caddyserver.com/docs/caddyfile/directives/header
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.harden.edge import Edge
from batten.harden.edges.caddy.text import block, line, literal
from batten.harden.kinds import STRICT, Kind
from batten.policy.headers import CSP

_MARK = "|"  # with which no policy begins


def fixed(edge: Edge) -> dict[str, str]:
    """What every answer has, whatever its path."""
    varied = _varied(edge)
    return {name: value for name, value in edge.sent.items() if name not in varied}


def where_unset(edge: Edge) -> Iterator[str]:
    """Those of data, each on its own: in one block the first that is set would keep the others away."""
    varied = _varied(edge)
    for name, value in edge.sent.items():
        if name in varied:
            yield line(f"header ?{name}", literal(value))


def _varied(edge: Edge) -> set[str]:
    return {name for kind in edge.named_kinds for name in kind.sent}


def of_path(kind: Kind) -> Iterator[str]:
    sent = dict(kind.sent)
    if kind.keeps:
        yield line(f"header ?{CSP}", literal(sent.pop(CSP)))
    yield from block("header", (*(line(name, literal(value)) for name, value in sent.items()), "defer"))


def removed(edge: Edge, kind: Kind | None) -> Iterator[str]:
    """Of the upstream's answers; a policy that may be kept is looked at in its place."""
    keeps = kind is not None and kind.keeps
    return (name for name in edge.own_headers if not (keeps and name == CSP))


def policies(kind: Kind) -> Iterator[str]:
    """One after the other, for these expressions have no look-ahead: what is strict is marked, what is not becomes the path's,
    and the mark goes."""
    if kind.keeps:
        yield "# A policy of the application's own is kept where it allows no injected scripts."
        for find, replacement in _steps(kind):
            yield line(f"header_down {CSP}", find, replacement)


def _steps(kind: Kind) -> Iterator[tuple[str, str]]:
    mark = f"\\{_MARK}"
    yield f"^{mark}.*$", "-"  # the application's own mark
    yield rf"(?i)^({STRICT})$", f"{_MARK}$1"
    yield rf"^{mark}(?i:((?:[^;]*;)*\s*(?:default|script)-src\s.*))$", f"{_MARK}{_MARK}$1"
    yield rf"^(?:[^{mark}]|{mark}[^{mark}]).*$", kind.policy
    yield f"^{mark}{mark}(.*)$", f"$1, {kind.beside}"
