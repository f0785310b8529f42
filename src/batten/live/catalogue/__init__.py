"""What should not be served, and how its content proves what it is. A status alone proves nothing."""

from __future__ import annotations

from collections.abc import Iterator

from batten.live.catalogue import (
    builds,
    credentials,
    documents,
    dumps,
    frameworks,
    histories,
    listings,
    measures,
    repositories,
    settings,
)
from batten.live.catalogue.item import Item, Proof, Sort
from batten.live.exchange import Response

_FILES = (histories, repositories, credentials, settings, builds, dumps)
_ANSWERS = (documents, measures, frameworks, listings)

ITEMS: tuple[Item, ...] = tuple(item for module in (*_FILES, *_ANSWERS) for item in module.ITEMS)
_BY_END: dict[str, list[Item]] = {}
for _item in ITEMS:
    for _path in _item.paths:
        _BY_END.setdefault(_path.rpartition("/")[2], []).append(_item)
_ANYWHERE = [item for item in ITEMS if item.anywhere]


def proved(path: str, response: Response) -> Iterator[Item]:
    """The items that the path names and the content proves; each kind is reported once."""
    if response.status != 200:
        return
    bare = path.partition("?")[0]
    likely = [
        *_BY_END.get(bare.rpartition("/")[2], ()),
        *_BY_END.get(path.rpartition("/")[2], ()),
        *_ANYWHERE,
    ]
    seen: set[str] = set()
    for item in likely:
        if item.what not in seen and (item.named_by(bare) or item.named_by(path)) and item.proof(response):
            seen.add(item.what)
            yield item


def listable(path: str) -> bool:
    """Whether the catalogue knows a file of this name, so that one that a listing names is worth a question."""
    return file_of(path) is not None


def file_of(path: str) -> Item | None:
    """The file that one of this name is, as far as the name tells."""
    likely = _BY_END.get(path.rpartition("/")[2], ())
    return next((item for item in likely if item.sort is Sort.FILE and item.named_by(path)), None)


__all__ = ["ITEMS", "Item", "Proof", "Sort", "file_of", "listable", "proved"]
