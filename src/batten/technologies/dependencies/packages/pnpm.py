"""pnpm-lock.yaml, versions 5 to 9: https://github.com/pnpm/spec/tree/master/lockfile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from batten.formats import Mapping, Node, Workspace, yaml
from batten.formats.tree import Scalar
from batten.model import Problem, Span
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies._packages.graph import reached
from batten.technologies.dependencies.packages.npm import VERSION
from batten.technologies.dependencies.packages.trees import (
    below,
    inside,
    mappings,
    root,
    unknown_version,
    written,
)

_KEYS = {
    "5": re.compile(r"/(?P<name>(?:@[^/]+/)?[^/]+)/(?P<version>[0-9][^_/(]*)"),
    "6": re.compile(r"/(?P<name>(?:@[^/@]+/)?[^/@]+)@(?P<version>[0-9][^_/(]*)"),
    "9": re.compile(r"(?P<name>(?:@[^/@]+/)?[^/@]+)@(?P<version>[0-9][^_/(]*)"),
}
_SECTIONS = ("dependencies", "optionalDependencies")


def parse(text: str) -> Node:
    return yaml.parse(text)


def locked(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, parse)
    version = written(tree, "lockfileVersion")
    form = version.split(".")[0]
    if form not in _KEYS:
        yield unknown_version(path, version, "versions 5, 6 and 9 of pnpm-lock.yaml")
        return
    importers = [row for _, row, _ in mappings(tree["importers"])] or [tree]
    required = partial(_required, form=form)
    deployed = {key for one in importers for key in required(one, _SECTIONS)}
    direct = deployed | {key for one in importers for key in required(one, ("devDependencies",))}
    edges = {key: [*required(row, _SECTIONS)] for key, row, _ in mappings(tree["snapshots"])}
    production = reached(deployed, edges) if form == "9" else set()
    production = {_bare(key) for key in production}
    direct = {_bare(key) for key in direct}
    for key, row, entry in mappings(tree["packages"]):
        development = _bare(key) not in production if form == "9" else written(row, "dev") == "true"
        # A package by its key, or, where that is an address, by the name and version that are told beside it.
        flags = (_bare(key) in direct, development)
        span, found = inside(entry.key), _KEYS[form].match(key)
        known = found is not None and VERSION.fullmatch(found["version"]) is not None
        name = found["name"] if found is not None else written(row, "name") or key
        package_version = found["version"] if found is not None and known else ""
        if found is not None and known and span.end - span.start == len(key):
            span = Span(span.start + found.start("version"), span.start + found.end("version"))
        yield Found(name=name, version=package_version, span=span, direct=flags[0], development=flags[1])


def _required(holder: Mapping, sections: tuple[str, ...], form: str) -> Iterator[str]:
    """The keys of what a package, or the project itself, requires."""
    for section in sections:
        for entry in below(holder[section]):
            value = entry.value
            text = (
                value.text
                if isinstance(value, Scalar)
                else written(value, "version")
                if isinstance(value, Mapping)
                else ""
            )
            yield _key(str(entry.key.value), text, form)


def _key(name: str, version: str, form: str) -> str:
    """The key of a required package: its version, or the whole key where it is installed under another name."""
    if version.startswith("/") or (form == "9" and "@" in version.partition("(")[0].lstrip("@")):
        return version
    return {"5": f"/{name}/{version}", "6": f"/{name}@{version}"}.get(form, f"{name}@{version}")


def _bare(key: str) -> str:
    """A key without the peers that a package was resolved with."""
    return key.partition("(")[0].partition("_")[0] if key.startswith("/") else key.partition("(")[0]
