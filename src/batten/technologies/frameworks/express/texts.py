"""What expressions come to that are text in the end: constants of other files, enumerations, templates, parts of texts.

Nothing is run: of JavaScript's functions it knows `substring`, `slice` and `map` as
https://developer.mozilla.org/docs/Web/JavaScript/Reference describes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from batten.formats import Workspace
from batten.formats.javascript import unquoted
from batten.technologies.frameworks.express.imported import imported
from batten.technologies.frameworks.express.module import DEEPEST, WRAPPERS, Module, argument, arguments

_MOST = 400  # expressions that one text may take
_LONGEST = 2_000  # characters


@dataclass(slots=True)
class Texts:
    """One question: what is looked at for it is counted, since names may stand for names many times over."""

    workspace: Workspace
    left: int = _MOST
    bound: dict[str, str] = field(default_factory=dict)

    def text(self, module: Module, node: Node | None, depth: int = 0) -> str | None:
        """The text of an expression; None where something else decides."""
        self.left -= 1
        if node is None or depth > DEEPEST or self.left < 0:
            return None
        found = self._text(module, node, depth)
        return found if found is not None and len(found) <= _LONGEST else None

    def _text(self, module: Module, node: Node, depth: int) -> str | None:
        match node.type:
            case "string":
                return unquoted(module.text(node))
            case "template_string":
                return self._template(module, node, depth)
            case "identifier" if module.text(node) in self.bound:
                return self.bound[module.text(node)]
            case "identifier" | "member_expression":
                place = self.place(module, node, depth)
                return self.text(*place, depth + 1) if place is not None else None
            case "binary_expression" if module.text(node.child_by_field_name("operator")) == "+":
                left = self.text(module, node.child_by_field_name("left"), depth + 1)
                right = self.text(module, node.child_by_field_name("right"), depth + 1)
                return left + right if left is not None and right is not None else None
            case "call_expression":
                return self._part(module, node, depth)
            case kind if kind in WRAPPERS and node.named_children:
                return self.text(module, node.named_children[0], depth + 1)
            case _:
                return None

    def _template(self, module: Module, node: Node, depth: int) -> str | None:
        parts: list[str] = []
        for child in node.named_children:
            inner = child.named_children[0] if child.type == "template_substitution" and child.named_children else None  # fmt: skip
            one = self.text(module, inner, depth + 1) if inner is not None else unquoted(f"`{module.text(child)}`")  # fmt: skip
            if one is None:
                return None
            parts.append(one)
        return "".join(parts)

    def _part(self, module: Module, call: Node, depth: int) -> str | None:
        """`NAME.substring(1)`."""
        function = call.child_by_field_name("function")
        if function is None or function.type != "member_expression" or len(arguments(call)) != 1:
            return None
        start = module.plain(argument(call, 0))
        known = module.text(function.child_by_field_name("property")) in ("substring", "slice")
        if not known or not isinstance(start, float) or start < 0 or start != int(start):
            return None
        whole = self.text(module, function.child_by_field_name("object"), depth + 1)
        return whole[int(start) :] if whole is not None else None

    def place(self, module: Module, node: Node | None, depth: int = 0) -> tuple[Module, Node] | None:
        """The expression that a name stands for, or an entry of a named object or enumeration, in whichever file it is."""
        self.left -= 1
        if node is None or depth > DEEPEST or self.left < 0:
            return None
        if node.type == "identifier":
            return self._named(module, module.text(node), depth)
        if node.type in WRAPPERS and node.named_children:
            return self.place(module, node.named_children[0], depth + 1)
        if node.type != "member_expression":
            return module, node
        outer = self.place(module, node.child_by_field_name("object"), depth + 1)
        key = module.text(node.child_by_field_name("property"))
        entry = _entries(*outer).get(key) if outer is not None else None
        return (outer[0], entry) if outer is not None and entry is not None else None

    def _named(self, module: Module, name: str, depth: int) -> tuple[Module, Node] | None:
        if name in module.enums:
            return module, module.enums[name]
        if name in module.values:
            return self.place(module, module.values[name], depth + 1)
        held = imported(module, module.packages[name], self.workspace) if name in module.packages else None
        return self._named(held[0], held[1], depth + 1) if held is not None and depth < DEEPEST else None

    def listed(self, module: Module, node: Node | None, depth: int = 0) -> list[str] | None:
        """The texts of a list, or of one text; None where one of them is not known."""
        place = self.place(module, node, depth)
        if place is None:
            return None
        if place[1].type == "call_expression" and (mapped := self._mapped(*place, depth)) is not None:
            return mapped
        if place[1].type != "array":
            one = self.text(*place, depth + 1)
            return [one] if one is not None else None
        found: list[str] = []
        for item in (c for c in place[1].named_children if c.type != "comment"):
            several = self.entry(place[0], item, depth)
            if several is None:
                return None
            found += several
        return found

    def entry(self, module: Module, item: Node, depth: int = 0) -> list[str] | None:
        """The texts of an entry of a list; `...NAMES` has several."""
        if item.type != "spread_element":
            one = self.text(module, item, depth + 1)
            return [one] if one is not None else None
        return self.listed(module, item.named_children[0], depth + 1) if item.named_children else None

    def _mapped(self, module: Module, call: Node, depth: int) -> list[str] | None:
        """`NAMES.map((name) => `/${name}`)`."""
        function, given = call.child_by_field_name("function"), argument(call, 0)
        if function is None or given is None or given.type != "arrow_function" or module.text(function.child_by_field_name("property")) != "map":  # fmt: skip
            return None
        # The name of its only parameter.
        parameter_one = given.child_by_field_name("parameter")
        parameter_given = given.child_by_field_name("parameters")
        listed = (
            parameter_given.named_children
            if parameter_given is not None
            else [parameter_one]
            if parameter_one is not None
            else []
        )
        pattern = (listed[0].child_by_field_name("pattern") or listed[0]) if len(listed) == 1 else None
        # The only expression that an arrow function returns.
        result_body = given.child_by_field_name("body")
        if result_body is None or result_body.type != "statement_block":
            result: Node | None = result_body
        else:
            inner = [c for c in result_body.named_children if c.type != "comment"]
            result_one = inner[0] if len(inner) == 1 and inner[0].type == "return_statement" else None
            result = (
                result_one.named_children[0] if result_one is not None and result_one.named_children else None
            )
        name, body = (
            module.text(pattern) if pattern is not None and pattern.type == "identifier" else "",
            result,
        )
        items = self.listed(module, function.child_by_field_name("object"), depth + 1)
        if not name or body is None or items is None or name in self.bound:
            return None
        found: list[str] = []
        for item in items:
            self.bound = {name: item}
            one = self.text(module, body, depth + 1)
            self.bound = {}
            if one is None:
                return None
            found.append(one)
        return found


def _entries(module: Module, node: Node) -> dict[str, Node]:
    """Values by key, of an object without spread or an enumeration."""
    if node.type == "object":
        return {} if module.open(node) else module.options(node)
    found: dict[str, Node] = {}
    body = node.child_by_field_name("body") if node.type == "enum_declaration" else None
    for one in body.named_children if body is not None else ():
        key, value = one.child_by_field_name("name"), one.child_by_field_name("value")
        if one.type == "enum_assignment" and key is not None and value is not None:
            found[module.text(key)] = value
    return found
