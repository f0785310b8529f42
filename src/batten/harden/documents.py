"""What an edge says itself of an error: a problem document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable

from batten.contract.titles import TITLES

MEDIA = "application/problem+json"
Says = Callable[[int], str]  # the document of a status, in which an engine may have variables of its own


def problem(status: int, detail: str = "") -> str:
    """`detail` is plain text, or what an engine makes of its variables."""
    told = f',"detail":"{detail}"' if detail else ""
    return f'{{"type":"about:blank","title":"{TITLES.get(status, "Error")}","status":{status}{told}}}'
