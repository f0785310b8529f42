"""Where a violation pointed: the field, and the pod or container that it is of."""

from __future__ import annotations

from collections.abc import Iterator

from batten.formats import Workspace, yaml_edits
from batten.model import Edit, Fix, Kind, Location, Safety
from batten.model.record import record
from batten.technologies.orchestration.kubernetes.cluster import Cluster, Container, Pod
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.text.field_edits import add, drop, is_json, put


@record
class Place:
    """`field` is what the violation pointed at; `name` is what people call the thing it is of."""

    workspace: Workspace
    found: KubernetesObject
    field: Field
    at: Location
    name: str
    pod: Pod | None = None
    cluster: Cluster | None = None

    @property
    def written(self) -> bool:
        """Whether a value stands there, rather than something that lacks one."""
        return self.at.kind is Kind.VALUE

    def set(self, *keys: str, value: str, field: Field | None = None) -> list[Edit]:
        """The edits that make a key below the field, or the field itself, hold a value (as YAML)."""
        return put(self.workspace, (field or self.field).of(*keys), value)

    def set_all(self, *keys: str, values: dict[str, str]) -> list[Edit]:
        """Several keys of one mapping, which is made where it is missing."""
        if self.field.of(*keys).exists:
            return [e for key, value in values.items() for e in self.set(*keys, key, value=value)]
        lines = "\n".join(f"{key}: {value}" for key, value in values.items())
        return self._block(self.field, keys, lines)

    def removed(self, field: Field | None = None, prune: bool = True) -> list[Edit]:
        return drop(self.workspace, field or self.field, prune)

    def _block(self, field: Field, keys: tuple[str, ...], lines: str) -> list[Edit]:
        if is_json(field.source):
            return self.set(*keys, value=lines, field=field)
        return yaml_edits.set_block(
            self.workspace.text(field.source), field.root, (*field.path, *keys), lines
        )

    @property
    def variable(self) -> str:
        """The last name of the pointer: `env[DEBUG]`, `data[APP_DEBUG]`."""
        return self.at.pointer.rpartition("[")[2].rstrip("]")

    @property
    def container(self) -> Container | None:
        """The container that the field is, or lies in."""
        for container in self.pod.containers if self.pod is not None else ():
            if self.field.path[: len(container.body.path)] == container.body.path:
                return container
        return None

    def added(self, field: Field, items: list[str]) -> list[Edit]:
        """Items at the end of a list, which is made where it is missing."""
        if not field.exists:
            return self._block(field, (), "\n".join(f"- {item}" for item in items))
        return [edit for item in items for edit in add(self.workspace, field, item)]


def place(cluster: Cluster, workspace: Workspace, at: Location) -> Place | None:
    """None where nothing that was read has this place."""
    for found in cluster.at(at.source, at.pointer.partition("/")[0]):
        if not _within(at, found.body):
            continue
        pod = cluster.running.get(id(found))
        field, name = _pointed(found, pod, at)
        if field is not None:
            return Place(workspace, found, field, at, name or found.name, pod, cluster)
    return None


def _pointed(found: KubernetesObject, pod: Pod | None, at: Location) -> tuple[Field | None, str]:
    name = found.name
    for container in pod.containers if pod is not None else ():
        if at.pointer == container.body.pointer and at.span == container.body.span:
            return container.body, container.name
        if _within(at, container.body):
            name = container.name
    if at.pointer == found.pointer and pod is not None and at.span == pod.spec.span:
        return pod.spec, name
    if at.pointer == found.pointer and at.span == found.body.span:
        return found.body, name
    return _at(found.body, at), name


def _within(at: Location, field: Field) -> bool:
    return at.span is not None and field.span.start <= at.span.start and at.span.end <= field.span.end


def _at(field: Field, at: Location) -> Field | None:
    """The innermost field of a span; a block that only holds one entry is not that entry."""
    below = field.around(at.span)
    if below is None:
        return None
    if (at.kind is Kind.VALUE and below.span == at.span) or (
        at.kind is Kind.BLOCK and at.span in (below.span, below.whole)
    ):
        return (_at(below, at) if at.kind is Kind.VALUE else None) or below
    return _at(below, at) if _within(at, below) else None


def asked(title: str, question: str) -> Fix:
    return Fix(title, (), safety=Safety.VALUE, question=question)


def named(fields: Iterator[Field], name: str) -> Iterator[Field]:
    return (f for f in fields if f["name"].text == name)
