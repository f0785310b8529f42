"""The instances that `count` and `for_each` make of a block."""

from __future__ import annotations

from collections.abc import Mapping

from batten.formats.hcl import Body
from batten.model import UNKNOWN
from batten.technologies.cloud.terraform.evaluate import NOTHING, Evaluator
from batten.technologies.cloud.terraform.module import Declared
from batten.technologies.cloud.terraform.values import Value, is_number, text
from batten.technologies.cloud.terraform.walk import traversals

MOST = 50  # further instances are like those before

Scope = Mapping[str, Value]
_UNKNOWN_EACH: Scope = {"each": {"key": UNKNOWN, "value": UNKNOWN}}
_UNKNOWN_COUNT: Scope = {"count": {"index": UNKNOWN}}


def scopes(declared: Declared, evaluator: Evaluator) -> list[Scope]:
    """What `each` and `count` are in each instance: none when the block makes nothing, one with UNKNOWN in
    it when it may make something."""
    attributes = declared.body.attributes
    if "count" in attributes:
        count = evaluator.value(attributes["count"].expression)
        if isinstance(count, bool) or not is_number(count):
            return [] if count is False or count == "0" else [_UNKNOWN_COUNT]
        if count <= 0:
            return []
        if not mentions(declared.body, "count"):
            return [_UNKNOWN_COUNT]
        return [{"count": {"index": index}} for index in range(min(int(count), MOST))]
    if "for_each" in attributes:
        pairs = members(evaluator.value(attributes["for_each"].expression))
        if pairs is None:
            return [_UNKNOWN_EACH]
        if not mentions(declared.body, "each"):
            return [_UNKNOWN_EACH] if pairs else []
        return [{"each": {"key": key, "value": value}} for key, value in pairs[:MOST]]
    return [NOTHING]


def members(collection: Value) -> list[tuple[Value, Value]] | None:
    """Keys and values of what `for_each` goes through; those of a set are the same. None: not known."""
    match collection:
        case dict():
            return [(key, collection[key]) for key in sorted(collection)]
        case list():
            return [(item if text(item) is not None else UNKNOWN, item) for item in collection]
        case _:
            return None


def mentions(body: Body, root: str) -> bool:
    """Whether anything in a body is about `each` or `count`."""
    attributes = (*body.attributes.values(), *(a for b in body.walk() for a in b.body.attributes.values()))
    return any(
        root == traversal.root
        for a in attributes
        if a.name not in ("for_each", "count")
        for traversal in traversals(a.expression)
    )
