"""Problem documents that an engine sends itself, all of one size."""

from __future__ import annotations

from batten.guard.problems import SIZE
from batten.harden.nginx_maps import TITLES


def document(status: int, reference: str, length: int) -> str:
    """With an engine's variable for its reference, which `length` characters take the place of."""
    title = TITLES.get(status, "Error")
    made = f'{{"type":"about:blank","title":"{title}","status":{status},"detail":"Reference: {reference}."}}'
    return made + " " * (SIZE - len(made) + len(reference) - length)
