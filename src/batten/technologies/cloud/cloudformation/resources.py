"""The resources of a template, as the tables about AWS ask for them (technologies/shared/aws)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from functools import cached_property

from batten.formats import Mapping, Node, Sequence
from batten.model import ABSENT, UNKNOWN, Absent, Kind, Location, Setting, Span, Unknown
from batten.model.record import record
from batten.technologies.cloud.cloudformation.intrinsics import Chosen, Evaluator, call
from batten.technologies.cloud.cloudformation.template import FOR_EACH, Declared, Template
from batten.technologies.cloud.cloudformation.values import Path, Reference
from batten.technologies.cloud.cloudformation.values import Value as Found
from batten.technologies.shared.aws.resource import Value

# Functions and roles that the CDK writes for itself, by the path it gives them.
_OF_THE_CDK = re.compile(
    r"/(?:Custom::|[^/]*CustomResourceProvider|AWS679f53fac002430cb0da5b7982bd2287|framework-on|"
    r"[^/]*[0-9a-f]{32}/(?:Resource|ServiceRole|Role|DefaultPolicy)\b)"
)
_STACKS = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")


@record
class Layer:
    """Properties as written in one place: a resource's own, or SAM's Globals."""

    node: Node
    path: Path | None


@record
class Held:
    """What is at a path, the place it is written in, and the way there from the template's root."""

    node: Node
    span: Span
    path: Path | None  # None: it stands elsewhere, in a mapping say


