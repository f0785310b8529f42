"""What intrinsic functions come to.

A template is read as it is deployed where nobody gives other values: a parameter has its default. What only
a stack, an account or a caller knows is UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as Table
from dataclasses import dataclass, field

from batten.formats import Mapping, Node, Scalar, Sequence
from batten.model import ABSENT, UNKNOWN, Absent, Unknown
from batten.model.record import record
from batten.technologies.cloud.cloudformation.template import Loop, Template
from batten.technologies.cloud.cloudformation.values import (
    FUNCTIONS,
    Path,
    Reference,
    Value,
    combined,
    equal,
    joined,
    partly,
    text_of,
)

DEEPEST = 60
# Of what is called so in a policy the known part of a text matters, too: it says which kind of resource is meant.
SPELLED = frozenset(("Resource", "NotResource"))
_VARIABLE = re.compile(r"[$&]\{(!?[^{}]*)\}")
_PSEUDO: dict[str, Value] = {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}


@record
class Chosen:
    """The node that stands for another once conditions are settled, and the way to it from there; None: it
    stands elsewhere."""

    node: Node
    way: Path | None = ()


@dataclass(slots=True)
class Evaluator:
    """`firm` takes no default for granted: what a parameter decides is then UNKNOWN. `given` are the
    parameters that a parent stack sets. `variables` are `${…}` that something else replaces before it is a template."""

    template: Template
    firm: bool = False
    given: Table[str, Value] = field(default_factory=dict)
    loops: tuple[Loop, ...] = ()
    variables: Callable[[Scalar], Node | Unknown] | None = None  # of what writes the template
    _conditions: dict[str, bool | Unknown] = field(default_factory=dict)
    _depth: int = 0
    _spelled: bool = False  # a text that is known in part keeps that part: see SPELLED

    def within(self, loops: tuple[Loop, ...]) -> Evaluator:
        if not loops:
            return self
        return Evaluator(
            self.template, self.firm, self.given, loops, self.variables, _conditions=self._conditions
        )

    def value(self, node: Node) -> Value | Absent:
        """Lists and objects are known even where some of their members are not. ABSENT: `AWS::NoValue`."""
        if self._depth > DEEPEST:
            return UNKNOWN
        self._depth += 1
        try:
            called = call(node)
            if called is not None:
                return self._called(*called)
            return self._literal(node)
        finally:
            self._depth -= 1

    def _literal(self, node: Node) -> Value | Absent:
        if isinstance(node, Scalar):
            written = self._replaced(node)
            return (
                self.value(written)
                if isinstance(written, Mapping | Sequence)
                else written.value
                if isinstance(written, Scalar)
                else written
            )
        if isinstance(node, Sequence):
            return self._list(node.items)
        made: dict[str, Value] = {}
        for entry in node:
            before, self._spelled = self._spelled, self._spelled or entry.key.text in SPELLED
            value = self.value(entry.value)
            self._spelled = before
            if not isinstance(value, Absent):
                made[entry.key.text] = value
        return made

    def _replaced(self, node: Scalar) -> Node | Unknown:
        return node if self.variables is None or "${" not in node.text else self.variables(node)

    def _list(self, nodes: list[Node]) -> list[Value]:
        values = [self.value(node) for node in nodes]
        return [value for value in values if not isinstance(value, Absent)]

    def _called(self, name: str, argument: Node, bare: bool) -> Value | Absent:
        match name:
            case "Ref":
                return self.named(argument.text) if isinstance(argument, Scalar) else UNKNOWN
            case "GetAtt":
                if isinstance(argument, Scalar):
                    name, _, attribute = argument.text.partition(".")
                else:
                    parts = self.arguments(argument, bare)
                    if len(parts) != 2 or not isinstance(parts[0], str) or not isinstance(parts[1], str):
                        return UNKNOWN
                    name, attribute = parts[0], parts[1]
                return Reference(name, attribute) if name in self.template.resources else UNKNOWN
            case "Sub":
                names: dict[str, Value] = {}
                if isinstance(argument, Sequence) and len(argument.items) == 2:
                    held = self.value(argument.items[1])
                    names = held if isinstance(held, dict) else {}
                    argument = argument.items[0]
                if not isinstance(argument, Scalar):
                    return UNKNOWN
                return self.substituted(argument.text, names)
            case "If":
                items = argument.items if isinstance(argument, Sequence) else []
                if len(items) != 3 or not isinstance(items[0], Scalar):
                    return UNKNOWN
                holds = self.condition(items[0].text)
                if not isinstance(holds, Unknown):
                    return self.value(items[1] if holds else items[2])
                one, two = self.value(items[1]), self.value(items[2])
                return one if one == two else UNKNOWN
            case "Base64" | "ToJsonString":
                return self._argument(argument, bare)
            case "FindInMap":
                return self.mapped(self.arguments(argument, bare))
            case _:
                function = FUNCTIONS.get(name)
                return UNKNOWN if function is None else function(self.arguments(argument, bare))

    def _argument(self, argument: Node, bare: bool) -> Value | Absent:
        """What a function is called with. A tag on it is the function's own when it was called by one."""
        if not bare:
            return self.value(argument)
        called = call_of_keys(argument)
        return self._literal(argument) if called is None else self._called(*called, False)

    def arguments(self, argument: Node, bare: bool) -> list[Value]:
        if isinstance(argument, Sequence) and (bare or not argument.tag):
            return self._list(argument.items)
        value = self._argument(argument, bare)
        return value if isinstance(value, list) else [_firm(value)]

    def named(self, name: str) -> Value | Absent:
        if name == "AWS::NoValue":
            return ABSENT
        for loop in self.loops:
            if loop.variable == name:
                # A loop of one item has its value; of more, any of them.
                others = tuple(other for other in self.loops if other is not loop)
                inner = Evaluator(
                    self.template,
                    self.firm,
                    self.given,
                    others,
                    self.variables,
                    self._conditions,
                    self._depth,
                )
                items = inner.value(loop.items)
                return items[0] if isinstance(items, list) and len(items) == 1 else UNKNOWN
        if name in _PSEUDO:
            return _PSEUDO[name]
        if name in self.template.section("Parameters"):
            return UNKNOWN if self.firm else self.given.get(name, self._default(name))
        return Reference(name) if name in self.template.resources else UNKNOWN

    def _default(self, name: str) -> Value:
        """What a parameter is when nobody gives it. NoEcho ones are given; SSM's name a value elsewhere."""
        declared = self.template.section("Parameters").mapping(name)
        default = declared["Default"] if declared else None
        kind = (declared.text("Type") or "String") if declared else ""
        hidden = (declared.text("NoEcho") or "").lower() == "true" if declared else False
        if not isinstance(default, Scalar) or hidden or kind.startswith("AWS::SSM"):
            return UNKNOWN
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return [item.strip() for item in default.text.split(",")]
        return default.text if kind == "String" and isinstance(default.value, bool) else default.value

    def looked_up(self, node: Node) -> str:
        """The path in the Parameter Store of the value that a node refers to by a parameter; "" where there is none."""
        function, argument, _ = call(node) or ("", node, False)
        named = argument.text if function == "Ref" and isinstance(argument, Scalar) else ""
        declared = self.template.section("Parameters").mapping(named) if named else None
        if declared is None or not (declared.text("Type") or "").startswith("AWS::SSM::Parameter"):
            return ""
        return declared.text("Default") or ""

    def substituted(self, text: str, names: Table[str, Value]) -> Value:
        """A text with its `${…}` filled in. One that is nothing else is what it names."""
        parts: list[Value] = []
        at = 0
        for found in _VARIABLE.finditer(text):
            parts.append(text[at : found.start()])
            parts.append(self._filled(found[1].strip(), names))
            at = found.end()
        parts.append(text[at:])
        written = [part for part in parts if part != ""]
        if len(written) == 1:
            return written[0]
        held = joined("", written)
        return partly(written) if self._spelled and isinstance(held, Unknown) else held

    def _filled(self, name: str, names: Table[str, Value]) -> Value:
        if name.startswith("!"):
            return f"${{{name[1:]}}}"
        if name in names:
            return names[name]
        resource, dot, attribute = name.partition(".")
        if dot:
            return Reference(resource, attribute) if resource in self.template.resources else UNKNOWN
        return _firm(self.named(name))

    def condition(self, name: str) -> bool | Unknown:
        if name not in self._conditions:
            self._conditions[name] = UNKNOWN  # what names itself stays so
            node = self.template.entry("Conditions", name)
            self._conditions[name] = UNKNOWN if node is None else self.holds(node)
        return self._conditions[name]

    def holds(self, node: Node) -> bool | Unknown:
        """Whether a condition is met."""
        called = call(node)
        if called is None or self._depth > DEEPEST:
            return UNKNOWN
        name, argument, bare = called
        self._depth += 1
        try:
            if name == "Condition":
                return self.condition(argument.text) if isinstance(argument, Scalar) else UNKNOWN
            items = argument.items if isinstance(argument, Sequence) else []
            if name == "Equals":
                return equal(self.arguments(argument, bare))
            return combined(name, [self.holds(item) for item in items])
        finally:
            self._depth -= 1

    def reduced(self, node: Node) -> Chosen | Unknown | Absent:
        way: Path | None = ()
        for _ in range(DEEPEST):
            called = call(node)
            if called is None and isinstance(node, Scalar):
                written = self._replaced(node)
                if isinstance(written, Unknown) or written is node:
                    return Chosen(node, way) if written is node else UNKNOWN
                node, way = written, None
                continue
            if called is None:
                return Chosen(node, way)
            name, argument, bare = called
            match name, argument:
                case "If", Sequence(items=[Scalar() as condition, then, otherwise]):
                    holds = self.condition(condition.text)
                    if isinstance(holds, Unknown):
                        return UNKNOWN
                    node = then if holds else otherwise
                    step = (1,) if holds else (2,)
                    way = None if way is None else (*way, *(() if bare else ("Fn::If",)), *step)
                case "Ref", Scalar(value="AWS::NoValue"):
                    return ABSENT
                case "FindInMap", _:
                    found = self._mapped_node(self.arguments(argument, bare))
                    return UNKNOWN if found is None else Chosen(found, None)
                case _:
                    return Chosen(node, way)
        return UNKNOWN

    def _mapped_node(self, names: list[Value]) -> Node | None:
        node: Node | None = self.template.section("Mappings")
        for name in names[:3]:
            key = text_of(name)
            node = node[key] if isinstance(node, Mapping) and key is not None else None
        return node if len(names) >= 3 else None

    def mapped(self, names: list[Value]) -> Value:
        """`Fn::FindInMap`; where a key is not known, what all of them say."""
        node = self._mapped_node(names)
        if node is not None:
            return _firm(self._literal(node))
        return UNKNOWN


def call(node: Node) -> tuple[str, Node, bool] | None:
    """The function that a node calls, what it is called with, and whether by a tag (`!Ref x`)."""
    if node.tag.startswith("!"):
        return node.tag[1:], node, True
    called = call_of_keys(node)
    return None if called is None else (*called, False)


def call_of_keys(node: Node) -> tuple[str, Node] | None:
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        return None
    ((key, entry),) = node.entries.items()
    if key in ("Ref", "Condition") and not isinstance(entry.value, Mapping):
        return key, entry.value
    if key.startswith("Fn::") and "::" not in key[4:]:
        return key[4:], entry.value
    return None


def _firm(value: Value | Absent) -> Value:
    return UNKNOWN if isinstance(value, Absent) else value
