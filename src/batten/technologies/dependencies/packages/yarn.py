"""yarn.lock, of Yarn 1 and of its successors: https://classic.yarnpkg.com/lang/en/docs/yarn-lock/,
https://yarnpkg.com/configuration/manifest and the `__metadata` of its own files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.formats import Node, SyntaxProblem, Workspace, yaml
from batten.model import Problem, Span
from batten.model.record import record
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies._packages.graph import reached
from batten.technologies.dependencies.packages.npm import VERSION, wanted
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

_CLASSIC = re.compile(r"^# yarn lockfile v(?P<version>\d+)", re.MULTILINE)
_PATTERN = re.compile(r'"(?P<quoted>[^"\n]*)"|(?P<bare>[^\s,":]+)')
_FIELD = re.compile(
    r'  (?P<key>version|dependencies|optionalDependencies)(?::|[ \t]+"?(?P<value>[^"\s]*)"?)[ \t]*\r?$'
)
_REQUIRED = re.compile(r'    "?(?P<name>[^"\s]+)"?[ \t]+"?(?P<range>[^"\r\n]*)"?\r?$')
_KNOWN = ("4", "5", "6", "7", "8", "9", "10")
_HEAD = 2000


@record(kw_only=True)
class Block:
    """A resolved package: the patterns that it answers, each `name@range`, and those that it requires."""

    patterns: tuple[str, ...]
    version: str
    span: Span
    requires: tuple[str, ...]


def locked(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    text = workspace.text(path).text
    classic = _CLASSIC.search(text, 0, _HEAD)
    if classic is not None and classic["version"] != "1":
        yield unknown_version(path, classic["version"], "version 1, and the files of Yarn 2 and newer")
    elif classic is not None:
        yield from _told(path, list(blocks(text)), workspace, "")
    else:
        tree = root(path, workspace, parse)
        version = written(below(tree["__metadata"]), "version")
        if version not in _KNOWN:
            yield unknown_version(path, version, "versions 4 to 10 of yarn.lock")
        else:
            found = []
            for key, row, _ in mappings(tree):
                if key != "__metadata" and "@workspace:" not in written(row, "resolution"):
                    name = written(row, "resolution").rpartition("@")[0]
                    name = name.partition("@patch:")[0]
                    requires = tuple(
                        f"{entry.key.value}@{_protocol(getattr(entry.value, 'text', ''))}"
                        for section in ("dependencies", "optionalDependencies")
                        for entry in below(row[section])
                    )
                    patterns = tuple(one.strip() for one in key.split(","))
                    found.append(
                        Block(
                            patterns=(*patterns, f"{name}@"),
                            version=written(row, "version"),
                            span=place(row, "version"),
                            requires=requires,
                        )
                    )
            yield from _told(path, found, workspace, "npm:")


def parse(text: str) -> Node:
    return yaml.parse(text)


def _protocol(text: str) -> str:
    """A range with its protocol, which older files leave out."""
    return text if ":" in text else f"npm:{text}"


def _told(path: str, found: list[Block], workspace: Workspace, protocol: str) -> Iterator[Found]:
    """The packages, with what the package.json beside the file shows of them."""
    package = beside(path, "package.json", workspace, json)
    by_pattern = {pattern: block for block in found for pattern in block.patterns}
    whole = _protocol if protocol else str
    deployed = {f"{name}@{whole(text)}" for name, text in wanted(package, False).items()}
    direct = deployed | {f"{name}@{whole(text)}" for name, text in wanted(package, True).items()}
    starts = [by_pattern[p] for p in deployed if p in by_pattern]
    edges = {b.patterns: [by_pattern[p].patterns for p in b.requires if p in by_pattern] for b in found}
    production = reached((b.patterns for b in starts), edges)
    alone = not direct.intersection(by_pattern)  # a workspace's packages are named elsewhere
    for block in found:
        asked = bool(direct.intersection(block.patterns))
        development = not alone and block.patterns not in production
        yield Found(
            name=_name(block.patterns[-1]),
            version=block.version,
            span=block.span,
            direct=asked,
            development=development,
        )


def _name(pattern: str) -> str:
    """The name that a pattern installs: of `alias@npm:name@range` what is behind the alias."""
    name, _, text = pattern[1:].partition("@")
    if text.startswith("npm:") and "@" in text[5:]:
        return text[4:].rpartition("@")[0]
    return pattern[:1] + name


def blocks(text: str) -> Iterator[Block]:
    """The packages of a file of Yarn 1. Raises SyntaxProblem for one without a version."""
    patterns, version, span, requires, inside = tuple[str, ...](), "", Span(0, 0), list[str](), False
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        if line[:1] not in ("", " ", "#", "\r"):
            if patterns:
                yield _made(patterns, version, span, requires, start)
            patterns = tuple(m["quoted"] or m["bare"] or "" for m in _PATTERN.finditer(line))
            version, span, requires, inside = "", Span(start, end), [], False
        elif field := _FIELD.match(line):
            inside = field["key"] != "version"
            if not inside:
                version, span = (
                    field["value"] or "",
                    Span(start + field.start("value"), start + field.end("value")),
                )
        elif inside and (row := _REQUIRED.match(line)):
            requires.append(f"{row['name']}@{row['range']}")
        start = end + 1
    if patterns:
        yield _made(patterns, version, span, requires, len(text))


def _made(patterns: tuple[str, ...], version: str, span: Span, requires: list[str], end: int) -> Block:
    if not version:
        raise SyntaxProblem(f"`{patterns[0]}` has no version", span.start, "let yarn write the file again")
    version = version if VERSION.fullmatch(version) else ""
    return Block(patterns=patterns, version=version, span=span, requires=tuple(requires))
