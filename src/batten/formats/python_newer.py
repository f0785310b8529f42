"""Syntax of newer Pythons, in the words of the one that batten runs with: found by a grammar of its own, rewritten byte for byte.

Every part keeps its place, so that what `ast` makes of the rewritten text stands where it stands in the file. Sources: PEP 701
(quotes of the string's own kind in the fields of f-strings), 695 and 696 (type parameters and aliases), 750 (t-strings), 758
(exceptions without parentheses), 798 (unpacking in comprehensions), 810 (lazy imports).
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache

from tree_sitter import Language, Node, Parser

from batten.formats.document import SyntaxProblem
from batten.formats.scripts import parsed

_LAZY = re.compile(rb"^([ \t]*)lazy(?= (?:import|from)[ \t])", re.MULTILINE)
_QUOTES = {b'"': b"'", b"'": b'"'}
_COMPREHENSIONS = ("list_comprehension", "set_comprehension", "generator_expression")


def older(text: str) -> bytes | None:
    """The text as an older Python reads it; None where nothing in it is newer, or the grammar gives up on it."""
    data = bytearray(_LAZY.sub(rb"\1if 1", text.encode()))
    for found in _LAZY.finditer(text.encode()):
        data[found.end()] = ord(":")
    try:
        nodes = parsed(data.decode(), _parser()).nodes
    except SyntaxProblem:
        return None
    written = bytes(data)
    for node in nodes:
        match node.type:
            case "type_alias_statement":
                # `type Pair[T] = …` becomes the assignment of a name of the same length.
                left = node.child_by_field_name("left")
                if left is not None:
                    data[node.start_byte + 4 : left.start_byte] = b"_" * (
                        left.start_byte - node.start_byte - 4
                    )
                    opening = data.find(b"[", left.start_byte, left.end_byte)
                    if opening >= 0:
                        _blank(data, opening, left.end_byte)
            case "function_definition" | "class_definition":
                parameters = node.child_by_field_name("type_parameters")
                if parameters is not None:
                    _blank(data, parameters.start_byte, parameters.end_byte)
            case "except_clause":
                _exceptions(data, node)
            case "list_splat" if node.parent is not None and node.parent.type in _COMPREHENSIONS:
                _blank(data, node.start_byte, node.start_byte + 1)
            case "dictionary_splat" if node.has_error:  # the grammar has no comprehension for it yet
                _blank(data, node.start_byte, node.start_byte + 2)
            case "string":
                _string(data, written, node)
    return bytes(data) if bytes(data) != text.encode() else None


def _blank(data: bytearray, start: int, end: int) -> None:
    """Blanks in place of brackets, and continued lines where they went over several."""
    for at in range(start, end):
        if data[at] not in b"\r\n":
            data[at] = ord(" ")
    for at in range(start, end):
        if data[at] == ord("\n"):
            before = at - 2 if data[at - 1] == ord("\r") else at - 1
            data[before] = ord("\\")


def _exceptions(data: bytearray, node: Node) -> None:
    """`except A, B:` becomes `except A| B:`."""
    for child in node.children:
        if child.type == ",":
            data[child.start_byte] = ord("|")
        elif child.type in (":", "block"):
            return


def _string(data: bytearray, written: bytes, node: Node) -> None:
    """The prefix of t-strings, and the outermost fields, as before Python 3.12."""
    start = node.children[0] if node.children else None
    if start is None or start.type != "string_start" or _within_field(node):
        return
    prefix = written[start.start_byte : start.end_byte].rstrip(b"\"'")
    if b"t" in prefix.lower():
        at = start.start_byte + prefix.lower().index(b"t")
        data[at] = ord("f") if written[at] == ord("t") else ord("F")
    if sys.version_info >= (3, 12):
        return
    quote = written[start.start_byte + len(prefix) : start.end_byte]
    for field in node.children:
        if field.type == "interpolation":
            _field(data, written, field, quote)


def _within_field(node: Node) -> bool:
    above = node.parent
    while above is not None and above.type != "module":
        if above.type == "interpolation":
            return True
        above = above.parent
    return False


def _field(data: bytearray, written: bytes, field: Node, quote: bytes) -> None:
    """A field with the other quotes where that is enough, else with a name of the same length."""
    inner = written[field.start_byte : field.end_byte]
    if _parses(b"f" + quote + inner + quote):
        return
    other = inner.replace(quote[:1], _QUOTES[quote[:1]])
    if _QUOTES[quote[:1]] not in inner and b"\n" not in inner and _parses(b"f" + quote + other + quote):
        data[field.start_byte : field.end_byte] = other
    elif b"\n" in inner:
        for at in range(field.start_byte, field.end_byte):
            if written[at] not in b"\r\n":
                data[at] = ord("_")
        for at in range(field.start_byte, field.end_byte):
            if written[at] == ord("\n"):
                data[at - 2 if written[at - 1] == ord("\r") else at - 1] = ord("\\")
    else:
        data[field.start_byte + 1 : field.end_byte - 1] = b"_" * (len(inner) - 2)


def _parses(literal: bytes) -> bool:
    try:
        ast.parse(literal)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@cache
def _parser() -> Parser:
    import tree_sitter_python as grammar  # only what `ast` does not read needs it

    return Parser(Language(grammar.language()))
