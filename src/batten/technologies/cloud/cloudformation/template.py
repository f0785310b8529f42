"""A template: its sections, with what SAM's Globals and the language extensions add to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from batten.formats import Document, Mapping, Node, Scalar, Sequence, SyntaxProblem, Workspace, json, yaml
from batten.formats.document import Text
from batten.formats.tree import Plain, plain
from batten.model import Kind, Location, Span
from batten.model.record import record

SAM = "AWS::Serverless-2016-10-31"
EXTENSIONS = "AWS::LanguageExtensions"
FOR_EACH = "Fn::ForEach::"


@record
class Declared:
    """One resource as it is written. `loop` are the variables of the loops it stands in."""

    name: str
    body: Mapping
    path: tuple[str | int, ...]  # where the body is, from the root of the template
    span: Span  # name and body
    loop: tuple[Loop, ...] = ()

    @property
    def type(self) -> str:
        return self.body.text("Type") or ""

    @property
    def properties(self) -> Node | None:
        return self.body["Properties"]


@record
class Loop:
    """A loop's variable, and the list it runs over."""

    variable: str
    items: Node


@dataclass(slots=True, eq=False)
class Template:
    source: Text
    root: Mapping
    resources: dict[str, Declared] = field(default_factory=dict)
    complete: bool = True  # False: something that is not read here may declare or change more
    base: tuple[str | int, ...] = ()  # where the template is in the document
    bare: bool = False  # the document has resources alone

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def is_json(self) -> bool:
        return self.root.span.start < len(self.source.text) and self.source.text[self.root.span.start] == "{"

    def section(self, name: str) -> Mapping:
        if self.bare and name == "Resources":
            return self.root
        held = self.at((*self.base, name)) if self.base else self.root[name]
        return held if isinstance(held, Mapping) else Mapping({}, self.root.span)

    def entry(self, section: str, name: str) -> Node | None:
        return self.section(section)[name]

    @property
    def transforms(self) -> tuple[str, ...]:
        held = self.root["Transform"]
        items = held.items if isinstance(held, Sequence) else [held]
        return tuple(item.text if isinstance(item, Scalar) else "" for item in items if item is not None)

    def of(self, *types: str) -> Iterator[Declared]:
        return (declared for declared in self.resources.values() if declared.type in types)

    def place(self, node: Node, pointer: str, kind: Kind = Kind.VALUE) -> Location:
        return Location(self.path, pointer, self.span(node), kind=kind)

    def has(self, path: tuple[str | int, ...]) -> bool:
        """Whether something is written at a path."""
        return self.at(path) is not None

    def plain_at(self, path: tuple[str | int, ...]) -> Plain:
        node = self.at(path)
        return None if node is None else plain(node)

    def at(self, path: tuple[str | int, ...]) -> Node | None:
        node: Node | None = self.root
        for part in path:
            if isinstance(node, Sequence):
                node = node.items[part] if isinstance(part, int) and part < len(node.items) else None
            else:
                node = node[str(part)] if isinstance(node, Mapping) else None
        return node

    def span(self, node: Node) -> Span:
        """A value with its tag in front of it."""
        start = node.span.start
        if node.tag.startswith("!"):
            before = self.source.text.rfind(node.tag, 0, start)
            if before >= 0 and not self.source.text[before + len(node.tag) : start].strip():
                start = before
        return Span(start, node.span.end)


def document_of(workspace: Workspace, path: str) -> Document[Node]:
    """A template is JSON when it begins like an object, whatever its file is called."""
    text = workspace.text(path).text
    is_json = text.lstrip()[:1] == "{"
    if not is_json:
        return workspace.document(path, yaml.parse)
    try:
        return workspace.document(path, json.parse)
    except SyntaxProblem:
        if path.endswith(".json"):
            raise
        return workspace.document(path, yaml.parse)  # YAML in brackets


def load(workspace: Workspace, path: str) -> Template | None:
    """The template of a file; None where it is none. Raises Unreadable and SyntaxProblem."""
    document = document_of(workspace, path)
    root = document.tree
    if not isinstance(root, Mapping):
        return None
    # Whether the file is what stands below `Resources`: templates include such files, and documents show them.
    bodies = [entry.value for entry in root]
    types = [body.text("Type") or "" for body in bodies if isinstance(body, Mapping)]
    bare = "Resources" not in root and bool(types) and all(t.startswith(("AWS::", "Custom::")) for t in types)
    if not bare and not isinstance(root["Resources"], Mapping):
        return None
    template = Template(document.source, root, complete=not bare, bare=bare)
    section, way = (root, ()) if bare else (template.section("Resources"), ("Resources",))
    for declared in declared_in(section, way, (), template):
        template.resources.setdefault(declared.name, declared)
    if not any("::" in declared.type for declared in template.resources.values()):
        return None if "AWSTemplateFormatVersion" not in root else template
    if set(template.transforms) - {SAM, EXTENSIONS} or "Fn::Transform" in root:
        template.complete = False  # a macro may write anything
    return template


def declared_in(
    section: Mapping, path: tuple[str | int, ...], loops: tuple[Loop, ...], template: Template
) -> Iterator[Declared]:
    for entry in section:
        name, body = entry.key.text, entry.value
        if name.startswith(FOR_EACH):
            yield from _looped(body, (*path, name), loops, template)
        elif name == "Fn::Transform":
            template.complete = False
        elif isinstance(body, Mapping) and isinstance(body["Type"], Scalar):
            yield Declared(name, body, (*path, name), entry.span, loops)


def _looped(
    body: Node, path: tuple[str | int, ...], loops: tuple[Loop, ...], template: Template
) -> Iterator[Declared]:
    """`Fn::ForEach::Name: [variable, [items], {"${variable}Topic": {…}}]`; it is judged once, as written."""
    items = body.items if isinstance(body, Sequence) else []
    if len(items) != 3 or not isinstance(items[0], Scalar) or not isinstance(items[2], Mapping):
        return
    if len(loops) < 5:
        inner = (*loops, Loop(items[0].text, items[1]))
        yield from declared_in(items[2], (*path, 2), inner, template)
