"""Pages of what cannot be shown: not there, or another's, which is the same answer; and of what went wrong."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from batten.watch.pages.rendering import page


def missing(request: Request, noun: str = "page") -> Response:
    """Nothing of this name is there for the caller."""
    said = f"There is no such {noun}, or its environment is not visible to you."
    return page(request, "missing.html", 404, title="Not found", said=said)
