"""Versions of resources: what was changed since it was read is not overwritten (RFC 9110, 13.1.1)."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from batten.watch.api.asked import Asked
from batten.watch.api.problems import ApiProblem
from batten.watch.api.wire import Shown


def tag(shown: Shown) -> str:
    """The entity tag of a representation."""
    return f'"{sha256(msgspec.json.encode(shown)).hexdigest()[:16]}"'


def unchanged(asked: Asked, shown: Shown) -> None:
    """Raises ApiProblem: 428 without If-Match, 412 where the resource is another than the caller read."""
    wanted = asked.headers.get("if-match")
    if wanted is None:
        raise ApiProblem(428, "send If-Match with the ETag of the resource")
    if wanted != tag(shown):
        raise ApiProblem(412, "the resource changed since it was read; read it again")
