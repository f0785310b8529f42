"""Products whose own documentation gives them parts of their host.

`hosted.json` holds what it names, and where. An image is matched by the end of its name, whatever its registry. `mounts` are
read-only there; `socket` is the engine's, which stays a risk.
"""

from __future__ import annotations

import json
from functools import cache
from typing import NotRequired, TypedDict, cast

from batten.files.own import own_text
from batten.model.record import record


class _Row(TypedDict):
    images: list[str]
    source: str
    mounts: NotRequired[list[str]]
    devices: NotRequired[list[str]]
    namespaces: NotRequired[list[str]]
    capabilities: NotRequired[list[str]]
    privileged: NotRequired[bool]
    socket: NotRequired[bool]
    filters: NotRequired[bool]


@record(kw_only=True)
class Hosted:
    """What the documentation of a product gives it."""

    name: str
    mounts: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    capabilities: frozenset[str] = frozenset()
    privileged: bool = False
    socket: bool = False
    filters: bool = False  # it has the engine's socket in order to pass harmless calls on to others


def _unversioned(image: str) -> str:
    """An image's name without its tag and its digest."""
    bare = image.partition("@")[0]
    name, colon, tag = bare.rpartition(":")
    return name if colon and "/" not in tag else bare


def hosted(image: str) -> Hosted:
    """The product that an image is of; one that is given nothing where it is not known."""
    name = _unversioned(image)
    parts = name.split("/")
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next(filter(None, map(_products().get, ends)), Hosted(name=name))


@cache
def _products() -> dict[str, Hosted]:
    rows = cast(dict[str, _Row], json.loads(own_text("controls/hosted.json") or "{}"))
    return {image: _product(name, row) for name, row in rows.items() for image in row["images"]}


def _product(name: str, row: _Row) -> Hosted:
    return Hosted(
        name=name,
        mounts=frozenset(row.get("mounts", ())),
        devices=frozenset(row.get("devices", ())),
        namespaces=frozenset(row.get("namespaces", ())),
        capabilities=frozenset(row.get("capabilities", ())),
        privileged=row.get("privileged", False),
        socket=row.get("socket", False),
        filters=row.get("filters", False),
    )
