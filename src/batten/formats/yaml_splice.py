"""Where a YAML value stands in its text, and the edits that put another there."""

from __future__ import annotations

import json as stdlib
import re
from functools import lru_cache

from batten.formats.document import SyntaxProblem, Text, Uneditable
from batten.formats.paths import Path, same
from batten.formats.tree import Entry, Mapping, Node, Plain, Scalar, Sequence, plain
from batten.formats.yaml import parse
from batten.model import Edit, Span
from batten.model.record import record

_COLON = re.compile(r"\s*:")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w./-]*\Z", re.ASCII)
_PLAIN_WORD = re.compile(r"[\w./-][\w./:@=+-]*(?: [\w./@=+-][\w./:@=+-]*)*\Z", re.ASCII)
_WORDS_OF_1_1 = frozenset(("y", "n", "yes", "no", "on", "off"))  # booleans for YAML 1.1 readers


def source_of(value: str | float | bool | None) -> str:
    """A Python value as YAML source, plain where every reader takes it for the same."""
    if not isinstance(value, str):
        return stdlib.dumps(value)
    if _PLAIN_WORD.match(value) and value.lower() not in _WORDS_OF_1_1 and not value[0].isdigit():
        node = parsed(value)
        if isinstance(node, Scalar) and node.value == value:
            return value
    return double_quoted(value)


# Characters that YAML takes only by their escapes: https://yaml.org/spec/1.2.2/#51-character-set, and its line breaks.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def double_quoted(value: str) -> str:
    """The text in double quotes, which YAML and JSON read alike; characters above U+FFFF stand as they are, since YAML has no
    pairs of surrogates."""
    return _UNPRINTABLE.sub(lambda m: f"\\u{ord(m[0]):04x}", stdlib.dumps(value, ensure_ascii=False))


@record
class Place:
    """Where `path` points: `holders` are the collections from the root down to the one that holds it."""

    source: Text
    root: Node
    holders: list[Node]
    path: Path

    @property
    def holder(self) -> Node:
        return self.holders[-1]

    @property
    def above(self) -> Place:
        return Place(self.source, self.root, self.holders[:-1], self.path[:-1])

    def edit(self, start: int, end: int, text: str) -> Edit:
        return Edit(self.source.path, Span(start, end), text.replace("\n", self.source.newline))


def alias_of(holder: Node, part: str | int) -> Span | None:
    if isinstance(holder, Mapping):
        entry = holder.entries.get(str(part))
        return entry.alias if entry else None
    return holder.aliases.get(part) if isinstance(holder, Sequence) and isinstance(part, int) else None


def is_flow(node: Node) -> bool:
    return not isinstance(node, Scalar) and node.flow


def count(node: Node) -> int:
    return 0 if isinstance(node, Scalar) else len(node.entries if isinstance(node, Mapping) else node.items)


def replace(place: Place, value: str) -> list[Edit]:
    if not place.holders:
        span, text = place.root.span, place.source.text
        if span.end > span.start:
            return [place.edit(span.start, span.end, value)]
        at = _line_end(text, span.start) if text[span.start :].strip() else len(text)
        before = "" if at == 0 or text[at - 1] == "\n" else "\n"
        return [place.edit(at, at, f"{before}{value}\n" if at == len(text) else f"{before}{value}")]
    written, text = _written(place), place.source.text
    if is_flow(place.holder):
        value = _flow_text(value)
    # Behind the colon or the dash.
    holder = place.holder
    if isinstance(holder, Sequence):
        value_begin = _written(place).start if holder.flow else _dash(place, holder) + 1
    else:
        colon = _COLON.match(place.source.text, _entry(place).key.span.end)
        if colon is None:
            raise Uneditable("the key has no colon")
        value_begin = colon.end()
    node, begin = _node(place), value_begin
    inline = "\n" not in value and not _is_block(value)
    collection = (
        not isinstance(node, Scalar) and not node.flow and alias_of(place.holder, place.path[-1]) is None
    )
    if inline and not collection and not node.tag and written.end > written.start:
        return [place.edit(written.start, written.end, value)]
    if is_flow(place.holder):
        return [place.edit(begin, written.end, f" {value}")]
    head, _, rest = _body(place, value).partition("\n")
    line_end = _line_end(text, written.end)
    rest = f"\n{rest}" if rest else ""
    if "#" in text[begin : written.start]:  # a comment behind the key, before the old value
        first_end = _line_end(text, begin)
        return [place.edit(begin, begin, head), place.edit(first_end, line_end, rest)]
    if collection:
        return [place.edit(begin, line_end, head + rest)]
    behind = [place.edit(line_end, line_end, rest)] if rest else []
    return [place.edit(begin, written.end, head), *behind]


