"""JSON trees with exact spans, built lazily: a subtree that is not read costs no Python."""

from __future__ import annotations

import json as stdlib
import re
from collections.abc import Callable
from typing import Any, NoReturn, cast

import msgspec

from batten.formats.document import SyntaxProblem, bounded
from batten.formats.tree import Entry, Mapping, Node, Plain, Scalar, Sequence
from batten.model import Span

DEEPEST = 200

_SPACE = re.compile(r"[ \t\n\r]*")
_COLON = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_COMMA = re.compile(r"[ \t\n\r]*,?[ \t\n\r]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?Infinity|NaN|[\[\]{}]|-?[0-9]{4300,}', re.DOTALL)
_RAW_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_scan: Callable[[str, int], tuple[Any, int]] = vars(stdlib.JSONDecoder())["scan_once"]

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL)
_TRAILING = re.compile(r'"(?:[^"\\\n]|\\.)*"|,(?=[ \t\r\n]*[}\]])', re.DOTALL)


class LazyMapping(Mapping):
    """An object whose entries are found when they are first asked for."""

    __slots__ = ("_found", "_raw", "_text")

    def __init__(self, text: str, start: int, end: int, raw: msgspec.Raw | None) -> None:
        self._text = text
        self._raw = raw
        self._found: dict[str, Entry] | None = None
        self.span = Span(start, end)
        self.flow = True
        self.tag = ""
        self._ordered = None

    @property
    def entries(self) -> dict[str, Entry]:
        if self._found is None:
            text = self._text
            found: dict[str, Entry] = {}
            raws = _fields(self._raw)
            at = _after(_SPACE, text, self.span.start + 1)
            while text[at] != "}":
                name, key_end = _scan(text, at)
                value = _value(text, _after(_COLON, text, key_end), raws.get(name))
                found[name] = Entry(Scalar(name, Span(at, key_end), '"'), value)
                at = _after(_COMMA, text, value.span.end)
            self._found = found
        return self._found

    @entries.setter
    def entries(self, value: dict[str, Entry]) -> None:
        self._found = value

    def plain(self) -> Plain:
        return cast("Plain", stdlib.loads(self._text[self.span.start : self.span.end]))


class LazySequence(Sequence):
    """An array whose items are found when they are first asked for."""

    __slots__ = ("_found", "_raw", "_text")

    def __init__(self, text: str, start: int, end: int, raw: msgspec.Raw | None) -> None:
        self._text = text
        self._raw = raw
        self._found: list[Node] | None = None
        self.span = Span(start, end)
        self.flow = True
        self.tag = ""
        self.aliases = {}

    @property
    def items(self) -> list[Node]:
        if self._found is None:
            text = self._text
            found: list[Node] = []
            try:
                elements: list[msgspec.Raw] = _RAW_ITEMS.decode(self._raw) if self._raw is not None else []
            except msgspec.MsgspecError:
                elements = []
            raws = iter(elements)
            at = _after(_SPACE, text, self.span.start + 1)
            while text[at] != "]":
                item = _value(text, at, next(raws, None))
                found.append(item)
                at = _after(_COMMA, text, item.span.end)
            self._found = found
        return self._found

    @items.setter
    def items(self, value: list[Node]) -> None:
        self._found = value

    def plain(self) -> Plain:
        return cast("Plain", stdlib.loads(self._text[self.span.start : self.span.end]))


def parse_with_comments(text: str) -> Node:
    """JSON with comments and trailing commas, as editors write it; offsets are those of the text. Raises SyntaxProblem."""

    def blank(found: re.Match[str]) -> str:
        return found[0] if found[0][0] == '"' else re.sub(r"[^\n]", " ", found[0])

    return parse(_TRAILING.sub(blank, _COMMENT.sub(blank, text)))


