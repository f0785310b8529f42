"""What follows from bounds that are there already: of numbers from their limits, of requests from the edge's."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract
from batten.engine.hardening.contract.editing import Editing
from batten.facts import PayloadSchema
from batten.formats import Mapping, Node, Scalar, Sequence
from batten.harden.edge import MOST_TARGET, Edge
from batten.model import Location, Span
from batten.technologies._text.entries import Page
from batten.technologies.openapi.schemas import Survey

_SHOWING = ("example", "examples", "default", "enum", "const", "x-example", "x-examples")
_NAMING = (
    "properties",
    "patternProperties",
    "$defs",
    "definitions",
    "schemas",
    "dependentSchemas",
    "headers",
)
_WIDTHS = (("int32", -(2**31), 2**31 - 1), ("int64", -(2**63), 2**63 - 1))


def put_formats(editing: Editing) -> None:
    """int32 or int64 for integers whose own limits fit: it refuses nothing, and clients need not guess."""
    for path in editing.contract.files:
        page = editing.page(path)
        for schema in _schemas(page.root):
            kind, width = schema.entry("type"), _width(schema)
            if width and kind is not None and not any(entry.merged for entry in schema):
                editing.edits.append(page.behind(schema, kind, "format", width))


def _schemas(root: Node) -> Iterator[Mapping]:
    """Mappings that may be schemas, innermost first: none of what examples show, and each once."""
    found, seen = list[Mapping](), set[int]()
    pending: list[tuple[Node, bool]] = [(root, False)]
    while pending:
        node, names = pending.pop()
        if isinstance(node, Sequence):
            pending += [(item, False) for item in node]
        elif isinstance(node, Mapping) and id(node) not in seen:
            seen.add(id(node))
            found += [] if names else [node]
            for entry in node:
                key = entry.key.text
                if not entry.merged and entry.alias is None and (names or not _is_shown(key)):
                    pending.append((entry.value, not names and key in _NAMING))
    yield from reversed(found)


def _is_shown(key: str) -> bool:
    return key in _SHOWING or key.startswith("x-")


def _width(schema: Mapping) -> str:
    """The format of an integer with both limits; "" for anything else."""
    if "format" in schema or "integer" not in _kinds(schema) or "number" in _kinds(schema):
        return ""
    least, most = (_number(schema, key) for key in ("minimum", "maximum"))
    if least is None or most is None:
        return ""
    return next((name for name, low, high in _WIDTHS if low <= least and most <= high), "")


def _kinds(schema: Mapping) -> list[str]:
    written = schema["type"]
    if isinstance(written, Sequence):
        return [item.text for item in written if isinstance(item, Scalar)]
    return [written.text] if isinstance(written, Scalar) else []


def _number(schema: Mapping, key: str) -> int | None:
    found = schema.scalar(key)
    value = found.value if found is not None else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def put_bounds(editing: Editing, edge: Edge) -> tuple[str, ...]:
    """The edge's own limits for strings and lists of requests that have none, and what is said of it."""
    targets = _of_targets(editing.contract)
    counts = {MOST_TARGET: 0, edge.body: 0}
    for fact in _unbounded(editing.contract):
        most = MOST_TARGET if (fact.at.source, fact.at.span) in targets else edge.body
        for place in fact.unbounded:
            counts[most] += _bound(editing, place, most)
    return tuple(
        f"{count} strings and lists of requests had no limit; they have the edge's, of {most} bytes: write those of your data"
        for most, count in counts.items()
        if count
    )


def _unbounded(contract: Contract) -> Iterator[PayloadSchema]:
    """Schemas of requests alone."""
    survey = Survey(contract)
    for operation in contract.operations:
        survey.add(operation)
    for operation in contract.operations:
        survey.add_request(operation)
    yield from (fact for fact in survey.facts() if fact.request and fact.unbounded)


def _of_targets(contract: Contract) -> set[tuple[str, Span | None]]:
    """Where the schemas of parameters stand, which are a part of the target or of the head."""
    places = (p.schema.place for o in contract.operations for p in o.parameters if p.schema is not None)
    blocks = (contract.block(place) for place in places)
    return {(block.source, block.span) for block in blocks}


def _bound(editing: Editing, place: Location, most: int) -> bool:
    """Whether the limit was written."""
    page = editing.page(place.source)
    way = page.find(place.span) if place.span is not None else None
    schema = way.node if way is not None else None
    if not isinstance(schema, Mapping) or any(entry.merged for entry in schema):
        return False
    return _written(editing, page, schema, most)


def _written(editing: Editing, page: Page, schema: Mapping, most: int) -> bool:
    kind = schema.entry("type")
    key = next(
        (k for word, k in (("string", "maxLength"), ("array", "maxItems")) if word in _kinds(schema)), ""
    )
    if kind is None or not key or key in schema:
        return False
    editing.edits.append(page.behind(schema, kind, key, most))
    return True
