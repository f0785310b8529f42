"""bun.lock: https://bun.com/docs/pm/lockfile."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Mapping, Node, Workspace
from batten.formats.json import parse_with_comments
from batten.formats.tree import Scalar, Sequence
from batten.model import Problem, Span
from batten.technologies.dependencies._packages.found import Found
from batten.technologies.dependencies._packages.graph import reached
from batten.technologies.dependencies.packages.npm import VERSION, wanted
from batten.technologies.dependencies.packages.trees import (
    below,
    inside,
    mappings,
    root,
    unknown_version,
    written,
)

_KNOWN = ("0", "1", "2")


def parse(text: str) -> Node:
    return parse_with_comments(text)


def locked(path: str, workspace: Workspace) -> Iterator[Found | Problem]:
    tree = root(path, workspace, parse)
    version = written(tree, "lockfileVersion")
    if version not in _KNOWN:
        yield unknown_version(path, version, "versions 0 to 2 of bun.lock")
        return
    packages = below(tree["packages"])
    keys = {str(entry.key.value) for entry in packages}
    projects = [row for _, row, _ in mappings(tree["workspaces"])]
    deployed = {name for row in projects for name in wanted(row, False)}
    direct = deployed | {name for row in projects for name in wanted(row, True)}
    edges = {str(e.key.value): [*_required(str(e.key.value), e.value, keys)] for e in packages}
    production = reached(deployed & keys, edges)
    for entry in packages:
        head = entry.value.items[0] if isinstance(entry.value, Sequence) and entry.value.items else None
        key = str(entry.key.value)
        if isinstance(head, Scalar) and "@workspace:" not in head.text:
            # `name@version` of a package; what is behind the name is the address of an archive or a repository
            # otherwise.
            package_name, _, package_version = head.text[1:].partition("@")
            span = inside(head)
            known = VERSION.fullmatch(package_version) is not None
            if known and span.end - span.start == len(head.text):
                span = Span(span.end - len(package_version), span.end)
            yield Found(
                name=head.text[:1] + package_name,
                version=package_version if known else "",
                span=span,
                direct=key in direct,
                development=key not in production,
            )


def _required(key: str, row: Node, keys: set[str]) -> Iterator[str]:
    """The keys of what a package requires: the nearest below its own place."""
    holder = (
        next((item for item in row.items if isinstance(item, Mapping)), None)
        if isinstance(row, Sequence)
        else None
    )
    if holder is None:
        return
    for name in wanted(holder, False):
        above = key
        while above and f"{above}/{name}" not in keys:
            above = above.rpartition("/")[0]
        yield f"{above}/{name}" if above else name


def binary(path: str, workspace: Workspace) -> Iterator[Problem]:
    """bun.lockb, which bun wrote before version 1.2, has no documented form."""
    hint = "run `bun install --save-text-lockfile`, which writes bun.lock"
    yield Problem(path, "read", "this lock file is binary: its packages were not read", hint=hint)
