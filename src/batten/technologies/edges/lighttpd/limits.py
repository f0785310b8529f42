"""Bounds on what clients may send. lighttpd has none on the rate of requests."""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import Limits
from batten.model import Setting
from batten.technologies.edges.lighttpd import versions
from batten.technologies.edges.lighttpd.tls.listeners import serving
from batten.technologies.edges.lighttpd.tree import Scope, Tree, number


def limits(tree: Tree) -> Iterator[Limits]:
    """Docs_ConfigurationOptions. lighttpd has no bound on the rate of requests."""
    root = tree.root
    if not tree.fragment and serving(tree):
        yield Limits(
            root.block_at(),
            body=_kilobytes(number(root, "server.max-request-size", versions.BODY)),
            headers=number(root, "server.max-request-field-size", versions.FIELDS),
            header_timeout=_seconds(root, "server.max-read-idle", versions.READ_IDLE),
            send_timeout=_seconds(root, "server.max-write-idle", versions.WRITE_IDLE),
        )
    for scope in root.walk():
        if scope is not root and "server.max-request-size" in scope.held:
            yield Limits(scope.block_at(), body=_kilobytes(number(scope, "server.max-request-size", 0)))


def _kilobytes(size: Setting[int]) -> Setting[int]:
    value = size.value * 1024 if isinstance(size.value, int) else size.value
    return Setting(value, size.at, size.default)


def _seconds(scope: Scope, name: str, default: float) -> Setting[float]:
    found = number(scope, name, 0)
    value = float(found.value) if isinstance(found.value, int) else found.value
    return Setting(value, found.at, default)
