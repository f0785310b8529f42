"""Edits of YAML texts by span: comments, indentation, quotes and line ends around them stay.

Values are given as YAML source with zero indentation; `source_of` writes it for a Python value. Each
function returns no edits when the text already says what is asked, and raises Uneditable when the edit
would not read back as asked, or would change what an anchor gives to others.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from batten.formats.document import SyntaxProblem, Text, Uneditable, apply
from batten.formats.paths import Path, same, value_at, with_value, without
from batten.formats.tree import Mapping, Node, Plain, Scalar, Sequence, plain
from batten.formats.yaml import parse_all
from batten.formats.yaml_splice import (
    Place,
    alias_of,
    count,
    create,
    delete,
    double_quoted,
    emptied,
    hang,
    insert,
    is_flow,
    parsed,
    replace,
    requoted,
    source_of,
)
from batten.model import Edit, Span

__all__ = ["append_item", "remove", "set_block", "set_value", "source_of"]


def set_value(source: Text, root: Node, path: Path, value: str, *, keep_quotes: bool = True) -> list[Edit]:
    """Make `path` hold `value`; missing keys are appended, missing parents made.

    `keep_quotes` writes a word that replaces a quoted word in the same quotes.
    """
    wanted = plain(parsed(value))
    nodes = _nodes(root, path)
    if len(nodes) > len(path):
        if same(plain(nodes[-1]), wanted) and not nodes[-1].tag:
            return []
        text = requoted(nodes[-1], value) if keep_quotes else value
        edits = replace(Place(source, root, nodes[:-1], path), text)
    else:
        node = nodes[-1]
        if not isinstance(node, Mapping) or len(nodes) != len(path):
            merges = False
        else:
            entry = node.entries.get(str(path[-1]))
            merges = entry is not None and same(plain(entry.value), wanted)
        if merges:
            return []
        if is_flow(nodes[-1]):
            written = value
        else:
            # A list or mapping of one line as a block, where the file has lists and all of its collections are
            # blocks.
            if (
                value[:1] not in ("[", "{")
                or "\n" in value
                or _ITEM.search(source.text) is None
                or _FLOW.search(source.text) is not None
            ):
                written = value
            else:
                written = _block(parsed(value)) or value
        edits = create(Place(source, root, nodes, path[: len(nodes)]), path[len(nodes) :], written)
    return _checked(source, root, edits, path, lambda was: with_value(was, path, wanted))


_FLOW = re.compile(r"^[^#\n]*?(?:[:-]|^)[ \t]+[\[{][^\n]", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*- ", re.MULTILINE)


def _block(node: Node) -> str:
    """The lines of a collection; "" of an empty one."""
    if isinstance(node, Scalar):
        return node.text if not node.style else double_quoted(node.text)
    if isinstance(node, Sequence):
        return "\n".join("- " + hang(_block(item) or "[]", 2) for item in node.items)
    lines = []
    for entry in node:
        inner = _block(entry.value) or "{}"
        nested = not isinstance(entry.value, Scalar) and inner != "{}"
        deeper = "\n".join(f"  {line}" for line in inner.splitlines())
        lines.append(f"{entry.key.text}:\n{deeper}" if nested else f"{entry.key.text}: {inner}")
    return "\n".join(lines)


def set_block(source: Text, root: Node, path: Path, text: str) -> list[Edit]:
    """Make `path` hold a block of several lines, given with zero indentation."""
    return set_value(source, root, path, text.replace("\r\n", "\n").strip("\n"), keep_quotes=False)


def append_item(source: Text, root: Node, path: Path, value: str) -> list[Edit]:
    """Add an item to the list at `path`, which is made when missing; none when the list has it."""
    wanted = plain(parsed(value))
    nodes = _nodes(root, path)
    holder = nodes[-1]
    missing = len(nodes) <= len(path) or (isinstance(holder, Scalar) and holder.value is None)
    in_block = len(nodes) == 1 or not is_flow(nodes[-2])
    if missing or (isinstance(holder, Sequence) and not holder.items and in_block):
        return set_value(source, root, path, "- " + hang(value, 2))
    if not isinstance(holder, Sequence):
        raise Uneditable("this is not a list")
    if any(same(plain(item), wanted) for item in holder.items):
        return []
    index = len(holder.items)
    edits = insert(Place(source, root, nodes, (*path, index)), index, value)
    return _checked(source, root, edits, (*path, index), lambda was: with_value(was, (*path, index), wanted))


def remove(source: Text, root: Node, path: Path, *, prune: bool = False) -> list[Edit]:
    """Delete an entry or item with its lines. What it leaves empty is written `{}` or `[]`, or goes
    too (`prune`)."""
    nodes = _nodes(root, path)
    if len(nodes) <= len(path):
        if _merged(nodes[-1], path, len(nodes)):
            raise Uneditable("this value comes from a merge; change the anchor")
        return []
    while prune and len(path) > 1 and count(nodes[-2]) == 1:
        nodes, path = nodes[:-1], path[:-1]
    if not path:
        raise Uneditable("the document itself cannot be removed")
    place = Place(source, root, nodes[:-1], path)
    edits = emptied(place) if count(nodes[-2]) == 1 else delete(place)
    return _checked(source, root, edits, path, lambda was: without(was, path))


def _nodes(root: Node, path: Path) -> list[Node]:
    """The nodes along a path, as far as they exist. Raises Uneditable where it goes through an alias."""
    nodes = [root]
    for depth, part in enumerate(path):
        node, last = nodes[-1], depth == len(path) - 1
        shared = _merged(node, path, depth + 1) or alias_of(node, part) is not None
        if shared and not last:
            raise Uneditable(f"`{part}` comes from an anchor that other aliases may share")
        if isinstance(node, Mapping) and isinstance(part, str):
            entry = node.entries.get(part)
            if entry is None or entry.merged:
                break
            nodes.append(entry.value)
        elif isinstance(node, Sequence) and isinstance(part, int) and 0 <= part <= len(node.items):
            if part == len(node.items):
                break
            nodes.append(node.items[part])
        elif isinstance(node, Scalar) and node.value is None:
            break
        else:
            raise Uneditable(f"`{part}` does not fit into its parent")
    return nodes


def _merged(node: Node, path: Path, depth: int) -> bool:
    entry = node.entries.get(str(path[depth - 1])) if isinstance(node, Mapping) else None
    return entry is not None and entry.merged


def _checked(
    source: Text, root: Node, edits: list[Edit], path: Path, change: Callable[[Plain], Plain]
) -> list[Edit]:
    """The edits, if the text they give reads back as asked. Raises Uneditable."""
    if _proved(source, root, edits, path, change):
        return edits
    source.prove()
    expected = change(plain(root))
    text = apply(source.text, edits)
    try:
        documents = parse_all(text)
    except SyntaxProblem as error:
        raise Uneditable(f"the changed file would not parse: {error}") from error
    shared = "*" in source.text  # what an anchor shares may change in several places
    for document in documents:
        if document.span.end < root.span.start:
            continue
        now = plain(document)
        if same(now, expected) or (shared and same(value_at(now, path), value_at(expected, path))):
            return edits
    raise Uneditable("the change would alter other values")


# An anchor, an alias, a merge, another document: what may reach beyond the lines that it stands on.
_FAR = re.compile(r"(?:^|[\s,\[{])[&*]\S|<<|^(?:---|\.\.\.)", re.MULTILINE)


def _proved(
    source: Text, root: Node, edits: list[Edit], path: Path, change: Callable[[Plain], Plain]
) -> bool:
    """Whether the lines of one entry of a block, which hold all the edits, read back as asked by themselves. A file
    of thousands of findings would otherwise be read thousands of times."""
    for keys, value, start, end in reversed(_blocks(source.text, root, path)):
        if any(e.span.start < start or e.span.end > end for e in edits):
            continue
        before = source.text[start:end]
        moved = [Edit(e.source, Span(e.span.start - start, e.span.end - start), e.text) for e in edits]
        after = apply(before, moved)
        if not after.strip():
            continue
        if len(before) * 2 > len(source.text) or _FAR.search(before) or _FAR.search(after):
            return False
        try:
            (now,) = parse_all(after)
            # What the lines of one entry or item are to hold, as a mapping or a list of one.
            was = plain(value)
            for part in reversed(keys):
                was = {part: was} if isinstance(part, str) else [*[None] * part, was]
            wanted = change(was)
            for part in keys[:-1]:
                wanted = value_at(wanted, (part,))
            return same(plain(now), wanted[int(keys[-1]) :] if isinstance(wanted, list) else wanted)
        except (SyntaxProblem, ValueError, IndexError):
            return False
    return False


def _blocks(text: str, root: Node, path: Path) -> list[tuple[Path, Node, int, int]]:
    """The entries and items along a path that have whole lines to themselves: their values, and their lines. Where the
    path leads on to what is missing, the last is the one that it would follow."""
    found: list[tuple[Path, Node, int, int]] = []
    node, end = root, len(text)
    for depth, part in enumerate(path):
        if isinstance(node, Scalar) or node.flow:
            break
        if part == len(node.items) if isinstance(node, Sequence) else str(part) not in node.entries:
            # What stands last in a collection.
            if isinstance(node, Sequence):
                part = max(len(node.items) - 1, 0)
            else:
                last_entry = next(
                    (entry for entry in reversed(node.entries.values()) if not entry.merged), None
                )
                part = last_entry.key.text if last_entry is not None else ""
        if isinstance(node, Sequence):
            if not isinstance(part, int) or part >= len(node.items) or part in node.aliases:
                break
            node = node.items[part]
            begin, last, sign = node.span.start, node.span.end, "-"
        else:
            entry = node.entries.get(str(part))
            if entry is None or entry.merged or entry.alias is not None:
                break
            node = entry.value
            begin, last, sign = entry.key.span.start, entry.span.end, ""
        line = text.rfind("\n", 0, begin) + 1
        lead = text[line:begin]
        if lead.strip(" ") == sign:
            end = _lines_end(text, lead.index("-") if sign else len(lead), last, end)
            found.append(((*path[:depth], part), node, line, end))
        if part != path[depth]:
            break
    return found


def _lines_end(text: str, column: int, last: int, most: int) -> int:
    """Where the next line begins, behind the last character of an entry, that stands no deeper than its column."""
    line = text.find("\n", last - 1) + 1
    while 0 < line < most:
        after = text.find("\n", line) + 1
        bare = text[line : after or len(text)]
        if bare.strip() and len(bare) - len(bare.lstrip(" ")) <= column:
            return line
        line = after
    return most
