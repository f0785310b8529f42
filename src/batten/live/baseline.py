"""Whether an answer equals that of a path that does not exist (a soft 404)."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher

from batten.live.exchange import Response

NOWHERE = "batten-7f3a9c"  # a path segment that nobody has
COMPARED = 4000  # characters
SAME = 0.95
READ = 50_000  # characters of a page whose tags are compared
LEAST_TAGS = 6  # below it pages are too small to be told apart by them
_TAG = re.compile(r"</?([a-zA-Z][\w-]*)")


def alike(response: Response, nothing: Response) -> bool:
    """The same status and type, and the same text but for the path it may repeat and what changes each time."""
    if response.status != nothing.status or response.media_type != nothing.media_type:
        return False
    one, two = _text(response), _text(nothing)
    if one == two or _shape(response) == _shape(nothing):
        return True
    if not one or not two or max(len(one), len(two)) > 1.2 * min(len(one), len(two)) or len(two) < 200:
        return False
    if not (SequenceMatcher(None, one, two, autojunk=False).quick_ratio() >= SAME):
        return False
    # Quick ratios only count letters: the words must be the same ones too.
    first, second = set(one.split()), set(two.split())
    return len(first & second) >= 0.9 * max(len(first), len(second))


def _shape(response: Response) -> object:
    """What stays of an answer whose words are others each time: the keys of its JSON, the tags of its page."""
    if response.body.lstrip()[:1] in (b"{", b"["):
        try:
            document = json.loads(response.text)
        except (ValueError, RecursionError):
            return response
        return _keys(document) if document else response
    tags = _TAG.findall(response.text[:READ])
    return tags if len(tags) >= LEAST_TAGS else response


def _keys(document: object) -> object:
    if isinstance(document, dict):
        return {name: _keys(value) for name, value in document.items()}
    if isinstance(document, list):
        return [_keys(value) for value in document[:1]]
    return type(document).__name__


def _text(response: Response) -> str:
    """The body without the request's own path in it."""
    path = response.request.path
    return (
        response.text[:COMPARED].replace(path, "").replace(path.strip("/"), "")
        if path.strip("/")
        else response.text[:COMPARED]
    )


def sibling(path: str) -> str:
    """A name that does not exist, in the same folder and of the same kind: /a/.env.bak has /a/.batten-….bak."""
    path, question, query = path.partition("?")
    folder, _, name = path.rstrip("/").rpartition("/")
    bare = name.lstrip(".")
    extension = bare.rpartition(".")[2] if "." in bare else ""
    made = f"{'.' if name.startswith('.') else ''}{NOWHERE}{f'.{extension}' if extension else ''}"
    return f"{folder}/{made}{'/' if path.endswith('/') else ''}{question}{query}"
