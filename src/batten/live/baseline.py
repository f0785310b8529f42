"""Whether an answer is the one that a path nobody has gets too (a soft 404)."""

from __future__ import annotations

from difflib import SequenceMatcher

from batten.live.exchange import Response
from batten.live.survey import NOWHERE

COMPARED = 4000  # characters
SAME = 0.95


def alike(response: Response, nothing: Response) -> bool:
    """The same status and type, and the same text but for the path it may repeat."""
    if response.status != nothing.status or response.media_type != nothing.media_type:
        return False
    one, two = _text(response), _text(nothing)
    if one == two:
        return True
    if not one or not two or max(len(one), len(two)) > 1.2 * min(len(one), len(two)) or len(two) < 200:
        return False
    return SequenceMatcher(None, one, two, autojunk=False).quick_ratio() >= SAME and _same_lines(one, two)


def _text(response: Response) -> str:
    """The body without the request's own path in it."""
    path = response.request.path
    return (
        response.text[:COMPARED].replace(path, "").replace(path.strip("/"), "")
        if path.strip("/")
        else response.text[:COMPARED]
    )


def _same_lines(one: str, two: str) -> bool:
    """Quick ratios only count letters: the words must be the same ones too."""
    first, second = set(one.split()), set(two.split())
    return len(first & second) >= 0.9 * max(len(first), len(second))


def sibling(path: str) -> str:
    """A name that nobody has, in the same folder and of the same kind: /a/.env.bak has /a/.batten-….bak."""
    path, question, query = path.partition("?")
    folder, _, name = path.rstrip("/").rpartition("/")
    bare = name.lstrip(".")
    extension = bare.rpartition(".")[2] if "." in bare else ""
    made = f"{'.' if name.startswith('.') else ''}{NOWHERE}{f'.{extension}' if extension else ''}"
    return f"{folder}/{made}{'/' if path.endswith('/') else ''}{question}{query}"
