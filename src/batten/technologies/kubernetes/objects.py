"""Kubernetes objects: what a manifest's documents hold, and fields that know where they are written.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from batten.formats import SyntaxProblem, Unreadable, Workspace, tree, yaml
from batten.formats.paths import Path
from batten.formats.workspace import problem_line
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Problem, Setting, Span, Unknown
from batten.model.record import record

_HELM = re.compile(
    r"\{\{-?\s*(?:\.(?:Values|Release|Chart)\b|include\s|toYaml\s|(?:if|with|range)\s+\.Values\b)"
)
_VARIABLE = re.compile(r"\$\{[^}]*\}|\{\{.*?\}\}", re.DOTALL)  # envsubst and Flux; templates of other tools
_LIST_DEPTH = 4


@record
class Field:
    """A place in an object, whether something stands there or not.

    `span` covers the value; `whole` the key too. Of a missing field they are those of the nearest thing
    above it that is written, and `path` is where the field would be in `root`, its document's tree.
    """

    source: str
    pointer: str
    node: tree.Node | None
    span: Span
    whole: Span
    path: Path
    root: tree.Node

    def __getitem__(self, key: str | int) -> Field:
        """The field below; of a list by number."""
        pointer, path = f"{self.pointer}/{key}", (*self.path, key)
        if isinstance(self.node, tree.Mapping) and isinstance(key, str):
            entry = self.node.entry(key)
            if entry is not None:
                span = entry.alias or entry.value.span
                whole = Span(entry.key.span.start, span.end) if not entry.merged else span
                return Field(self.source, pointer, entry.value, span, whole, path, self.root)
        elif isinstance(self.node, tree.Sequence) and isinstance(key, int) and key < len(self.node.items):
            span = self.node.aliases.get(key, self.node.items[key].span)
            return Field(self.source, pointer, self.node.items[key], span, span, path, self.root)
        return Field(self.source, pointer, None, self.span, self.whole, path, self.root)

    def at_path(self, *keys: str) -> Field:
        found = self
        for key in keys:
            found = found[key]
        return found

    @property
    def exists(self) -> bool:
        """Whether a value is written: null is none, as the API server has it."""
        return self.node is not None and not (isinstance(self.node, tree.Scalar) and self.node.value is None)

    @property
    def known(self) -> bool:
        """Whether the value is said here, not by a variable or a template."""
        if isinstance(self.node, tree.Scalar):
            return not (isinstance(self.node.value, str) and templated(self.node.value))
        return not (isinstance(self.node, tree.Mapping) and any(k.startswith("{") for k in self.node.entries))

    @property
    def text(self) -> str:
        """A scalar as a word; "" for anything else."""
        return self.node.text if isinstance(self.node, tree.Scalar) and self.node.value is not None else ""

    @property
    def here(self) -> Location:
        """The value's own place."""
        return Location(self.source, self.pointer, self.span)

    @property
    def block(self) -> Location:
        """The thing that something below it is missing from."""
        return Location(self.source, self.pointer, self.span, kind=Kind.BLOCK)

    @property
    def entry(self) -> Location:
        """A collection as a whole, its key too."""
        return Location(self.source, self.pointer, self.whole, kind=Kind.BLOCK)

    def named(self, pointer: str) -> Field:
        """The same field under another pointer."""
        return Field(self.source, pointer, self.node, self.span, self.whole, self.path, self.root)

    def items(self) -> Iterator[Field]:
        """The items of a list; one that has a `name` is pointed at by it."""
        count = len(self.node.items) if isinstance(self.node, tree.Sequence) else 0
        for number in range(count):
            yield self._item(number)

    def _item(self, number: int) -> Field:
        item = self[number]
        return item.named(f"{self.pointer}[{item['name'].text or number}]")

    def entries(self) -> Iterator[tuple[str, Field]]:
        """Keys and values of a mapping."""
        for key in list(self.node.entries) if isinstance(self.node, tree.Mapping) else ():
            yield key, self[key].named(f"{self.pointer}[{key}]")

    def around(self, span: Span | None) -> Field | None:
        """The item, or the value of the entry, in which a place lies."""
        if span is not None and isinstance(self.node, tree.Sequence):
            number = self.node.around(span)
            return self._item(number) if number is not None else None
        entry = self.node.around(span) if span is not None and isinstance(self.node, tree.Mapping) else None
        if entry is None:
            return None
        return self[entry.key.text].named(f"{self.pointer}[{entry.key.text}]")

    def strings(self) -> dict[str, str]:
        """A mapping of words, such as labels; what is not known is left out."""
        return {key: value.text for key, value in self.entries() if value.known and value.exists}

    def words(self) -> tuple[str, ...]:
        """A list of words; one that is not known is a NUL."""
        return tuple(item.text if item.known else "\0" for item in self.items())

    def word(self, at: Location, default: str | Absent | Unknown = ABSENT) -> Setting[str]:
        """The word, or ABSENT at the place that lacks it."""
        if not self.exists:
            return Setting(ABSENT, at, default)
        return Setting(self.text if self.known and self.text else UNKNOWN, self.here)

    def flag(self, at: Location, default: bool | Absent | Unknown = ABSENT) -> Setting[bool]:
        if not self.exists:
            return Setting(ABSENT, at, default)
        known = isinstance(self.node, tree.Scalar) and isinstance(self.node.value, bool)
        return Setting(self.text == "true" if known else UNKNOWN, self.here)

    def number(self, at: Location, default: int | Absent | Unknown = ABSENT) -> Setting[int]:
        if not self.exists:
            return Setting(ABSENT, at, default)
        value = self.node.value if isinstance(self.node, tree.Scalar) else None
        return Setting(
            value if isinstance(value, int) and not isinstance(value, bool) else UNKNOWN, self.here
        )


