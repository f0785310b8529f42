"""Why a value does not fit: the keyword, where in the value, which schema of the contract, what it expects. Never the value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from batten.contract.costly import WRITTEN
from batten.contract.source import Place
from batten.contract.validators import Origin, Validator
from batten.formats.tree import Plain
from batten.model.record import record

LONGEST = 80  # characters of what is expected
_NAME = re.compile(r"[A-Za-z_$@][A-Za-z_-]{0,40}[0-9]{0,2}")
_HOLDERS = frozenset(("properties", "patternProperties", "additionalProperties"))

Path = Sequence[str | int]


@record
class Explanation:
    """`pointer` leads to the value (RFC 6901), with names that may be data; `about` has none, and is for logs."""

    pointer: str = ""
    about: str = ""


def explained(validator: Validator, value: object) -> Explanation:
    """Of the first thing that is wrong; looking for more could take long."""
    failure = validator.first(value)
    if failure is None:
        return Explanation()
    origin = validator.origin
    if origin is None or not failure.path:
        said = failure.keyword or "schema"
    else:
        place, rest = _start(failure.path, origin)
        file = origin.references.sources.files[place.source]
        expected_value: Plain = file.value(place.tokens)
        for part in rest:
            part = WRITTEN.get(part, part) if isinstance(part, str) else part
            # What is there; None where translation put something between.
            if isinstance(expected_value, dict) and str(part) in expected_value:
                below: tuple[Plain] | None = (expected_value[str(part)],)
            elif isinstance(expected_value, list) and isinstance(part, int) and part < len(expected_value):
                below = (expected_value[part],)
            else:
                below = None
            if below is not None:
                expected_value = below[0]
                place = place / str(part)
        named = pointer(place.tokens) or "/"
        said = f"{_said(failure.keyword, place, expected_value)} of {named} ({place.source}:{origin.references.sources.line(place)})"
    return Explanation(pointer(failure.at), f"{said} at {pointer(map(_shown, failure.at)) or '/'}")


def pointer(parts: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _shown(part: str | int) -> str | int:
    """A name that a programmer gave, or an index; any other name is data."""
    return part if isinstance(part, int) or _NAME.fullmatch(part) else "*"


def _start(path: Path, origin: Origin) -> tuple[Place, Path]:
    """Bundles have schemas that are shared under a number in `$defs`, and their own in an `allOf` beside it."""
    shared = origin.shared()
    if len(path) > 1 and path[0] == "$defs" and str(path[1]).isdecimal() and int(path[1]) < len(shared):
        return shared[int(path[1])], path[2:]
    value = origin.references.sources.files[origin.place.source].value(origin.place.tokens)
    wrapped = path[:2] == ("allOf", 0) and not (isinstance(value, dict) and "allOf" in value)
    return origin.place, path[2:] if wrapped else path


def _said(keyword: str, place: Place, value: Plain) -> str:
    if not place.tokens or place.tokens[-1] != keyword:
        return keyword or "schema"
    if len(place.tokens) > 1 and place.tokens[-2] in _HOLDERS:
        return f"no `{keyword}`"  # it is for the other direction only
    if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
        return keyword
    written = json.dumps(value, ensure_ascii=True, default=str)
    return f"{keyword} {written if len(written) <= LONGEST else written[:LONGEST] + '…'}"
