"""The edge's own answers as components of a contract, in the words of its version of OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Iterable

from batten.contract.operations import OF_EDGE
from batten.engine.hardening.contract.answers import SAID, Engine, name_of
from batten.formats.tree import Plain
from batten.harden.documents import MEDIA, problem
from batten.harden.edge import Edge

PROBLEM = "EdgeProblem"
ALLOW_ORIGIN = "Access-Control-Allow-Origin"  # the header, and its component
_Object = dict[str, Plain]
_TITLE = "^[A-Z][A-Za-z -]{1,39}$"


def schema() -> _Object:
    """What documents.problem makes: no more members than these."""
    return {
        "type": "object",
        "description": "What the edge says of an error (RFC 9457).",
        OF_EDGE: True,
        "additionalProperties": False,
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "enum": ["about:blank"]},
            "title": {"type": "string", "pattern": _TITLE, "maxLength": 40},
            "status": {"type": "integer", "format": "int32", "minimum": 400, "maximum": 599},
        },
    }


def origin(edge: Edge, is_2: bool) -> _Object:
    """The header that lets pages of listed origins read an answer; other pages do not get it."""
    assert edge.cors is not None
    values: _Object = {"type": "string", "enum": list(edge.cors.origins)}
    said: _Object = {"description": "Sent to pages of the listed origins.", OF_EDGE: True}
    return {**said, **values} if is_2 else {**said, "schema": values}


def responses(
    statuses: Iterable[str], edge: Edge, engine: Engine, is_2: bool, names: dict[str, str]
) -> dict[str, _Object]:
    """By name. `names` are what the components are called here."""
    return {
        names[name_of(status)]: _response(status, edge, engine, is_2, names)
        for status in SAID
        if status in set(statuses)
    }


def _response(status: str, edge: Edge, engine: Engine, is_2: bool, names: dict[str, str]) -> _Object:
    made: _Object = {"description": SAID[status], OF_EDGE: True}
    if engine.says:
        found: _Object = {}
        if status == "429":
            found["Retry-After"] = _header(
                "Seconds to wait.", {"type": "integer", "format": "int32", "minimum": 1, "maximum": 60}, is_2
            )
        if status == "405":
            methods = "The methods of the path."
            listed: _Object = {"type": "string", "pattern": "^[A-Z-]+(, [A-Z-]+)*$", "maxLength": 200}
            found["Allow"] = _header(methods, listed, is_2)
        if edge.cors is not None:
            found[ALLOW_ORIGIN] = (
                origin(edge, is_2) if is_2 else {"$ref": f"#/components/headers/{names[ALLOW_ORIGIN]}"}
            )
        headers = found
    else:
        headers = {}
    if headers:
        made["headers"] = headers
    if not engine.says:
        return made
    group = "definitions" if is_2 else "components/schemas"
    reference: _Object = {"$ref": f"#/{group}/{names[PROBLEM]}"}
    shown: Plain = json.loads(problem(int(status))) if status.isdecimal() else None
    if is_2:
        return {**made, "schema": reference, **({"examples": {MEDIA: shown}} if shown else {})}
    media: _Object = {"schema": reference, **({"example": shown} if shown else {})}
    return {**made, "content": {MEDIA: media}}


def _header(said: str, values: _Object, is_2: bool) -> _Object:
    return {"description": said, **values} if is_2 else {"description": said, "schema": values}
