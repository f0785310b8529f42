"""The guard's own answers in the shape that the contract declares for their status, where it declares one.

Instances are built by rule from the schema, never guessed: each was valid before it is used, with the shortest and the
longest texts that it may get, and where none is the answer is a problem document as ever.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from batten.contract import Media, Response
from batten.contract.bundles import Bundles
from batten.contract.dialect import Direction
from batten.contract.validators import SchemaProblem, Validator, Validators
from batten.guard.answers.problems import SIZE, phrase
from batten.guard.content.media_types import Kind, kind_of
from batten.model.record import record

DEEPEST = 8  # levels of an instance
LONGEST = 300  # characters of a detail
MOST_NODES = 500  # schemas that are looked at for one instance
LEAST = 128  # bytes of a document that are left for the detail
_PROBLEM = "application/problem+json"


class Mark(Enum):
    """What takes a place in an instance."""

    TITLE = "title"
    DETAIL = "detail"
    ALL = "all"  # title and detail
    STATUS = "status"
    STATUS_TEXT = "status as text"


STANDARD: dict[str, object] = {
    "type": "about:blank",
    "title": Mark.TITLE,
    "status": Mark.STATUS,
    "detail": Mark.DETAIL,
}
_TITLES = frozenset(
    ("title", "message", "msg", "error", "errormessage", "reason", "summary", "text", "errors")
)
_DETAILS = frozenset(("detail", "details", "description", "errordescription"))
_STATUSES = frozenset(("status", "statuscode", "code", "httpstatus", "errorcode"))
_COMBINED = ("$ref", "allOf", "anyOf", "oneOf", "$defs")
_TOLD = _TITLES | _DETAILS | _STATUSES
_SAMPLES = {
    "date-time": "1970-01-01T00:00:00Z", "date": "1970-01-01", "time": "00:00:00Z", "duration": "PT0S", "uuid": "00000000-0000-0000-0000-000000000000",
    "uri": "about:blank", "uri-reference": "about:blank", "iri": "about:blank", "email": "a@example.com", "hostname": "example.com", "ipv4": "0.0.0.0",
    "ipv6": "::", "json-pointer": "", "regex": "",
}  # fmt: skip
Json = Any


@record
class Told:
    status: int
    title: str
    detail: str
    reference: str


@record
class Shaped:
    """The documents of one operation and status: all of one size, in bytes."""

    media_type: bytes
    template: object
    size: int

    def document(self, told: Told) -> bytes:
        shown = told.detail[:LONGEST]
        while True:
            body = _written(self.template, Told(told.status, told.title, shown, told.reference))
            if len(body) <= self.size or not shown:
                return body.ljust(self.size)
            shown = shown[: len(shown) // 2]


def shaped(declared: Response, status: int, bundles: Bundles, validators: Validators) -> Shaped | None:
    """None where the contract declares no JSON for this status, or none of which an instance can be built."""
    for media in _json(declared):
        name = _PROBLEM if "*" in media.media_type else media.media_type
        for template in _templates(media, bundles):
            if _is_valid(template, status, media, validators):
                least = len(_written(template, Told(status, phrase(status), "", "0" * 16))) + LEAST
                return Shaped(name.encode("ascii", "ignore"), template, -(-least // SIZE) * SIZE)
    return None


def _json(declared: Response) -> list[Media]:
    """Problem documents first."""
    found = [media for name, media in declared.media.items() if _may_be_json(name)]
    return sorted(found, key=lambda media: not media.media_type.lower().startswith(_PROBLEM))


def _may_be_json(name: str) -> bool:
    bare = name.partition(";")[0].strip().lower()
    return bare in ("*/*", "application/*") or kind_of(bare) is Kind.JSON


def _templates(media: Media, bundles: Bundles) -> Iterator[object]:
    yield STANDARD
    if media.schema is not None:
        schema = bundles.bundle(media.schema, Direction.RESPONSE)
        definitions = schema.get("$defs", {}) if isinstance(schema, dict) else {}
        made = _Builder(definitions).instance(schema, "message", DEEPEST)  # one text alone is a message
        yield made
        yield _terse(made)


def _is_valid(template: object, status: int, media: Media, validators: Validators) -> bool:
    if media.schema is None:
        return True
    try:
        validator: Validator = validators.validator(media.schema, Direction.RESPONSE)
    except SchemaProblem:
        return False
    probes = (
        Told(status, phrase(status), "", "0" * 16),
        Told(status, phrase(status).ljust(60, "x"), "x" * LONGEST, "0" * 16),
    )
    return all(validator.is_valid(_filled(template, probe)) for probe in probes)


def _terse(template: object) -> object:
    """With nothing but the title."""
    match template:
        case dict():
            return {name: _terse(value) for name, value in template.items()}
        case list():
            return [_terse(value) for value in template]
        case Mark.ALL | Mark.DETAIL:
            return Mark.TITLE
    return template


def _written(template: object, told: Told) -> bytes:
    return json.dumps(_filled(template, told), separators=(",", ":")).encode("ascii")


def _filled(template: object, told: Told) -> object:
    match template:
        case dict():
            return {name: _filled(value, told) for name, value in template.items()}
        case list():
            return [_filled(value, told) for value in template]
        case Mark.TITLE:
            return told.title
        case Mark.DETAIL:
            return _sentences(told.detail, told.reference)
        case Mark.ALL:
            return _sentences(f"{told.title}.", told.detail, told.reference)
        case Mark.STATUS:
            return told.status
        case Mark.STATUS_TEXT:
            return str(told.status)
    return template


def _sentences(*parts: str) -> str:
    *sentences, reference = parts
    return " ".join(part for part in (*sentences, f"Reference: {reference}." if reference else "") if part)


# The instance


@dataclass(slots=True)
class _Builder:
    """Schemas refer to each other in circles, so there is an end to what is looked at."""

    definitions: Json
    left: int = MOST_NODES

    def instance(self, schema: Json, name: str, depth: int, alone: bool = True) -> object:
        """The smallest, with what people read. `alone` is whether no member beside it takes the detail."""
        flat = self.flat(schema, ())
        if "const" in flat:
            return flat["const"]
        if isinstance(flat.get("enum"), list) and flat["enum"]:
            return next((one for one in flat["enum"] if one is not None), None)
        match _type(flat, name):
            case "object":
                return self.members(flat, depth)
            case "array":
                return self.items(flat, name, depth)
            case "string":
                format_ = flat.get("format")
                if isinstance(format_, str) and format_ in _SAMPLES:
                    return _SAMPLES[format_]
                if name in _STATUSES:
                    return Mark.STATUS_TEXT
                if name in _DETAILS:
                    return Mark.DETAIL
                if name in _TITLES:
                    return Mark.ALL if alone and name != "title" else Mark.TITLE
                if name == "type":
                    return "about:blank"
                least = flat.get("minLength", 0)
                return "-" * least if isinstance(least, int) and least < SIZE else ""
            case "integer" | "number":
                return Mark.STATUS if name in _STATUSES else _number(flat)
            case "boolean":
                return name == "error"
        return None

    def members(self, flat: Json, depth: int) -> dict[str, object]:
        properties, required = flat.get("properties", {}), flat.get("required", [])
        if depth == 0:
            return {}
        names = dict.fromkeys((*required, *(name for name in properties if _bare(name) in _TOLD)))
        alone = not any(_bare(name) in _DETAILS for name in names)
        return {
            name: self.instance(properties.get(name, True), _bare(name), depth - 1, alone)
            for name in names
            if properties.get(name, True) is not False
        }

    def items(self, flat: Json, name: str, depth: int) -> list[object]:
        least = flat.get("minItems", 0)
        number = max(least if isinstance(least, int) else 0, int(name in _TOLD))
        if depth == 0 or number > DEEPEST:
            return []
        return [self.instance(flat.get("items", True), name, depth - 1)] * number

    def flat(self, schema: Json, trail: tuple[str, ...]) -> dict[str, Json]:
        """A schema with what it refers to and combines; of alternatives the first that is not null."""
        if not isinstance(schema, dict) or self.left <= 0:
            return {}
        self.left -= 1
        flat = {key: value for key, value in schema.items() if key not in _COMBINED}
        parts = [(part, trail) for part in schema.get("allOf", ())]
        reference = str(schema.get("$ref", "")).removeprefix("#/$defs/")
        if reference and reference not in trail:
            parts.append((self.definitions.get(reference, True), (*trail, reference)))
        for key in ("anyOf", "oneOf"):
            branches = [branch for branch in schema.get(key, ()) if branch != {"type": "null"}]
            parts += [(branch, trail) for branch in branches[:1]]
        for part, below in parts:
            add_below = self.flat(part, below)
            properties = {**add_below.get("properties", {}), **flat.get("properties", {})}
            required = [*flat.get("required", ()), *add_below.get("required", ())]
            flat.update({key: value for key, value in add_below.items() if key not in flat})
            flat.update({"properties": properties} if properties else {})
            flat.update({"required": required} if required else {})
        return flat


def _number(flat: Json) -> object:
    for key, step in (("minimum", 0), ("exclusiveMinimum", 1)):
        if isinstance(flat.get(key), int):
            return flat[key] + step
    most = flat.get("maximum")
    return most if isinstance(most, int) and most < 0 else 0


def _bare(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _type(flat: Json, name: str) -> str:
    written = flat.get("type")
    names = [written] if isinstance(written, str) else written if isinstance(written, list) else []
    found = next((one for one in names if one != "null"), "")
    if found:
        return str(found)
    if "properties" in flat or "required" in flat:
        return "object"
    if "items" in flat:
        return "array"
    if names:
        return "null"
    return "string" if name in _TOLD else "object"