@record
class KubernetesObject:
    """One object. `body` is its place; `path` of the body is () unless a List holds it."""

    api_version: str
    kind: str
    name: str
    namespace: str  # "" where none is written: whatever namespace it is applied in
    labels: Mapping[str, str]
    body: Field
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The API group: "" of the core, "apps", "networking.k8s.io" …"""
        return self.api_version.rpartition("/")[0]

    @property
    def source(self) -> str:
        return self.body.source

    @property
    def pointer(self) -> str:
        """`Deployment[api]`: the start of every pointer into the object."""
        return self.body.pointer

    @property
    def node(self) -> tree.Mapping:
        assert isinstance(self.body.node, tree.Mapping)
        return self.body.node

    @property
    def at(self) -> Location:
        return self.body.block

    @property
    def spec(self) -> Field:
        return self.body["spec"]


def templated(text: str) -> bool:
    """Whether a variable or a template completes the text before it is applied."""
    return _VARIABLE.search(text) is not None


def objects(files: tuple[str, ...], workspace: Workspace) -> Iterator[KubernetesObject | Problem]:
    """The objects of all documents of these files, items of Lists taken out; what cannot be read is a
    Problem of its own file."""
    for path in files:
        try:
            yield from _in_file(path, workspace)
        except SyntaxProblem as error:
            text = workspace.text(path)
            templated = "{{" in text.text
            hint = "review the Helm chart of this template" if templated else error.hint
            yield Problem(path, "parse", str(error), hint=hint, line=problem_line(text, error))
        except Unreadable as error:
            yield Problem(error.path, "parse", str(error), hint=error.hint, line=error.line)


def _in_file(path: str, workspace: Workspace) -> Iterator[KubernetesObject | Problem]:
    document = workspace.document(path, yaml.parse_all)
    helm = _HELM.search(document.text)
    if helm is not None:
        hint = "move it into a chart's templates/ folder, or review the output of `helm template`"
        line = document.source.line_of(helm.start())
        yield Problem(path, "parse", "this is a Helm template, not a manifest", hint=hint, line=line)
        return
    for root in document.tree:
        yield from objects_in(root, path)


def objects_in(root: tree.Node, source: str) -> Iterator[KubernetesObject]:
    """The objects of one document's tree."""
    body = Field(source, "", root, root.span, root.span, (), root)
    yield from _unpacked(body, 0)


def _unpacked(body: Field, depth: int) -> Iterator[KubernetesObject]:
    kind = body["kind"].text
    if not isinstance(body.node, tree.Mapping) or not kind or not body["apiVersion"].text:
        return
    if kind.endswith("List") and isinstance(body["items"].node, tree.Sequence):
        for item in body["items"].items() if depth < _LIST_DEPTH else ():
            yield from _unpacked(item, depth + 1)
        return
    yield _object(body, kind)


def _object(body: Field, kind: str) -> KubernetesObject:
    metadata = body["metadata"]
    name = metadata["name"].text or metadata["generateName"].text
    pointer = f"{kind}[{name}]" if name else kind
    return KubernetesObject(
        body["apiVersion"].text,
        kind,
        name,
        metadata["namespace"].text,
        metadata["labels"].strings(),
        body.named(pointer),
        metadata["annotations"].strings(),
    )
