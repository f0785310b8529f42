"""Envoy's configuration: a bootstrap with what it includes, or resources as xDS hands them out.

Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/bootstrap/v3/bootstrap.proto
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from batten.formats import SyntaxProblem, Unreadable, Workspace, json, yaml
from batten.formats.tree import Node
from batten.formats.workspace import parse_problem
from batten.model import Kind, Location, Problem
from batten.technologies import Unit
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.shared.containers.versions import image_version
from batten.technologies.shared.text.field_edits import is_json

IMAGES = ("envoy", "envoy-alpine", "envoy-distroless", "envoy-contrib", "envoy-tools")
_BOOTSTRAP = re.compile(
    r"^(?:[ \t]*\{?[ \t]*[\"'])?(?:static_resources|staticResources|dynamic_resources)[\"']?\s*:",
    re.MULTILINE,
)
_INCLUDED = re.compile(r"\b(?:path|filename)[\"']?\s*:\s*[\"']?([^\s\"'{}]+\.(?:ya?ml|json))\b")
_LISTS = {"listeners": "Listener", "clusters": "Cluster", "secrets": "Secret"}
# What a resource is where nothing says it: the keys that only it has.
_SIGNS = {
    "filter_chains": "Listener",
    "virtual_hosts": "RouteConfiguration",
    "load_assignment": "Cluster",
    "tls_certificate": "Secret",
    "generic_secret": "Secret",
    "validation_context": "Secret",
    "session_ticket_keys": "Secret",
}


class Tree:
    """All documents of a unit. Raises SyntaxProblem and Unreadable of its main file."""

    def __init__(self, unit: Unit, workspace: Workspace) -> None:
        self.workspace = workspace
        self.main = unit.main
        self.problems: list[Problem] = []
        self.documents = list(_documents(self.main, workspace, self.problems))
        for file in unit.files[1:]:
            try:
                self.documents += _documents(file, workspace, self.problems)
            except (SyntaxProblem, Unreadable) as error:
                self.problems.append(parse_problem(file, error, workspace))

    @cached_property
    def version(self) -> str:
        return image_version(self.main, self.workspace, *IMAGES)

    @cached_property
    def resources(self) -> list[tuple[str, Field]]:
        """Every resource with its kind: "Listener", "Cluster", "RouteConfiguration", "Secret"."""
        return [found for document in self.documents for found in _resources(document)]

    def of(self, kind: str) -> list[Field]:
        return [field for found, field in self.resources if found == kind]

    @cached_property
    def complete(self) -> bool:
        """Whether every resource is in these files; what a management server sends is not here."""
        return not any(d["dynamic_resources"] for d in self.documents) and any(
            d["static_resources"] for d in self.documents
        )

    def find(self, at: Location) -> Field | None:
        """The field that a location names."""
        for document in self.documents:
            if document.source == at.source and at.span is not None:
                found = _at(document, at)
                if found is not None:
                    return found
        return None


def units(files: Sequence[str], workspace: Workspace) -> Iterator[Unit]:
    """A bootstrap with the files beside it that it, or one of them, names; others stand for themselves."""
    texts = {f: _text(f, workspace) for f in files}
    main = [f for f in files if _BOOTSTRAP.search(texts[f])]
    taken: set[str] = set()
    for file in main:
        group = [file]
        for member in group:
            names = {posixpath.basename(n) for n in _INCLUDED.findall(texts[member])}
            folder = posixpath.dirname(file)
            group += [
                f
                for f in files
                if f not in group
                and f not in main
                and posixpath.basename(f) in names
                and posixpath.dirname(f).startswith(folder)
            ]
        taken.update(group)
        yield Unit("envoy", tuple(group))
    yield from (Unit("envoy", (f,)) for f in files if f not in taken)


def _text(file: str, workspace: Workspace) -> str:
    try:
        return workspace.text(file).text
    except Unreadable:
        return ""  # reported when the unit is read


def _documents(file: str, workspace: Workspace, problems: list[Problem]) -> Iterator[Field]:
    roots: list[Node]
    if is_json(file):
        roots = [workspace.document(file, json.parse).tree]
    else:
        found = workspace.document(file, yaml.parse_each).tree
        problems += (parse_problem(file, error, workspace) for error in found.problems)
        roots = found.trees
    for root in roots:
        yield Field(file, "", (), root, root.span, root)


def _resources(document: Field) -> Iterator[tuple[str, Field]]:
    static = document["static_resources"]
    for key, kind in _LISTS.items():
        for item in static[key].items():
            yield kind, item.named(_named(kind, item))
    for item in document["resources"].items():
        yield from _resource(item)
    if static or document["resources"]:
        return
    for key, kind in _LISTS.items():  # a part of static_resources by itself
        for item in document[key].items():
            yield kind, item.named(_named(kind, item))
    for item in [*document.items()] or [document]:
        yield from _resource(item)


def _resource(field: Field) -> Iterator[tuple[str, Field]]:
    kind = field.type.rpartition(".")[2] or next((k for sign, k in _SIGNS.items() if field[sign]), "")
    if kind == "Resource" and field["resource"]:
        yield from _resource(field["resource"])
    elif kind:
        yield kind, field.named(_named(kind, field))


def _named(kind: str, field: Field) -> str:
    words = {"Listener": "listener", "Cluster": "cluster", "RouteConfiguration": "routes", "Secret": "secret"}
    return f"{words.get(kind, kind)}[{field['name'].text}]"


def _at(field: Field, at: Location) -> Field | None:
    """The innermost value of a span; of a block the outermost, which is what it names."""
    assert at.span is not None
    if field.span == at.span and at.kind is Kind.BLOCK:
        return field
    below = field.around(at.span)
    if below is not None and below.span.start <= at.span.start:
        return _at(below, at)
    return field if field.span == at.span else None