def parse(text: str) -> Node:
    """The document's tree. Raises SyntaxProblem for bad syntax, a key that stands twice, NaN, or depth."""
    bounded(text, ",:[", 500_000)
    try:
        value = stdlib.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except stdlib.JSONDecodeError as error:
        raise SyntaxProblem(
            "there is text after the end of the document" if error.msg == "Extra data" else error.msg,
            error.pos,
            _hint(text, error),
        ) from error
    except (ValueError, RecursionError) as error:
        raise _fault(text) from error
    if _is_deep(value):
        raise _fault(text)
    start = _after(_SPACE, text, 0)
    end = len(text.rstrip(" \t\n\r"))
    return _node(text, start, end, _raw(text, start, end))


def _raw(text: str, start: int, end: int) -> msgspec.Raw | None:
    """The bytes msgspec skips through, ten times faster than the standard scanner makes values."""
    try:
        return msgspec.Raw(text[start:end].encode())
    except UnicodeEncodeError:
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("duplicate key")
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _is_deep(value: object) -> bool:
    """Whether containers nest deeper than DEEPEST; a level at a time, for that runs at C speed."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST):
        level = [
            child
            for holder in level
            for child in (holder.values() if type(holder) is dict else holder)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return False
    return True


def _node(text: str, start: int, end: int, raw: msgspec.Raw | None) -> Node:
    if text[start] == "{":
        return LazyMapping(text, start, end, raw)
    if text[start] == "[":
        return LazySequence(text, start, end, raw)
    return Scalar(_scan(text, start)[0], Span(start, end), '"' if text[start] == '"' else "")


def _value(text: str, start: int, raw: msgspec.Raw | None) -> Node:
    """The value that begins at `start`."""
    first = text[start]
    if first not in "{[":
        value, end = _scan(text, start)
        return Scalar(value, Span(start, end), '"' if first == '"' else "")
    if raw is None:
        end = _scan(text, start)[1]
    else:
        view = memoryview(raw)
        end = start + (len(view) if text.isascii() else len(str(view, "utf-8")))
    return _node(text, start, end, raw)


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _fields(raw: msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    try:
        return _RAW_FIELDS.decode(raw) if raw is not None else {}
    except msgspec.MsgspecError:  # it refuses a few escapes that json takes
        return {}


def _hint(text: str, error: stdlib.JSONDecodeError) -> str:
    before = text[: error.pos].rstrip()[-1:]
    ahead = text[error.pos : error.pos + 2]
    if error.msg == "Extra data":
        return "a JSON file holds one value; remove the rest"
    if ahead in ("//", "/*") or ahead[:1] == "#":
        return "JSON has no comments"
    if before == "," or (ahead[:1] == "," and error.msg.startswith("Illegal trailing")):
        return "remove the comma before the closing bracket"
    if ahead[:1] == "'":
        return "JSON strings need double quotes"
    return "check the quotes, commas and brackets here"


def _fault(text: str) -> SyntaxProblem:
    """What json.loads noticed without saying where: found again, slowly, for the offset."""
    seen: list[set[str] | None] = []
    for found in _TOKEN.finditer(text):
        token, at = found[0], found.start()
        match token[0]:
            case "{" | "[":
                seen.append(set() if token == "{" else None)
                if len(seen) > DEEPEST:
                    return SyntaxProblem(f"nested deeper than {DEEPEST} levels", at, "flatten it")
            case "}" | "]":
                seen = seen[:-1]
            case '"':
                keys = seen[-1] if seen else None
                if keys is None or not _COLON.match(text, found.end()):
                    continue
                name = _scan(text, at)[0]
                if name in keys:
                    message = f"the key `{name}` is defined twice in this object"
                    return SyntaxProblem(message, at, "keep one of the two")
                keys.add(name)
            case _ if token[-1].isdigit():
                return SyntaxProblem("this number has too many digits", at, "write it as a string")
            case _:
                return SyntaxProblem(f"{token} is not valid JSON", at, "use null, or a number")
    return SyntaxProblem("this is not valid JSON", 0, "check the file with a JSON tool")
