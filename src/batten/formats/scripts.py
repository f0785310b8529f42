"""Source text of a language with a grammar of tree-sitter's: the tree of a file, and where its nodes are in characters."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node, Parser

from batten.formats.document import SyntaxProblem, bounded
from batten.model import Span

DEEPEST = 400  # brackets in each other
_BRACKETS = re.compile(r"([\[({])|([\])}])")
_ESCAPE = re.compile(r"\\(?:u\{?([0-9a-fA-F]{1,6})\}?|x([0-9a-fA-F]{2})|([\s\S]))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "\n": ""}


@dataclass(slots=True)
class Script:
    """A file: `nodes` are all of its named nodes, in the order of the text."""

    text: str
    nodes: list[Node]
    _wide: list[int] = field(default_factory=list)

    def offset(self, byte: int) -> int:
        return byte - bisect_left(self._wide, byte) if self._wide else byte

    def span(self, node: Node) -> Span:
        return Span(self.offset(node.start_byte), self.offset(node.end_byte))

    def written(self, node: Node) -> str:
        return (node.text or b"").decode("utf-8", "replace")


def parsed(text: str, parser: Parser) -> Script:
    """The tree that a grammar makes of a text. Raises SyntaxProblem of one that is too long or too deep."""
    bounded(text, "\n,(", 150_000)
    depth = 0
    for found in _BRACKETS.finditer(text):
        depth = depth + 1 if found[1] else max(depth - 1, 0)
        if depth > DEEPEST:
            message = f"brackets are nested deeper than {DEEPEST}"
            raise SyntaxProblem(
                message, found.start(), "list it under `ignore:` in batten.yaml if it is generated"
            )
    data = text.encode("utf-8", "replace")
    root = parser.parse(data).root_node
    wide = [] if text.isascii() else [m.start() for m in re.finditer(rb"[\x80-\xbf]", data)]
    return Script(text, list(_walk(root)), wide)


def _walk(root: Node) -> Iterator[Node]:
    cursor = root.walk()
    while True:
        node = cursor.node
        if node is not None and node.is_named:
            yield node
        if cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def unquoted(written: str) -> str:
    """What a string literal comes to."""
    return _ESCAPE.sub(_plain, written[1:-1])


def _plain(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16)) if int(code, 16) < 0x110000 else ""
    return _ESCAPED.get(found[3], found[3])
