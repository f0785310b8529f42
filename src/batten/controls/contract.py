"""Controls on what a contract promises: payloads, errors, and who may call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from batten.controls._addresses import host_of, is_plain, protocol_of
from batten.controls._registry import control
from batten.facts import (
    Api,
    ObservedAnswer,
    Operation,
    Parameter,
    PayloadSchema,
    ResponseBody,
    SecurityDemand,
    SecurityScheme,
    Stack,
)
from batten.model import (
    ABSENT,
    UNTOLD,
    AddProblemResponse,
    BoundSchemas,
    CloseSchemas,
    Location,
    MoveToHeader,
    RedirectToTls,
    RequireAuth,
    Severity,
    Switch,
    TurnOff,
    TurnOn,
    Violation,
)
from batten.patterns import fits
from batten.policy import Policy

DISTINGUISHABLE = 0.05  # bits; below it, noise of the measurement
SURE = 0.99  # below it, the samples may differ by accident
_OLD_SCHEMES = {
    "digest": "HTTP Digest, which rests on MD5 or readable passwords",
    "oauth": "OAuth 1, which nobody maintains",
    "ntlm": "NTLM, whose hashes are broken and can be relayed",
}
_OLD_GRANTS = {
    "implicit": "puts tokens into URLs",
    "password": "shows the user's password to the client",
}
_PASSWORDS = ("basic", "userPassword", "plain")  # kinds of scheme that send the password itself
_WITH_CONTENT = ("200", "203", "206", "2XX")
_JSON = re.compile(r"(?i)application/(?:[\w.+-]+\+)?json\b")
_TEXTUAL = re.compile(r"(?i)(?:application|text)/(?:[\w.+-]+\+)?(?:json|xml)\b|\*/\*|application/\*")
MOST_RELATED = 20  # places of one schema that a report shows


@control(
    "Every listener that outsiders can reach uses TLS", Severity.HIGH, "V4 P3", "OWASP API8:2023, CWE-319",
    slug="tls-required",
)  # fmt: skip
def tls_required_of_contracts(api: Api, policy: Policy) -> Iterator[Violation]:
    """Whoever is on the way reads and changes what plain HTTP carries: credentials, answers, links."""
    for server in api.servers:
        url = server.known("")
        twin = _twin(url, policy)
        if is_plain(url) or twin:
            message = f"the contract sends callers to {host_of(url)} over plain {protocol_of(url)}"
            yield Violation(UNTOLD, message, server.at, RedirectToTls(twin))


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def assets_encrypted_in_contracts(api: Api, policy: Policy) -> Iterator[Violation]:
    for server in api.asset_servers:
        url = server.known("")
        twin = _twin(url, policy)
        if is_plain(url) or twin:
            message = f"the contract says that these assets are at {host_of(url)} over plain HTTP"
            yield Violation(UNTOLD, message, server.at, RedirectToTls(twin))


def _twin(url: str, policy: Policy) -> str:
    """The TLS address of the same thing, where the policy says that the URL is an environment's plain one."""
    for environment in policy.environments:
        if environment.plain and (url + "/").startswith(environment.plain + "/"):
            return environment.url + url.removeprefix(environment.plain)
    return ""


@control(
    "Every operation declares its error answers", Severity.MEDIUM, "P5 V7",
    "OWASP API8:2023, CWE-209, RFC 9457",
)  # fmt: skip
def error_schemas_defined(operation: Operation) -> Iterator[Violation]:
    """What no contract describes nobody checks: a stack trace in an undeclared error answer passes every
    test and every gateway, and clients cannot tell it from an answer they should handle."""
    at = operation.error_bodies.at if operation.error_bodies is not None else operation.at
    missing = tuple(s for s in ("4XX", "5XX") if not _covered(operation.responses, s[0]))
    if missing and operation.method != "HEAD":
        sorts = {"4XX": "refusals (4xx)", "5XX": "failures (5xx)"}
        said = " and ".join(sorts[s] for s in missing)
        message = f"{operation.label} declares no body for its {said}"
        yield Violation(UNTOLD, message, at, AddProblemResponse(missing))


@control(
    "Every operation declares its error answers", Severity.MEDIUM, "P5 V7", slug="error-schemas-defined"
)  # fmt: skip
def refusals_declared(operation: Operation) -> Iterator[Violation]:
    """Where credentials are demanded, the answer to those who have none is part of the contract."""
    refusals = ("401", "403", "4XX", "4xx", "default")
    if not operation.security.known(()) or operation.method == "HEAD":
        return
    if _covered(operation.responses, "4") and not any(s in refusals for s in operation.statuses):
        at = operation.error_bodies.at if operation.error_bodies is not None else operation.at
        message = f"{operation.label} demands credentials, and declares no answer (401) to callers without"
        yield Violation(UNTOLD, message, at, AddProblemResponse(("401",)), Severity.LOW)


