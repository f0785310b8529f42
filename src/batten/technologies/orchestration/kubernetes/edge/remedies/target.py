"""The object of an edge that a remedy is for, and the edits of its fields."""

from __future__ import annotations

import json
from collections.abc import Iterable

from batten.formats import Workspace
from batten.formats.yaml_edits import remove, set_block, set_value
from batten.model import Edit, Fix, Location, Safety
from batten.model.record import record
from batten.technologies.orchestration.kubernetes.edge.cluster import Words, annotations_of
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

_OTHERS = ("haproxy.org", "haproxy-ingress.github.io")


@record
class Target:
    """The object that a remedy is for, and the place in it that the violation pointed at."""

    workspace: Workspace
    object: KubernetesObject
    at: Location

    @property
    def annotations(self) -> Words:
        return annotations_of(self.object)

    @property
    def prefix(self) -> str:
        """The prefix of another controller's annotation that is pointed at."""
        return next((p for p in _OTHERS if p in self.at.pointer), "")

    @property
    def cors(self) -> Words:
        return annotations_of(self.object, self.prefix) if self.prefix else self.annotations

    @property
    def data(self) -> Words:
        return Words(self.object.body["data"])

    @property
    def name(self) -> str:
        """The key that is pointed at."""
        tail = self.at.pointer.rpartition("[")[2].rstrip("]")
        return tail.rpartition("/")[2]

    def set(self, field: Field, value: str) -> list[Edit]:
        return set_value(self.workspace.text(field.source), field.root, field.path, value)

    def set_list(self, field: Field, words: Iterable[str]) -> list[Edit]:
        block = "\n".join(f"- {json.dumps(word)}" for word in words)
        return set_block(self.workspace.text(field.source), field.root, field.path, block)

    def set_origins(self, field: Field, origins: Iterable[str]) -> list[Edit]:
        """A list of origins; Istio has how each is matched, too."""
        if self.object.kind != "VirtualService" or field.path[-1] == "allowOrigin":
            return self.set_list(field, origins)
        block = "\n".join(f"- exact: {json.dumps(origin)}" for origin in origins)
        return set_block(self.workspace.text(field.source), field.root, field.path, block)

    def removed(self, field: Field) -> list[Edit]:
        return remove(self.workspace.text(field.source), field.root, field.path, prune=True)

    @property
    def pointed(self) -> Field | None:
        """The field whose value is pointed at."""
        return _at(self.object.body, self.at)


def _at(field: Field, at: Location) -> Field | None:
    below = field.around(at.span)
    deeper = _at(below, at) if below is not None else None
    return deeper or (field if at.span in (field.span, field.whole) else None)


def made(title: str, edits: list[Edit], breaks: str = "") -> Fix | None:
    return (
        Fix(title, tuple(edits), safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)
        if edits
        else None
    )


def above(target: Target, field: Field) -> Field | None:
    """The field that holds a field: fields know the way down only."""
    found = target.object.body
    for part in field.path[len(found.path) : -1]:
        found = found[part]
    return found
