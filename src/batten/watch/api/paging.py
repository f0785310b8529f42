"""Pages of lists by key: a cursor holds the key of the last entry, and says nothing to clients."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec

from batten.watch.api.asked import Asked
from batten.watch.api.problems import ApiProblem

USUAL = 50  # entries on a page
MOST = 200
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Entry = TypeVar("Entry")
Key = TypeVar("Key")


def limit(asked: Asked) -> int:
    """How many entries the caller wants."""
    return min(max(asked.whole("limit", USUAL), 1), MOST)


def after(asked: Asked) -> int:
    """The number that the cursor holds, 0 on the first page. Raises ApiProblem (422)."""
    return position(asked, tuple[Number])[0] if asked.text("cursor") else 0


def written(key: object) -> str:
    """The cursor of a key."""
    return urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def position(asked: Asked, kind: type[Key]) -> Key:
    """The key that the cursor holds. Raises ApiProblem (422)."""
    cursor = asked.text("cursor")
    try:
        return msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=kind)
    except ValueError:
        raise ApiProblem(422, "the cursor is not from this list; begin without a cursor") from None


def page(
    found: Sequence[Entry], most: int, key: Callable[[Entry], object]
) -> tuple[Sequence[Entry], str | None]:
    """The entries of a page and the cursor of the next, of a list that was read one entry further than the page is long."""
    shown = found[:most]
    return shown, written(key(shown[-1])) if len(found) > most else None
