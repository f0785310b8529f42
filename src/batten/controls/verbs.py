"""Controls on verbs and endpoints: what is answered is what the contract specifies."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from batten.controls._registry import control
from batten.facts import (
    AppRoute,
    Endpoint,
    Feature,
    Limits,
    MethodOverride,
    Operation,
    Route,
    Stack,
    VerbAnswer,
)
from batten.model import ABSENT, UNTOLD, AllowMethods, Limit, Setting, Severity, Switch, TurnOff, Violation
from batten.policy import Policy

REFERENCES = "OWASP API8:2023, CWE-650"


_ELSEWHERE = re.compile(
    r"/(?:static|assets|images?|img|css|js|fonts?|media|favicon|robots|docs?|redoc|swagger|openapi|\.well-known"
    r"|health|live|ready|ping|metrics|status|ws|socket)",
    re.IGNORECASE,
)


@control("Each path answers only the verbs that the contract specifies", Severity.MEDIUM, "V3 P6", REFERENCES)
def verbs_as_specified(answer: VerbAnswer) -> Iterator[Violation]:
    """A verb that nobody specified is code that nobody meant to offer, and often nobody guards."""
    if answer.specified or not answer.handled or answer.method in ("TRACE", "TRACK", "CONNECT"):
        return
    message = f"{answer.method} {answer.template} is answered, which the contract does not specify"
    yield Violation(UNTOLD, message, answer.at, severity=Severity.INFO if answer.automatic else None)


@control(
    "Each path answers only the verbs that the contract specifies",
    Severity.MEDIUM,
    "V3 P6",
    slug="verbs-as-specified",
)
def verbs_as_specified_in_code(stack: Stack) -> Iterator[Violation]:
    """Routes of the application against the contract's operations on the same path."""
    contract = paths_of(stack.of(Operation))
    if not contract:
        return
    for route in stack.of(AppRoute):
        specified = contract.get(shape(route.path))
        extra = [
            m for m in route.methods if specified and m not in specified and m not in ("HEAD", "OPTIONS")
        ]
        if specified and extra:
            message = f"{', '.join(extra)} {route.path} is registered, which the contract does not specify"
            yield Violation(
                UNTOLD, message, route.at, AllowMethods(tuple(m for m in route.methods if m not in extra))
            )


@control(
    "Each path answers only the verbs that the contract specifies",
    Severity.MEDIUM,
    "V3 P6",
    slug="verbs-as-specified",
)
def verbs_as_specified_at_the_edge(stack: Stack) -> Iterator[Violation]:
    """An edge that lets named verbs through names one that no operation below its path has."""
    operations = list(stack.of(Operation))
    for route in stack.of(Route):
        allowed = route.methods.known(())
        below = {o.method for o in operations if route.match != "regex" and o.path.startswith(route.path)}
        extra = [m for m in allowed if below and m not in below and m not in ("HEAD", "OPTIONS")]
        if route.methods.value is not ABSENT and extra:
            message = f"{', '.join(extra)} may pass to {route.path}, which the contract does not specify"
            yield Violation(UNTOLD, message, route.methods.at, AllowMethods(tuple(sorted(below)), route.path))


def paths_of(operations: Iterable[Operation]) -> dict[str, set[str]]:
    """Verbs by the shape of their path."""
    found: dict[str, set[str]] = {}
    for operation in operations:
        found.setdefault(shape(operation.path), set()).add(operation.method)
    return found


def shape(path: str) -> str:
    """A path with its parameters' names and types left out: /orders/{}."""
    return re.sub(r"\{[^}]*\}", "{}", path.rstrip("/") or "/")


@control("TRACE is refused", Severity.MEDIUM, "V3 P6", "CWE-693, RFC 9110")
def trace_disabled(answer: VerbAnswer) -> Iterator[Violation]:
    """TRACE echoes the request, with the headers that proxies and browsers added to it."""
    if answer.method in ("TRACE", "TRACK", "CONNECT") and answer.handled:
        yield Violation(
            UNTOLD,
            f"{answer.method} is answered with status {answer.status}",
            answer.at,
            TurnOff(Switch.TRACE),
        )


@control("TRACE is refused", Severity.MEDIUM, "V3 P6", slug="trace-disabled")
def trace_disabled_at_the_edge(route: Route) -> Iterator[Violation]:
    if route.trace is not None and route.trace.known(False):
        yield Violation(UNTOLD, "TRACE is answered", route.trace.at, TurnOff(Switch.TRACE))


@control(
    "Each path answers only the verbs that the contract specifies",
    Severity.MEDIUM,
    "V3 P6",
    slug="verbs-as-specified",
)
def get_reads_only(feature: Feature) -> Iterator[Violation]:
    """A mutation by GET is made by whoever gets a user to open a link."""
    if feature.name is Switch.GRAPHQL_GET_MUTATION and feature.on.known(False):
        yield Violation(UNTOLD, f"GET {feature.what} takes GraphQL mutations", feature.on.at)


