"""Which conditions of a template hold where a fix would be written: what is inserted within one that the place of the finding
does not share is missing, or stands twice, as soon as other values are set."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import takewhile

from batten.formats import Workspace
from batten.model import Edit, Location

_ACTION = re.compile(r"\{\{-?\s*(?P<word>if|with|range|define|block|end)\b")
_MADE = re.compile(r"\{\{.*\bn?indent[ \t]+(?P<by>\d+)")  # an action that makes keys, indented by so much
_ACTIONS = re.compile(r"[ \t]*(?:\{\{(?:(?!\}\}).)*\}\}[ \t]*)+")  # a line of nothing else
_OPENED = re.compile(r"[ \t]*(?:- )?[\w./\"'-]+:[ \t]*(?:#.*)?")  # a key whose value is below it
_KIND = re.compile(r"^kind:", re.MULTILINE)


def unsafe(edit: Edit, at: Location, workspace: Workspace) -> bool:
    """Whether an edit adds lines to a template where these depend on other conditions than the place of the finding, or beside
    keys that an action makes."""
    text = workspace.text(edit.source).text
    if "{{" not in text or "\n" not in edit.text or edit.span.start != edit.span.end:
        return False
    start = edit.span.start
    if at.source == edit.source and at.span is not None:
        known = at.span.start
    else:
        known = max((found.start() for found in _KIND.finditer(text, 0, start)), default=0)
    if not set(_open(text, start)) <= set(_open(text, known)):
        return True
    margin = min((_indent(line) for line in edit.text.split("\n") if line.strip()), default=0)
    before = [line for line in text[:start].split("\n") if line.strip()]
    after = [line for line in text[start:].split("\n") if line.strip()]
    if any(_makes(line, margin) for line in (*_actions(reversed(before)), *_actions(after))):
        return True
    follows = next((line for line in after if _ACTIONS.fullmatch(line) is None), "")
    if _indent(follows) > margin:
        return True  # what follows, or what other values add, belongs to what stands above
    last = before[-1] if before else ""
    return _OPENED.fullmatch(last) is not None and _indent(last) >= margin


def _actions(lines: Iterable[str]) -> Iterator[str]:
    """The first lines, as long as they are actions alone."""
    return takewhile(lambda line: _ACTIONS.fullmatch(line) is not None, lines)


def _makes(line: str, margin: int) -> bool:
    """Whether an action makes keys at this indentation."""
    found = _MADE.search(line)
    return found is not None and int(found["by"]) == margin


def _open(text: str, end: int) -> list[int]:
    """Where the blocks begin that are open at an offset."""
    found: list[int] = []
    for action in _ACTION.finditer(text, 0, end):
        if action["word"] != "end":
            found.append(action.start())
        elif found:
            found.pop()
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
