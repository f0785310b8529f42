"""What well-known images serve, by name: `served.yaml` beside it."""

from __future__ import annotations

from functools import cache

from batten.facts import Content
from batten.files.own import own_text
from batten.formats import yaml
from batten.formats.tree import plain
from batten.technologies._containers.images import parse

_KINDS = {"api": Content.API, "pages": Content.PAGE, "both": Content.BOTH}


@cache
def _table() -> dict[str, Content]:
    text = own_text("technologies/_containers/served.yaml") or "{}"
    rows = plain(yaml.parse(text))
    assert isinstance(rows, dict)
    return {name: kind for word, kind in _KINDS.items() for name in str(rows.get(word, "")).split()}


def served_by(reference: str) -> Content:
    """What the image of a reference serves. A mirror's or a private registry's copy is the same product; of
    images that others build of a product, only that they serve pages is believed."""
    name = parse(reference).name.lower()
    first, _, rest = name.partition("/")
    if rest and ("." in first or ":" in first or first == "localhost"):
        name = name if name in _table() else rest
    known = _table().get(name) or _table().get(name.removeprefix("library/"))
    if known is not None:
        return known
    same = _table().get(name.rpartition("/")[2], Content.UNKNOWN)
    return Content.UNKNOWN if same is Content.API else same
