"""Which overlay is applied to which document: the one that extends it, or that is alone beside it."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import unquote

from batten.formats import Mapping, Unreadable, Workspace
from batten.model import Problem
from batten.model.record import record

_OVERLAY = re.compile(
    r"(?m)^[\"']?overlay[\"']?\s*:\s*[\"']?1\.\d|\A\s*\{(?s:.{0,2000}?)\"overlay\"\s*:\s*\"1\.\d"
)
_ARAZZO = re.compile(r"(?m)^[\"']?arazzo[\"']?\s*:|\A\s*\{(?s:.{0,2000}?)\"arazzo\"\s*:")
_EXTENDS = re.compile(
    r"(?m)^[ \t]*[\"']?extends[\"']?[ \t]*:[ \t]*[\"']?([^\s\"',#]+)|\"extends\"\s*:\s*\"([^\"#]+)"
)
_HINT = "set `extends` to the path of the OpenAPI document, and keep one overlay for each"


@record
class Laid:
    """`over` has the overlays by document; `applied` has all of them."""

    over: dict[str, tuple[str, ...]]
    applied: frozenset[str]


def overlays_of(files: Sequence[str], workspace: Workspace) -> Laid:
    """The overlay of each document that has one. Which of several is used, nothing shows: none is applied."""
    overlays = [f for f in files if is_overlay(f, workspace)]
    if not overlays:
        return Laid({}, frozenset())
    documents = [f for f in files if f not in overlays and not _has(_ARAZZO, f, workspace)]
    found = {overlay: _target(overlay, documents, workspace) for overlay in overlays}
    often = Counter(found.values())
    over: dict[str, tuple[str, ...]] = {
        target: (overlay,) for overlay, target in found.items() if target and often[target] == 1
    }
    return Laid(over, frozenset(one for pair in over.values() for one in pair))


def is_overlay(path: str, workspace: Workspace) -> bool:
    """Whether a file is an overlay, by its version key."""
    return _has(_OVERLAY, path, workspace)


def _has(pattern: re.Pattern[str], path: str, workspace: Workspace) -> bool:
    try:
        return pattern.search(workspace.text(path).text) is not None
    except Unreadable:
        return False


def _target(overlay: str, documents: Sequence[str], workspace: Workspace) -> str:
    """The document that an overlay is for; "" where that is not known."""
    extends = _EXTENDS.search(workspace.text(overlay).text)
    if extends is not None:
        named = workspace.resolve(overlay, unquote(extends[1] or extends[2]))
        return named if named is not None and named in documents else ""
    folder = posixpath.dirname(overlay)
    beside = [d for d in documents if posixpath.dirname(d) == folder]
    return beside[0] if len(beside) == 1 else ""


def not_applied(path: str, top: Mapping, workspace: Workspace) -> Problem:
    """What an overlay says that is applied to no document."""
    extends = top.text("extends")
    where = f"`{extends}`, alone," if extends else "one document beside it"
    message = f"the overlay is not applied: it must extend {where} in the reviewed files"
    entry = top.entry("extends") or top.entry("overlay")
    line = workspace.text(path).line_of(entry.span.start) if entry is not None else 1
    return Problem(path, "read", message, hint=_HINT, line=line)
