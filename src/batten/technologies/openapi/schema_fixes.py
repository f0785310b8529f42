"""Schemas closed and bounded."""

from __future__ import annotations

from collections.abc import Callable

from batten.formats import Mapping
from batten.model import Edit, Fix, Location, Safety
from batten.technologies._text.entries import Page

MOST_NAMES = 5
_COMPOSING = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas")
_DECLARING = ("properties", "patternProperties", *_COMPOSING)

Pages = Callable[[str], Page]


def close(pages: Pages, places: tuple[Location, ...]) -> Fix | None:
    """Undeclared properties refused in all these objects; a question where one would be left empty."""
    schemas = [(pages(place.source), _schema(pages, place)) for place in places]
    title = "allow declared properties only"
    if not all(schema is None or any(key in schema for key in _DECLARING) for _, schema in schemas):
        question = f"which properties does {_names(places)} have? Declare them, or a schema for its values"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    edits = [edit for page, schema in schemas if schema is not None for edit in _closed(page, schema)]
    if not edits or any(schema is None for _, schema in schemas):
        return None
    breaks = "clients that send undeclared properties, once the contract is enforced"
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _schema(pages: Pages, place: Location) -> Mapping | None:
    way = pages(place.source).find(place.span) if place.span is not None else None
    if way is None or not isinstance(way.node, Mapping) or not way.node.entries:
        return None
    aliased = way.entry is not None and way.entry.alias is not None
    return None if aliased else way.node


def _closed(page: Page, schema: Mapping) -> list[Edit]:
    """What is composed is closed as a whole, which JSON Schema calls unevaluated."""
    composed = any(key in schema for key in _COMPOSING)
    key = "unevaluatedProperties" if composed else "additionalProperties"
    written = schema.entry("additionalProperties") or schema.entry("unevaluatedProperties")
    if written is None:
        first = next(e for e in schema if e.key.text in _DECLARING)
        return [page.before(schema, first, key, False)]
    edits = [page.replace(written.value.span, "false")]
    if written.key.text != key:
        edits.insert(0, page.reword(written.key, key))
    return edits


def bound(places: tuple[Location, ...]) -> Fix:
    """How long is too long, only its people know."""
    question = (
        f"what is the largest size of {_names(places)}? Write maxLength for strings, maxItems for arrays"
    )
    return Fix("limit its strings and arrays", (), safety=Safety.VALUE, question=question)


def _names(places: tuple[Location, ...]) -> str:
    names = list(dict.fromkeys(place.pointer.rpartition("/")[2] or place.pointer for place in places))
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
