"""A Ruby file as far as settings need it: what its expressions come to, and which settings of which object it assigns.

Nothing is run. What a variable of the environment decides is taken as its default, since that holds where nobody sets it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tree_sitter import Node

from batten.formats import Workspace
from batten.formats.ruby import parse, unescaped
from batten.model import UNKNOWN, Kind, Location, Span, Unknown
from batten.model.record import record
from batten.technologies.shared.code import Code

Plain: TypeAlias = str | bool | int | tuple["Plain", ...] | None
DEEPEST = 12
_CONDITIONS = frozenset(
    [
        "if",
        "unless",
        "elsif",
        "else",
        "case",
        "when",
        "case_match",
        "while",
        "until",
        "for",
        "if_modifier",
        "unless_modifier",
        "rescue",
        "rescue_modifier",
        "conditional",
        "method",
        "singleton_method",
        "lambda",
    ]
)
# https://api.rubyonrails.org/classes/Integer.html and https://api.rubyonrails.org/classes/Numeric.html
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800, "fortnight": 1_209_600, "month": 2_629_746, "year": 31_556_952}  # fmt: skip
_BYTES = {"byte": 1, "kilobyte": 1 << 10, "megabyte": 1 << 20, "gigabyte": 1 << 30}


@record(kw_only=True)
class Given:
    """One statement about a setting: `config.KEY = VALUE`, `config.KEY << VALUE`, or the call `config.KEY(…)`."""

    key: str
    how: str  # "=", "+=", "<<", "[]=", or "call"
    values: tuple[Node, ...]
    node: Node
    module: Module
    certain: bool  # no condition decides whether it is reached

    @property
    def value(self) -> Node:
        return self.values[-1] if self.values else self.node

    @property
    def at(self) -> Location:
        return self.module.value(self.value, self.key)


@dataclass(slots=True, eq=False)
class Module(Code):
    given: list[Given] = field(default_factory=list)

    @property
    def whole(self) -> Location:
        text = self.script.text
        return Location(
            self.path, "", Span(len(text) - len(text.lstrip()), len(text.rstrip())), kind=Kind.BLOCK
        )

    def string(self, node: Node | None) -> str:
        value = self.plain(node)
        return value if isinstance(value, str) else ""

    def plain(self, node: Node | None, depth: int = 0) -> Plain | Unknown:
        """The value of an expression, symbols as texts; UNKNOWN where something else decides."""
        if node is None or depth > DEEPEST:
            return UNKNOWN
        match node.type:
            case "string" | "bare_string" | "delimited_symbol" | "bare_symbol" | "heredoc_body":
                return self._text(node)
            case "simple_symbol":
                return self.text(node)[1:]
            case "hash_key_symbol":
                return self.text(node)
            case "true" | "false":
                return node.type == "true"
            case "nil":
                return None
            case "integer":
                digits = self.text(node).replace("_", "")
                return int(digits) if digits.isdecimal() and len(digits) < 19 else UNKNOWN
            case "float":
                return self.text(node)
            case "array" | "string_array" | "symbol_array":
                return self._items(node, depth)
            case "parenthesized_statements" if len(node.named_children) == 1:
                return self.plain(node.named_children[0], depth + 1)
            case _:
                return self._computed(node, depth)

    def _text(self, node: Node) -> str | Unknown:
        parts = node.named_children
        if any(p.type == "interpolation" for p in parts):
            return UNKNOWN
        quote = "'" if self.text(node)[:1] == "'" else '"'
        return unescaped("".join(self.text(p) for p in parts), quote)

    def _items(self, node: Node, depth: int) -> Plain | Unknown:
        found: list[Plain] = []
        for item in node.named_children:
            value = self.plain(item, depth + 1)
            if item.type != "comment" and isinstance(value, Unknown):
                return UNKNOWN
            if not isinstance(value, Unknown):
                found.append(value)
        return tuple(found)

    def _computed(self, node: Node, depth: int) -> Plain | Unknown:
        """A duration, a size, `ENV.fetch("A", default)`, `ENV["A"] || default`, and a comparison of such a default."""
        if node.type == "call":
            return self._called(node, depth)
        operator = self.text(node.child_by_field_name("operator")) if node.type == "binary" else ""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator in ("||", "or") and self.text(left).startswith("ENV["):
            return self.plain(right, depth + 1)
        if operator in ("==", "!=") and self.text(left).startswith("ENV.fetch"):
            first, second = self.plain(left, depth + 1), self.plain(right, depth + 1)
            known = not isinstance(first, Unknown) and not isinstance(second, Unknown)
            return ((first == second) is (operator == "==")) if known else UNKNOWN
        return UNKNOWN

    def _called(self, node: Node, depth: int) -> Plain | Unknown:
        owner, name = node.child_by_field_name("receiver"), self.text(node.child_by_field_name("method"))
        if owner is None:
            return UNKNOWN
        if self.text(owner) == "ENV" and name == "fetch":
            default = argument(node, 1)
            if default is None and (block := node.child_by_field_name("block")) is not None:
                body = block.child_by_field_name("body")
                default = body.named_children[-1] if body is not None and body.named_children else None
            return self.plain(default, depth + 1)
        unit = name.removesuffix("s")
        factor = _SECONDS.get(unit) or _BYTES.get(unit)
        number = self.plain(owner, depth + 1) if factor or name in ("to_i", "freeze", "to_s") else UNKNOWN
        if factor and isinstance(number, int):
            return number * factor
        return number if name in ("to_i", "freeze", "to_s") else UNKNOWN

    def words(self, node: Node | None) -> tuple[str, ...] | Unknown:
        """A list of texts, or one text as such a list."""
        value = self.plain(node)
        listed = value if isinstance(value, tuple) else (value,)
        texts = tuple(one for one in listed if isinstance(one, str))
        return texts if len(texts) == len(listed) else UNKNOWN

    def truth(self, node: Node | None) -> bool | Unknown:
        value = self.plain(node)
        return value if isinstance(value, bool) else False if value is None else UNKNOWN


def arguments(call: Node) -> list[Node]:
    given = call.child_by_field_name("arguments")
    return [c for c in given.named_children if c.type != "comment"] if given is not None else []


def argument(call: Node, index: int) -> Node | None:
    """A positional argument."""
    given = [a for a in arguments(call) if a.type not in ("pair", "block_argument", "hash_splat_argument")]
    return given[index] if index < len(given) else None


def options(module: Module, node: Node | None) -> dict[str, Node]:
    """The entries of a hash, or those that a call has among its arguments, by their names."""
    if node is None:
        return {}
    held = arguments(node) if node.type == "call" else node.named_children
    if node.type == "call" and held and held[-1].type == "hash":
        held = [*held[:-1], *held[-1].named_children]
    found: dict[str, Node] = {}
    for pair in held:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if pair.type == "pair" and key is not None and value is not None:
            found[module.string(key)] = value
    return found


def splats(node: Node) -> bool:
    """Whether more may be among the options than what is written."""
    held = arguments(node) if node.type == "call" else node.named_children
    return any(child.type in ("hash_splat_argument", "splat_argument") for child in held)


@dataclass(slots=True)
class _Frame:
    """What is around a node: whether a condition is, and whose parameters the blocks have."""

    node: Node
    certain: bool
    owners: dict[str, str]

    def inside(self, module: Module, node: Node) -> _Frame:
        certain = self.certain and node.type not in _CONDITIONS
        owners = self.owners
        if node.type in ("do_block", "block") and self.node.type == "call":
            given = node.child_by_field_name("parameters")
            names = [module.text(p) for p in given.named_children] if given is not None else []
            owners = owners | dict.fromkeys(names, _called(module, self.node)) if names else owners
        return _Frame(node, certain, owners)


def _called(module: Module, call: Node) -> str:
    """`Devise` of `Devise.setup`, `content_security_policy` of `config.content_security_policy`, "" of the application."""
    owner, method = call.child_by_field_name("receiver"), module.text(call.child_by_field_name("method"))
    of = module.text(owner) if owner is not None and owner.end_byte - owner.start_byte < 200 else ""
    name = of if method in ("setup", "configure", "config") else f"{of}.{method}".lstrip(".")
    for prefix in ("Rails.application.config.", "config.", "self.config."):
        name = name.removeprefix(prefix)
    return "" if _application(name) else name


def _application(text: str) -> bool:
    return text in ("Rails", "self", "Rails::Application") or text.endswith((".application", "::Application"))


def load(path: str, workspace: Workspace) -> Module:
    """Raises SyntaxProblem and Unreadable."""
    return workspace.kept(("rails", path), lambda: _load(path, workspace))


def _load(path: str, workspace: Workspace) -> Module:
    document = workspace.document(path, parse)
    module = Module(document.source, document.tree)
    frames: list[_Frame] = []
    for node in module.script.nodes:
        while len(frames) > 1 and frames[-1].node.end_byte <= node.start_byte:
            frames.pop()
        frame = frames[-1].inside(module, node) if frames else _Frame(node, True, {})
        frames.append(frame)
        module.given.extend(_given(module, node, frame))
    return module


def _given(module: Module, node: Node, frame: _Frame) -> Iterator[Given]:
    match node.type:
        case "assignment" | "operator_assignment":
            left, value = node.child_by_field_name("left"), node.child_by_field_name("right")
            how = "=" if node.type == "assignment" else module.text(node.child_by_field_name("operator"))
            if left is not None and value is not None and left.type == "element_reference":
                inner = left.child_by_field_name("object")
                index = [c for c in left.named_children if c != inner]
                yield from _made(module, inner, "[]=", (*index, value), frame)
            elif left is not None and value is not None:
                yield from _made(module, left, how, (value,), frame)
        case "binary" if module.text(node.child_by_field_name("operator")) == "<<":
            value = node.child_by_field_name("right")
            if value is not None:
                yield from _made(module, node.child_by_field_name("left"), "<<", (value,), frame)
        case "call":
            yield from _made(module, node, "call", tuple(arguments(node)), frame)


def _made(module: Module, target: Node | None, how: str, values: tuple[Node, ...], frame: _Frame) -> Iterator[Given]:  # fmt: skip
    key = _key(module, target, frame.owners)
    if key:
        yield Given(key=key, how=how, values=values, node=frame.node, module=module, certain=frame.certain)


def _key(module: Module, node: Node | None, owners: dict[str, str]) -> str:
    """The setting that a chain of calls names: `action_dispatch.default_headers` of the application's `config`, and
    `Devise.secret_key` where a block's parameter is another's."""
    names: list[str] = []
    while node is not None and node.type == "call" and len(names) < DEEPEST:
        names.append(module.text(node.child_by_field_name("method")))
        owner = node.child_by_field_name("receiver")
        if names[-1] == "config" and owner is not None and owner.type in ("call", "constant", "self"):
            return ".".join(reversed(names[:-1])) if _application(module.text(owner)) else ""
        node = owner
    if node is None or node.type != "identifier" or not names:
        return ""
    name = module.text(node)
    if name not in owners:
        return ".".join(reversed(names)) if name == "config" else ""
    return ".".join((*filter(None, (owners[name],)), *reversed(names)))