@control("No header or parameter turns one verb into another", Severity.MEDIUM, "V3 P6", REFERENCES)
def method_override_ignored(answer: MethodOverride) -> Iterator[Violation]:
    """An edge, a log or a rule that looks at the verb sees a GET where the application does a DELETE."""
    if answer.honoured:
        message = f"{answer.by} turns {answer.method} {answer.path} into {answer.meant}"
        yield Violation(UNTOLD, message, answer.at, TurnOff(Switch.METHOD_OVERRIDE))


@control(
    "Nothing answers that the contract does not list",
    Severity.MEDIUM,
    "V3 P6 S1",
    "OWASP API9:2023, CWE-1059",
)
def endpoints_documented(endpoint: Endpoint) -> Iterator[Violation]:
    """What no document lists nobody reviews, patches or watches; attackers find it all the same."""
    if endpoint.kind == "undocumented":
        yield Violation(
            UNTOLD, f"{endpoint.method} {endpoint.path} answers, and no contract lists it", endpoint.at
        )


@control(
    "Nothing answers that the contract does not list",
    Severity.MEDIUM,
    "V3 P6 S1",
    slug="endpoints-documented",
)
def endpoints_documented_in_code(stack: Stack, policy: Policy) -> Iterator[Violation]:
    """Routes that no contract lists, where a contract is about this application."""
    documented = paths_of(stack.of(Operation))
    routes = [r for r in stack.of(AppRoute) if not _belongs_elsewhere(r.path)]
    for folder in sorted({posixpath.dirname(o.at.source) for o in stack.of(Operation)}):
        beside = [r for r in routes if not folder or r.at.source.startswith(folder + "/")]
        missing = [r for r in beside if shape(r.path) not in documented]
        if not policy.contract and 2 * len(missing) > len(beside):
            continue  # a contract that lists so little is about something else
        routes = [r for r in routes if r not in beside]
        for route in missing:
            message = f"{' '.join(route.methods)} {route.path} is registered, and no contract lists it"
            yield Violation(UNTOLD, message, route.at, TurnOff(Switch.ROUTE))


@control(
    "Nothing answers that the contract does not list",
    Severity.MEDIUM,
    "V3 P6 S1",
    slug="endpoints-documented",
)
def endpoints_documented_at_the_edge(stack: Stack) -> Iterator[Violation]:
    """A path of its own that goes to the same upstream as documented operations do, and has none below."""
    paths = [o.path for o in stack.of(Operation)]
    routes = [r for r in stack.of(Route) if r.upstream and not r.refuses and r.match in ("prefix", "exact")]
    documented = {r.upstream for r in routes if any(p.startswith(r.path) for p in paths)}
    for route in routes:
        own = len(route.path) > 1 and not _belongs_elsewhere(route.path)
        if own and route.upstream in documented and not any(_overlap(route.path, p) for p in paths):
            message = f"{route.path} is passed on to {route.upstream}, and no contract lists anything there"
            yield Violation(UNTOLD, message, route.at)


def _overlap(prefix: str, path: str) -> bool:
    prefix = prefix.rstrip("/")
    return path.startswith(prefix) or prefix.startswith(path.partition("{")[0].rstrip("/") or path)


def _belongs_elsewhere(path: str) -> bool:
    """Documentation endpoints, probes, consoles and static mounts have a control of their own, or none."""
    return path in ("/docs", "/redoc", "/openapi.json") or bool(_ELSEWHERE.match(path))


@control("Size, time and rate of requests are bounded", Severity.LOW, "V1", "OWASP API4:2023, CWE-770")
def http_limits_set(limits: Limits) -> Iterator[Violation]:
    """Without bounds one client's requests take the memory and the connections of all."""
    yield from _unbounded(limits.body, "bodies", Limit("body", "1m"))
    yield from _unbounded(limits.header_timeout, "the time for headers", Limit("header-timeout", "10s"))
    yield from _unbounded(limits.body_timeout, "the time for bodies", Limit("body-timeout", "10s"))
    yield from _unbounded(limits.send_timeout, "the time for answers", Limit("send-timeout", "10s"))
    if limits.body is not None and isinstance(limits.body.effective, int) and limits.body.effective > 1 << 30:
        yield Violation(UNTOLD, "bodies of more than 1 GiB are let in", limits.body.at, Limit("body", "1m"))
    if limits.rate is not None and limits.rate.effective is ABSENT:
        yield Violation(UNTOLD, "the rate of requests is not limited", limits.rate.at, Limit("rate", "20r/s"))


@control("Size, time and rate of requests are bounded", Severity.LOW, "V1", slug="http-limits-set")
def queries_counted(feature: Feature) -> Iterator[Violation]:
    """Limits count requests; in one batch a password can be guessed a thousand times."""
    if feature.name is Switch.GRAPHQL_BATCHING and feature.on.known(False):
        yield Violation(UNTOLD, f"{feature.what} takes many GraphQL queries in one request", feature.on.at)


def _unbounded(
    setting: Setting[int] | Setting[float] | None, what: str, remedy: Limit
) -> Iterator[Violation]:
    if setting is not None and (setting.effective is ABSENT or setting.effective == 0):
        yield Violation(UNTOLD, f"there is no bound on {what}", setting.at, remedy)
