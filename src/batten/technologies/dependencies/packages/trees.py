"""What the readers of lock files that are JSON, YAML or TOML ask of a tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from batten.formats import Mapping, Node, SyntaxProblem, Unreadable, Workspace
from batten.formats import json as json_format
from batten.formats import toml as toml_format
from batten.formats.tree import Entry, Scalar, Sequence
from batten.model import Problem, Span

EMPTY = Mapping({}, Span(0, 0))


def root(path: str, workspace: Workspace, parse: Callable[[str], Node]) -> Mapping:
    """The tree of a file whose top is a mapping. Raises SyntaxProblem and Unreadable."""
    tree = workspace.document(path, parse).tree
    if not isinstance(tree, Mapping):
        raise SyntaxProblem("this is not a mapping", 0, "let the package manager write the file again")
    return tree


def beside(path: str, name: str, workspace: Workspace, parse: Callable[[str], Node]) -> Mapping:
    """The tree of another file of the folder; empty where there is none. What is wrong with it is not told here."""
    other = f"{path.rpartition('/')[0]}/{name}".removeprefix("/")
    try:
        return root(other, workspace, parse) if workspace.exists(other) else EMPTY
    except (SyntaxProblem, Unreadable):
        return EMPTY


def toml(text: str) -> Node:
    return toml_format.parse(text)


def json(text: str) -> Node:
    return json_format.parse(text)


def below(node: Node | None, *keys: str) -> Mapping:
    """The mapping below keys; empty where there is none."""
    for key in keys:
        node = node[key] if isinstance(node, Mapping) else None
    return node if isinstance(node, Mapping) else EMPTY


def rows(node: Node | None) -> Iterator[Mapping]:
    """The mappings of a list."""
    if isinstance(node, Sequence):
        yield from (item for item in node.items if isinstance(item, Mapping))


def words(node: Node | None) -> Iterator[str]:
    """The scalars of a list, as text."""
    if isinstance(node, Sequence):
        yield from (item.text for item in node.items if isinstance(item, Scalar))


def mappings(node: Node | None) -> Iterator[tuple[str, Mapping, Entry]]:
    """The entries whose values are mappings."""
    if isinstance(node, Mapping):
        for entry in node:
            if isinstance(entry.value, Mapping):
                yield str(entry.key.value), entry.value, entry


def written(node: Mapping, key: str) -> str:
    return node.text(key) or ""


def place(node: Mapping, key: str, otherwise: Span | None = None) -> Span:
    """Where a scalar is, within its quotes."""
    scalar = node.scalar(key)
    if scalar is None:
        return otherwise or Span(node.span.start, node.span.start)
    return inside(scalar)


def inside(scalar: Scalar) -> Span:
    """A scalar's text without its quotes."""
    quotes = 1 if scalar.style in ("'", '"') else 0
    return Span(scalar.span.start + quotes, scalar.span.end - quotes)


def unknown_version(path: str, version: str, known: str) -> Problem:
    """A lock file of a version that is not read: nothing is said of its packages."""
    message = f"version {version or '(none)'} of this lock file is not known: its packages were not read"
    return Problem(path, "read", message, hint=f"batten reads {known}")