@control(
    "Every operation declares its error answers", Severity.MEDIUM, "P5 V7", slug="error-schemas-defined"
)  # fmt: skip
def errors_for_programs(operation: Operation) -> Iterator[Violation]:
    """A page of HTML among JSON is the error page of a framework or a proxy, with all that it tells."""
    good = [r.media_type for r in operation.responses if r.status.startswith("2") and r.media_type]
    if not good or not all(_JSON.match(media_type) for media_type in good):
        return
    for status in dict.fromkeys(r.status for r in operation.responses if r.status[:1] in ("4", "5", "d")):
        of_status = [r for r in operation.responses if r.status == status]
        if all(r.media_type.startswith("text/html") for r in of_status):
            message = f"{operation.label} answers in JSON, and its errors ({status}) in HTML"
            yield Violation(UNTOLD, message, of_status[0].at, severity=Severity.LOW)


def _covered(responses: tuple[ResponseBody, ...], family: str) -> bool:
    """Whether an answer of the family has a body that is declared, or may have."""
    return any(
        r.schema.value is not ABSENT and (r.status == "default" or r.status.startswith(family))
        for r in responses
    )


@control(
    "Every answer has a declared, closed and bounded schema", Severity.MEDIUM, "P5",
    "OWASP API3:2023, OWASP API8:2023, CWE-213",
)  # fmt: skip
def response_schemas_defined(operation: Operation) -> Iterator[Violation]:
    """A schema that admits anything stops nothing: the column that was added to a table yesterday, an
    internal note, a whole list where ten entries were meant, all pass as valid answers."""
    for answer in operation.responses:
        if answer.schema.value is not ABSENT:
            continue
        if answer.media_type and _TEXTUAL.match(answer.media_type):
            message = f"the answer {answer.status} declares no schema for {answer.media_type}"
            yield Violation(UNTOLD, message, answer.at)
        elif (
            not answer.media_type and operation.method in ("GET", "QUERY") and answer.status in _WITH_CONTENT
        ):
            yield Violation(
                UNTOLD, f"the answer {answer.status} to a {operation.method} declares no content", answer.at
            )


@control(
    "Every answer has a declared, closed and bounded schema", Severity.MEDIUM, "P5",
    slug="response-schemas-defined",
)  # fmt: skip
def payload_schemas_closed(schema: PayloadSchema) -> Iterator[Violation]:
    if schema.open_objects:
        first, *others = schema.open_objects
        message = f"{schema.name} admits properties that it does not declare"
        yield Violation(
            UNTOLD, message, first, CloseSchemas(schema.open_objects), Severity.LOW, _related(others)
        )
    if schema.shapeless:
        first, *others = schema.shapeless
        message = f"{schema.name} has an object of which no property is declared"
        yield Violation(
            UNTOLD, message, first, CloseSchemas(schema.shapeless), Severity.LOW, _related(others)
        )
    if schema.unbounded:
        message = f"{schema.name} sets no upper bound to some of its strings or lists"
        places = schema.unbounded
        yield Violation(UNTOLD, message, schema.at, BoundSchemas(places), Severity.LOW, _related(places))


def _related(places: Sequence[Location]) -> tuple[Location, ...]:
    return tuple(places[:MOST_RELATED])


@control("Answers are as their contract says", Severity.MEDIUM, "P5", "OWASP API3:2023, OWASP API8:2023")
def responses_match_schema(answer: ObservedAnswer) -> Iterator[Violation]:
    """An answer that its contract does not know carries what nobody meant to send, and breaks the
    clients that trusted the contract."""
    if answer.mismatch:
        message = (
            f"{answer.operation} answers {answer.status} other than its contract says: {answer.mismatch}"
        )
        yield Violation(UNTOLD, message, answer.at)


@control(
    "Every operation demands credentials or is named public", Severity.HIGH, "V1 V3",
    "OWASP API2:2023, OWASP API5:2023, CWE-306",
)  # fmt: skip
def operations_authenticated(operation: Operation, policy: Policy) -> Iterator[Violation]:
    """An operation that nobody decided to open is found by those who try every operation. Naming the
    public ones in the policy makes each a decision that a reviewer sees."""
    security = operation.security
    if any(fits(operation.label, pattern) for pattern in policy.public):
        return
    if security.value is ABSENT and not security.at.pointer:
        message = "the contract demands credentials nowhere"
        yield Violation(UNTOLD, message, security.at, RequireAuth())
    elif security.value is ABSENT:
        message = f"{operation.label} demands no credentials and is not named public"
        yield Violation(UNTOLD, message, security.at, RequireAuth())
    elif security.known(None) == ():
        message = f"{operation.label} gives up the credentials that others demand, and is not named public"
        yield Violation(UNTOLD, message, security.at, RequireAuth())


@control(
    "Every operation demands credentials or is named public", Severity.HIGH, "V1 V3",
    slug="operations-authenticated",
)  # fmt: skip
def demands_declared(demand: SecurityDemand) -> Iterator[Violation]:
    """A gateway that is asked for a scheme or scope that nobody declared asks for nothing, or locks all out."""
    for scheme in demand.undeclared:
        message = f"{demand.what} demands '{scheme.known('')}', a scheme that is declared nowhere"
        yield Violation(UNTOLD, message, scheme.at, severity=Severity.MEDIUM)
    for scope in demand.scopes:
        message = f"{demand.what} demands the scope '{scope.known('')}', which its scheme does not declare"
        yield Violation(UNTOLD, message, scope.at, severity=Severity.LOW)


