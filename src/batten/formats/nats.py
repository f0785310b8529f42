"""The configuration language of NATS, as a tree. Source: https://docs.nats.io/running-a-nats-service/configuration and the server's
own lexer (conf/lex.go): keys are followed by `:`, `=` or blanks; entries end with a line, `,` or `;`; `$name` is a variable."""

from __future__ import annotations

import re
from dataclasses import dataclass

from batten.formats.document import SyntaxProblem, Text, Uneditable, apply, bounded
from batten.formats.lines import appended, indentation, line_break, line_start, removal
from batten.formats.paths import Path, same, with_value
from batten.formats.tree import Entry, Mapping, Node, Scalar, Sequence, plain
from batten.model import Edit, Span

DEEPEST = 60
_FILLER = re.compile(r"(?:[\s,;]++|#[^\n]*+|//[^\n]*+)*+")
_BLANKS = re.compile(r"[ \t\r]*+")
_SIGN = re.compile(r"[ \t\r]*+[:=]?\s*+")
_KEY = re.compile(r"\"([^\"\n]*+)\"|'([^'\n]*+)'|([^\s:={}\[\],;#\"']++)")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\[\s\S])*+)"')
_SINGLE = re.compile(r"'([^']*+)'")
_WORD = re.compile(r"[^\s,;\[\]{}#]++")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|([\s\S]))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_TRUE, _FALSE = ("true", "on", "yes"), ("false", "off", "no")


def parse(text: str) -> Mapping:
    """The file's tree. Keys are in lower case, as the server takes them, and a variable is `${NAME}`. Raises SyntaxProblem."""
    bounded(text, "\n,;{[", 400_000)
    reader = _Reader(text)
    root = reader.entries("", 0)
    root.span = Span(0, len(text))
    return root


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0

    def entries(self, closing: str, depth: int) -> Mapping:
        """Entries up to the sign that ends them, or to the end of the file."""
        if depth > DEEPEST:
            raise SyntaxProblem(f"nested deeper than {DEEPEST} levels", self.at, "flatten it")
        found = Mapping({}, Span(self.at, self.at))
        while self._more(closing):
            start = self.at
            key = self._key()
            if key.value == "include":
                self.at = _end(_BLANKS, self.text, self.at)
                found.entries[f"include {start}"] = Entry(key, self._value(depth))
                continue
            self.at = _end(_SIGN, self.text, self.at)
            found.entries[str(key.value)] = Entry(key, self._value(depth))
        return found

    def _more(self, closing: str) -> bool:
        self.at = _end(_FILLER, self.text, self.at)
        if self.at >= len(self.text):
            if closing:
                raise SyntaxProblem(
                    f"'{closing}' is missing at the end of the file", self.at, "close every bracket"
                )
            return False
        return self.text[self.at] != closing

    def _key(self) -> Scalar:
        found = _KEY.match(self.text, self.at)
        if found is None:
            raise SyntaxProblem(f"unexpected {self.text[self.at]!r}", self.at, "write `key: value`")
        self.at = found.end()
        return Scalar((found[1] or found[2] or found[3] or "").lower(), Span(*found.span()))

    def _value(self, depth: int) -> Node:
        start, sign = self.at, self.text[self.at : self.at + 1]
        if sign == "{":
            self.at += 1
            table = self.entries("}", depth + 1)
            self.at += 1
            table.span = Span(start, self.at)
            return table
        return self._list(depth) if sign == "[" else self._scalar(sign)

    def _list(self, depth: int) -> Sequence:
        start, items = self.at, list[Node]()
        if depth > DEEPEST:
            raise SyntaxProblem(f"nested deeper than {DEEPEST} levels", self.at, "flatten it")
        self.at += 1
        while self._more("]"):
            items.append(self._value(depth + 1))
        self.at += 1
        return Sequence(items, Span(start, self.at), flow=True)

    def _scalar(self, sign: str) -> Scalar:
        start = self.at
        pattern = {'"': _DOUBLE, "'": _SINGLE}.get(sign, _WORD)
        found = pattern.match(self.text, start)
        if found is None:
            raise SyntaxProblem("a value is missing, or its quote is not closed", start, "write `key: value`")
        self.at = found.end()
        span = Span(start, self.at)
        if sign == '"':
            return Scalar(_ESCAPE.sub(_resolved, found[1]), span, '"')
        return Scalar(found[1], span, "'") if sign == "'" else Scalar(_bare(found[0]), span)


def _bare(word: str) -> str | bool:
    """A word without quotes: a variable is marked as one."""
    if word.startswith("$") and not word.startswith(("$2a$", "$2b$", "$2y$")):
        return f"${{{word[1:]}}}"
    lowered = word.lower()
    return True if lowered in _TRUE else False if lowered in _FALSE else word


def _resolved(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _ESCAPED.get(escape[2], escape[2])


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def set_value(source: Text, root: Mapping, path: Path, value: str) -> list[Edit]:
    """Make `path` hold a value, given as the file would; what is missing on the way is made. Raises Uneditable."""
    nodes: list[Node] = [root]
    for part in path:
        node = nodes[-1]
        below = node[part] if isinstance(node, Mapping) and isinstance(part, str) else None
        if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            below = node.items[part]
        if below is None:
            break
        nodes.append(below)
    only_node = parse(f"value: {value}")["value"]
    assert only_node is not None
    wanted = plain(only_node)
    if len(nodes) > len(path):
        if same(plain(nodes[-1]), wanted):
            return []
        edits = [Edit(source.path, nodes[-1].span, value)]
    else:
        # A key that is missing below the deepest map that is there.
        rest = path[len(nodes) - 1 :]
        holder, names = nodes[-1], [str(part) for part in rest]
        if not isinstance(holder, Mapping) or not all(isinstance(part, str) for part in rest):
            raise Uneditable("only keys of maps can be added")
        line = f"{names[-1]}: {value}"
        for name in reversed(names[:-1]):
            line = f"{name}: {{ {line} }}"
        if len(nodes) == 1:
            last = max((e.span.end for e in holder), default=0)
            added = appended(source, last, line) if last else Edit(source.path, Span(0, 0), line + "\n")
        else:
            end = holder.span.end - 1
            start = line_start(source.text, end)
            if source.text[start:end].strip():
                added = Edit(source.path, Span(end, end), f"; {line} " if holder.entries else f" {line} ")
            else:
                indent = indentation(source.text, end) + "  "
                added = Edit(source.path, Span(start, start), f"{indent}{line}{line_break(source.text)}")
        edits = [added]
    now = plain(parse(apply(source.text, edits)))
    if not same(now, with_value(plain(root), path, wanted)):
        raise Uneditable("the change would alter other values")
    return edits


def remove(source: Text, root: Mapping, path: Path) -> list[Edit]:
    """Without an entry, with its line where nothing else is on it. Raises Uneditable."""
    node: Node | None = root
    for part in path[:-1]:
        node = node[part] if isinstance(node, Mapping) and isinstance(part, str) else None
    entry = node.entry(str(path[-1])) if isinstance(node, Mapping) else None
    if entry is None:
        return []
    return [removal(source, entry.span)]
