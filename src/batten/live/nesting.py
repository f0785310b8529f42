"""A GraphQL query that nests deeply and costs little, of what a schema tells of itself.

Limits of depth leave the fields of introspection out, so the query has to be one of the schema's own. Its steps lead to one
thing each and never to a list: as many fields are resolved as it has levels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from batten.live.exchange import Response
from batten.live.survey import CHANGES

# The names, arguments and types of all fields, and nothing of their descriptions.
TYPES = (
    "{__schema{queryType{name} types{name kind fields{name args{type{kind}} "
    "type{kind name ofType{kind name}}}}}}"
)
_OBJECTS = ("OBJECT", "INTERFACE")

Steps = Mapping[
    str, list[tuple[str, str]]
]  # type -> fields that need no argument, and the type of their one thing


def deep_query(response: Response, levels: int) -> str:
    """A query of so many levels, "" where the schema has none that leads from one thing to the next."""
    try:
        schema = json.loads(response.text)["data"]["__schema"]
        root, steps = schema["queryType"]["name"], dict(_steps(schema["types"]))
        path = _path(steps, root, levels - 1)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""  # no schema, or none that is as the specification has it
    return "".join(f"{{{name}" for name in path) + "{__typename}" + "}" * len(path) if path else ""


def _steps(types: list[dict[str, object]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for kind in types:
        fields = kind["fields"]
        if kind["kind"] in _OBJECTS and isinstance(fields, list):
            ways = ((str(field["name"]), _one(field)) for field in fields)
            yield str(kind["name"]), [(name, to) for name, to in ways if to and not CHANGES.search(name)]


def _one(field: dict[str, dict[str, object]]) -> str:
    """The type of the one thing that a field leads to, "" where it leads to more, to none, or needs to be told which."""
    if any(argument["type"]["kind"] == "NON_NULL" for argument in field["args"]):  # type: ignore[index]
        return ""
    kind = field["type"]
    inner = kind["ofType"] if kind["kind"] == "NON_NULL" else kind
    return str(inner["name"]) if isinstance(inner, dict) and inner["kind"] in _OBJECTS else ""


def _path(steps: Steps, root: str, length: int) -> list[str]:
    """The fields of a walk of this length from the root, [] when there is none. From each type it is known how far a walk
    goes at least, worked out backwards, so that no two walks are tried."""
    able = [frozenset(steps)]
    for _ in range(length):
        able.append(frozenset(t for t in steps if any(to in able[-1] for _, to in steps[t])))
    if root not in able[length]:
        return []
    path, at = [], root
    for left in range(length - 1, -1, -1):
        name, at = next((name, to) for name, to in steps[at] if to in able[left])
        path.append(name)
    return path
