"""OpenAPI drafted from shapes: what callers and application did that the contract does not say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from batten.contract import Contract
from batten.contract.matcher import Match, Matcher
from batten.guard.traffic.shapes import Shape
from batten.guard.traffic.traffic_file import Learnt

# Of n samples, the next one exceeds the largest with a probability of 1/(n + 1), whatever the distribution is: any order of them
# is as likely. Where tails are heavy, k times the largest of n is exceeded about once in k * n. So nothing is demanded of all
# before there are ENOUGH, and a maximum is so many times the largest that one in SELDOM exceeds it, at least LEAST times.
ENOUGH = 50
SELDOM = 10_000
LEAST = 4
SHORTEST = {"maxLength": 256, "maxItems": 256}  # maxima that are not worth being smaller
ENOUGH_ALIKE = 5  # strings, before the format that all of them have is demanded
ENOUGH_WORDS = 20  # values, before the few words that they were are all that there are
OFTEN = 3  # times each of those words

SAMPLES, UNCERTAIN = "x-batten-samples", "x-batten-uncertain"
_IDENTIFIER = re.compile(r"\{[^{}/]*\}")
Plain = dict[str, Any]


def draft(learnt: Iterable[Learnt], contract: Contract | None) -> Plain:
    """A document that holds what is missing in the contract, and nothing else."""
    is_modern = contract is None or contract.is_modern
    document: Plain = {
        "openapi": "3.1.0" if is_modern else "3.0.3",
        "info": {"title": f"{contract.title} (learnt)" if contract is not None else "Learnt", "version": "0"},
        "paths": {},
    }
    base = contract.base_path if contract is not None else ""
    if base:
        document["servers"] = [{"url": base}]
    match = Matcher(contract.operations).match if contract is not None else _nowhere
    for one in learnt:
        if one.method == "(other)" or not one.path.startswith("/"):
            continue
        _add(document["paths"], one, match(_IDENTIFIER.sub("0", one.path)), base, is_modern)
    # An operation must say something of its answers, and a parameter list must not be empty.
    for item in document["paths"].values():
        for operation in (value for value in item.values() if isinstance(value, dict)):
            operation.setdefault("responses", {"default": {"description": "No answer was recorded"}})
            if not operation.get("parameters", True):
                del operation["parameters"]
    return document


def _nowhere(path: str) -> Match | None:
    return None


def _add(paths: Plain, one: Learnt, found: Match | None, base: str, is_modern: bool) -> None:
    operation = found.operations.get(one.method) if found is not None else None
    # `/orders/{}/lines/{}` as `/orders/{order_id}/lines/{line_id}`.
    named_made: list[str] = []
    for part in (found.template if found is not None else one.path).split("/"):
        if part == "{}":
            before = (
                named_made[-1] if named_made and re.fullmatch(r"[A-Za-z_-]{2,30}", named_made[-1]) else ""
            )
            named_name = f"{before.removesuffix('s').replace('-', '_').lower()}_id" if before else "id"
            taken = sum(
                other == f"{{{named_name}}}" or other.startswith(f"{{{named_name}_") for other in named_made
            )
            part = f"{{{named_name}_{taken + 1}}}" if taken else f"{{{named_name}}}"
        named_made.append(part)
    path = "/".join(named_made)
    within = not base or path == base or path.startswith(base + "/")
    item = paths.setdefault((path[len(base) :] or "/") if within else path, {})
    if not within:
        item["servers"] = [{"url": "/"}]
    made = item.setdefault(one.method.lower(), {})
    if operation is None and "summary" not in made:
        made["summary"] = "Learnt from traffic: review it, name it, and declare its authentication"
        if names := re.findall(r"\{([^{}/]*)\}", path):
            made["parameters"] = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": 256}}
                for name in names
            ]
    if one.part == "query":
        made.setdefault("parameters", []).extend(
            [
                _counted({"name": name, "in": "query", "schema": schema_of(member, is_modern)}, member.count)
                for name, member in one.shape.members.items()
            ]
        )
    elif one.part == "request":
        body = made.setdefault("requestBody", {"content": {}})
        body["content"].update(_content(one, is_modern))
        _count(body, one.shape.count)
    else:
        answer = made.setdefault("responses", {}).setdefault(one.part, {"description": _phrase(one.part)})
        _count(answer, one.shape.count)
        if one.media_type:
            answer.setdefault("content", {}).update(_content(one, is_modern))


def _count(made: Plain, samples: int) -> None:
    """Say from how many samples something was drafted, and whether those are too few to be sure."""
    made[SAMPLES] = made.get(SAMPLES, 0) + samples
    if made[SAMPLES] < ENOUGH:
        made[UNCERTAIN] = True
    else:
        made.pop(UNCERTAIN, None)


def _counted(made: Plain, samples: int) -> Plain:
    _count(made, samples)
    return made


def uncertain(document: Plain) -> int:
    """How many operations of a draft have a part that was drafted from few samples."""
    operations = [o for item in document["paths"].values() for o in item.values() if isinstance(o, dict)]
    return sum(any(part.get(UNCERTAIN) for part in _parts(operation)) for operation in operations)


def _parts(operation: Plain) -> Iterable[Plain]:
    yield from operation.get("parameters", ())
    yield from operation["responses"].values()
    yield operation.get("requestBody", {})


def _content(one: Learnt, is_modern: bool) -> Plain:
    schema = schema_of(one.shape, is_modern)
    return {one.media_type or "*/*": {"schema": schema} if schema else {}}


def _phrase(status: str) -> str:
    try:
        return HTTPStatus(int(status)).phrase
    except ValueError:
        return "Learnt"


def schema_of(shape: Shape, is_modern: bool = True) -> Plain:
    """A JSON Schema (of OpenAPI 3.1, or 3.0) that everything seen is valid against."""
    if shape.anything or not shape.types:
        return {}
    types = shape.types - {"null"}
    if "number" in types:
        types -= {"integer"}
    made = [_typed(kind, shape, is_modern) for kind in sorted(types)]
    if "null" not in shape.types:
        return made[0] if len(made) == 1 else {"anyOf": made}
    if not is_modern:
        made = [{**schema, "nullable": True} for schema in made] or [{"nullable": True, "enum": [None]}]
        for schema in made:
            if "enum" in schema and None not in schema["enum"]:
                schema["enum"] = [*schema["enum"], None]
        return made[0] if len(made) == 1 else {"anyOf": made}
    if len(made) == 1 and "enum" not in made[0]:
        return {**made[0], "type": [made[0]["type"], "null"]}
    return {"anyOf": [*made, {"type": "null"}]} if made else {"type": "null"}


def _typed(kind: str, shape: Shape, is_modern: bool) -> Plain:
    match kind:
        case "string":
            words = shape.words or {}
            if words and sum(words.values()) >= ENOUGH_WORDS and min(words.values()) >= OFTEN:
                return {"type": "string", "enum": sorted(words)}
            made: Plain = {"type": "string"}
            formats = sorted(shape.formats or ())
            if len(formats) == 1 and shape.count >= ENOUGH_ALIKE:
                made["format"] = formats[0]
            return {**made, **_most("maxLength", shape.longest, shape.count)}
        case "integer" | "number":
            return _number(kind, shape)
        case "array":
            items = schema_of(shape.items, is_modern) if shape.items is not None else {}
            return {"type": "array", "items": items, **_most("maxItems", shape.most_items, shape.count)}
        case "object":
            return _object(shape, is_modern)
    return {"type": kind}


def _most(keyword: str, largest: int, samples: int) -> Plain:
    """A maximum that is wide by how few samples there were; none where they were too few."""
    if samples < ENOUGH:
        return {}
    times = max(LEAST, -(-SELDOM // samples))
    return {keyword: max(SHORTEST[keyword], 1 << (largest * times - 1).bit_length())}


def _number(kind: str, shape: Shape) -> Plain:
    made: Plain = {"type": kind}
    if kind == "integer" and shape.wide:
        made["format"] = "int64"  # small numbers grow: identifiers, sums, times
    if not shape.negative and shape.count >= ENOUGH:
        made["minimum"] = 0
    return made


def _object(shape: Shape, is_modern: bool) -> Plain:
    made: Plain = {"type": "object"}
    if shape.others is not None:
        others = schema_of(shape.others, is_modern)
        return {**made, "additionalProperties": others or True}
    required = [name for name, member in shape.members.items() if member.count >= shape.objects]
    if required and shape.objects >= ENOUGH:
        made["required"] = sorted(required)
    made["properties"] = {name: schema_of(member, is_modern) for name, member in shape.members.items()}
    return {**made, "additionalProperties": False} if shape.objects >= ENOUGH else made