def _body(place: Place, value: str) -> str:
    """What follows the colon or dash in a block, with the indentation it has there."""
    text = place.source.text
    if isinstance(place.holder, Sequence):
        return " " + hang(value, _column(text, place.holder.span.start) + 2)
    return _behind_key(value, _column(text, place.holder.span.start), _style(place))


def _behind_key(value: str, column: int, style: _Style) -> str:
    node = parsed(value)
    if not _is_block(value):
        return f" {hang(value, column + style.step)}" if value else ""
    deeper = style.list_step if isinstance(node, Sequence) else style.step
    return "\n" + " " * (column + deeper) + hang(value, column + deeper)


def create(place: Place, rest: Path, value: str) -> list[Edit]:
    """Write `place.path` and the parts below it, which do not exist yet."""
    style = _style(place)
    for part in reversed(rest):
        value = _pair(part, value, style)
    holder, part = place.holder, place.path[-1]
    in_block = len(place.holders) == 1 or not is_flow(place.holders[-2])
    if isinstance(holder, Scalar) or (count(holder) == 0 and holder.flow and in_block):
        return replace(place.above, _pair(part, value, style))
    return insert(place, part, value)


def _pair(part: str | int, value: str, style: _Style) -> str:
    if isinstance(part, int):
        if part:
            raise Uneditable("a new list begins with item 0")
        return "- " + hang(value, 2)
    return _key_text(part) + ":" + _behind_key(value, 0, style)


def insert(place: Place, part: str | int, value: str) -> list[Edit]:
    """Append to a collection that is there."""
    holder, text = place.holder, place.source.text
    if isinstance(holder, Scalar):
        raise Uneditable("this is not a collection")
    if holder.flow:
        return [_insert_flow(place, holder, part, _flow_text(value))]
    column = _column(text, holder.span.start)
    if isinstance(part, int):
        line = "- " + hang(value, column + 2)
    else:
        line = _key_text(part) + ":" + _behind_key(value, column, _style(place))
    at = _block_end(text, holder)
    return [place.edit(at, at, "\n" + " " * column + line)]


def _insert_flow(place: Place, holder: Mapping | Sequence, part: str | int, value: str) -> Edit:
    text, first = place.source.text, holder.span.start + 1
    item = value
    if isinstance(part, str):
        quoted = [e.key.style == '"' for e in holder] if isinstance(holder, Mapping) else []
        item = f"{stdlib.dumps(part) if quoted and all(quoted) else _key_text(part)}: {value}"
    if not count(holder):
        return place.edit(first, first, item)
    spans = _spans(holder)
    line = text.rfind("\n", 0, spans[-1].start) + 1
    own_line = line > holder.span.start and not text[line : spans[-1].start].strip()
    separator = ",\n" + text[line : spans[-1].start] if own_line else ", "
    return place.edit(spans[-1].end, spans[-1].end, separator + item)


def delete(place: Place) -> list[Edit]:
    """Take one of several entries or items out."""
    text, holder = place.source.text, place.holder
    if isinstance(holder, Scalar):
        raise Uneditable("this is not a collection")
    written = _written(place)
    if holder.flow:
        spans = _spans(holder)
        index = next(i for i, span in enumerate(spans) if span.end == written.end)
        if index + 1 < len(spans):
            return [place.edit(spans[index].start, spans[index + 1].start, "")]
        return [place.edit(spans[index - 1].end, spans[index].end, "")]
    start = _dash(place, holder) if isinstance(holder, Sequence) else _entry(place).key.span.start
    end = _block_end(text, _node(place), written.end)
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip():
        at = text.find("\n", end)
        return [place.edit(line, len(text) if at < 0 else at + 1, "")]
    column = start - line  # `- first: 1`: what follows takes its place
    # ours: a number
    following = re.compile(rf"\n {{{column}}}(?=[^\s#])").search(text, end - 1)
    if following is None:
        raise Uneditable("the entry shares its line with its parent")
    return [place.edit(start, following.end(), "")]


def emptied(place: Place) -> list[Edit]:
    """The only entry goes: what remains is an empty collection in flow style."""
    empty = "{}" if isinstance(place.holder, Mapping) else "[]"
    return replace(place.above, empty)


def _written(place: Place) -> Span:
    """Where the value stands, or the alias that is written for it."""
    return alias_of(place.holder, place.path[-1]) or _node(place).span


def _node(place: Place) -> Node:
    holder, part = place.holder, place.path[-1]
    if isinstance(holder, Sequence) and isinstance(part, int):
        return holder.items[part]
    return _entry(place).value


def _entry(place: Place) -> Entry:
    holder = place.holder
    entry = holder.entries.get(str(place.path[-1])) if isinstance(holder, Mapping) else None
    if entry is None:
        raise Uneditable("there is no such key")
    return entry


