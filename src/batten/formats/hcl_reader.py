"""From tree-sitter's nodes to HCL expressions."""

from __future__ import annotations

import re
from bisect import bisect_left

from tree_sitter import Node

from batten.formats.document import SyntaxProblem
from batten.formats.expressions import (
    Access,
    Call,
    Conditional,
    Control,
    Expression,
    For,
    Index,
    Item,
    Literal,
    Object,
    Operation,
    Parentheses,
    Splat,
    Step,
    Template,
    Traversal,
    Tuple,
)
from batten.model import Span

DEEPEST = 150  # bodies and expressions together; keeps far from the interpreter's own limit

# Most expressions are one of these, and need no walk through their nodes.
_SIMPLE = re.compile(
    r'(?P<string>"[^"\\$%\n]*")|(?P<number>\d{1,15})|(?P<word>true|false|null)'
    r"|(?P<path>[A-Za-z_][\w\-]*(?:\.[A-Za-z_][\w\-]*)*)",
    re.ASCII,
)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))|(\$\$|%%)(?=\{)')
_DOUBLED = re.compile(r"(\$\$|%%)(?=\{)")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_STEPS = frozenset(("get_attr", "index", "splat"))
_MARK = "\0"  # stands for an interpolation while a heredoc's indentation is measured


class Reader:
    """Makes expressions of nodes of one text; tree-sitter counts bytes, spans count characters."""

    def __init__(self, text: str, data: bytes) -> None:
        self.text = text
        self._wide = [] if text.isascii() else [m.start() for m in re.finditer(rb"[\x80-\xbf]", data)]

    def offset(self, byte: int) -> int:
        return byte - bisect_left(self._wide, byte) if self._wide else byte

    def span(self, node: Node) -> Span:
        return Span(self.offset(node.start_byte), self.offset(node.end_byte))

    def slice(self, node: Node) -> str:
        return self.text[self.offset(node.start_byte) : self.offset(node.end_byte)]

    def expression(self, node: Node, depth: int = 0) -> Expression:
        """An `expression` node, or one that holds the children of one. Raises SyntaxProblem."""
        span = self.span(node)
        simple = _SIMPLE.fullmatch(self.text, span.start, span.end)
        if simple is not None:
            written = simple[0]
            match simple.lastgroup:
                case "string":
                    return Literal(written[1:-1], span)
                case "number":
                    return Literal(int(written), span)
                case "word":
                    return Literal(_WORDS[written], span)
                case _:
                    root, *steps = written.split(".")
                    return Traversal(root, tuple(steps), span)
        self._check_depth(depth, span)
        return self._only(node.children, depth, span)

    def _only(self, nodes: list[Node], depth: int, span: Span) -> Expression:
        terms = [t for t in self._terms(nodes, depth) if not isinstance(t, str)]
        if len(terms) != 1:
            raise SyntaxProblem("this is not a valid HCL expression", span.start, "check brackets and commas")
        return terms[0]

    def _check_depth(self, depth: int, span: Span) -> None:
        if depth > DEEPEST:
            raise SyntaxProblem(
                f"expressions are nested deeper than {DEEPEST}", span.start, "move parts into locals"
            )

    def _terms(self, nodes: list[Node], depth: int) -> list[Expression | str]:
        """Operands and operators in order. The grammar puts an operand's parts beside each other."""
        terms: list[Expression | str] = []
        opened: int | None = None
        for node in nodes:
            kind = node.type
            if kind in _STEPS and terms and not isinstance(terms[-1], str):
                base = terms[-1]
                steps = tuple(self._steps(node, depth))
                start, end = base.span.start, self.offset(node.end_byte)
                if isinstance(base, Traversal):
                    terms[-1] = Traversal(base.root, base.steps + steps, Span(start, end))
                elif isinstance(base, Access):
                    terms[-1] = Access(base.base, base.steps + steps, Span(start, end))
                else:
                    terms[-1] = Access(base, steps, Span(start, end))
            elif kind == "(":
                opened = self.offset(node.start_byte)
            elif kind == ")" and opened is not None and terms and not isinstance(terms[-1], str):
                terms[-1] = Parentheses(terms[-1], Span(opened, self.offset(node.end_byte)))
                opened = None
            elif not node.is_named:
                terms.append(kind)
            elif kind != "comment":
                terms.append(self._term(node, depth + 1))
        return terms

    def _term(self, node: Node, depth: int) -> Expression:
        span = self.span(node)
        self._check_depth(depth, span)
        match node.type:
            case "variable_expr" | "identifier":
                return Traversal(self.slice(node), (), span)
            case "literal_value" | "numeric_lit" | "bool_lit" | "null_lit":
                return self._literal(node, span)
            case "string_lit" | "quoted_template":
                return self._string(node, depth, span)
            case "heredoc_template":
                return self._heredoc(node, depth, span)
            case "tuple":
                return Tuple(tuple(self._each(node, "expression", depth)), span)
            case "object":
                elements = [c for c in node.named_children if c.type == "object_elem"]
                return Object(tuple(self._item(e, depth) for e in elements), span)
            case "function_call":
                return self._call(node, depth, span)
            case "conditional":
                condition, then, otherwise = self._each(node, "expression", depth)
                return Conditional(condition, then, otherwise, span)
            case "unary_operation" | "binary_operation":
                terms = self._terms(node.children, depth)
                operator = next((t for t in terms if isinstance(t, str)), "")
                return Operation(operator, tuple(t for t in terms if not isinstance(t, str)), span)
            case "for_tuple_expr" | "for_object_expr":
                return self._for(node, depth, span)
            case "expression":
                return self.expression(node, depth)
            case _:
                return self._only(node.children, depth, span)

    def _each(self, node: Node, kind: str, depth: int) -> list[Expression]:
        return [self.expression(c, depth + 1) for c in node.named_children if c.type == kind]

    def _literal(self, node: Node, span: Span) -> Expression:
        inner = node.named_children[0] if node.type == "literal_value" else node
        if inner.type == "string_lit":
            return self._string(inner, 0, span)
        written = self.slice(inner)
        if written in _WORDS:
            return Literal(_WORDS[written], span)
        return Literal(_number(written), span)

    def _string(self, node: Node, depth: int, span: Span) -> Expression:
        """A quoted string: a Literal, or a Template when something is interpolated."""
        parts: list[Expression] = []
        for child in node.named_children:
            if child.type == "template_literal":
                here = self.span(child)
                parts.append(Literal(_unescaped(self.text[here.start : here.end], here.start), here))
            elif child.type.startswith("template_"):
                parts.append(self._part(child, depth))
        if not parts:
            return Literal("", span)
        if all(isinstance(p, Literal) for p in parts) and not any(
            c.type in ("template_interpolation", "template_directive") for c in node.named_children
        ):
            return Literal("".join(str(p.value) for p in parts if isinstance(p, Literal)), span)
        return Template(tuple(parts), span)

    def _part(self, node: Node, depth: int) -> Expression:
        if node.type == "template_interpolation":
            inner = next((c for c in node.named_children if c.type == "expression"), None)
            if inner is not None:
                return self.expression(inner, depth + 1)
        span = self.span(node)
        return Control(self.text[span.start : span.end], span)

    def _heredoc(self, node: Node, depth: int, span: Span) -> Expression:
        """Text is what lies between the interpolations: the grammar drops blanks at its edges."""
        names = [c for c in node.named_children if c.type == "heredoc_identifier"]
        start = self.text.find("\n", self.offset(names[0].end_byte)) + 1
        end = max(self.text.rfind("\n", 0, self.offset(names[-1].start_byte)) + 1, start)
        holes = [c for c in node.named_children if c.type in ("template_interpolation", "template_directive")]
        spans: list[Span] = []
        at = start
        for hole in map(self.span, holes):
            spans.append(Span(at, hole.start))
            at = hole.end
        spans.append(Span(at, end))
        texts = [self.text[s.start : s.end] for s in spans]
        if self.text.startswith("<<-", span.start):
            # The parts of a `<<-` heredoc without the indentation that all its lines share.
            lines = _MARK.join(texts).split("\n")
            indents = [len(line) - len(line.lstrip(" \t")) for line in lines if line.strip(" \t\r")]
            shared = min(indents, default=0)
            texts = "\n".join(
                line[min(shared, len(line) - len(line.lstrip(" \t"))) :] for line in lines
            ).split(_MARK)
        texts = [_DOUBLED.sub(lambda m: m[1][0], t) for t in texts]
        if not holes:
            return Literal(texts[0], span)
        parts: list[Expression] = []
        for text, here, place in zip(texts, spans, [*holes, None], strict=True):
            if text:
                parts.append(Literal(text, here))
            if place is not None:
                parts.append(self._part(place, depth))
        return Template(tuple(parts), span, heredoc=True)

    def _item(self, node: Node, depth: int) -> Item:
        key_node, value_node = node.child_by_field_name("key"), node.child_by_field_name("val")
        span = self.span(node)
        if key_node is None or value_node is None:
            raise SyntaxProblem("an object's entry has no value", span.start, "write key = value")
        key = self.expression(key_node, depth + 1)
        if isinstance(key, Traversal) and not key.steps:
            key = Literal(key.root, key.span)
        return Item(key, self.expression(value_node, depth + 1), span)

    def _call(self, node: Node, depth: int, span: Span) -> Expression:
        name = self.slice(node.named_children[0])
        arguments = next((c for c in node.named_children if c.type == "function_arguments"), None)
        if arguments is None:
            return Call(name, (), False, span)
        spread = any(c.type == "ellipsis" for c in arguments.children)
        return Call(name, tuple(self._each(arguments, "expression", depth)), spread, span)

    def _for(self, node: Node, depth: int, span: Span) -> Expression:
        parts = {c.type: c for c in node.named_children}
        intro = parts["for_intro"]
        names = tuple(self.slice(c) for c in intro.named_children if c.type == "identifier")
        collection = self._each(intro, "expression", depth)[0]
        results = self._each(node, "expression", depth)
        condition = self._each(parts["for_cond"], "expression", depth)[0] if "for_cond" in parts else None
        key = results[0] if node.type == "for_object_expr" else None
        return For(names, collection, key, results[-1], condition, "ellipsis" in parts, span)

    def _steps(self, node: Node, depth: int) -> list[Step]:
        """What one node adds; a splat holds the steps after it."""
        self._check_depth(depth, self.span(node))
        if node.type == "get_attr":
            return [self.slice(node.named_children[0])]
        if node.type == "splat":
            inner = node.named_children[0].named_children
            return [Splat(), *(s for c in inner if c.type in _STEPS for s in self._steps(c, depth + 1))]
        inside = self.slice(node).lstrip(".")
        if not inside.startswith("["):
            return [int(inside) if inside.isdigit() and len(inside) < 16 else inside]
        expressions = self._each(node.named_children[0], "expression", depth)
        if not expressions:
            raise SyntaxProblem("an index is empty", self.offset(node.start_byte), "write [0]")
        key = expressions[0]
        if isinstance(key, Literal) and isinstance(key.value, str | int) and not isinstance(key.value, bool):
            return [key.value]
        return [Index(key)]


def _number(written: str) -> int | float:
    if written.isdigit() and len(written) < 400:
        return int(written)
    return float(int(written, 16)) if written[:2] in ("0x", "0X") else float(written)


def _unescaped(text: str, offset: int) -> str:
    if "\\" not in text and "{" not in text:
        return text

    def character(found: re.Match[str]) -> str:
        if found[4]:
            return found[4][0]
        if found[3]:
            return _ESCAPED.get(found[3], found[3])
        number = int(found[1] or found[2], 16)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            raise SyntaxProblem(
                "an escape sequence is not a character", offset + found.start(), r"write \uNNNN"
            )
        return chr(number)

    return _ESCAPE.sub(character, text)
