"""What a keyword of a schema may be (JSON Schema 2020-12; draft-04 as OpenAPI 3.0 and 2.0 took it over)."""

from __future__ import annotations

import json
from collections.abc import Callable

from batten.contract.source import Place
from batten.formats.tree import Plain
from batten.model.record import record

TYPES = ("null", "boolean", "object", "array", "number", "string", "integer")
# Formats that are judged; all others are annotations (JSON Schema 2020-12, 7.2.1).
ASSERTED = frozenset((
    "date", "time", "date-time", "duration", "ipv4", "ipv6", "uuid", "uri", "uri-reference", "json-pointer",
    "relative-json-pointer", "email", "idn-email", "hostname", "idn-hostname", "iri", "iri-reference", "uri-template",
    "regex", "int32", "int64",
))  # fmt: skip
_DIALECTS = ("https://json-schema.org/draft/2020-12/", "https://json-schema.org/draft/2019-09/", "https://spec.openapis.org/oas/3.")  # fmt: skip
_OLD_DIALECTS = tuple(
    f"{s}://json-schema.org/draft-0{n}/schema" for s in ("http", "https") for n in (4, 6, 7)
)
_LONGEST = 40  # characters of a value that a sentence quotes


@record
class Flaw:
    """What is wrong at a place of a contract. `soft` is what a tester may overlook: it keeps one check from being
    made, and does not make a schema something else."""

    place: Place
    message: str
    hint: str
    soft: bool = False


def shown(value: Plain) -> str:
    """A value as a sentence quotes it."""
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else f"'{value}'"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def objection(key: str, value: Plain, modern: bool) -> tuple[str, str] | None:
    """What is wrong with a keyword's value, and what to do."""
    rule = _RULES.get(key)
    if rule is None:
        return None
    wanted, hint = rule(value, modern)
    return (f"`{key}` is {shown(value)}, not {wanted}", hint) if wanted else None


_Verdict = tuple[str, str]
_FINE: _Verdict = ("", "")


def _type(value: Plain, modern: bool) -> _Verdict:
    names = value if isinstance(value, list) and value else [value]
    if all(isinstance(name, str) and name in TYPES for name in names):
        return _FINE
    if "file" in names:
        return "a type", "write `type: string` with `format: binary`"
    return "a type", f"write one of {', '.join(TYPES)}"


def _number(value: Plain, modern: bool) -> _Verdict:
    return _FINE if _is_number(value) else ("a number", "write a number without quotes")


def _exclusive(value: Plain, modern: bool) -> _Verdict:
    if _is_number(value) or (isinstance(value, bool) and not modern):
        return _FINE
    if isinstance(value, bool):
        return "a number", "write the limit itself, or remove it if it is false"
    return "a number", "write a number without quotes"


def _positive(value: Plain, modern: bool) -> _Verdict:
    fits = _is_number(value) and isinstance(value, (int, float)) and value > 0
    return _FINE if fits else ("a number above 0", "write a number above 0 without quotes")


def _count(value: Plain, modern: bool) -> _Verdict:
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    fits = whole and not isinstance(value, bool) and isinstance(value, (int, float)) and value >= 0
    return _FINE if fits else ("a whole number of 0 or more", "write a whole number without quotes")


def _text(value: Plain, modern: bool) -> _Verdict:
    return _FINE if isinstance(value, str) else ("a string", "write it as a string")


def _flag(value: Plain, modern: bool) -> _Verdict:
    return _FINE if isinstance(value, bool) else ("true or false", "write true or false without quotes")


def _list(value: Plain, modern: bool) -> _Verdict:
    return _FINE if isinstance(value, list) else ("a list", "write its values as a list")


def _names(value: Plain, modern: bool) -> _Verdict:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return _FINE
    if isinstance(value, bool) and not modern:
        return _FINE  # a parameter's own; in a schema a slip that has no effect
    return "a list of names", "list the required properties on the object that has them"


def _lists_of_names(value: Plain, modern: bool) -> _Verdict:
    if isinstance(value, dict) and all(_names(names, True) == _FINE for names in value.values()):
        return _FINE
    return "an object of lists of names", "write the required names of each property as a list"


def _schema(value: Plain, modern: bool) -> _Verdict:
    return (
        _FINE
        if isinstance(value, (dict, bool))
        else ("a schema", "write an object with the schema's keywords")
    )


def _schemas(value: Plain, modern: bool) -> _Verdict:
    return _FINE if isinstance(value, list) and value else ("a list of schemas", "list at least one schema")


def _named(value: Plain, modern: bool) -> _Verdict:
    return _FINE if isinstance(value, dict) else ("an object", "write one schema for each name")


def _discriminator(value: Plain, modern: bool) -> _Verdict:
    if isinstance(value, str) and not modern:
        return _FINE  # Swagger 2.0 names the property alone
    if isinstance(value, dict) and isinstance(value.get("propertyName"), str):
        mapping = value.get("mapping", {})
        if isinstance(mapping, dict) and all(isinstance(target, str) for target in mapping.values()):
            return _FINE
    return "an object with `propertyName`", "name the property, and map its values to schemas"


def _is_number(value: Plain) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value - value == 0


_RULES: dict[str, Callable[[Plain, bool], _Verdict]] = {
    "type": _type, "multipleOf": _positive, "exclusiveMaximum": _exclusive, "exclusiveMinimum": _exclusive,
    **dict.fromkeys(("maximum", "minimum"), _number),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxContains", "minContains", "maxProperties",
                     "minProperties"), _count),
    **dict.fromkeys(("pattern", "format"), _text),
    **dict.fromkeys(("uniqueItems", "nullable", "readOnly", "writeOnly"), _flag),
    "enum": _list, "required": _names, "dependentRequired": _lists_of_names,
    **dict.fromkeys(("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else",
                     "unevaluatedItems", "unevaluatedProperties"), _schema),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _schemas),
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), _named),
    "discriminator": _discriminator,
}  # fmt: skip


def is_known_dialect(name: str) -> bool:
    return name.startswith(_DIALECTS) or name.rstrip("#") in _OLD_DIALECTS
