"""Controls on the payloads of a contract: schemas, errors, sizes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from batten.controls._registry import control
from batten.facts import ObservedAnswer, Operation, PayloadSchema, ResponseBody
from batten.model import (
    ABSENT,
    AddProblemResponse,
    BoundSchemas,
    Bundle,
    Case,
    CloseSchemas,
    Location,
    Severity,
    Switch,
    TurnOn,
    Violation,
)
from batten.policy import Policy

DISTINGUISHABLE = 0.05  # bits; below it, noise of the measurement
SURE = 0.99  # below it, the samples may differ by accident
_WITH_CONTENT = ("200", "203", "206", "2XX")
_JSON = re.compile(r"(?i)application/(?:[\w.+-]+\+)?json\b")
_TEXTUAL = re.compile(r"(?i)(?:application|text)/(?:[\w.+-]+\+)?(?:json|xml)\b|\*/\*|application/\*")
MOST_RELATED = 20  # places of one schema that a report shows


class ErrorSchemasDefined(Case):
    BODY = "error-body-undeclared", "Declare a problem body (RFC 9457) for refusals (4XX) and failures (5XX)."
    REFUSAL = "refusal-undeclared", "Declare the response 401 to callers without credentials."
    HTML = "html-errors", "Declare and send application/problem+json for errors."


@control(
    "Every operation declares its error responses", Severity.LOW, "P5 V7",
    "OWASP API8:2023, CWE-209, RFC 9457", bundle=Bundle.SCHEMAS,
)  # fmt: skip
def error_schemas_defined(operation: Operation) -> Iterator[Violation]:
    """A stack trace in an undeclared error response passes every test and every gateway."""
    missing = tuple(s for s in ("4XX", "5XX") if not _covered(operation.responses, s[0]))
    if missing and operation.method != "HEAD":
        sorts = {"4XX": "refusals (4xx)", "5XX": "failures (5xx)"}
        message = f"`{operation.label}` declares no body for {' and '.join(sorts[s] for s in missing)}"
        yield Violation(
            ErrorSchemasDefined.BODY,
            message,
            _of_errors(operation),
            remedy=AddProblemResponse(missing),
            severity=Severity.INFO,
        )


@control(
    "Every operation declares its error responses",
    Severity.LOW,
    "P5 V7",
    slug="error-schemas-defined",
    bundle=Bundle.SCHEMAS,
)
def refusals_declared(operation: Operation, policy: Policy) -> Iterator[Violation]:
    """Where credentials are required, the response to callers without them is part of the contract."""
    refusals = ("401", "403", "4XX", "4xx", "default")
    if not operation.security.known(()) or operation.method == "HEAD":
        return
    if _covered(operation.responses, "4") and not any(s in refusals for s in operation.statuses):
        message = f"`{operation.label}` requires credentials and declares no response 401"
        case, remedy = ErrorSchemasDefined.REFUSAL, AddProblemResponse(("401",))
        severity = _hygiene(operation, policy)
        yield Violation(case, message, _of_errors(operation), remedy=remedy, severity=severity)


def _hygiene(fact: Operation | PayloadSchema, policy: Policy) -> Severity:
    """How bad it is that a contract leaves something out: where batten.yaml names it, the guard and `batten check` go by it."""
    used = {posixpath.normpath(path) for path, _ in policy.documents}
    return Severity.LOW if fact.at.source in used else Severity.INFO


def _of_errors(operation: Operation) -> Location:
    return operation.error_bodies.at if operation.error_bodies is not None else operation.at


@control(
    "Every operation declares its error responses",
    Severity.LOW,
    "P5 V7",
    slug="error-schemas-defined",
    bundle=Bundle.SCHEMAS,
)
def errors_for_programs(operation: Operation) -> Iterator[Violation]:
    """An HTML page among JSON is the error page of a framework or a proxy, with all that it reveals."""
    good = [r.media_type for r in operation.responses if r.status.startswith("2") and r.media_type]
    if not good or not all(_JSON.match(media_type) for media_type in good):
        return
    for status in dict.fromkeys(r.status for r in operation.responses if r.status[:1] in ("4", "5", "d")):
        of_status = [r for r in operation.responses if r.status == status]
        if all(r.media_type.startswith("text/html") for r in of_status):
            message = f"`{operation.label}` responds in JSON and declares HTML for {status}"
            yield Violation(ErrorSchemasDefined.HTML, message, of_status[0].at, severity=Severity.LOW)


def _covered(responses: tuple[ResponseBody, ...], family: str) -> bool:
    """Whether a response of the family has a body that is declared, or may have."""
    return any(
        r.schema.value is not ABSENT and (r.status == "default" or r.status.startswith(family))
        for r in responses
    )


class ResponseSchemasDefined(Case):
    SCHEMA = "schema-missing", "Declare a schema for the content of the response."
    CONTENT = "content-missing", "Declare the content of the response, or answer 204."
    OPEN = "object-open", "Close the object: admit its declared properties only."
    SHAPELESS = "object-shapeless", "Declare the properties of the object, and close it."
    UNBOUNDED = "unbounded", "Set upper bounds for strings and lists."


@control(
    "Every response has a declared, closed and bounded schema", Severity.LOW, "P5",
    "OWASP API3:2023, OWASP API8:2023, CWE-213", bundle=Bundle.SCHEMAS,
)  # fmt: skip
def response_schemas_defined(operation: Operation, policy: Policy) -> Iterator[Violation]:
    """A schema that admits anything stops nothing: new columns, internal notes and whole tables are valid."""
    for answer in operation.responses:
        if answer.schema.value is not ABSENT:
            continue
        what = f"the response {answer.status} of `{operation.label}`"
        if answer.media_type and _TEXTUAL.match(answer.media_type):
            message = f"{what} declares no schema for {answer.media_type}"
            yield Violation(
                ResponseSchemasDefined.SCHEMA, message, answer.at, severity=_hygiene(operation, policy)
            )
        elif (
            not answer.media_type and operation.method in ("GET", "QUERY") and answer.status in _WITH_CONTENT
        ):
            message, severity = f"{what} declares no content", _hygiene(operation, policy)
            yield Violation(ResponseSchemasDefined.CONTENT, message, answer.at, severity=severity)


@control(
    "Every response has a declared, closed and bounded schema", Severity.LOW, "P5",
    slug="response-schemas-defined", bundle=Bundle.SCHEMAS,
)  # fmt: skip
def payload_schemas_closed(schema: PayloadSchema) -> Iterator[Violation]:
    if schema.request:
        return
    name, low = _name(schema), Severity.INFO
    if schema.open_objects:
        first, *others = schema.open_objects
        message, remedy = f"{name} admits undeclared properties", CloseSchemas(schema.open_objects)
        yield Violation(
            ResponseSchemasDefined.OPEN, message, first, remedy=remedy, severity=low, related=_related(others)
        )
    if schema.shapeless:
        first, *others = schema.shapeless
        message, remedy = f"{name} has an object without declared properties", CloseSchemas(schema.shapeless)
        yield Violation(
            ResponseSchemasDefined.SHAPELESS,
            message,
            first,
            remedy=remedy,
            severity=low,
            related=_related(others),
        )
    if places := schema.unbounded:
        message = f"{name} has strings or lists without an upper bound"
        case, bounds = ResponseSchemasDefined.UNBOUNDED, BoundSchemas(places)
        yield Violation(case, message, schema.at, remedy=bounds, severity=low, related=_related(places))


def _name(schema: PayloadSchema) -> str:
    return schema.name if " " in schema.name else f"`{schema.name}`"


class RequestSchemasDefined(Case):
    SCHEMA = "schema-missing", "Declare a schema for the body or the parameter."
    OPEN = "object-open", "Close the object: accept its declared properties only."
    SHAPELESS = "object-shapeless", "Declare the properties of the object, and close it."
    UNBOUNDED = "unbounded", "Set upper bounds for strings, lists and numbers."


@control(
    "Every request has a declared, closed and bounded schema", Severity.LOW, "P5 V1",
    "OWASP API3:2023, OWASP API4:2023, CWE-915, CWE-20", bundle=Bundle.SCHEMAS,
)  # fmt: skip
def request_schemas_defined(schema: PayloadSchema, policy: Policy) -> Iterator[Violation]:
    """A body that admits anything sets properties that no form shows; a string without an end fills memory."""
    if not schema.request:
        return
    name, info = _name(schema), Severity.INFO
    if schema.undeclared:
        message, severity = f"{name} has no schema", _hygiene(schema, policy)
        yield Violation(RequestSchemasDefined.SCHEMA, message, schema.at, severity=severity)
    endless = "strings, lists or numbers without an upper bound"
    if schema.unbounded == (schema.at,):
        endless = "no upper bound"
    for case, places, what, remedy in (
        (RequestSchemasDefined.OPEN, schema.open_objects, "accepts undeclared properties", CloseSchemas),
        (RequestSchemasDefined.SHAPELESS, schema.shapeless, "is an object without declared properties", CloseSchemas),
        (RequestSchemasDefined.UNBOUNDED, schema.unbounded, f"has {endless}",
         BoundSchemas),
    ):  # fmt: skip
        if places:
            at, others = (schema.at, places) if remedy is BoundSchemas else (places[0], places[1:])
            yield Violation(
                case, f"{name} {what}", at, remedy=remedy(places), severity=info, related=_related(others)
            )


def _related(places: Sequence[Location]) -> tuple[Location, ...]:
    return tuple(places[:MOST_RELATED])


class ResponsesMatchSchema(Case):
    MISMATCH = "mismatch", "Correct the response, or declare what is meant to be sent."


@control("Responses match the contract", Severity.MEDIUM, "P5", "OWASP API3:2023, OWASP API8:2023")
def responses_match_schema(answer: ObservedAnswer) -> Iterator[Violation]:
    """A response that the contract does not declare may publish internal data, and breaks clients."""
    if answer.mismatch:
        message = f"`{answer.operation}` answers {answer.status} against its contract: {answer.mismatch}"
        # One handler makes a status or a media type that no operation declares; content is each operation's own.
        undeclared = "is not declared" in answer.mismatch and f"status {answer.status}" in answer.mismatch
        made_by = answer.mismatch if undeclared else ""
        yield Violation(ResponsesMatchSchema.MISMATCH, message, answer.at, made_by=made_by)


class ResponseSizeUniform(Case):
    UNPADDED = "not-padded", "Pad the responses of the operation, and declare the step in the contract."
    REVEALING = "size-reveals-choice", "Pad the responses to a common size."


@control("Response sizes do not reveal a user's choice", Severity.LOW, "S3", "CWE-203, CWE-204")
def response_size_uniform(operation: Operation) -> Iterator[Violation]:
    """TLS hides what a response says, not how long it is: an observer reads the choice from the length."""
    padded = operation.padded
    if operation.choice and padded is not None and padded.known(None) is not True:
        message = f"`{operation.label}` does not pad its responses, whose size reveals `{operation.choice}`"
        yield Violation(ResponseSizeUniform.UNPADDED, message, padded.at, remedy=TurnOn(Switch.PADDING))


@control("Response sizes do not reveal a user's choice", Severity.LOW, "S3", slug="response-size-uniform")
def response_sizes_observed(answer: ObservedAnswer) -> Iterator[Violation]:
    if answer.bits > DISTINGUISHABLE and answer.confidence >= SURE:
        message = (
            f"the response size of `{answer.operation}` reveals {answer.bits:.2f} bits about {answer.about}"
            f" (confidence {answer.confidence:.0%})"
        )
        yield Violation(ResponseSizeUniform.REVEALING, message, answer.at)
