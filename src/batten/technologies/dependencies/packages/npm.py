"""Lock files of npm: package-lock.json and npm-shrinkwrap.json, versions 1 to 3.

Source: https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Mapping, Workspace
from batten.formats.tree import Scalar
from batten.model import Problem, Span
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies.packages.trees import (
    below,
    beside,
    json,
    mappings,
    place,
    root,
    unknown_version,
    written,
)

VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9][\w.+-]*")
_SECTIONS = ("dependencies", "optionalDependencies", "peerDependencies")
_DEVELOPMENT = "devDependencies"
_MODULES = "node_modules/"
_DEEPEST = 100


def locked(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, json)
    match written(tree, "lockfileVersion"):
        case "1":
            direct = names(beside(path, "package.json", workspace, json), *_SECTIONS, _DEVELOPMENT)
            yield from _nested(tree, direct, 0)
        case "2" | "3":
            # Versions 2 and 3: a package by the folder that it is installed in; what is no such folder is the
            # project's own. Unless every package is wanted, those that people declared.
            packages = below(tree["packages"])
            direct = set[str]()
            for folder, row, _ in mappings(packages):
                if _MODULES not in folder:
                    direct |= names(row, *_SECTIONS, _DEVELOPMENT)
            for folder, row, entry in mappings(packages):
                above, inside, name = folder.rpartition(_MODULES)
                if not inside or not (workspace.packages or name in direct) or written(row, "link") == "true":
                    continue
                yield Found(
                    name=written(row, "name") or name,
                    version=_version(written(row, "version")),
                    span=place(row, "version", entry.key.span),
                    direct=above == "" and name in direct,
                    development=written(row, "dev") == "true",
                )
        case version:
            yield unknown_version(path, version, "versions 1 to 3 of npm's lock files")


def names(package: Mapping, *sections: str) -> set[str]:
    """The names that sections of a package.json list."""
    return {str(entry.key.value) for section in sections for entry in below(package[section])}


def wanted(package: Mapping, development: bool) -> dict[str, str]:
    """The ranges that a package.json declares, by name."""
    sections = (_DEVELOPMENT,) if development else _SECTIONS
    entries = (entry for section in sections for entry in below(package[section]))
    return {str(e.key.value): e.value.text for e in entries if isinstance(e.value, Scalar)}


def _nested(holder: Mapping, direct: set[str], depth: int) -> Iterator[Found]:
    """Version 1: packages below the one that needs them in another version."""
    if depth > _DEEPEST:
        return
    for name, row, entry in mappings(holder["dependencies"]):
        alias, version = aliased(written(row, "version"))
        span, text = place(row, "version", entry.key.span), written(row, "version")
        yield Found(
            name=alias or name,
            version=_version(version),
            span=Span(span.end - len(aliased(text)[1]), span.end) if text.startswith("npm:") else span,
            direct=name in direct,
            development=written(row, "dev") == "true",
        )
        yield from _nested(row, set(), depth + 1)


def aliased(text: str) -> tuple[str, str]:
    """(name, version) of `npm:name@version`, by which a package is installed under another name; ("", text) otherwise."""
    if not text.startswith("npm:"):
        return "", text
    name, at, version = text[4:].rpartition("@")
    return (name, version) if at and name else ("", text)


def _version(text: str) -> str:
    """A version; "" for the address of a repository or an archive."""
    return text if VERSION.fullmatch(text) else ""
