"""A source file as far as settings need it: which packages its names stand for, and what its expressions come to.

Nothing is run or compiled. A name stands for a value where its function, or the file, assigns it once; what is assigned to
fields of it under a condition is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from tree_sitter import Node

from batten.formats import Workspace
from batten.formats.go import parse
from batten.formats.scripts import unquoted
from batten.model import UNKNOWN, Unknown
from batten.technologies.shared.code import Code, enclosing, scope_with

Plain: TypeAlias = str | bool | float | tuple["Plain", ...] | None
DEEPEST = 12
FUNCTIONS = ("function_declaration", "method_declaration", "func_literal")
CHOICES = ("if_statement", "expression_case", "type_case", "communication_case", "for_statement")
_VERSION = re.compile(r"v\d+")
# https://pkg.go.dev/time#pkg-constants, in nanoseconds
_UNITS = {
    "time.Nanosecond": 1.0,
    "time.Microsecond": 1e3,
    "time.Millisecond": 1e6,
    "time.Second": 1e9,
    "time.Minute": 60e9,
    "time.Hour": 3600e9,
}


@dataclass(slots=True)
class Scope:
    """The names of a function, or of the file; None for one that is a parameter, or is assigned more than once."""

    names: dict[str, Node | None] = field(default_factory=dict)
    fields: dict[str, dict[str, Node | None]] = field(
        default_factory=dict
    )  # `x.Name = …`, by what `x` is written as
    passed: set[str] = field(default_factory=set)  # names that functions are given, or that are returned


@dataclass(slots=True, eq=False)
class Module(Code):
    packages: dict[str, str] = field(default_factory=dict)  # paths by local names
    imports: list[Node] = field(default_factory=list)
    calls: list[Node] = field(default_factory=list)
    literals: list[Node] = field(default_factory=list)  # composite literals: `http.Server{…}`
    scopes: dict[int, Scope] = field(default_factory=dict)  # by the function's node; 0 is the file

    def called(self, call: Node) -> str:
        return self.qualified(call.child_by_field_name("function"))

    def qualified(self, node: Node | None) -> str:
        """`net/http.Server` by the package's path; "" for what is of no package."""
        if node is None:
            return ""
        if node.type == "selector_expression":
            owner, name = node.child_by_field_name("operand"), node.child_by_field_name("field")
        elif node.type == "qualified_type":
            owner, name = node.child_by_field_name("package"), node.child_by_field_name("name")
        else:
            return ""
        local = self.text(owner)
        if (
            owner is None
            or owner.type not in ("identifier", "package_identifier")
            or local not in self.packages
        ):
            return ""
        shadowed = owner.type == "identifier" and self.found(owner) is not None
        return "" if shadowed else f"{self.packages[local]}.{self.text(name)}"

    def scope_of(self, node: Node) -> Scope:
        above = enclosing(node, FUNCTIONS)
        return self.scopes.setdefault(above.id if above is not None else 0, Scope())

    def found(self, name: Node, written: str = "") -> Scope | None:
        """The scope that knows a name where it is used."""
        return scope_with(written or self.text(name), name, self.scopes, FUNCTIONS)

    def resolved(self, node: Node | None) -> Node | None:
        """What a name stands for, without `&` and parentheses; else the node itself. None where it is not known."""
        for _ in range(DEEPEST):
            if node is None:
                return None
            match node.type:
                case "identifier":
                    scope = self.found(node)
                    if scope is None:
                        return node
                    node = scope.names[self.text(node)]
                case "unary_expression" if self.text(node).startswith("&"):
                    node = node.child_by_field_name("operand")
                case "parenthesized_expression" | "literal_element" if node.named_children:
                    node = node.named_children[0]
                case _:
                    return node
        return None

    def options(self, literal: Node | None) -> dict[str, Node]:
        """The fields that a composite literal gives by name."""
        body = literal.child_by_field_name("body") if literal is not None else None
        found: dict[str, Node] = {}
        for pair in body.named_children if body is not None else ():
            if pair.type != "keyed_element":
                continue
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and value is not None:
                found[self.text(key)] = value.named_children[0] if value.named_children else value
        return found

    def settings(self, literal: Node) -> dict[str, Node | None] | None:
        """The fields of a composite literal with those that are assigned later, None for one that is not certain; None where
        they are given by position, or other code gets the value and may change it."""
        body = literal.child_by_field_name("body")
        if body is None or any(c.type == "literal_element" for c in body.named_children):
            return None
        found: dict[str, Node | None] = dict(self.options(literal))
        # What a literal is assigned to, as it is written: `srv` or `s.server`.
        above = literal.parent
        while above is not None and above.type in (
            "unary_expression",
            "expression_list",
            "parenthesized_expression",
        ):
            above = above.parent
        if above is None or above.type not in ("short_var_declaration", "assignment_statement", "var_spec"):
            holder = ""
        else:
            left = above.child_by_field_name("left") or above.child_by_field_name("name")
            holder = self.text(left) if left is not None else ""
        name, scope = holder, self.scope_of(literal)
        if not name:
            return found
        if name in scope.passed:
            return None
        for other in self.scopes.values() if "." in name else (scope,):
            changed = other.fields.get(name, {})
            found |= changed if other is scope else dict.fromkeys(changed)
        return found

    def string(self, node: Node | None) -> str:
        value = self.plain(node)
        return value if isinstance(value, str) else ""

    def plain(self, node: Node | None, depth: int = 0) -> Plain | Unknown:
        """The value of an expression; UNKNOWN where something else decides. Durations are nanoseconds."""
        node = self.resolved(node)
        if node is None or depth > DEEPEST:
            return UNKNOWN
        match node.type:
            case "interpreted_string_literal":
                return unquoted(self.text(node))
            case "raw_string_literal":
                return self.text(node)[1:-1]
            case "true" | "false":
                return node.type == "true"
            case "nil":
                return None
            case "int_literal" | "float_literal":
                return _number(self.text(node))
            case "composite_literal":
                return self._items(node, depth)
            case "binary_expression" | "unary_expression":
                return self._computed(node, depth)
            case "call_expression" | "type_conversion_expression":
                # `time.Duration(5)`, `string("a")` and `[]byte("a")` are what they are given.
                function = node.child_by_field_name("function") or node.child_by_field_name("type")
                given = arguments(node) or [
                    c for c in (node.child_by_field_name("operand"),) if c is not None
                ]
                kind = self.qualified(function) or re.sub(r"\s", "", self.text(function))
                if kind in ("time.Duration", "string", "[]byte", "int", "int64") and len(given) == 1:
                    return self.plain(given[0], depth + 1)
                return UNKNOWN
            case "selector_expression":
                return _UNITS.get(self.qualified(node), UNKNOWN)
            case _:
                return UNKNOWN

    def _items(self, node: Node, depth: int) -> Plain | Unknown:
        """A list: `[]string{"a", "b"}`."""
        kind, body = node.child_by_field_name("type"), node.child_by_field_name("body")
        if (
            kind is None
            or body is None
            or kind.type not in ("slice_type", "array_type", "implicit_length_array_type")
        ):
            return UNKNOWN
        found: list[Plain] = []
        for item in body.named_children:
            value = self.plain(item, depth + 1) if item.type == "literal_element" else UNKNOWN
            if item.type == "comment":
                continue
            if isinstance(value, Unknown):
                return UNKNOWN
            found.append(value)
        return tuple(found)

    def _computed(self, node: Node, depth: int) -> Plain | Unknown:
        operator = self.text(node.child_by_field_name("operator"))
        if node.type == "unary_expression":
            inner = self.plain(node.child_by_field_name("operand"), depth + 1)
            return -inner if operator == "-" and isinstance(inner, float) else UNKNOWN
        left = self.plain(node.child_by_field_name("left"), depth + 1)
        right = self.plain(node.child_by_field_name("right"), depth + 1)
        if not isinstance(left, float) or not isinstance(right, float):
            return UNKNOWN
        if operator == "<<" and 0 <= right <= 60:
            return left * 2**right
        return left * right if operator == "*" else UNKNOWN


def arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    return [n for n in given.named_children if n.type != "comment"] if given is not None else []


def argument(call: Node, index: int) -> Node | None:
    given = arguments(call)
    return given[index] if index < len(given) else None


def conditional(node: Node) -> bool:
    """Whether a condition decides if a statement is reached."""
    above: Node | None = node.parent
    while above is not None and above.type not in FUNCTIONS:
        if above.type in CHOICES:
            return True
        above = above.parent
    return False


def load(path: str, workspace: Workspace) -> Module:
    """Raises SyntaxProblem and Unreadable."""
    return workspace.kept(("go", path), lambda: _load(path, workspace))


def _load(path: str, workspace: Workspace) -> Module:
    document = workspace.document(path, parse)
    module = Module(document.source, document.tree)
    for node in module.script.nodes:
        match node.type:
            case "import_spec":
                module.imports.append(node)
                import_path, name = imported(module, node), node.child_by_field_name("name")
                parts = [p for p in import_path.split("/") if not _VERSION.fullmatch(p)] or [import_path]
                local = module.text(name) or parts[-1].removesuffix(".go").removeprefix("go-")
                if local not in ("_", "."):
                    module.packages[local] = import_path
            case "call_expression":
                module.calls.append(node)
                _passed(module, arguments(node), node)
            case "return_statement":
                listed = [i for n in node.named_children for i in n.named_children]
                _passed(module, listed, None)
            case "composite_literal":
                module.literals.append(node)
            case "short_var_declaration" | "assignment_statement" | "var_spec" | "const_spec":
                _assigned(module, node)
            case "parameter_declaration" | "variadic_parameter_declaration" | "range_clause":
                _taken(module, node)
    return module


