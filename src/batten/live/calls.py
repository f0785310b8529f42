"""A contract as calls that can be made: example values in, and how an answer differs out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

from batten.contract import Contract, Operation, Parameter, media_of, response_of
from batten.contract.matcher import Matcher
from batten.contract.strict_json import strict_json
from batten.contract.validators import SchemaProblem, Validators
from batten.formats.tree import Plain
from batten.live.exchange import Response
from batten.live.probes.errors import WRONG
from batten.live.survey import Call, Survey
from batten.policy import Environment

_EXPRESSION = re.compile(r"\{([^{}/]*)\}")
_FORMATS = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "email": "nobody@example.com",
    "uri": "https://example.com/",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
}


def survey_of(environment: Environment, contract: Contract | None, origins: tuple[str, ...] = ()) -> Survey:
    """What probes may know. Without a contract nothing is held against one."""
    if contract is None:
        return Survey(environment, origins=origins)
    matcher = Matcher(contract.operations)
    verbs: dict[str, set[str]] = {}
    examples: dict[str, str] = {}
    for operation in contract.operations:
        verbs.setdefault(operation.path, set()).add(operation.method)
        examples.setdefault(operation.path, _path(operation, contract, {}))

    def match(method: str, path: str) -> str:
        found = matcher.match(path.partition("?")[0])
        return found.template if found is not None and method in found.operations else ""

    return Survey(
        environment,
        tuple(_calls(contract)),
        {template: frozenset(methods) for template, methods in verbs.items()},
        examples,
        {o.path: _path(o, contract, _absent(o, contract)) for o in contract.operations},
        match,
        origins,
    )


def _calls(contract: Contract) -> Iterator[Call]:
    validators = Validators(contract)
    for operation in contract.operations:
        if operation.method == "GET":
            yield Call(
                "GET",
                operation.path,
                _path(operation, contract, {}) + _query(operation, contract, {}),
                _mismatch(operation, validators),
                tuple(_choices(operation, contract)),
                bool(operation.security) and () not in (operation.security or ()),
                tuple(_wrong(operation, contract)),
            )


def _path(operation: Operation, contract: Contract, values: dict[str, str]) -> str:
    known = {p.name: p for p in operation.parameters if p.location == "path"}

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in values:
            return values[name]
        return quote(example(known[name], contract) if name in known else "1", safe="")

    return _EXPRESSION.sub(value, operation.path)


def _absent(operation: Operation, contract: Contract) -> dict[str, str]:
    """Identifiers that are well formed and hardly given out."""
    found = {}
    for parameter in operation.parameters:
        if parameter.location == "path":
            schema = _schema(parameter, contract)
            if schema.get("type") in ("integer", "number"):
                most = schema.get("maximum")
                found[parameter.name] = str(min(most, 2**31 - 2) if isinstance(most, int) else 2**31 - 2)
            elif schema.get("format") == "uuid":
                found[parameter.name] = _FORMATS["uuid"]
    return found


def _query(operation: Operation, contract: Contract, values: dict[str, str]) -> str:
    """Required parameters, and those that are given; values that are given are written as they are."""
    pairs = [
        f"{quote(p.name)}={values[p.name] if p.name in values else quote(example(p, contract), safe='')}"
        for p in operation.parameters
        if p.location == "query" and (p.required or p.name in values)
    ]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _choices(operation: Operation, contract: Contract) -> Iterator[str]:
    """One path for each value of the parameter that x-batten-choice names."""
    for parameter in operation.parameters:
        if operation.choice and parameter.name == operation.choice:
            schema = _schema(parameter, contract)
            values = schema.get("enum") or ([True, False] if schema.get("type") == "boolean" else [])
            for value in values if isinstance(values, list) else []:
                chosen = {parameter.name: quote(_text(value), safe="")}
                yield _path(operation, contract, chosen) + _query(operation, contract, chosen)


def _wrong(operation: Operation, contract: Contract) -> Iterator[str]:
    """Each parameter in turn with each value that few contracts admit."""
    for parameter in operation.parameters:
        if parameter.location in ("path", "query"):
            for value in WRONG:
                broken = {parameter.name: value}
                yield _path(operation, contract, broken) + _query(operation, contract, broken)


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
    return _of_kind(schema)


def _of_kind(schema: dict[str, Plain]) -> Plain:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((k for k in kind if k != "null"), "string")
    if kind in ("integer", "number"):
        low = schema.get("minimum")
        return max(low, 1) if isinstance(low, (int, float)) else 1
    if kind == "boolean":
        return True
    form = schema.get("format")
    if isinstance(form, str) and form in _FORMATS:
        return _FORMATS[form]
    least = schema.get("minLength")
    return "1" * least if isinstance(least, int) and 1 < least < 100 else "1"


def _text(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _mismatch(operation: Operation, validators: Validators) -> Callable[[Response], str]:
    """How an answer is not as the contract says, "" when it is; answers of what stands before the API
    (429, 502, 503, 504) are not its own."""

    def difference(response: Response) -> str:
        if response.status in (429, 502, 503, 504):
            return ""
        declared = response_of(operation, response.status)
        if declared is None:
            return f"status {response.status} is not declared"
        if not declared.known or not response.body:
            return (
                ""
                if not declared.known or not declared.media or response.status in (204, 304)
                else "the body is missing"
            )
        if not declared.media:
            return "a body was sent where none is declared"
        media = media_of(declared.media, response.media_type)
        if media is None:
            return f"{response.media_type or 'no media type'} is not declared for status {response.status}"
        return _body(response, operation, validators)

    return difference


def _body(response: Response, operation: Operation, validators: Validators) -> str:
    """Why the body is not what its schema says, without any of its values."""
    if not response.media_type.endswith("json") or response.truncated:
        return ""
    try:
        validator = validators.response(operation, response.status, response.media_type)
        if validator is None:
            return ""
        reasons = validator.explain(strict_json(response.body))
    except SchemaProblem:
        return ""  # the contract's own trouble, which its reader tells
    except ValueError as error:
        return f"the body is no JSON: {error}"
    return "; ".join(reasons[:3])
