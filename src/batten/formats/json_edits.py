"""Edits of JSON texts by span, in the file's own indentation.

Values are given as JSON source. Each function returns no edits when the text already says what is
asked, and raises Uneditable when it cannot.
"""

from __future__ import annotations

import json as stdlib
from bisect import bisect_left

from batten.formats.document import SyntaxProblem, Text, Uneditable
from batten.formats.json import parse
from batten.formats.paths import Path, same
from batten.formats.tree import Mapping, Node, Plain, Scalar, Sequence, plain
from batten.model import Edit, Span


def set_value(source: Text, root: Node, path: Path, value: str) -> list[Edit]:
    """Make `path` hold `value`; missing keys are appended, missing parents made."""
    wanted = _parsed(value)
    nodes = _nodes(root, path)
    node = nodes[-1]
    if len(nodes) <= len(path):
        rest = path[len(nodes) :]
        nested_value = wanted
        for part in reversed(rest):
            if isinstance(part, str):
                nested_value = {part: nested_value}
            elif part == 0:
                nested_value = [nested_value]
            else:
                raise Uneditable("a new array begins with item 0")
        return [_append(source, root, node, path[len(nodes) - 1], nested_value)]
    if same(plain(node), wanted):
        return []
    return [_edit(source, node.span.start, node.span.end, _source(source, root, wanted, node.span.start))]


def append_item(source: Text, root: Node, path: Path, value: str) -> list[Edit]:
    """Add an item to the array at `path`, which is made when missing; none when the array has it."""
    wanted = _parsed(value)
    nodes = _nodes(root, path)
    if len(nodes) <= len(path):
        return set_value(source, root, path, stdlib.dumps([wanted]))
    node = nodes[-1]
    if not isinstance(node, Sequence):
        raise Uneditable("this is not an array")
    if any(same(plain(item), wanted) for item in node.items):
        return []
    return [_append(source, root, node, len(node.items), wanted)]


def remove(source: Text, root: Node, path: Path, *, prune: bool = False) -> list[Edit]:
    """Delete an entry or item; a parent that it leaves empty goes too with `prune`."""
    nodes = _nodes(root, path)
    if len(nodes) <= len(path):
        return []
    while prune and len(path) > 1 and len(_spans(nodes[-2])) == 1:
        nodes, path = nodes[:-1], path[:-1]
    if not path:
        raise Uneditable("the document itself cannot be removed")
    holder, node = nodes[-2], nodes[-1]
    spans = _spans(holder)
    index = bisect_left(spans, node.span.end, key=lambda span: span.end)
    if len(spans) == 1:
        return [Edit(source.path, Span(holder.span.start + 1, holder.span.end - 1), "")]
    if index + 1 < len(spans):
        return [Edit(source.path, Span(spans[index].start, spans[index + 1].start), "")]
    return [Edit(source.path, Span(spans[index - 1].end, spans[index].end), "")]


def _nodes(root: Node, path: Path) -> list[Node]:
    """The nodes along a path, as far as they exist."""
    nodes = [root]
    for part in path:
        node = nodes[-1]
        if isinstance(node, Mapping) and isinstance(part, str):
            entry = node.entries.get(part)
            if entry is None:
                break
            nodes.append(entry.value)
        elif isinstance(node, Sequence) and isinstance(part, int) and 0 <= part <= len(node.items):
            if part == len(node.items):
                break
            nodes.append(node.items[part])
        else:
            raise Uneditable(f"`{part}` does not fit into its parent")
    return nodes


def _append(source: Text, root: Node, holder: Node, part: str | int, value: Plain) -> Edit:
    text, spans = source.text, _spans(holder)
    head = f"{stdlib.dumps(part, ensure_ascii=False)}: " if isinstance(part, str) else ""
    if spans:
        lead = _lead(text, spans[-1].start, holder.span.start)
        inner = _source(source, root, value, spans[-1].start, lead is not None)
        separator = ", " if lead is None else f",\n{lead}"
        return _edit(source, spans[-1].end, spans[-1].end, separator + head + inner)
    step = _step(source, root)
    if step is None:
        inner = stdlib.dumps(value, ensure_ascii=False)
        return _edit(source, holder.span.start + 1, holder.span.end - 1, head + inner)
    outer = _indent(text, holder.span.start)
    inner = stdlib.dumps(value, ensure_ascii=False, indent=step).replace("\n", f"\n{outer}{step}")
    return _edit(source, holder.span.start + 1, holder.span.end - 1, f"\n{outer}{step}{head}{inner}\n{outer}")


def _source(source: Text, root: Node, value: Plain, at: int, spread: bool = True) -> str:
    """A value in the file's layout, for the line that `at` is on."""
    step = _step(source, root) if spread else None
    if step is None:
        return stdlib.dumps(value, ensure_ascii=False)
    indent = _indent(source.text, at)
    return stdlib.dumps(value, ensure_ascii=False, indent=step).replace("\n", f"\n{indent}")


def _spans(holder: Node) -> list[Span]:
    if isinstance(holder, Scalar):
        raise Uneditable("this is neither an object nor an array")
    return [entry.span for entry in holder] if isinstance(holder, Mapping) else [i.span for i in holder.items]


def _step(source: Text, root: Node) -> str | None:
    """One level of the file's indentation; None for a document on one line, two spaces for an empty one."""
    if isinstance(root, Scalar) or not _spans(root):
        return "  "
    return _lead(source.text, _spans(root)[0].start, root.span.start)


def _lead(text: str, at: int, opened: int) -> str | None:
    """The blanks before an entry that has a line to itself; None when it shares its bracket's line."""
    line = text.rfind("\n", 0, at) + 1
    blanks = text[line:at]
    return blanks if line > opened and not blanks.strip() else None


def _indent(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _edit(source: Text, start: int, end: int, text: str) -> Edit:
    newline = source.newline
    return Edit(source.path, Span(start, end), text.replace("\n", newline))


def _parsed(value: str) -> Plain:
    try:
        return plain(parse(value))
    except SyntaxProblem as error:
        raise Uneditable(f"the new value is not JSON: {error}") from error
