"""A kustomization evaluated: what it would apply, each value with the place that decides it.

Names keep their prefixes off: references to them are changed alike, and a finding is then one for all overlays.
What is fetched from elsewhere is not known, and its objects are not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats import Workspace, yaml
from batten.model import Problem
from batten.technologies.orchestration.kustomize.parts import Part, copied, part_of
from batten.technologies.orchestration.kustomize.patches import (
    changed,
    identity,
    inline,
    loaded,
    selected,
    strategic,
)
from batten.technologies.orchestration.kustomize.replacements import replaced
from batten.technologies.shared.rendering.kustomizations import HELD, kustomization_in, remote

_MOST = 1000  # kustomizations that one builds on
_MOST_OBJECTS = 5000
_CLUSTER_WIDE = frozenset(
    (
        "Namespace",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "PersistentVolume",
        "StorageClass",
        "IngressClass",
        "PriorityClass",
        "GatewayClass",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "APIService",
    )
)
_NOTES = {"commonLabels": "labels", "commonAnnotations": "annotations"}
_PODS = (
    ("spec", "template", "spec"),
    ("spec", "jobTemplate", "spec", "template", "spec"),
    ("spec",),
)


@dataclass(slots=True)
class Build:
    workspace: Workspace
    problems: list[Problem] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    visits: int = 0

    def objects(self, path: str) -> list[Part]:
        """What the kustomization `path` applies. Raises SyntaxProblem and Unreadable."""
        root = part_of(self.workspace.document(path, yaml.parse).tree, path)
        if path in self.open:
            self.problem(root, "this kustomization builds on itself", "remove the circular `resources`")
            return []
        self.visits += 1
        if self.visits > _MOST:
            hint = "list generated files under `ignore:` in batten.yaml"
            self.problem(root, f"one kustomization builds on more than {_MOST} others", hint)
            return []
        self.open.append(path)
        self.files.append(path)
        found: list[Part] = []
        for key in ("resources", "bases"):
            for item in _items(root, key):
                found += self._resource(item)
        found += [made for key in ("configMap", "secret") for made in _generated(root, key)]
        for item in _items(root, "components"):
            self._component(item, found)
        self._change(root, found)
        # Tell volumes which files of the checkout their generated ConfigMap holds.
        for mount_item in _items(root, "configMapGenerator"):
            name, files = mount_item["name"], dict(self._held(mount_item))
            if name is None or not files:
                continue
            for held in _config_maps(found, name.text):
                held[HELD] = Part(mount_item.source, mount_item.span, mount_item.whole, table=files)
        self.open.pop()
        return found[:_MOST_OBJECTS]

    def problem(self, at: Part, message: str, hint: str) -> None:
        line = self.workspace.text(at.source).line_of(at.span.start)
        self.problems.append(Problem(at.source, "read", message, hint=hint, line=line))

    def _resource(self, item: Part) -> list[Part]:
        if remote(item.text) or "\n" in item.text:
            return []
        target = self.workspace.resolve(item.source, item.text)
        if target is None:
            self.problem(
                item, f"`{item.text}` is outside the reviewed folder", "review the folder that contains both"
            )
            return []
        below = kustomization_in("" if target == "." else target, self.workspace)
        if below is not None:
            return self.objects(below)
        if not self.workspace.exists(target):
            self.problem(item, f"`{item.text}` does not exist", "correct the path, or remove it")
            return []
        return [copied(part) for part in self._load(target) if part["kind"] is not None]

    def _load(self, path: str) -> list[Part]:
        self.files.append(path)
        return loaded(path, self.workspace, self.problems)

    def _component(self, item: Part, found: list[Part]) -> None:
        """A component changes what is there so far, and may add to it."""
        target = None if remote(item.text) else self.workspace.resolve(item.source, item.text)
        path = kustomization_in(target, self.workspace) if target else None
        if path is None or path in self.open:
            return
        root = part_of(self.workspace.document(path, yaml.parse).tree, path)
        self.open.append(path)
        self.files.append(path)
        for resource in _items(root, "resources"):
            found += self._resource(resource)
        found += [made for key in ("configMap", "secret") for made in _generated(root, key)]
        self._change(root, found)
        self.open.pop()

    def _change(self, root: Part, found: list[Part]) -> None:
        for item in _items(root, "patchesStrategicMerge"):
            for patch in self._patches(item, item):
                strategic(found, patch, None)
        for key in ("patches", "patchesJson6902"):
            for item in _items(root, key):
                self._patch(item, found)
        for image in _items(root, "images"):
            _reimaged(found, image)
        for replicas in _items(root, "replicas"):
            name, count = replicas["name"], replicas["count"]
            for scaled_part in found if name is not None and count is not None else ():
                spec = scaled_part["spec"]
                assert name is not None and count is not None
                if identity(scaled_part)[1] == name.text and spec is not None and spec.table is not None:
                    spec.table["replicas"] = copied(count)
        namespace = root["namespace"]
        if namespace is not None:
            for part in found:
                metadata = part["metadata"]
                if (
                    metadata is not None
                    and metadata.table is not None
                    and identity(part)[0] not in _CLUSTER_WIDE
                ):
                    metadata.table["namespace"] = copied(namespace)
        _noted(root, found)
        self._replace(root, found)

    def _held(self, item: Part) -> Iterator[tuple[str, Part]]:
        """Keys with the paths of their files below the root."""
        for file in _items(item, "files"):
            key, _, path = file.text.rpartition("=")
            target = self.workspace.resolve(item.source, path)
            if target is not None and self.workspace.exists(target):
                named = key or target.rpartition("/")[2]
                yield named, Part(file.source, file.span, file.whole, target, '"')

    def _replace(self, root: Part, found: list[Part]) -> None:
        """Replacements that are written here, or in files of their own."""
        for item in _items(root, "replacements"):
            listed = self._patches(item["path"], None) if item["path"] is not None else [item]
            for part in listed:
                for replacement in part.items if part.items is not None else [part]:
                    replaced(found, replacement)

    def _patches(self, path: Part | None, text: Part | None) -> list[Part]:
        if text is not None and (text is not path or "\n" in text.text):
            return inline(text)
        target = self.workspace.resolve(path.source, path.text) if path is not None else None
        return self._load(target) if target is not None and self.workspace.exists(target) else []

    def _patch(self, item: Part, found: list[Part]) -> None:
        target = item["target"]
        for patch in self._patches(item["path"], item["patch"]):
            if patch.items is not None and target is not None:
                for part in found:
                    if selected(part, target):
                        changed(part, patch)
            elif patch.table is not None:
                strategic(found, patch, target)


def _items(root: Part, key: str) -> list[Part]:
    listed = root[key]
    return listed.items or [] if listed is not None else []


def _generated(root: Part, kind: str) -> list[Part]:
    """The ConfigMaps and Secrets that are made of literals; files are read where they are."""
    return [_made(item, kind) for item in _items(root, f"{kind}Generator") if item["name"] is not None]


def _made(item: Part, kind: str) -> Part:
    def word(text: str) -> Part:
        return Part(item.source, item.span, item.whole, text)

    name = item["name"]
    assert name is not None
    table: dict[str, Part] = {}
    for literal in _items(item, "literals"):
        key, sign, value = literal.text.partition("=")
        if sign:
            table[key] = Part(literal.source, literal.span, literal.whole, value.strip("'\""), '"')
    data = Part(item.source, item.span, item.whole, table=table)
    metadata = Part(item.source, item.span, item.whole, table={"name": name})
    fields = {"apiVersion": word("v1"), "kind": word("ConfigMap" if kind == "configMap" else "Secret")}
    key = "data" if kind == "configMap" else "stringData"
    return Part(item.source, item.span, item.whole, table={**fields, "metadata": metadata, key: data})


def _config_maps(found: list[Part], name: str) -> Iterator[dict[str, Part]]:
    """The volumes of pods that are of a ConfigMap."""
    for part in found:
        specs = [spec for way in _PODS if (spec := part.of(*way)) is not None]
        for volume in [volume for spec in specs for volume in _items(spec, "volumes")]:
            held, named = volume["configMap"], volume.of("configMap", "name")
            if held is not None and held.table is not None and named is not None and named.text == name:
                yield held.table


def _containers(found: Part) -> list[Part]:
    made: list[Part] = []
    for way in _PODS:
        spec = found.of(*way)
        if spec is not None:
            made += [*_items(spec, "containers"), *_items(spec, "initContainers")]
    return made


def _noted(root: Part, found: list[Part]) -> None:
    """Labels and annotations for all objects, and for the pods that they run."""
    pairs = [(key, root[name]) for name, key in _NOTES.items()]
    pairs += [("labels", item["pairs"]) for item in _items(root, "labels")]
    for key, given in pairs:
        for part in found if given is not None and given.table else ():
            holders = [part["metadata"], *(part.of(*way[:-1], "metadata") for way in _PODS[:2])]
            for holder in holders:
                if holder is not None and holder.table is not None:
                    held = holder.table.setdefault(
                        key, Part(holder.source, holder.span, holder.whole, table={})
                    )
                    if held.table is not None and given is not None:
                        held.table.update({k: copied(v) for k, v in (given.table or {}).items()})


def _reimaged(found: list[Part], image: Part) -> None:
    """`images`: another name, tag or digest for an image of this name."""
    name, new_name, tag, digest = (image[k] for k in ("name", "newName", "newTag", "digest"))
    deciding = digest or tag or new_name
    if name is None or deciding is None:
        return
    for part in found:
        for container in _containers(part):
            old = container["image"]
            if old is None or container.table is None or _image_name(old.text) != name.text:
                continue
            rest = old.text[len(name.text) :]
            rest = f"@{digest.text}" if digest is not None else f":{tag.text}" if tag is not None else rest
            text = (new_name.text if new_name is not None else name.text) + rest
            container.table["image"] = Part(deciding.source, deciding.span, deciding.whole, text)


def _image_name(reference: str) -> str:
    plain = reference.partition("@")[0]
    head, colon, tag = plain.rpartition(":")
    return head if colon and "/" not in tag else plain
