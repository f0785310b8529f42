"""One compiled validator per operation, status and media type, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import islice
from typing import Any, assert_never

import jsonschema_rs
import msgspec

from batten.contract.bundles import Bundles
from batten.contract.contract import Contract, Operation, Response, Schema
from batten.contract.costly import TOO_MUCH, WRITTEN, bounded, is_exhausted, judgement, used
from batten.contract.dialect import Direction
from batten.contract.expressions import LINEAR
from batten.contract.keywords import Flaw
from batten.contract.lookup import media_of, response_of, told_of
from batten.contract.references import References
from batten.contract.source import Place
from batten.model.record import record

# Which schemas lead back to themselves.
#
# The engine notes what such a schema says of a list or an object, so its verdicts cost what a value is long, however many
# branches lead to one part. That does not hold for what `uniqueItems` compares, nor for reasons where parts are left over.
_DEFINITION = "#/$defs/"


MOST_REASONS = 5
LARGEST_EXPLAINED = 4_096  # bytes of a value, beyond which no more than the first reason is sought
_ENCODE = msgspec.json.Encoder().encode
_NOT_JSON = "it holds a value that JSON cannot represent"


class SchemaProblem(ValueError):
    """A declared schema that is none: the sentence says where and why."""


@record
class Origin:
    """Where a compiled schema is from. `shared` are the places of schemas that it refers to, by their number."""

    place: Place
    references: References = field(repr=False, compare=False)
    shared: Callable[[], tuple[Place, ...]] = field(repr=False, compare=False)


@record
class Failure:
    """The first place where a value is not valid; `keyword` is empty where none can be named."""

    at: tuple[str | int, ...]
    keyword: str
    message: str
    path: tuple[str | int, ...] = ()  # in the schema that was compiled


@record
class Validator:
    """`unchecked` says what is not asked: patterns that need backtracking, broken references."""

    compiled: jsonschema_rs.Draft202012Validator
    schema: Any = field(repr=False, compare=False)
    recurs: bool = False  # it leads back to itself
    unchecked: tuple[str, ...] = ()
    origin: Origin | None = field(default=None, repr=False, compare=False)  # for explanations

    def is_valid(self, instance: object) -> bool:
        try:
            if not self.recurs:
                return self.compiled.is_valid(instance)
            with judgement():
                return self.compiled.is_valid(instance) and not is_exhausted()
        except ValueError:  # half a surrogate pair, or a number that JSON has not
            return False

    def explain(self, instance: object) -> tuple[str, ...]:
        """Why it is not valid, in a few sentences without the values; empty when it is."""
        if self.recurs or _is_large(instance):
            failure = self.first(instance)
            return () if failure is None else (f"{_path(failure.at)}: {failure.message}",)
        try:
            errors = list(islice(self.compiled.iter_errors(instance), MOST_REASONS))
        except ValueError:
            return (_NOT_JSON,)
        return tuple(f"{_path(e.instance_path)}: {e.message}" for e in errors)

    def first(self, instance: object) -> Failure | None:
        """The first thing that is wrong; None where nothing is."""
        if self.recurs or _is_large(instance):
            # The same verdicts, without an error for each branch that fails; None where branches say what is
            # evaluated.
            schema = self.schema
            text = repr(schema)
            if "unevaluated" in text:
                compiled = None
            else:
                compiled = _compiled(_silenced(schema) if "anyOf" in text or "oneOf" in text else schema)
        else:
            compiled = self.compiled
        if compiled is None:
            return None if self.is_valid(instance) else Failure((), "", "the value does not match its schema")
        with judgement():
            failure = _first(compiled, instance)
            return Failure((), "uniqueItems", TOO_MUCH) if is_exhausted() else failure


def validator_of(schema: Any, unchecked: tuple[str, ...] = ()) -> Validator:
    """Of a bundle. Raises ValueError for what is not a schema."""
    return Validator(_compiled(schema), schema, recurs(schema), unchecked)


def _first(compiled: jsonschema_rs.Draft202012Validator, instance: object) -> Failure | None:
    try:
        compiled.validate(instance)
    except jsonschema_rs.ValidationError as error:
        keyword = next((str(part) for part in reversed(error.schema_path) if isinstance(part, str)), "")
        at, path = tuple(error.instance_path), tuple(error.schema_path)
        return Failure(at, WRITTEN.get(keyword, keyword), error.message, path)
    except ValueError:
        return Failure((), "", _NOT_JSON)
    return None


def _is_large(instance: object) -> bool:
    """Whether all that is wrong with a value may be too much to collect."""
    try:
        return len(_ENCODE(instance)) > LARGEST_EXPLAINED
    except (TypeError, ValueError):
        return False


def _silenced(schema: Any) -> Any:
    """`anyOf` and `oneOf` behind two `not`, which collects nothing of what is in it."""
    if isinstance(schema, list):
        return [_silenced(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _silenced(value) for key, value in schema.items()}
    hidden = [
        {"not": {"not": {key: made.pop(key)}}}
        for key in ("anyOf", "oneOf")
        if isinstance(made.get(key), list)
    ]
    if hidden:
        made["allOf"] = [*made.get("allOf", ()), *hidden]
    return made


def _path(parts: Iterable[str | int]) -> str:
    return "/" + "/".join(map(str, parts))


class Flawed(Enum):
    """What becomes of a schema with a flaw."""

    OVERLOOKED = (
        "overlooked"  # for testers: what no engine judges, or a broken reference names, is left unchecked
    )
    REFUSED = "refused"  # it raises SchemaProblem
    ADMITTED = "admitted"  # the rest of it is asked


@dataclass(slots=True)
class Validators:
    """Asks of `contract`; what was compiled once is shared by all operations that refer to it."""

    contract: Contract
    flawed: Flawed = Flawed.OVERLOOKED
    annotations: frozenset[str] = frozenset()  # formats that are not judged
    admits_hidden: bool = False  # readOnly properties in requests, writeOnly ones in answers
    _bundles: Bundles = field(init=False)
    _compiled: dict[tuple[Place, Direction], Validator | SchemaProblem] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._bundles = Bundles(
            self.contract, self.annotations, rewrites=True, admits_hidden=self.admits_hidden
        )

    def response(self, operation: Operation, status: int | str, media_type: str) -> Validator | None:
        """For an answer; None where the contract declares no such status, media type or schema.

        Raises SchemaProblem where the declared schema is none.
        """
        return self._of_answer(response_of(operation, status), media_type)

    def told(self, operation: Operation, status: int | str, media_type: str) -> Validator | None:
        """For what callers are answered, by the API or by the edge in front of it, as `response`."""
        return self._of_answer(told_of(operation, status), media_type)

    def _of_answer(self, declared: Response | None, media_type: str) -> Validator | None:
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
        flaws = self._bundles.flaws(schema, direction)
        problem = next((flaw for flaw in flaws if self._stops(flaw)), None)
        if problem is not None:
            return SchemaProblem(f"{self._line(problem.place)}: {problem.message}; {problem.hint}")
        wanted = self._bundles.weakened if flaws else self._bundles.bundle
        try:
            return validator_of(wanted(schema, direction), tuple(flaw.message for flaw in flaws))
        except ValueError as error:
            if self.flawed is Flawed.ADMITTED:
                return validator_of(True, (str(error).partition("\n")[0],))
            reason = getattr(error, "message", "") or str(error).partition("\n")[0]
            return SchemaProblem(f"{self._line(schema.place)}: the schema cannot be used: {reason}")

    def _stops(self, flaw: Flaw) -> bool:
        match self.flawed:
            case Flawed.OVERLOOKED:
                return not flaw.soft
            case Flawed.REFUSED:
                return True
            case Flawed.ADMITTED:
                return False
        assert_never(self.flawed)

    def _line(self, place: Place) -> str:
        return f"{place.source}:{self.contract.references.sources.line(place)}"


def _compiled(schema: Any) -> jsonschema_rs.Draft202012Validator:
    judged = bounded(schema)
    return jsonschema_rs.Draft202012Validator(
        judged,
        validate_formats=True,
        pattern_options=LINEAR,
        offline=True,
        mask="the value",
        keywords=used(judged),
    )


def recurs(schema: Any) -> bool:
    """Whether a definition of a bundle refers to itself, by whatever way."""
    definitions = schema.get("$defs") if isinstance(schema, dict) else None
    if not isinstance(definitions, dict):
        return False
    edges = {name: set(_references(body)) for name, body in definitions.items()}
    while leaves := [name for name, targets in edges.items() if not targets & edges.keys()]:
        for name in leaves:
            del edges[name]
    return bool(edges)


def _references(schema: Any) -> Iterator[str]:
    pending = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(_DEFINITION):
                yield reference.removeprefix(_DEFINITION)
            pending += value.values()
        elif isinstance(value, list):
            pending += value
