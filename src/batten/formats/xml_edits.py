"""Edits of XML documents: the text of an element by its path of names, and an element taken out."""

from __future__ import annotations

from xml.sax.saxutils import escape

from batten.formats.document import Text, Uneditable
from batten.formats.lines import indentation, line_break, removal
from batten.formats.xml import Element
from batten.model import Edit, Span


def set_text(source: Text, root: Element, names: tuple[str, ...], value: str) -> list[Edit]:
    """Edits after which the last element of this path below the root has this text, with those above it that are missing."""
    holder, missing = _deepest(root, names)
    text = escape(value)
    if not missing:
        if holder.children:
            raise Uneditable("the element holds others")
        if _empty(source, holder):
            filled = Edit(source.path, holder.span, f"<{holder.name}>{text}</{holder.name}>")
        else:
            filled = Edit(source.path, holder.inside, text)
        return [filled]
    newline, indent = line_break(source.text), indentation(source.text, holder.span.start)
    # What the children of an element are indented by.
    first = holder.children[0].span.start if holder.children else holder.span.start
    own = indentation(source.text, first)
    step = own.removeprefix(indent) if own != indent and own.startswith(indent) else "    "
    depths = [indent + step * (n + 1) for n in range(len(missing))]
    opened = [f"{i}<{n}>" for i, n in zip(depths[:-1], missing[:-1], strict=True)]
    closed = [f"{i}</{n}>" for i, n in zip(depths[:-1], missing[:-1], strict=True)]
    lines = [*opened, f"{depths[-1]}<{missing[-1]}>{text}</{missing[-1]}>", *reversed(closed)]
    # Lines behind the last child.
    inserted_lines = newline.join(lines)
    if _empty(source, holder):
        made = f"<{holder.name}>{newline}{inserted_lines}{newline}{indent}</{holder.name}>"
        inserted = Edit(source.path, holder.span, made)
    else:
        at = holder.children[-1].span.end if holder.children else holder.inside.start
        inserted = (
            Edit(source.path, Span(at, at), newline + inserted_lines)
            if "\n" in source.text[at : holder.inside.end]
            else Edit(source.path, Span(at, at), f"{newline}{inserted_lines}{newline}{indent}")
        )
    return [inserted]


def remove(source: Text, root: Element, names: tuple[str, ...]) -> list[Edit]:
    """The edit that takes the last element of this path out; none where there is none."""
    found, missing = _deepest(root, names)
    return [] if missing or found is root else [removal(source, found.span)]


def _deepest(root: Element, names: tuple[str, ...]) -> tuple[Element, tuple[str, ...]]:
    """The last element of the path that exists, and the names that do not."""
    here = root
    for number, name in enumerate(names):
        below = [one for one in here.children if one.name == name]
        if not below:
            return here, names[number:]
        here = below[-1]
    return here, ()


def _empty(source: Text, element: Element) -> bool:
    """Whether it is a tag that closes itself."""
    return source.text[element.span.start : element.span.end].endswith("/>")
