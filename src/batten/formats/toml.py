"""TOML trees with exact spans: tomllib says what is valid, a lexer of ours says where it stands."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time

from batten.formats.document import SyntaxProblem, Text, Uneditable, apply, bounded, line_starts
from batten.formats.paths import Path, same, with_value
from batten.formats.tree import Entry, Mapping, Node, Plain, Scalar, Sequence, plain
from batten.model import Edit, Span

DEEPEST = 200

_BLANK = re.compile(r"[ \t]*")
_FILLER = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WORD = re.compile(r"[^\s,\]}#]+(?: [0-9][^\s,\]}#]*)?")  # a date and a time may have a space between
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
)
_PLACE = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)\Z")


def parse(text: str) -> Mapping:
    """The document's tree; dates and times are their text. Raises SyntaxProblem."""
    bounded(text, "\n,=", 400_000)
    try:
        tomllib.loads(text)
    except RecursionError as error:
        raise SyntaxProblem(f"nested deeper than {DEEPEST} levels", 0, "flatten it") from error
    except ValueError as error:
        message = str(error)
        found = _PLACE.search(message)
        words = _PLACE.sub("", message).strip()
        if found is None:
            problem = SyntaxProblem(words, 0, "check the values of the file")
        else:
            at = len(text)
            if found[1]:
                starts = line_starts(text)
                at = min(starts[min(int(found[1]), len(starts)) - 1] + int(found[2]) - 1, len(text))
            problem = SyntaxProblem(words, at, "check the quotes, brackets and equals signs here")
        raise problem from error
    return _Reader(text).document()


def set_value(source: Text, root: Mapping, path: Path, value: str) -> list[Edit]:
    """Make `path` hold `value` (TOML source); a missing key is added to its table, a missing table
    made. Raises Uneditable."""
    wanted = _parsed(value)
    nodes = _nodes(root, path)
    if len(nodes) > len(path):
        node = nodes[-1]
        if same(plain(node), wanted):
            return []
        edits = [Edit(source.path, node.span, value)]
    else:
        edits = [_added(source, nodes, path, value)]
    source.prove()
    expected = with_value(plain(root), path, wanted)
    try:
        now = plain(parse(apply(source.text, edits)))
    except SyntaxProblem as error:
        raise Uneditable(f"the changed file would not parse: {error}") from error
    if not same(now, expected):
        raise Uneditable("the change would alter other values")
    return edits


def _nodes(root: Node, path: Path) -> list[Node]:
    """The nodes along a path, as far as they exist."""
    nodes = [root]
    for part in path:
        node = nodes[-1]
        if isinstance(node, Mapping) and isinstance(part, str):
            below = node[part]
            if below is None:
                break
            nodes.append(below)
        elif isinstance(node, Sequence) and isinstance(part, int) and 0 <= part < len(node.items):
            nodes.append(node.items[part])
        else:
            raise Uneditable(f"`{part}` does not fit into its parent")
    return nodes


def _added(source: Text, nodes: list[Node], path: Path, value: str) -> Edit:
    """A key that is missing below the deepest table that is there."""
    text, holder, rest = source.text, nodes[-1], path[len(nodes) - 1 :]
    newline = "\r\n" if "\r\n" in text else "\n"
    if not isinstance(holder, Mapping) or not all(isinstance(part, str) for part in rest):
        raise Uneditable("only keys of tables can be added")
    line = ".".join(_key_source(str(part)) for part in rest) + f" = {value}"
    if holder.flow:
        spans = [entry.span for entry in holder]
        at = max((span.end for span in spans), default=holder.span.start + 1)
        return Edit(source.path, Span(at, at), f", {line}" if spans else f" {line} ")
    headed = text.startswith("[", holder.span.start) and len(nodes) > 1
    if len(nodes) == 1 and len(rest) == 1:
        # Behind the last line of a key without a table above it; before all tables when there is none.
        ends = [e.span.end for e in holder if not text.startswith("[", _line_start(text, e.key.span.start))]
        at = _next_line(text, max(ends)) if ends else 0
        return Edit(source.path, Span(at, at), _own_line(text, at, line, newline))
    if headed:
        # Behind the last line that belongs to a table's own header.
        own_ends = [
            e.span.end for e in holder if not text.startswith("[", _line_start(text, e.key.span.start))
        ]
        at = _next_line(text, max(own_ends, default=holder.span.start))
        return Edit(source.path, Span(at, at), _own_line(text, at, line, newline))
    if not all(isinstance(part, str) for part in path):
        raise Uneditable("only keys of tables can be added")
    header = ".".join(_key_source(str(part)) for part in path[:-1])
    gap = "" if not text else newline if text.endswith("\n") else newline * 2
    added = f"{gap}[{header}]{newline}{_key_source(str(path[-1]))} = {value}{newline}"
    return Edit(source.path, Span(len(text), len(text)), added)


def _own_line(text: str, at: int, line: str, newline: str) -> str:
    before = "" if at == 0 or text[at - 1] == "\n" else newline
    return f"{before}{line}{newline}"


def _line_start(text: str, offset: int) -> int:
    start = text.rfind("\n", 0, offset) + 1
    found = _BLANK.match(text, start)
    return found.end() if found else start


def _next_line(text: str, offset: int) -> int:
    at = text.find("\n", offset)
    return len(text) if at < 0 else at + 1


def _key_source(key: str) -> str:
    if _BARE.fullmatch(key):
        return key
    escaped = "".join(f"\\u{ord(c):04X}" if c < " " or c in '"\\\x7f' else c for c in key)
    return f'"{escaped}"'