@control("TRACE is refused", Severity.MEDIUM, "V3 P6", slug="trace-disabled")
def trace_not_declared(operation: Operation) -> Iterator[Violation]:
    if operation.method in ("TRACE", "TRACK", "CONNECT"):
        message = f"the contract offers {operation.label}"
        yield Violation(UNTOLD, message, operation.at, TurnOff(Switch.OPERATION))


@control(
    "Authentication schemes are modern", Severity.MEDIUM, "V1",
    "OWASP API2:2023, CWE-522, RFC 9700, RFC 7616",
)  # fmt: skip
def auth_scheme_modern(scheme: SecurityScheme) -> Iterator[Violation]:
    """Old schemes hand the password itself to every application in between, or put tokens where browsers
    and logs keep them."""
    severity = Severity.LOW if scheme.deprecated else None  # on its way out already
    word = scheme.scheme.known("").lower()
    if scheme.kind.known("") == "http" and word in _OLD_SCHEMES:
        yield Violation(
            UNTOLD, f"{scheme.name} uses {_OLD_SCHEMES[word]}", scheme.scheme.at, severity=severity
        )
    offered = [flow.known("") for flow in scheme.flows]
    for flow in scheme.flows:
        name = flow.known("")
        if name in _OLD_GRANTS:
            remedy = TurnOff(Switch.FLOW) if any(f and f not in _OLD_GRANTS for f in offered) else None
            message = f"{scheme.name} offers the {name} grant, which {_OLD_GRANTS[name]}"
            yield Violation(UNTOLD, message, flow.at, remedy, severity)
    for url in scheme.urls:
        if is_plain(url.known("")):
            message = f"{scheme.name} sends credentials to {host_of(url.known(''))} over plain HTTP"
            yield Violation(UNTOLD, message, url.at, RedirectToTls())


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def basic_only_over_tls(stack: Stack) -> Iterator[Violation]:
    plain = {api.at.source for api in stack.of(Api) if any(is_plain(s.known("")) for s in api.servers)}
    for scheme in stack.of(SecurityScheme):
        basic = scheme.kind.known("") in _PASSWORDS or scheme.scheme.known("").lower() == "basic"
        if basic and scheme.at.source in plain:
            at = scheme.scheme.at if scheme.scheme.is_known else scheme.kind.at
            yield Violation(
                UNTOLD, f"{scheme.name} sends passwords in clear text: a server is without TLS", at
            )


@control(
    "No credential travels in a URL", Severity.HIGH, "V1", "OWASP API2:2023, CWE-598, RFC 6750",
)  # fmt: skip
def credentials_not_in_url(operation: Operation) -> Iterator[Violation]:
    """URLs are kept: in access logs, browser histories, Referer headers, caches and monitoring. A
    credential in one is soon known to everybody who may read those."""
    for parameter in operation.parameters:
        if _leaks(parameter):
            message = f"the {parameter.place} parameter {parameter.name} carries a credential in the URL"
            yield Violation(
                UNTOLD, message, parameter.at, MoveToHeader() if parameter.place == "query" else None
            )


@control("No credential travels in a URL", Severity.HIGH, "V1", slug="credentials-not-in-url")
def keys_not_in_query(scheme: SecurityScheme) -> Iterator[Violation]:
    if scheme.kind.known("") == "apiKey" and scheme.place.known("") == "query":
        message = f"{scheme.name} is sent in the query of the URL"
        yield Violation(UNTOLD, message, scheme.place.at, MoveToHeader())


def _leaks(parameter: Parameter) -> bool:
    return parameter.sensitive and parameter.place in ("query", "path")


@control("Answers do not tell by their size what a user chose", Severity.LOW, "S3", "CWE-203, CWE-204")
def response_size_uniform(operation: Operation) -> Iterator[Violation]:
    """TLS hides what an answer says, not how long it is. Where one choice gives a longer answer than
    the other, whoever watches the wire reads the choice."""
    padded = operation.padded
    if operation.choice and padded is not None and padded.known(None) is not True:
        message = (
            f"{operation.label} reveals {operation.choice} by the size of its answers, which are not padded"
        )
        yield Violation(UNTOLD, message, padded.at, TurnOn(Switch.PADDING))


@control(
    "Answers do not tell by their size what a user chose", Severity.LOW, "S3", slug="response-size-uniform"
)
def response_sizes_observed(answer: ObservedAnswer) -> Iterator[Violation]:
    if answer.bits > DISTINGUISHABLE and answer.confidence >= SURE:
        message = (
            f"the size of the answers of {answer.operation} tells an observer {answer.bits:.2f} bits "
            f"about {answer.about} (confidence {answer.confidence:.0%})"
        )
        yield Violation(UNTOLD, message, answer.at)
