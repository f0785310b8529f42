"""HCL (Terraform, Packer, Nomad, tfvars): bodies of attributes and blocks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from batten.formats.document import SyntaxProblem, bounded
from batten.formats.expressions import Expression, Literal
from batten.formats.hcl_reader import DEEPEST, Reader
from batten.model import Span

_LANGUAGE = Language(tree_sitter_hcl.language())
_OPENING = re.compile(r"\"(?:[^\"\\\n$]|\\.|\$(?!\{))*\"|(?:#|//)[^\n]*|([\[({])|([\])}])")


@dataclass(slots=True)
class Attribute:
    name: str
    expression: Expression
    span: Span


@dataclass(slots=True)
class Body:
    """What a file or a block holds, in file order within each kind.

    A block's body spans what lies between its braces.
    """

    attributes: dict[str, Attribute]
    blocks: list[Block]
    span: Span

    def all(self, type: str) -> list[Block]:
        """Blocks of that type, in file order."""
        return [b for b in self.blocks if b.type == type]

    def first(self, type: str) -> Block | None:
        return next((b for b in self.blocks if b.type == type), None)

    def around(self, span: Span) -> Block | None:
        """The block directly in it that holds a place."""
        at = bisect_right(self.blocks, span.start, key=lambda block: block.span.start)
        found = self.blocks[at - 1] if at else None
        return found if found is not None and span.end <= found.span.end else None

    def walk(self) -> Iterator[Block]:
        """Every block below this body, in file order."""
        waiting = self.blocks[::-1]
        while waiting:
            block = waiting.pop()
            yield block
            waiting += block.body.blocks[::-1]


@dataclass(slots=True)
class Block:
    """`head` runs from the type to the last label, `span` to the closing brace inclusive."""

    type: str
    labels: list[str]
    body: Body
    span: Span
    head: Span
    label_spans: list[Span] = field(default_factory=list)


def parse(text: str) -> Body:
    """The file's body. Raises SyntaxProblem."""
    bounded(text, "\n,={", 150_000)
    # Turn away hostile nesting before any tree is built of it; strings in quotes do not count.
    if not (text.count("[") + text.count("(") + text.count("{") <= DEEPEST):
        depth = 0
        for bracket in _OPENING.finditer(text):
            if bracket[1]:
                depth += 1
                if depth > 10 * DEEPEST:
                    raise _too_deep(bracket.start())
            elif bracket[2]:
                depth = max(depth - 1, 0)
    data = text.encode("utf-8", "replace")
    root = Parser(_LANGUAGE).parse(data).root_node
    reader = Reader(text, data)
    if root.has_error:
        # What is wrong at the first node that the grammar had no place for.
        node = root
        while not (node.is_error or node.is_missing):
            inner = next((c for c in node.children if c.has_error or c.is_missing), None)
            if inner is None:
                break
            node = inner
        offset = reader.offset(node.start_byte)
        if node.is_missing:
            problem = SyntaxProblem(
                f"`{node.type}` is missing", offset, "is a bracket, quote or block left open?"
            )
        else:
            written = reader.slice(node).strip().split("\n")[0][:20]
            if not written or '"' in written:
                problem = SyntaxProblem(
                    "this is not valid HCL", offset, "check brackets, quotes and line ends around it"
                )
            else:
                problem = SyntaxProblem(
                    f"`{written}` is not expected here",
                    offset,
                    "check brackets, quotes and line ends around it",
                )
        raise problem
    whole = Span(0, len(text))
    for child in root.children:
        if child.type == "body":
            return _body(reader, child, whole, 0)
        if child.type == "object":
            raise SyntaxProblem("this is JSON, not HCL", 0, "name the file *.tf.json")
    return Body({}, [], whole)


def _too_deep(offset: int) -> SyntaxProblem:
    return SyntaxProblem(
        f"brackets are nested deeper than {DEEPEST}",
        offset,
        "list the file under `ignore:` in batten.yaml if it is generated",
    )


def _body(reader: Reader, node: Node | None, span: Span, depth: int) -> Body:
    if depth > DEEPEST:
        raise _too_deep(span.start)
    body = Body({}, [], span)
    end = -1
    for child in node.named_children if node else ():
        if child.type == "comment":
            continue
        # Where the element ends. HCL wants a line end between two; the grammar does not.
        start = reader.offset(child.start_byte)
        if end >= 0 and reader.text.find("\n", end, start) < 0:
            raise SyntaxProblem("two definitions are on one line", start, "put each on a line of its own")
        end = reader.offset(child.end_byte)
        if child.type == "attribute":
            children = child.named_children
            name, value = children[0], children[-1]
            attribute = Attribute(reader.slice(name), reader.expression(value, depth), reader.span(child))
            if attribute.name in body.attributes:
                raise SyntaxProblem(
                    f"`{attribute.name}` is set twice in one block", attribute.span.start, "keep one of them"
                )
            body.attributes[attribute.name] = attribute
        elif child.type == "block":
            body.blocks.append(_block(reader, child, depth))
    return body


def _block(reader: Reader, node: Node, depth: int) -> Block:
    names: list[Node] = []
    body: Node | None = None
    start = end = 0
    for child in node.named_children:
        match child.type:
            case "identifier" | "string_lit":
                names.append(child)
            case "block_start":
                start = reader.offset(child.end_byte)
            case "block_end":
                end = reader.offset(child.start_byte)
            case "body":
                body = child
    spans = [reader.span(n) for n in names]
    return Block(
        reader.slice(names[0]),
        [_label(reader, n) for n in names[1:]],
        _body(reader, body, Span(start, end), depth + 1),
        reader.span(node),
        Span(spans[0].start, spans[-1].end),
        spans[1:],
    )


def _label(reader: Reader, node: Node) -> str:
    if node.type == "identifier":
        return reader.slice(node)
    label = reader.expression(node)
    return str(label.value) if isinstance(label, Literal) else reader.slice(node)[1:-1]
