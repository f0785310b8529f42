"""How many bytes a body can have that its schema makes valid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from batten.contract.bundles import Bundles
from batten.contract.contract import Contract, Media
from batten.contract.dialect import Direction

Json = Any
_NUMBER = 64  # bytes of a number as programs write it; JSON itself sets no bound
_CHARACTER = 12  # bytes of one that is written as two escapes
_SLACK = 1_024  # line breaks and indents of a short document
_DEEPEST = 64


@dataclass(slots=True)
class _Known:
    definitions: dict[str, Json]
    sizes: dict[str, int | None] = field(default_factory=dict)  # by reference; None while it is sought


def largest(contract: Contract, media: Media) -> int | None:
    """In bytes, rounded up to a power of two, with room for how it is laid out; None where a schema sets no bound, or
    for what is not JSON."""
    name = media.media_type.partition(";")[0].strip().lower()
    if media.schema is None or not (name == "application/json" or name.endswith("+json")):
        return None
    bundle = Bundles(contract).bundle(media.schema, Direction.REQUEST)
    definitions = bundle.get("$defs", {}) if isinstance(bundle, dict) else {}
    found = _largest(bundle, _Known(definitions), 0)
    if found is None:
        return None
    return 1 << (2 * found + _SLACK - 1).bit_length()


def _largest(schema: Json, known: _Known, depth: int) -> int | None:
    """The least of all bounds that one value must keep."""
    if depth > _DEEPEST:
        return None
    if schema is False:
        return 0
    if not isinstance(schema, dict):
        return None
    # Of the values that are listed.
    values = _listed(schema, "enum") + ([schema["const"]] if "const" in schema else [])
    written = schema.get("type")
    kinds = [written] if isinstance(written, str) else written
    if not isinstance(kinds, list) or not kinds:
        by_type: int | None = None
    else:
        sizes = [_of_type(kind, schema, known, depth) for kind in kinds]
        type_told = [size for size in sizes if size is not None]
        by_type = max(type_told) if len(type_told) == len(sizes) else None
    # Once for each definition; one that leads back to itself has no bound.
    name = schema.get("$ref")
    if not isinstance(name, str):
        by_reference: int | None = None
    else:
        if name not in known.sizes:
            known.sizes[name] = None
            known.sizes[name] = _largest(
                known.definitions.get(name.removeprefix("#/$defs/")), known, depth + 1
            )
        by_reference = known.sizes[name]
    bounds = [
        max((_CHARACTER * len(str(value)) + 2 for value in values), default=None),
        by_type,
        by_reference,
    ]
    bounds += [_largest(each, known, depth + 1) for each in _listed(schema, "allOf")]
    bounds += [_greatest(_listed(schema, key), known, depth) for key in ("anyOf", "oneOf") if key in schema]
    told = [bound for bound in bounds if bound is not None]
    return min(told) if told else None


def _listed(schema: dict[str, Json], key: str) -> list[Json]:
    found = schema.get(key)
    return found if isinstance(found, list) else []


def _greatest(branches: list[Json], known: _Known, depth: int) -> int | None:
    sizes = [_largest(branch, known, depth + 1) for branch in branches]
    told = [size for size in sizes if size is not None]
    return max(told, default=0) if len(told) == len(sizes) else None


def _of_type(kind: Json, schema: dict[str, Json], known: _Known, depth: int) -> int | None:
    match kind:
        case "null" | "boolean":
            return 5
        case "integer" | "number":
            return _NUMBER
        case "string":
            most = _whole_number(schema.get("maxLength"))
            return None if most is None else _CHARACTER * most + 2
        case "array":
            most = _whole_number(schema.get("maxItems"))
            item = _greatest([*_listed(schema, "prefixItems"), schema.get("items", True)], known, depth)
            return None if most is None or item is None else 2 + most * (item + 1)
        case "object":
            # Only where no other members than those of `properties` are taken.
            closed = (
                schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False
            )
            members = schema.get("properties")
            if not closed or not isinstance(members, dict) or schema.get("patternProperties"):
                return None
            size = 2
            for name, member in members.items():
                found = _largest(member, known, depth + 1)
                if found is None:
                    return None
                size += _CHARACTER * len(name) + 4 + found
            return size
    return None


def _whole_number(value: Json) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
