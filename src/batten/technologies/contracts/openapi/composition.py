"""Which schemas are parts of others: closing a part would forbid what its sisters declare."""

from __future__ import annotations

from collections.abc import Iterator

from batten.contract import Contract, Place
from batten.formats.tree import Plain

_Object = dict[str, Plain]


def parts_of(contract: Contract) -> set[Place]:
    """What schemas anywhere in the document and its files refer to as one of several parts of themselves;
    those of requests count too, for a component that is closed is closed for everybody."""
    modern, references = contract.is_modern, contract.references
    return {
        place
        for path, source in references.sources.files.items()
        for reference in _references(source.data, modern)
        if (place := references.place_of(reference, path)) is not None
    }


def _references(data: Plain, modern: bool) -> Iterator[str]:
    pending = [data]
    while pending:
        value = pending.pop()
        if type(value) is list:
            pending += value
        elif type(value) is dict:
            pending += value.values()
            for key in ("allOf", "anyOf", "oneOf"):
                if key in value and ((key == "anyOf" and has_choices(value)) or is_whole(value, key)):
                    yield from _named(branches(value, key))
            if modern and len(value) > 1 and "$ref" in value and ("properties" in value or _closed(value)):
                yield from _named([value])


def _named(values: list[Plain]) -> Iterator[str]:
    for value in values:
        for key in ("$ref", "$dynamicRef"):
            reference = value.get(key) if isinstance(value, dict) else None
            if isinstance(reference, str):
                yield reference


def branches(schema: _Object, key: str) -> list[Plain]:
    value = schema.get(key)
    return value if isinstance(value, list) else []


def is_composed(schema: _Object) -> bool:
    """Whether an allOf adds up to more than one schema. An allOf of one alone is a way to write it."""
    parts = branches(schema, "allOf")
    return len(parts) > 1 or (bool(parts) and ("properties" in schema or "$ref" in schema))


def is_whole(schema: _Object, key: str) -> bool:
    """Whether the branches under `key` are parts of a whole that the schema around them makes."""
    if key == "allOf":
        return is_composed(schema) or _closed(schema)
    return "properties" in schema or "allOf" in schema or schema.get("unevaluatedProperties") is False


def has_choices(schema: _Object) -> bool:
    """Whether an anyOf lets several schemas hold at once; one beside null is a way to write null."""
    return sum(branch != {"type": "null"} for branch in branches(schema, "anyOf")) > 1


def _closed(schema: _Object) -> bool:
    return schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False