def imported(module: Module, spec: Node) -> str:
    return unquoted(module.text(spec.child_by_field_name("path")) or '""')


def _passed(module: Module, given: list[Node], call: Node | None) -> None:
    """Names that other code gets, and may change; the server of the standard library changes no handler."""
    if call is not None and module.called(call).startswith(("net/http.", "log.", "fmt.")):
        return
    for node in given:
        inner = node.child_by_field_name("operand") if node.type == "unary_expression" else node
        if inner is not None and inner.type in ("identifier", "selector_expression"):
            module.scope_of(inner).passed.add(module.text(inner))


def _assigned(module: Module, node: Node) -> None:
    if node.type in ("var_spec", "const_spec"):
        names = node.children_by_field_name("name")
    else:
        left = node.child_by_field_name("left")
        names = left.named_children if left is not None else []
    right = node.child_by_field_name("right") or node.child_by_field_name("value")
    values = right.named_children if right is not None else []
    for number, name in enumerate(names):
        value = values[number] if len(values) == len(names) else None
        if name.type == "identifier":
            word = module.text(name)
            scope = (None if node.type != "assignment_statement" else module.found(name)) or module.scope_of(
                name
            )
            scope.names[word] = None if word in scope.names else value
        elif name.type == "selector_expression":
            _changed(module, name, None if conditional(node) else value, value)


def _changed(module: Module, place: Node, certain: Node | None, value: Node | None) -> None:
    owner, name = place.child_by_field_name("operand"), module.text(place.child_by_field_name("field"))
    if owner is None:
        return
    here = module.scope_of(place)
    scope = (module.found(owner) if owner.type == "identifier" else None) or here
    written = scope.fields.setdefault(module.text(owner), {})
    written[name] = (
        None if name in written or scope is not here else certain
    )  # a function in it may run, or not
    held = module.resolved(value)
    if held is not None and held.type == "composite_literal":  # `s.server = &http.Server{…}`
        scope.names.setdefault(module.text(place), certain)


def _taken(module: Module, node: Node) -> None:
    """Parameters, and variables of loops: their values come from elsewhere."""
    names = node.children_by_field_name("name")
    above = node.parent.parent if node.parent is not None else None
    if node.type != "range_clause" and (above is None or above.type not in FUNCTIONS):
        return  # of a type
    if node.type == "range_clause":
        left = node.child_by_field_name("left")
        names = left.named_children if left is not None else []
    for name in names:
        scope = module.scope_of(name)
        scope.names[module.text(name)] = None


def _number(text: str) -> float | Unknown:
    try:
        return (
            float(int(text.replace("_", ""), 0))
            if not re.search(r"[.eE]", text) or text[:2] in ("0x", "0X")
            else float(text)
        )
    except ValueError:
        return UNKNOWN
