"""What follows from bounds that are there already: of numbers from their limits, of requests from the edge's."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract
from batten.engine.hardening.contract.answers import Engine
from batten.engine.hardening.contract.editing import Editing
from batten.facts import PayloadSchema
from batten.formats import Mapping, Node, Scalar, Sequence
from batten.harden.edge import Edge
from batten.model import Span
from batten.technologies.contracts.openapi.schemas import Survey

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
                if (
                    not entry.merged
                    and entry.alias is None
                    and (names or not (key in _SHOWING or key.startswith("x-")))
                ):
                    pending.append((entry.value, not names and key in _NAMING))
    yield from reversed(found)


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


def put_bounds(editing: Editing, edge: Edge, engine: Engine, strict: bool) -> tuple[str, ...]:
    """The edge's own limits for strings and lists of requests that have none, and what is said of it. `strict` also gives
    some to answers, and to numbers the range of a format: those no edge enforces."""
    # The limits of what is sent in front of a body, by where the schemas of parameters stand; of one that several
    # parameters have, the larger.
    found: dict[tuple[str, Span | None], int] = {}
    for parameter in (p for o in editing.contract.operations for p in o.parameters):
        if parameter.schema is not None:
            block = editing.contract.block(parameter.schema.place)
            heads_most = engine.target if parameter.location in ("path", "query") else engine.head
            found[block.source, block.span] = max(heads_most, found.get((block.source, block.span), 0))
    heads = found
    counts: dict[tuple[str | int, bool], int] = {}
    for fact in _unbounded(editing.contract):
        if not fact.request and not strict:
            continue
        most = heads.get((fact.at.source, fact.at.span), edge.body)
        for place in fact.unbounded:
            # The limit that was written; None where none was.
            page = editing.page(place.source)
            way = page.find(place.span) if place.span is not None else None
            schema = way.node if way is not None else None
            if not isinstance(schema, Mapping) or any(entry.merged for entry in schema):
                bound: str | int | None = None
            else:
                # What bounds values of these types: a keyword with its value.
                kinds = _kinds(schema)
                limit_found: dict[str, tuple[str, str | int]] = {
                    "string": ("maxLength", most),
                    "array": ("maxItems", most),
                }
                if strict:
                    limit_found |= {"number": ("format", "double"), "integer": ("format", "int64")}
                kind, bound_found = (
                    schema.entry("type"),
                    next((row for kind, row in limit_found.items() if kind in kinds), None),
                )
                if kind is None or bound_found is None or bound_found[0] in schema:
                    bound = None
                else:
                    editing.edits.append(page.behind(schema, kind, *bound_found))
                    bound = bound_found[1]
            if (given := bound) is not None:
                counts[given, fact.request] = counts.get((given, fact.request), 0) + 1
    return tuple(_told(given, request, count) for (given, request), count in counts.items())


def _told(given: str | int, request: bool, count: int) -> str:
    if isinstance(given, str):
        numbers = f"numbers of requests without an upper limit now have the format {given} ({count} ×)"
        return f"{numbers}; may affect clients that send larger ones"
    if not request:
        invented = (
            f"strings and lists of answers without a limit now have an invented one, {given} ({count} ×)"
        )
        return (
            f"{invented}; may affect larger answers, once the contract is enforced: write those of your data"
        )
    of_edge = (
        f"strings and lists of requests without a limit now have the edge's, of {given} bytes ({count} ×)"
    )
    return f"{of_edge}: write those of your data"


def _unbounded(contract: Contract) -> Iterator[PayloadSchema]:
    """What answers and requests have in common is of answers."""
    survey = Survey(contract)
    for operation in contract.operations:
        survey.add(operation)
    for operation in contract.operations:
        survey.add_request(operation)
    yield from (fact for fact in survey.facts() if fact.unbounded)
