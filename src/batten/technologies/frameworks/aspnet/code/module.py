"""A source file as far as settings need it: its calls, its names, and what its expressions come to.

A name stands for a value where its function, or the file, gives it one once. What the environment, a configuration or
another file decides is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tree_sitter import Node

from batten.formats import Workspace
from batten.formats.csharp import parse, unquoted, whole_number
from batten.model import UNKNOWN, Span, Unknown
from batten.technologies.shared.code import Code, enclosing, scope_with

Plain: TypeAlias = str | bool | int | tuple["Plain", ...] | None
DEEPEST = 12
HIGHEST = 400  # nodes above one that are looked at: no file is read whose brackets nest deeper
LAMBDAS = ("lambda_expression", "anonymous_method_expression")
METHODS = ("method_declaration", "local_function_statement", "constructor_declaration")
FUNCTIONS = (*LAMBDAS, *METHODS)
MADE = ("object_creation_expression", "implicit_object_creation_expression")
_TEXTS = ("string_literal", "verbatim_string_literal", "raw_string_literal")
_LISTS = ("implicit_array_creation_expression", "array_creation_expression", "collection_expression", *MADE)
_INSIDE = ("initializer_expression", "collection_element", "expression_element")
_WRAPPERS = ("parenthesized_expression", "cast_expression", "postfix_unary_expression", "await_expression")
# https://learn.microsoft.com/dotnet/api/system.timespan, in seconds
_UNITS = {
    "FromMilliseconds": 0.001,
    "FromSeconds": 1,
    "FromMinutes": 60,
    "FromHours": 3600,
    "FromDays": 86400,
}
_ENDLESS = ("InfiniteTimeSpan", "MaxValue")
LARGEST = 1 << 63


@dataclass(slots=True)
class Scope:
    """The names of a function, or of the file; None for one that is a parameter, or gets several values."""

    names: dict[str, Node | None] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)  # of what is declared with one


@dataclass(slots=True, eq=False)
class Module(Code):
    calls: list[Node] = field(default_factory=list)
    assigned: list[Node] = field(default_factory=list)
    made: list[Node] = field(default_factory=list)  # `new X(…) { … }`
    methods: list[Node] = field(default_factory=list)
    classes: list[Node] = field(default_factory=list)
    scopes: dict[int, Scope] = field(default_factory=dict)  # by the function's node; 0 is the file
    by_method: dict[str, list[Node]] = field(default_factory=dict)  # calls by what is called
    by_name: dict[str, list[Node]] = field(default_factory=dict)  # methods
    by_place: dict[Span | None, Node] = field(default_factory=dict)  # calls by their names and arguments
    # Calls by the name that they are made on, and by method.
    on: dict[str, dict[str, list[Node]]] = field(default_factory=dict)

    def found(self, node: Node) -> Scope | None:
        """The scope that knows a name where it is used."""
        return scope_with(self.text(node), node, self.scopes, FUNCTIONS)

    def resolved(self, node: Node | None) -> Node | None:
        """What a name stands for; else the node itself. None where it is not known."""
        for _ in range(DEEPEST):
            if node is None:
                return None
            if node.type == "identifier":
                scope = self.found(node)
                if scope is None:
                    return node
                node = scope.names[self.text(node)]
            elif node.type in _WRAPPERS and node.named_children:
                node = (
                    node.child_by_field_name("value")
                    or node.named_children[-1 if node.type == "cast_expression" else 0]
                )
            else:
                return node
        return None

    def declared(self, node: Node) -> str:
        """The type that a name is declared with, or that is made for it; "" where neither is shown."""
        scope = self.found(node) if node.type == "identifier" else None
        if scope is None:
            return ""
        made = self.resolved(node)
        written = scope.types.get(self.text(node), "")
        return written or (self.type_of(made) if made is not None and made.type in MADE else "")

    def type_of(self, made: Node) -> str:
        """The last part of the type that an expression makes."""
        kind = made.child_by_field_name("type")
        if kind is None and made.parent is not None and made.parent.type == "variable_declarator":
            above = made.parent.parent
            kind = above.child_by_field_name("type") if above is not None else None
        return last_part(self.text(kind)) if kind is not None and kind.type != "implicit_type" else ""

    def string(self, node: Node | None) -> str:
        value = self.plain(node)
        return value if isinstance(value, str) else ""

    def plain(self, node: Node | None, depth: int = 0) -> Plain | Unknown:
        """The value of an expression; UNKNOWN where something else decides. Durations are seconds, and the largest
        number is no bound: LARGEST."""
        node = self.resolved(node)
        if node is None or depth > DEEPEST:
            return UNKNOWN
        if node.type in _TEXTS:
            return unquoted(self.text(node))
        if node.type in _LISTS:
            return self._items(node, depth)
        match node.type:
            case "boolean_literal":
                return self.text(node) == "true"
            case "null_literal":
                return None
            case "integer_literal":
                number = whole_number(self.text(node))
                return UNKNOWN if number is None else number
            case "interpolated_string_expression":
                if any(child.type == "interpolation" for child in node.named_children):
                    return UNKNOWN
                return "".join(self.text(c) for c in node.named_children if c.type == "string_content")
            case "binary_expression":
                return self._computed(node, depth)
            case "invocation_expression":
                # `TimeSpan.FromMinutes(2)`, in whole seconds.
                unit = _UNITS.get(method_of(self, node)) if self.text(owner_of(node)) == "TimeSpan" else None
                given = arguments(node)
                amount = self.plain(given[0], depth + 1) if len(given) == 1 else UNKNOWN
                return int(amount * unit) if unit is not None and isinstance(amount, int) else UNKNOWN
            case "member_access_expression":
                return LARGEST if method_of(self, node) in _ENDLESS else UNKNOWN
            case _:
                return UNKNOWN

    def _items(self, node: Node, depth: int) -> Plain | Unknown:
        """A list: `new[] { "a" }`, `["a"]`, `new List<string> { "a" }`."""
        found: list[Plain] = []
        # The items of a list, whatever is around each; none for an object whose fields are set.
        waiting = [c for c in node.named_children if c.type in _INSIDE]
        while waiting:
            inner = waiting.pop(0)
            for child in inner.named_children:
                if child.type in _INSIDE:
                    waiting.append(child)
                elif child.type != "comment":
                    item = child
                    value = self.plain(item, depth + 1)
                    if isinstance(value, Unknown):
                        return UNKNOWN
                    found.append(value)
        return tuple(found)

    def _computed(self, node: Node, depth: int) -> Plain | Unknown:
        left, right = (self.plain(node.child_by_field_name(side), depth + 1) for side in ("left", "right"))
        operator = self.text(node.child_by_field_name("operator"))
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        if not (isinstance(left, int) and isinstance(right, int)) or LARGEST in (left, right):
            return UNKNOWN
        if operator == "<<" and 0 <= right <= 60:
            return left << right
        return {"*": left * right, "+": left + right, "-": left - right}.get(operator, UNKNOWN)


def last_part(written: str) -> str:
    """`ForwardedHeadersOptions` of `Microsoft.AspNetCore.Builder.ForwardedHeadersOptions?`."""
    return written.partition("<")[0].rpartition(".")[2].strip().rstrip("?")


def function_of(node: Node) -> Node | None:
    """The function that a node is in."""
    return enclosing(node, FUNCTIONS)


def method_of(module: Module, call: Node) -> str:
    """The name of what is called, or of the member that is read, without its types."""
    named = call.child_by_field_name("function") if call.type == "invocation_expression" else call
    if named is not None and named.type in ("member_access_expression", "member_binding_expression"):
        named = named.child_by_field_name("name")
    return module.text(named).partition("<")[0] if named is not None and named.type in ("identifier", "generic_name") else ""  # fmt: skip


def of_type(module: Module, call: Node) -> str:
    """`X` of `Configure<X>(…)`."""
    function = call.child_by_field_name("function")
    name = function.child_by_field_name("name") or function if function is not None else None
    listed = [c for c in name.named_children if c.type == "type_argument_list"] if name is not None else []
    return last_part(module.text(listed[0])[1:-1]) if listed else ""


def owner_of(call: Node) -> Node | None:
    """What a method is called on, or a member is read of."""
    named = call.child_by_field_name("function") if call.type == "invocation_expression" else call
    if named is not None and named.type == "member_access_expression":
        owner = named.child_by_field_name("expression")
        while owner is not None and owner.type in ("postfix_unary_expression", "parenthesized_expression"):
            owner = owner.named_children[0] if owner.named_children else None
        return owner
    return None


def chain(call: Node) -> list[Node]:
    """The calls of `a.B(…).C(…)`, the last first; members that are read between them are passed over."""
    found, node = [call], owner_of(call)
    while node is not None and node.type in ("invocation_expression", "member_access_expression"):
        if node.type == "invocation_expression":
            found.append(node)
        node = owner_of(node)
    return found


def root_of(call: Node) -> Node | None:
    """What a chain of calls and members begins with."""
    node: Node | None = call
    while node is not None and node.type in ("invocation_expression", "member_access_expression"):
        node = owner_of(node)
    return node


def onward(call: Node) -> Iterator[Node]:
    """The calls that follow in the same chain: `C(…)` of `a.B(…).C(…)` for `B(…)`."""
    node = call
    while node.parent is not None and node.parent.type in (
        "member_access_expression",
        "invocation_expression",
    ):
        above = node.parent
        if above.type == "member_access_expression" and above.child_by_field_name("expression") != node:
            return
        if above.type == "invocation_expression":
            if above.child_by_field_name("function") != node:
                return
            yield above
        node = above


def arguments(call: Node) -> list[Node]:
    """The values of a call's or an attribute's arguments, without names of parameters."""
    return [value for _, value in named_arguments(call)]


def named_arguments(call: Node) -> Iterator[tuple[str, Node]]:
    listed = call.child_by_field_name("arguments") or next(
        (c for c in call.named_children if c.type in ("argument_list", "attribute_argument_list")), None
    )
    for one in listed.named_children if listed is not None else ():
        name = one.child_by_field_name("name") if one.type in ("argument", "attribute_argument") else None
        values = [c for c in one.named_children if c.type != "comment" and c != name]
        if values and one.type in ("argument", "attribute_argument"):
            yield (name.text or b"").decode("utf-8", "replace") if name is not None else "", values[-1]


def argument(call: Node, index: int, name: str = "") -> Node | None:
    """An argument by its place, or by the name of its parameter."""
    for number, (given, value) in enumerate(named_arguments(call)):
        if (name and given == name) or (not given and number == index):
            return value
    return None


def load(path: str, workspace: Workspace) -> Module:
    """Raises SyntaxProblem and Unreadable."""
    return workspace.kept(("csharp", path), lambda: _load(path, workspace))


def _load(path: str, workspace: Workspace) -> Module:
    document = workspace.document(path, parse)
    module = Module(document.source, document.tree)
    for node in module.script.nodes:
        match node.type:
            case "invocation_expression":
                module.calls.append(node)
            case "assignment_expression":
                module.assigned.append(node)
            case "object_creation_expression" | "implicit_object_creation_expression":
                module.made.append(node)
            case "method_declaration" | "local_function_statement" | "constructor_declaration":
                module.methods.append(node)
            case "class_declaration" | "record_declaration":
                module.classes.append(node)
            case "variable_declarator":
                name, above = node.child_by_field_name("name"), node.parent
                values = [c for c in node.named_children if c != name and c.type != "comment"]
                if name is not None and name.type == "identifier":
                    kind = above.child_by_field_name("type") if above is not None else None
                    _named(module, node, name, values[-1] if values else None, kind)
            case "parameter" | "implicit_parameter":
                _taken(module, node)
            case "property_declaration":
                _kept(module, node)
    for node in module.assigned:
        _changed(module, node)
    _index(module)
    return module


def _index(module: Module) -> None:
    for call in module.calls:
        name, owner = method_of(module, call), owner_of(call)
        module.by_method.setdefault(name, []).append(call)
        if owner is not None and owner.type == "identifier":
            module.on.setdefault(module.text(owner), {}).setdefault(name, []).append(call)
    for method in module.methods:
        module.by_name.setdefault(module.text(method.child_by_field_name("name")), []).append(method)


def _named(module: Module, node: Node, name: Node, value: Node | None, kind: Node | None) -> None:
    above = function_of(node)
    scope = module.scopes.setdefault(above.id if above is not None else 0, Scope())
    word = module.text(name)
    scope.names[word] = None if word in scope.names else value
    if kind is not None and kind.type != "implicit_type":
        scope.types.setdefault(word, last_part(module.text(kind)))


def _kept(module: Module, node: Node) -> None:
    """`public const string A = …`, and a property with a value of its own: another may be put there."""
    name = node.child_by_field_name("name")
    if name is not None:
        _named(module, node, name, None, node.child_by_field_name("type"))


def _taken(module: Module, node: Node) -> None:
    name = node if node.type == "implicit_parameter" else node.child_by_field_name("name")
    if name is not None:
        _named(module, node, name, None, node.child_by_field_name("type"))


def _changed(module: Module, node: Node) -> None:
    """A name that is given another value later stands for none."""
    left, above = node.child_by_field_name("left"), node.parent
    if (
        left is None
        or left.type != "identifier"
        or (above is not None and above.type == "initializer_expression")
    ):
        return
    scope = module.found(left)
    if scope is not None:
        scope.names[module.text(left)] = None
