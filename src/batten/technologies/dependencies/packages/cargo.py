"""Cargo.lock: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Mapping, Workspace
from batten.model import Problem
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies._packages.graph import reached
from batten.technologies.dependencies.packages.trees import (
    below,
    beside,
    mappings,
    place,
    root,
    rows,
    toml,
    unknown_version,
    words,
    written,
)

_KNOWN = ("", "1", "2", "3", "4")


def locked(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    """The crates of other sources than the workspace; those that only tests and builds need are told where one Cargo.toml
    says all."""
    tree = root(path, workspace, toml)
    version = written(tree, "version")
    if version not in _KNOWN:
        yield unknown_version(path, version, "versions 1 to 4 of Cargo.lock")
        return
    packages = list(rows(tree["package"]))
    own = [p for p in packages if not written(p, "source")]
    direct = {word.split(" ")[0] for p in own for word in words(p["dependencies"])}
    later = _only_built(path, workspace) if len(own) == 1 else frozenset()
    edges = {
        written(p, "name"): [w.split(" ")[0] for w in words(p["dependencies"])]
        for p in packages
        if p not in own
    }
    deployed = reached(direct - later, edges)
    for package in packages:
        name = written(package, "name")
        if written(package, "source"):
            yield Found(
                name=name,
                version=written(package, "version"),
                span=place(package, "version", package.span),
                direct=name in direct,
                development=name not in deployed,
            )


def _only_built(path: str, workspace: Workspace) -> frozenset[str]:
    tree = beside(path, "Cargo.toml", workspace, toml)
    tables = [tree, *(row for _, row, _ in mappings(tree["target"]))]
    normal = {name for one in tables for name in _named(one["dependencies"])}
    built = {
        n for one in tables for key in ("dev-dependencies", "build-dependencies") for n in _named(one[key])
    }
    return frozenset(built - normal)


def _named(table: object) -> Iterator[str]:
    """The crates that a table names, each as it is published."""
    if isinstance(table, Mapping):
        for entry in table:
            yield written(below(entry.value), "package") or str(entry.key.value)
