"""One compiled validator per operation, status and media type, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import jsonschema_rs

from batten.contract.contract import Contract, Operation, Schema
from batten.contract.dialect import Bundles, Direction
from batten.contract.explanations import Origin
from batten.contract.lookup import media_of, response_of
from batten.contract.source import Place
from batten.model.record import record

_LINEAR = jsonschema_rs.RegexOptions()
MOST_REASONS = 5


class SchemaProblem(ValueError):
    """A declared schema that is none: the sentence says where and why."""


@record
class Validator:
    """`unchecked` names what could not be compiled and is not asked: patterns that need backtracking."""

    compiled: jsonschema_rs.Draft202012Validator
    unchecked: tuple[str, ...] = ()
    origin: Origin | None = field(default=None, repr=False, compare=False)  # for explanations

    def is_valid(self, instance: object) -> bool:
        try:
            return self.compiled.is_valid(instance)
        except ValueError:  # half a surrogate pair, or a number that JSON has not
            return False

    def explain(self, instance: object) -> tuple[str, ...]:
        """Why it is not valid, in a few sentences without the values; empty when it is."""
        try:
            errors = list(islice(self.compiled.iter_errors(instance), MOST_REASONS))
        except ValueError:
            return ("it holds a value that JSON cannot represent",)
        return tuple(f"{_path(e.instance_path)}: {e.message}" for e in errors)


def _path(parts: list[str | int]) -> str:
    return "/" + "/".join(map(str, parts))


@dataclass(slots=True)
class Validators:
    """Asks of `contract`; what was compiled once is shared by all operations that refer to it."""

    contract: Contract
    annotations: frozenset[str] = frozenset()  # formats that are not judged
    _bundles: Bundles = field(init=False)
    _compiled: dict[tuple[Place, Direction], Validator | SchemaProblem] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._bundles = Bundles(self.contract, self.annotations)

    def response(self, operation: Operation, status: int | str, media_type: str) -> Validator | None:
        """For an answer; None where the contract declares no such status, media type or schema.

        Raises SchemaProblem where the declared schema is none.
        """
        declared = response_of(operation, status)
        media = media_of(declared.media, media_type) if declared is not None else None
        return self._of(media.schema if media is not None else None, Direction.RESPONSE)

    def request(self, operation: Operation, media_type: str) -> Validator | None:
        """For a request's body, as `response`."""
        media = media_of(operation.body.media, media_type) if operation.body is not None else None
        return self._of(media.schema if media is not None else None, Direction.REQUEST)

    def parameter(self, schema: Schema) -> Validator:
        """For a parameter's value, already made of its text. Raises SchemaProblem."""
        return self.validator(schema, Direction.REQUEST)

    def validator(self, schema: Schema, direction: Direction) -> Validator:
        """For what goes in one direction. Raises SchemaProblem."""
        found = self._of(schema, direction)
        assert found is not None
        return found

    def _of(self, schema: Schema | None, direction: Direction) -> Validator | None:
        if schema is None:
            return None
        key = (schema.place, direction)
        if key not in self._compiled:
            made = self._compile(schema, direction)
            if isinstance(made, Validator):
                origin = Origin(schema.place, self.contract.references, self._bundles.places)
                made = replace(made, origin=origin)
            self._compiled[key] = made
        found = self._compiled[key]
        if isinstance(found, SchemaProblem):
            raise found
        return found

    def _compile(self, schema: Schema, direction: Direction) -> Validator | SchemaProblem:
        bundle = self._bundles.bundle(schema, direction)
        try:
            return Validator(_compiled(bundle))
        except ValueError as error:
            unfit = {p for p in _patterns(bundle) if not _fits(p)}
            problem = error
        if unfit:
            try:
                return Validator(_compiled(_without(bundle, unfit)), tuple(sorted(unfit)))
            except ValueError as error:
                problem = error
        line = self.contract.references.sources.line(schema.place)
        reason = getattr(problem, "message", "") or str(problem).partition("\n")[0]
        return SchemaProblem(f"{schema.place.source}:{line}: the schema cannot be used: {reason}")


def is_usable(schema: Any) -> bool:
    """Whether a schema of a bundle can be compiled as it is, whatever its references lead to."""
    names = set(_references(schema))
    try:
        _compiled({"allOf": [schema], "$defs": dict.fromkeys(names, True)})
    except ValueError:
        return False
    return True


def _references(schema: Any) -> Iterator[str]:
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str):
                yield reference.removeprefix("#/$defs/")
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _compiled(schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, pattern_options=_LINEAR, offline=True, mask="the value"
    )


def _fits(pattern: str) -> bool:
    try:
        _compiled({"pattern": pattern})
    except ValueError:
        return False
    return True


def _patterns(schema: Any) -> Iterator[str]:
    """Everything that stands where a pattern stands."""
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("pattern"), str):
                yield value["pattern"]
            if isinstance(value.get("patternProperties"), dict):
                yield from value["patternProperties"]
            pending += value.values()
        elif isinstance(value, list):
            pending += value


def _without(schema: Any, patterns: set[str]) -> Any:
    """The schema without these patterns. Properties whose names one of them would choose are let through."""
    if isinstance(schema, list):
        return [_without(item, patterns) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {
        k: _without(v, patterns) for k, v in schema.items() if not (k == "pattern" and _among(v, patterns))
    }
    named = made.get("patternProperties")
    if isinstance(named, dict) and patterns.intersection(named):
        made["patternProperties"] = {k: v for k, v in named.items() if k not in patterns}
        made.pop("additionalProperties", None)
        made.pop("unevaluatedProperties", None)
    return made


def _among(value: Any, patterns: set[str]) -> bool:
    return isinstance(value, str) and value in patterns
