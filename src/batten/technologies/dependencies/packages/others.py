"""Lock files of Elixir (mix.lock), Dart (pubspec.lock) and Swift (Package.resolved).

Sources: https://hexdocs.pm/mix/Mix.Tasks.Deps.html, https://dart.dev/tools/pub/glossary#lockfile,
https://github.com/swiftlang/swift-package-manager/blob/main/Documentation/Usage.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Node, SyntaxProblem, Workspace, yaml
from batten.model import Problem, Span
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies.packages.trees import (
    below,
    json,
    mappings,
    place,
    root,
    rows,
    unknown_version,
    written,
)

_HEX = re.compile(
    r'^[ \t]*"(?P<key>[^"\n]+)": \{:(?P<kind>hex|git|path), (?::(?P<name>\w+)|"[^"\n]*"), "(?P<version>[^"\n]*)"',
    re.MULTILINE,
)


def mix(path: str, workspace: Workspace) -> Iterator[Found]:
    text = workspace.text(path).text
    if not text.lstrip().startswith("%{"):
        raise SyntaxProblem("this is not a map of Elixir", 0, "run `mix deps.get`")
    for found in _HEX.finditer(text):
        version = found["version"] if found["kind"] == "hex" else ""
        yield Found(name=found["name"] or found["key"], version=version, span=Span(*found.span("version")))


def parse(text: str) -> Node:
    return yaml.parse(text)


def pub(path: str, workspace: Workspace) -> Iterator[Found]:
    tree = root(path, workspace, parse)
    for name, row, entry in mappings(tree["packages"]):
        kind, hosted = written(row, "dependency"), written(row, "source") == "hosted"
        if written(row, "source") == "sdk":
            continue
        yield Found(
            name=name,
            version=written(row, "version") if hosted else "",
            span=place(row, "version", entry.key.span),
            direct=kind.startswith("direct"),
            development=kind == "direct dev",
        )


def swift(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, json)
    version = written(tree, "version")
    if version not in ("1", "2", "3"):
        yield unknown_version(path, version, "versions 1 to 3 of Package.resolved")
        return
    holder = below(tree["object"]) if version == "1" else tree
    for pin in rows(holder["pins"]):
        # OSV names a package by the address of its repository:
        # https://ossf.github.io/osv-schema/#affectedpackage-field.
        address = written(pin, "location") or written(pin, "repositoryURL")
        name = address.partition("://")[2].removesuffix(".git").rpartition("@")[2] or written(pin, "identity")
        state = below(pin["state"])
        span = place(state, "version", pin.span)
        yield Found(name=name, version=written(state, "version"), span=span)
