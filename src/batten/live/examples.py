"""Values for the parameters of a contract's operations: that it admits, that hardly anything has, that it forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from batten.contract import Contract, Operation, Parameter
from batten.formats.tree import Plain
from batten.live.exchange import Headers
from batten.live.strings import FORMATS, NOBODY, string_of

# Beyond 64 bits, negative, no number at all, a quote, and bytes that are no UTF-8.
WRONG = ("99999999999999999999999", "-1", "batten", "%27", "%ff%fe")
# What a division, an offset and a size of a page meet first; an empty value is no number, and no path.
BOUNDS = ("0", "-1", "")
MOST_WRONG = 16  # of one operation

_EXPRESSION = re.compile(r"\{([^{}/]*)\}")
_WRITTEN = (
    "/%?#&=:@!$'()*+,;~"  # what a target is written with; all else in a template is encoded (RFC 3986, 3.3)
)
_SENT_ELSEWHERE = frozenset({"accept", "content-type", "authorization", "cookie", "host"})


def call_of(
    operation: Operation, contract: Contract, every: bool = False, values: Mapping[str, str] | None = None
) -> str:
    """Path and query of a call that the contract admits; `every` also gives what may be left out."""
    return path_of(operation, contract, values or {}) + _query(operation, contract, {}, every)


def path_of(operation: Operation, contract: Contract, values: Mapping[str, str]) -> str:
    """The path with these values, which are written as they are, and with examples for the others."""
    known = {p.name: p for p in operation.parameters if p.location == "path"}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in values:
            return values[name]
        return quote(example(known[name], contract) if name in known else "1", safe="")

    return quote(_EXPRESSION.sub(value, operation.path), safe=_WRITTEN)


def is_plain(template: str) -> bool:
    """Whether a template is written as it goes into a target."""
    return quote(template, safe=f"{_WRITTEN}{{}}") == template


def absent(operation: Operation, contract: Contract) -> dict[str, str]:
    """Identifiers that are well formed and hardly given out."""
    found = {}
    for parameter in operation.parameters:
        if parameter.location == "path":
            schema = _schema(parameter, contract)
            if schema.get("type") in ("integer", "number"):
                most = schema.get("maximum")
                found[parameter.name] = str(min(most, 2**31 - 2) if isinstance(most, int) else 2**31 - 2)
            elif schema.get("format") == "uuid":
                found[parameter.name] = NOBODY
            elif not {"enum", "const", "pattern", "format"} & schema.keys():
                found[parameter.name] = "batten-nobody"
    return found


def headers_of(operation: Operation, contract: Contract) -> Headers:
    """The header parameters that the contract requires."""
    return tuple(
        (p.name, example(p, contract))
        for p in operation.parameters
        if p.location == "header" and p.required and p.name.lower() not in _SENT_ELSEWHERE
    )


def _query(operation: Operation, contract: Contract, values: dict[str, str], every: bool = False) -> str:
    """Required parameters, and those that are given; values that are given are written as they are."""
    pairs = [
        f"{quote(p.name)}={values[p.name] if p.name in values else quote(example(p, contract), safe='')}"
        for p in operation.parameters
        if p.location == "query" and (every or p.required or p.name in values)
    ]
    return f"?{'&'.join(pairs)}" if pairs else ""


def choices(operation: Operation, contract: Contract) -> Iterator[str]:
    """One path for each value of the parameter that x-batten-choice names."""
    for parameter in operation.parameters:
        if operation.choice and parameter.name == operation.choice:
            schema = _schema(parameter, contract)
            values = schema.get("enum") or ([True, False] if schema.get("type") == "boolean" else [])
            for value in values if isinstance(values, list) else []:
                chosen = {parameter.name: quote(_text(value), safe="")}
                yield path_of(operation, contract, chosen) + _query(operation, contract, chosen)


def wrong(operation: Operation, contract: Contract) -> Iterator[str]:
    """Values that few contracts admit: all of them in the path, and two for each parameter of the query; of numbers the
    boundaries first."""
    turn = 0
    for parameter in operation.parameters:
        bounds = BOUNDS if _schema(parameter, contract).get("type") in ("integer", "number") else ()
        values: tuple[str, ...] = (*bounds[:1], *WRONG) if parameter.location == "path" else ()
        if parameter.location == "query":
            values = (*bounds, WRONG[turn % len(WRONG)], WRONG[(turn + 2) % len(WRONG)])
            turn += 1
        for value in dict.fromkeys(values):
            broken = {parameter.name: value}
            yield path_of(operation, contract, broken) + _query(operation, contract, broken)


def example(parameter: Parameter, contract: Contract) -> str:
    """A value that the parameter's schema admits, as far as it can be told."""
    return _text(_value(_schema(parameter, contract)))


def _schema(parameter: Parameter, contract: Contract) -> dict[str, Plain]:
    if parameter.schema is None:
        return {}
    target = contract.references.follow(parameter.schema.value, parameter.schema.place)
    return target.value if target is not None and isinstance(target.value, dict) else {}


def _value(schema: dict[str, Plain]) -> Plain:
    for word in ("example", "const", "default"):
        if word in schema:
            return schema[word]
    for word in ("examples", "enum"):
        values = schema.get(word)
        if isinstance(values, list) and values:
            return values[0]
    for word in ("anyOf", "oneOf", "allOf"):
        parts = schema.get(word)
        first = (
            next((p for p in parts if isinstance(p, dict) and p.get("type") != "null"), None)
            if isinstance(parts, list)
            else None
        )
        if first is not None:
            return _value(first)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "string")
    if kind in ("integer", "number"):
        return _number(schema)
    if kind == "boolean":
        return True
    if kind == "array":
        items = schema.get("items")
        return _value(items) if isinstance(items, dict) else "1"
    form = schema.get("format")
    if isinstance(form, str) and form in FORMATS:
        return FORMATS[form]
    if "pattern" in schema and (text := string_of(schema)) is not None:
        return text
    least = schema.get("minLength")
    return "1" * least if isinstance(least, int) and 1 < least < 100 else "1"


def _number(schema: dict[str, Plain]) -> Plain:
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(low, (int, float)) and low > 1:
        return low
    return high if isinstance(high, (int, float)) and high < 1 else 1


def _text(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_text(v) for v in value)
    return str(value)