@dataclass(slots=True, eq=False)
class Resource:
    """A resource, a map within one, or what SAM makes of one: then `type` is what it makes."""

    template: Template
    declared: Declared
    evaluator: Evaluator
    type: str
    address: str
    layers: tuple[Layer, ...]
    span: Span
    renames: Table[str, tuple[str, ...]] = field(default_factory=dict)
    language: str = "cloudformation"

    @property
    def name(self) -> str:
        return self.declared.name

    def block(self) -> Location:
        return Location(self.template.path, self.address, self.span, kind=Kind.BLOCK)

    def place(self, span: Span, *path: str, kind: Kind = Kind.VALUE) -> Location:
        return Location(self.template.path, "/".join((self.address, *path)), span, kind=kind)

    def value(self, *path: str) -> Setting[Value]:
        held = self.held(*path)
        if isinstance(held, Held):
            value = self.evaluator.value(held.node)
            if value is not None and not isinstance(value, Absent):
                return Setting(_plain(self._merged(value, *path)), self.place(held.span, *path))
        absent = ABSENT if not isinstance(held, Unknown) else UNKNOWN
        return Setting(absent, self.place(self.span, *path, kind=Kind.BLOCK))

    def _merged(self, value: Found, *path: str) -> Found:
        """A map of the resource's own holds what Globals say beside it."""
        for layer in self.layers[1:] if isinstance(value, dict) else ():
            below = self._down(layer, self.way(*path))
            other = self.evaluator.value(below.node) if isinstance(below, Held) else None
            value = {**other, **value} if isinstance(other, dict) and isinstance(value, dict) else value
        return value

    def held(self, *path: str) -> Held | Unknown | Absent:
        """What the first layer says that says anything."""
        for layer in self.layers:
            held = self._down(layer, self.way(*path))
            if not isinstance(held, Absent):
                return held
        return ABSENT

    def way(self, *path: str) -> tuple[str, ...]:
        """A path as this resource's own language writes it; the longer of its renames goes first."""
        for length in (2, 1) if self.renames and path else ():
            renamed = self.renames.get("/".join(path[:length]))
            if renamed is not None:
                return (*renamed, *path[length:])
        return path

    def written(self, *path: str) -> Path | None:
        """The way from the template's root to a property of the resource's own, written or not."""
        return _joined(self.layers[0].path, self.way(*path))

    def _down(self, layer: Layer, way: tuple[str, ...]) -> Held | Unknown | Absent:
        held = Held(layer.node, layer.node.span, layer.path)
        for part in way:
            below = self._step(held, part)
            if not isinstance(below, Held):
                return below
            held = below
        return self._reduced(held)

    def _step(self, held: Held, part: str) -> Held | Unknown | Absent:
        reduced = self._reduced(held)
        if isinstance(reduced, Held) and isinstance(reduced.node, Sequence) and reduced.node.items:
            first = reduced.node.items[0]
            reduced = self._reduced(Held(first, first.span, _joined(reduced.path, (0,))))
        if not isinstance(reduced, Held):
            return reduced
        node = reduced.node
        if call(node) is not None:
            return UNKNOWN
        if not isinstance(node, Mapping):
            return ABSENT
        entry = node.entry(part)
        if entry is None:
            return UNKNOWN if _stands_for_more(node) else ABSENT
        span = entry.alias or self.template.span(entry.value)
        return Held(entry.value, span, _joined(reduced.path, (part,)))

    def _reduced(self, held: Held) -> Held | Unknown | Absent:
        """What stands there once conditions are settled."""
        chosen = self.evaluator.reduced(held.node)
        if not isinstance(chosen, Chosen):
            return chosen
        if chosen.node is held.node:
            return held
        return Held(chosen.node, self.template.span(chosen.node), _joined(held.path, chosen.way))

    def each(self, *path: str) -> Iterator[Resource]:
        for layer in self.layers:
            held = self._down(layer, self.way(*path))
            if not isinstance(held, Held):
                continue
            listed = isinstance(held.node, Sequence)
            items = held.node.items if isinstance(held.node, Sequence) else [held.node]
            for number, item in enumerate(items):
                way = _joined(held.path, (number,)) if listed else held.path
                below = self._reduced(Held(item, self.template.span(item), way))
                if isinstance(below, Held) and isinstance(below.node, Mapping) and call(below.node) is None:
                    address = f"{'/'.join((self.address, *path))}[{number}]"
                    yield self.part_at(below, address, below.span, path[-1] if path else "")

    def part_at(self, held: Held, address: str, span: Span, type_: str = "") -> Resource:
        """A map within the resource, as one of its own."""
        layer = Layer(held.node, held.path)
        return Resource(self.template, self.declared, self.evaluator, type_, address, (layer,), span)

    def whole(self, *path: str) -> bool:
        for layer in self.layers:
            held = self._down(layer, self.way(*path))
            if isinstance(held, Unknown):
                return False
            if isinstance(held, Held) and not self._is_whole(held):
                return False
        return True

    def _is_whole(self, held: Held) -> bool:
        items = held.node.items if isinstance(held.node, Sequence) else [held.node]
        for item in items:
            chosen = self.evaluator.reduced(item)
            if isinstance(chosen, Absent):
                continue
            if isinstance(chosen, Unknown) or call(chosen.node) is not None or _stands_for_more(chosen.node):
                return False
        return True

    def parts(self, *path: str) -> list[Location]:
        return [part.block() for part in self.each(*path)] if self.whole(*path) else []

    def refers_to(self, *path: str) -> str:
        held = self.held(*path)
        value = self.evaluator.value(held.node) if isinstance(held, Held) else None
        return value.name if isinstance(value, Reference) else ""

    def looked_up(self, key: str) -> tuple[str, ...]:
        held = self.held(*key.split("/"))
        named = self.evaluator.looked_up(held.node) if isinstance(held, Held) else ""
        return (named,) if named else ()

    def unmanaged(self, key: str) -> bool:
        return False