def _parsed(value: str) -> Plain:
    try:
        node = parse(f"value = {value}")["value"]
    except SyntaxProblem as error:
        raise Uneditable(f"the new value is not TOML: {error}") from error
    return plain(node) if node is not None else None


@dataclass(slots=True)
class _Reader:
    """Walks a text that tomllib found valid."""

    text: str
    at: int = 0
    root: Mapping = field(default_factory=lambda: Mapping({}, Span(0, 0)))

    def document(self) -> Mapping:
        self.root.span = Span(0, len(self.text))
        chain: list[Node] = [self.root]
        self._skip()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                # `[a.b]` or `[[a.b]]`: the nodes from the root to the table it opens.
                start, array = self.at, self.text.startswith("[[", self.at)
                self.at += 2 if array else 1
                keys = self._keys()
                self.at = _end(_BLANK, self.text, self.at) + (2 if array else 1)
                span = Span(start, self.at)
                header_chain = self._tables([self.root], keys[:-1], span)
                holder, key = header_chain[-1], keys[-1]
                assert isinstance(holder, Mapping)
                entry = holder.entries.get(str(key.value))
                table: Node
                if array:
                    table = Mapping({}, span)
                    if entry is None:
                        entry = holder.entries[str(key.value)] = Entry(key, Sequence([], span))
                    assert isinstance(entry.value, Sequence)
                    entry.value.items.append(table)
                    header_chain += [entry.value, table]
                elif entry is None:
                    table = Mapping({}, span)
                    holder.entries[str(key.value)] = Entry(key, table)
                    header_chain.append(table)
                else:  # made before, by a header below it
                    entry.key, entry.value.span = key, Span(start, max(self.at, entry.value.span.end))
                    header_chain.append(entry.value)
                _stretch(header_chain, self.at)
                chain = header_chain
            else:
                self._pair(chain)
            self._skip()
        return self.root

    def _skip(self) -> None:
        self.at = _end(_FILLER, self.text, self.at)

    def _tables(self, chain: list[Node], keys: list[Scalar], span: Span) -> list[Node]:
        """Follow keys down; tables that are named on the way only are made."""
        for key in keys:
            holder = chain[-1]
            assert isinstance(holder, Mapping)
            entry = holder.entries.get(str(key.value))
            if entry is None:
                entry = holder.entries[str(key.value)] = Entry(key, Mapping({}, span))
            chain = [*chain, entry.value]
            if isinstance(entry.value, Sequence):
                chain.append(entry.value.items[-1])
        if len(chain) > DEEPEST:
            raise SyntaxProblem(f"nested deeper than {DEEPEST} levels", span.start, "flatten it")
        return chain

    def _pair(self, chain: list[Node]) -> None:
        start = self.at
        keys = self._keys()
        self.at = _end(_BLANK, self.text, _end(_BLANK, self.text, self.at) + 1)
        chain = self._tables(chain, keys[:-1], Span(start, start))
        holder = chain[-1]
        assert isinstance(holder, Mapping)
        holder.entries[str(keys[-1].value)] = Entry(keys[-1], self._value(len(chain)))
        _stretch(chain, self.at)

    def _keys(self) -> list[Scalar]:
        keys = []
        while True:
            start = self.at = _end(_BLANK, self.text, self.at)
            if self.text[start] in "\"'":
                keys.append(self._string())
            else:
                self.at = _end(_BARE, self.text, start)
                keys.append(Scalar(self.text[start : self.at], Span(start, self.at)))
            self.at = _end(_BLANK, self.text, self.at)
            if self.text[self.at] != ".":
                return keys
            self.at += 1

    def _string(self) -> Scalar:
        start = self.at
        self.at = _end(_STRING, self.text, start)
        source = self.text[start : self.at]
        if "\\" in source or source.startswith(('"""', "'''")):
            return Scalar(tomllib.loads(f"v={source}")["v"], Span(start, self.at), source[0])
        return Scalar(source[1:-1], Span(start, self.at), source[0])

    def _value(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise SyntaxProblem(f"nested deeper than {DEEPEST} levels", self.at, "flatten it")
        start = self.at
        match self.text[start]:
            case '"' | "'":
                return self._string()
            case "[":
                return self._array(depth)
            case "{":
                return self._inline(depth)
        self.at = _end(_WORD, self.text, start)
        source = self.text[start : self.at]
        value = tomllib.loads(f"v={source}")["v"]
        span = Span(start, self.at)
        return Scalar(source if isinstance(value, (date, datetime, time)) else value, span)

    def _array(self, depth: int) -> Sequence:
        start, items = self.at, list[Node]()
        self.at += 1
        self._skip()
        while self.text[self.at] != "]":
            items.append(self._value(depth + 1))
            self._skip()
            if self.text[self.at] == ",":
                self.at += 1
                self._skip()
        self.at += 1
        return Sequence(items, Span(start, self.at), flow=True)

    def _inline(self, depth: int) -> Mapping:
        start, table = self.at, Mapping({}, Span(self.at, self.at), flow=True)
        self.at += 1
        self._skip()
        while self.text[self.at] != "}":
            self._pair([table] * depth)
            self._skip()
            if self.text[self.at] == ",":
                self.at += 1
                self._skip()
        self.at += 1
        table.span = Span(start, self.at)
        return table


def _stretch(chain: list[Node], end: int) -> None:
    """What was read last ends the tables around it."""
    for node in chain:
        if node.span.end < end:
            node.span = Span(node.span.start, end)


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
