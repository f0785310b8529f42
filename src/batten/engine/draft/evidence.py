"""Values for batten.yaml, and where they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from batten.engine.review import Review
from batten.facts import Fact
from batten.formats import Unreadable
from batten.masking import masked
from batten.model import Context, Location
from batten.model.record import record

MOST = 3  # places that are named of one value
_FAR = 5000  # characters between the start of a server and its name


@record
class Find:
    """A value, the places that show it ("nginx/api.conf:14"), and what else a reader of it should know."""

    value: str
    shown: tuple[str, ...]
    note: str = ""


def joined(finds: Iterable[Find]) -> tuple[Find, ...]:
    """One find of each value, in the order in which they were met, with all its places."""
    found: dict[str, Find] = {}
    for one in finds:
        before = found.get(one.value)
        shown = one.shown if before is None else (*before.shown, *one.shown)
        found[one.value] = replace(before or one, shown=tuple(dict.fromkeys(shown))[:MOST])
    return tuple(one for one in found.values() if is_shown(one.value))


def is_shown(value: str) -> bool:
    """Whether nothing in it is a secret."""
    return masked(value) == value


def context_of(fact: Fact, result: Review) -> Context:
    return result.contexts.of(fact.at, result.readers.get(id(fact), ""))


def deployed(fact: Fact, result: Review) -> bool:
    return context_of(fact, result) is Context.PRODUCTION


def line_of(at: Location, result: Review, word: str = "") -> str:
    """ "FILE:LINE" of a place; with a word, of the line nearest to its start that writes it."""
    try:
        text = result.workspace.text(at.source)
    except Unreadable:
        return at.source
    if at.span is None:
        return at.source
    start = min(at.span.start, len(text.text))
    near = max(0, start - _FAR), start + _FAR
    around = (
        re.compile(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\w)").finditer(text.text, *near) if word else ()
    )  # ours: the word is escaped
    written = [text.line_of(found.start()) for found in around] or [text.line_of(start)]
    first = text.line_of(start)
    return f"{at.source}:{min(written, key=lambda line: (abs(line - first), line))}"