@dataclass(eq=False)
class Stack:
    """A template's resources; those that are never made, and those that the CDK adds, are left out."""

    template: Template
    evaluator: Evaluator
    firm: Evaluator
    made: list[Resource] = field(default_factory=list)
    _pointing: dict[tuple[str, str], dict[str, list[Resource]]] = field(default_factory=dict)
    _addresses: dict[str, list[Resource]] = field(default_factory=dict)

    @property
    def addresses(self) -> dict[str, list[Resource]]:
        """The resources by address: SAM makes several of one."""
        if not self._addresses:
            for resource in self.made:
                self._addresses.setdefault(resource.address, []).append(resource)
        return self._addresses

    @property
    def complete(self) -> bool:
        return self.template.complete

    def of(self, *types: str) -> Iterator[Resource]:
        return (resource for resource in self.made if resource.type in types)

    def pointing(self, type_: str, key: str) -> dict[str, list[Resource]]:
        """The resources of a type by the address that their `key` refers to; "": to none."""
        if (type_, key) not in self._pointing:
            found = self._pointing.setdefault((type_, key), {})
            for resource in self.of(type_):
                found.setdefault(resource.refers_to(key), []).append(resource)
        return self._pointing[type_, key]

    def get(self, address: str) -> Resource | None:
        return next(iter(self.addresses.get(address, ())), None)

    def handed_on(self, address: str) -> bool:
        return address in self._given

    def users(self, address: str) -> list[Resource] | None:
        if address in self._shown or address in self._given:
            return None
        return [one for one in self._users.get(address, ()) if one.address != address]

    @cached_property
    def _given(self) -> set[str]:
        """What stacks within this one are given."""
        held = [(stack, stack.held("Parameters")) for stack in self.of(*_STACKS)]
        return {name for s, one in held if isinstance(one, Held) for name in names_in(one.node, s.evaluator)}

    @cached_property
    def _shown(self) -> set[str]:
        return names_in(self.template.section("Outputs"), self.evaluator)

    @cached_property
    def _users(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for one in self.made:
            for name in {n for layer in one.layers for n in names_in(layer.node, one.evaluator)}:
                found.setdefault(name, []).append(one)
        return found

    def dormant(self, type_: str) -> Iterator[tuple[Resource, str]]:
        for declared in self.template.of(type_):
            if self.exists(declared) is False:
                yield resource_of(declared, self), declared.body.text("Condition") or ""

    def exists(self, declared: Declared) -> bool | Unknown:
        """Whether it is made: a condition may forbid it. What a parameter decides may be."""
        condition = declared.body.text("Condition")
        if condition is None:
            return True
        if self.firm.condition(condition) is False:
            return False
        return True if self.evaluator.condition(condition) is True else UNKNOWN


def stack_of(template: Template, given: Table[str, Found] | None = None) -> Stack:
    """The stack as it is made with parameters' defaults, or what a parent stack gives."""
    stack = Stack(template, Evaluator(template, given=given or {}), Evaluator(template, firm=True))
    for declared in template.resources.values():
        if stack.exists(declared) is not False:
            metadata = declared.body.mapping("Metadata")
            of_the_cdk = metadata is not None and bool(
                _OF_THE_CDK.search(metadata.text("aws:cdk:path") or "")
            )
            if not of_the_cdk:
                stack.made.append(resource_of(declared, stack))
    return stack


def resource_of(declared: Declared, stack: Stack) -> Resource:
    template = stack.template
    node = declared.properties or Mapping({}, Span(declared.body.span.end, declared.body.span.end))
    layer = Layer(node, (*declared.path, "Properties"))
    return Resource(
        template,
        declared,
        stack.evaluator.within(declared.loop),
        declared.type,
        declared.name,
        (layer,),
        declared.span,
    )


def names_in(node: Node, evaluator: Evaluator) -> set[str]:
    """The resources that a subtree refers to, in whatever way."""
    found: set[str] = set()
    pending: list[Node] = [node]
    while pending:
        here = pending.pop()
        value = evaluator.value(here) if call(here) is not None else None
        if isinstance(value, Reference):
            found.add(value.name)
        if isinstance(here, Mapping):
            pending += [entry.value for entry in here]
        elif isinstance(here, Sequence):
            pending += here.items
        elif here.tag == "!Sub" or "${" in here.text:
            found |= {name.partition(".")[0] for name in re.findall(r"\$\{([\w.]+)\}", here.text)}
    return found


def _stands_for_more(node: Node) -> bool:
    """A macro or loop among the keys of a map may bring any other."""
    return isinstance(node, Mapping) and any(
        name == "Fn::Transform" or name.startswith(FOR_EACH) for name in node.entries
    )


def _joined(path: Path | None, way: Path | None) -> Path | None:
    return None if path is None or way is None else (*path, *way)


def _plain(value: Found) -> Value:
    match value:
        case Reference():
            return UNKNOWN
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case _:
            return value