def _dash(place: Place, holder: Sequence) -> int:
    index = int(place.path[-1])
    if index == 0:
        return holder.span.start
    text = place.source.text
    before = _spans(holder)[index - 1].end
    column = _column(text, holder.span.start)
    # ours: a number
    found = re.compile(rf"\n {{{column}}}-(?=\s|\Z)").search(text, before)
    if found is None:
        raise Uneditable("the item's dash was not found")
    return found.end() - 1


def _spans(holder: Mapping | Sequence) -> list[Span]:
    if isinstance(holder, Mapping):
        return [entry.span for entry in holder if not entry.merged]
    return [holder.aliases.get(i) or item.span for i, item in enumerate(holder.items)]


@lru_cache(maxsize=256)  # fixes write the same few values
def parsed(value: str) -> Node:
    try:
        return parse(value.rstrip("\n") + "\n")
    except SyntaxProblem as error:
        raise Uneditable(f"the new value is not YAML: {error}") from error


def requoted(old: Node, value: str) -> str:
    new = parsed(value)
    if (
        not isinstance(old, Scalar)
        or not isinstance(new, Scalar)
        or new.style
        or not isinstance(new.value, str)
    ):
        return value
    if old.style == "'":
        return "'" + new.value.replace("'", "''") + "'"
    return stdlib.dumps(new.value, ensure_ascii=False) if old.style == '"' else value


def _key_text(key: str) -> str:
    return key if _PLAIN_KEY.match(key) and source_of(key) == key else stdlib.dumps(key, ensure_ascii=False)


def _flow_text(value: str) -> str:
    """A value as it may stand within brackets."""
    wanted = plain(parsed(value))
    try:
        if (
            not _is_block(value)
            and not set("\n#") & set(value)
            and same(plain(parse(f"[{value}]")), [wanted])
        ):
            return value
    except SyntaxProblem:
        pass  # written out in quotes below
    return _flow_source(wanted)


def _flow_source(value: Plain) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key_text(k)}: {_flow_source(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow_source(item) for item in value) + "]"
    return source_of(value)


def _is_block(value: str) -> bool:
    node = parsed(value)
    return not isinstance(node, Scalar) and not node.flow


def hang(value: str, column: int) -> str:
    """All lines but the first indented; empty lines stay empty."""
    first, *others = value.rstrip("\n").split("\n")
    if first[:1] in ("|", ">") and others:  # its lines stand in already
        column = max(column - 2, 0)
    return "\n".join([first, *(" " * column + line if line.strip() else "" for line in others)])


def _column(text: str, offset: int) -> int:
    return offset - text.rfind("\n", 0, offset) - 1


def _line_end(text: str, offset: int) -> int:
    at = text.find("\n", offset)
    if at < 0:
        return len(text)
    return at - 1 if at > offset and text[at - 1] == "\r" else at


def _block_end(text: str, node: Node, end: int | None = None) -> int:
    """The end of the last line of a block; blank lines that `|+` keeps belong to it."""
    at = _line_end(text, node.span.end if end is None else end)
    leaf = _last_leaf(node)
    if isinstance(leaf, Scalar) and leaf.style in ("|", ">"):
        header = text[leaf.span.start : _line_end(text, leaf.span.start)].split("#")[0]
        blank = re.compile(r"(?:\r?\n[ \t]*(?=\r?\n))+").match(text, at) if "+" in header else None
        return blank.end() if blank else at
    return at


def _last_leaf(node: Node) -> Node:
    while not isinstance(node, Scalar) and count(node):
        below = (
            [entry.value for entry in node if not entry.merged] if isinstance(node, Mapping) else node.items
        )
        if not below or below[-1].span.end > node.span.end:
            return node
        node = below[-1]
    return node


@record
class _Style:
    """Columns by which a mapping, and a list, stand in from the key above them."""

    step: int = 2
    list_step: int = 2


def _style(place: Place) -> _Style:
    """How this file indents, from the first places that show it."""
    root, style = place.source.noted.get("style", (None, None))
    if root is not place.root or not isinstance(style, _Style):
        text, step, list_step = place.source.text, 0, -1
        queue = [place.root]
        for node in queue:
            if (step and list_step >= 0) or len(queue) > 2000:
                break
            if isinstance(node, Scalar) or node.flow:
                continue
            children = (
                [entry.value for entry in node if not entry.alias]
                if isinstance(node, Mapping)
                else node.items
            )
            queue += children
            for child in children if isinstance(node, Mapping) else []:
                if (
                    isinstance(child, Scalar)
                    or child.flow
                    or not node.span.start < child.span.start < node.span.end
                ):
                    continue
                deeper = _column(text, child.span.start) - _column(text, node.span.start)
                if isinstance(child, Mapping) and deeper > 0:
                    step = step or deeper
                elif isinstance(child, Sequence) and list_step < 0 <= deeper:
                    list_step = deeper
        style = _Style(step or 2, list_step if list_step >= 0 else step or 2)
        place.source.noted["style"] = (place.root, style)
    return style
