"""Kubernetes objects: what a manifest's documents hold, and fields that know where they are written.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from batten.formats import SyntaxProblem, Unreadable, Workspace, tree, yaml
from batten.formats.workspace import problem_line
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Problem, Setting, Span, Unknown
from batten.model.record import record
from batten.technologies.shared.text import fields

_HELM = re.compile(
    r"\{\{-?\s*(?:\.(?:Values|Release|Chart)\b|include\s|toYaml\s|(?:if|with|range)\s+\.Values\b)"
)
_VARIABLE = re.compile(r"\$\{[^}]*\}|\{\{.*?\}\}", re.DOTALL)  # envsubst and Flux; templates of other tools
_YTT = re.compile(
    r"^[ \t]*#@[ \t]*(?:load|def|if|for|data|overlay|let|ytt)|(?::|-)[ \t]+#@[ \t]", re.MULTILINE
)
K3S = "K3s"  # what its configuration file, which has no kind, is called here
_K3S_ONLY = ("kube-apiserver-arg", "kubelet-arg", "write-kubeconfig-mode", "kube-controller-manager-arg")


@record
class Field(fields.Field):
    """A place in an object. `span` covers the value; `whole` the key too: of a missing field that of the nearest
    thing above it that is written."""

    whole: Span

    def _below(
        self, key: str | int, written: str | int, node: tree.Node | None, span: Span, entry: tree.Entry | None
    ) -> Field:
        whole = self.whole if node is None else span
        if entry is not None and not entry.merged:
            whole = Span(entry.key.span.start, span.end)
        return Field(
            self.source, f"{self.pointer}/{key}", (*self.path, written), node, span, self.root, whole
        )

    def named(self, pointer: str) -> Field:
        return Field(self.source, pointer, self.path, self.node, self.span, self.root, self.whole)

    @property
    def known(self) -> bool:
        """Whether the value is said here, not by a variable or a template."""
        if isinstance(self.node, tree.Scalar):
            return not (isinstance(self.node.value, str) and templated(self.node.value))
        return not (isinstance(self.node, tree.Mapping) and any(k.startswith("{") for k in self.node.entries))

    @property
    def entry(self) -> Location:
        """A collection as a whole, its key too."""
        return Location(self.source, self.pointer, self.whole, kind=Kind.BLOCK)

    def strings(self) -> dict[str, str]:
        """A mapping of words, such as labels; what is not known is left out."""
        return {key: value.text for key, value in self.entries() if value.known and value.exists}

    def words(self) -> tuple[str, ...]:
        """A list of words; one that is not known is a NUL."""
        return tuple(item.text if item.known else "\0" for item in self.items())

    def word(self, at: Location, default: str | Absent | Unknown = ABSENT) -> Setting[str]:
        """The word, or ABSENT at the place that lacks it."""
        return self.setting(self.text if self.known and self.text else UNKNOWN, default, at)

    def flag(self, at: Location, default: bool | Absent | Unknown = ABSENT) -> Setting[bool]:
        known = isinstance(self.node, tree.Scalar) and isinstance(self.node.value, bool)
        return self.setting(self.text == "true" if known else UNKNOWN, default, at)

    def number(self, at: Location, default: int | Absent | Unknown = ABSENT) -> Setting[int]:
        value = self.node.value if isinstance(self.node, tree.Scalar) else None
        number = value if isinstance(value, int) and not isinstance(value, bool) else UNKNOWN
        return self.setting(number, default, at)


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
            yield _problem(path, error, workspace)
        except Unreadable as error:
            yield Problem(error.path, "parse", str(error), hint=error.hint, line=error.line)


def _problem(path: str, error: SyntaxProblem, workspace: Workspace) -> Problem:
    text = workspace.text(path)
    hint = "review the Helm chart of this template" if "{{" in text.text else error.hint
    return Problem(path, "parse", str(error), hint=hint, line=problem_line(text, error))


def _in_file(path: str, workspace: Workspace) -> Iterator[KubernetesObject | Problem]:
    document = workspace.document(path, yaml.parse_each)
    helm = _HELM.search(document.text)
    if helm is not None:
        hint = "move it into a chart's templates/ folder, or review the output of `helm template`"
        line = document.source.line_of(helm.start())
        yield Problem(path, "parse", "this is a Helm template, not a manifest", hint=hint, line=line)
        return
    ytt = _YTT.search(document.text)
    if ytt is not None:
        line = document.source.line_of(ytt.start())
        hint = "review the output of `ytt`"
        yield Problem(path, "parse", "this is a ytt template, not a manifest", hint=hint, line=line)
        return
    yield from (_problem(path, error, workspace) for error in document.tree.problems)
    for root in document.tree.trees:
        yield from objects_in(root, path)


def objects_in(root: tree.Node, source: str) -> Iterator[KubernetesObject]:
    """The objects of one document's tree."""
    yield from _unpacked(field_of(root, source))


def field_of(root: tree.Node, source: str) -> Field:
    """A document's tree as a place."""
    return Field(source, "", (), root, root.span, root, root.span)


def _unpacked(body: Field) -> Iterator[KubernetesObject]:
    """The object, or those of a List in it, which kubectl takes apart however deep they are; the parser bounds the depth."""
    kind = body["kind"].text
    if not kind and any(body[key].exists for key in _K3S_ONLY):
        yield _object(body, K3S)
        return
    if not isinstance(body.node, tree.Mapping) or not kind or not body["apiVersion"].text:
        return
    if kind.endswith("List") and isinstance(body["items"].node, tree.Sequence):
        for item in body["items"].items():
            yield from _unpacked(item)
        return
    if kind == "Template" and isinstance(body["objects"].node, tree.Sequence):  # OpenShift's
        for item in body["objects"].items():
            yield from _unpacked(item)
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
