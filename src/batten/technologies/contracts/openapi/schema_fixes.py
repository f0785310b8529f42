"""Schemas closed and bounded."""

from __future__ import annotations

from collections.abc import Callable

from batten.formats import Mapping
from batten.model import Edit, Fix, Location, Safety
from batten.technologies.contracts.openapi.examples import Shown
from batten.technologies.shared.text.entries import Page

MOST_NAMES = 5
MOST_CLOSED = 8  # objects of a document that are open; where more are, it is how its people write
_COMPOSING = ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "dependentSchemas")
_DECLARING = ("properties", "patternProperties", *_COMPOSING)

Pages = Callable[[str], Page]


def close(pages: Pages, places: tuple[Location, ...], shown: Callable[[str], Shown]) -> Fix | None:
    """Undeclared properties refused in all these objects; a question where one would be left empty."""
    schemas = [(pages(place.source), _schema(pages, place)) for place in places]
    title = "allow declared properties only"
    if not all(schema is None or any(key in schema for key in _DECLARING) for _, schema in schemas):
        question = f"which properties does {_names(places)} have? Declare them, or a schema for its values"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    if any(schema is None for _, schema in schemas):
        return None
    doubt = _doubt([(shown(page.source.path), schema) for page, schema in schemas if schema is not None])
    if doubt:
        question = f"has {_names(places)} no other properties than those declared? {doubt}"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    edits = [_closed(page, schema) for page, schema in schemas if schema is not None]
    if not edits:
        return None
    breaks = "clients that send undeclared properties, once the contract is enforced"
    return Fix(title, tuple(edits), safety=Safety.RISKY, breaks=breaks)


def _schema(pages: Pages, place: Location) -> Mapping | None:
    way = pages(place.source).find(place.span) if place.span is not None else None
    if way is None or not isinstance(way.node, Mapping) or not way.node.entries:
        return None
    aliased = way.entry is not None and way.entry.alias is not None
    return None if aliased else way.node


def _doubt(schemas: list[tuple[Shown, Mapping]]) -> str:
    """Why nobody but the API's people may close the schemas; "" where nothing speaks against it."""
    if any("additionalProperties" in s or "unevaluatedProperties" in s for _, s in schemas):
        return "They are allowed in words: change it by hand if it does not hold"
    if any(shown.open_objects > MOST_CLOSED for shown, _ in schemas):
        return "Nothing in the document says so: write `additionalProperties: false` where it holds"
    if any(schema.span in shown.contradicted for shown, schema in schemas):
        return "An example has more"
    return ""


def _closed(page: Page, schema: Mapping) -> Edit:
    """What is composed is closed as a whole, which JSON Schema calls unevaluated."""
    composed = any(key in schema for key in _COMPOSING)
    key = "unevaluatedProperties" if composed else "additionalProperties"
    first = next(e for e in schema if e.key.text in _DECLARING)
    return page.before(schema, first, key, False)


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
