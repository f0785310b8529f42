"""Controls on methods, endpoints and limits: the API answers what its contract specifies, within bounds."""

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
from batten.model import (
    ABSENT,
    AllowMethods,
    Bundle,
    Case,
    Limit,
    Per,
    Quantity,
    Severity,
    Switch,
    TurnOff,
    TurnOn,
    Violation,
)
from batten.model.record import record
from batten.policy import Policy

REFERENCES = "OWASP API8:2023, CWE-650"


_ELSEWHERE = re.compile(
    r"/(?:static|assets|images?|img|css|js|fonts?|media|favicon|robots|docs?|redoc|swagger|openapi|\.well-known"
    r"|health|live|ready|ping|metrics|status|ws|socket)",
    re.IGNORECASE,
)


class VerbsAsSpecified(Case):
    ANSWERED = "answered", "Remove the handler, or add the operation to the contract."
    AUTOMATIC = (
        "automatic",
        "Disable automatic HEAD and OPTIONS if no client uses them.",
    )
    REGISTERED = "registered", "Register only methods that the contract defines, or add the operation to it."
    FORWARDED = "forwarded", "Forward only methods that the contract defines below this path."
    GET_MUTATION = "graphql-get-mutation", "Execute GraphQL mutations sent by POST only."


@control(
    "Each path answers only the methods that the contract specifies", Severity.MEDIUM, "V3 P6", REFERENCES
)
def verbs_as_specified(answer: VerbAnswer) -> Iterator[Violation]:
    """A method outside the contract is unreviewed code, and access rules often do not cover it."""
    if answer.specified or not answer.handled or answer.method in ("TRACE", "TRACK", "CONNECT"):
        return
    message = f"`{answer.method} {answer.template}` is answered, but the contract does not define it"
    if answer.automatic:
        yield Violation(VerbsAsSpecified.AUTOMATIC, message, answer.at, severity=Severity.INFO)
    else:
        yield Violation(VerbsAsSpecified.ANSWERED, message, answer.at)


@control(
    "Each path answers only the methods that the contract specifies", Severity.MEDIUM, "V3 P6",
    slug="verbs-as-specified",
)  # fmt: skip
def verbs_as_specified_in_code(stack: Stack) -> Iterator[Violation]:
    """Routes of the application against the contract's operations on the same path."""
    contract = _contract(stack.of(Operation))
    if not contract.exact:
        return
    for route in stack.of(AppRoute):
        specified = contract.verbs(route)
        extra = [
            m for m in route.methods if specified and m not in specified and m not in ("HEAD", "OPTIONS")
        ]
        if specified and extra:
            message = f"`{', '.join(extra)} {route.path}` is registered, but the contract does not define it"
            remedy = AllowMethods(tuple(m for m in route.methods if m not in extra))
            yield Violation(VerbsAsSpecified.REGISTERED, message, route.at, remedy=remedy)


@control(
    "Each path answers only the methods that the contract specifies", Severity.MEDIUM, "V3 P6",
    slug="verbs-as-specified",
)  # fmt: skip
def verbs_as_specified_at_the_edge(stack: Stack) -> Iterator[Violation]:
    """An edge that forwards named methods names one that no operation below its path has."""
    operations = list(stack.of(Operation))
    known: dict[str, set[str]] = {}
    for route in stack.of(Route):
        allowed = route.methods.known(())
        if route.methods.value is ABSENT or not allowed or route.match == "regex":
            continue
        if route.path not in known:
            known[route.path] = {o.method for o in operations if o.path.startswith(route.path)}
        below = known[route.path]
        extra = [m for m in allowed if below and m not in below and m not in ("HEAD", "OPTIONS")]
        if extra:
            message = (
                f"{', '.join(extra)} is forwarded to `{route.path}`, but the contract does not define it"
            )
            remedy = AllowMethods(tuple(sorted(below)), route.path)
            yield Violation(VerbsAsSpecified.FORWARDED, message, route.methods.at, remedy=remedy)


def paths_of(operations: Iterable[Operation]) -> dict[str, set[str]]:
    """Verbs by the shape of their path."""
    found: dict[str, set[str]] = {}
    for operation in operations:
        found.setdefault(shape(operation.path), set()).add(operation.method)
    return found


@record
class _Contract:
    """The verbs of a contract's paths by shape, and by shape without letters' case, which some routers do not tell apart."""

    exact: dict[str, set[str]]
    folded: dict[str, set[str]]

    def verbs(self, route: AppRoute) -> set[str]:
        """What it has on a route's path."""
        wanted = shape(route.path)
        return self.exact.get(wanted) or self.folded.get(wanted.lower(), set())


def _contract(operations: Iterable[Operation]) -> _Contract:
    exact, folded = paths_of(operations), dict[str, set[str]]()
    for path, verbs in exact.items():
        folded[path.lower()] = folded.get(path.lower(), set()) | verbs
    return _Contract(exact, folded)


def shape(path: str) -> str:
    """A path with its parameters' names and types left out: /orders/{}."""
    return re.sub(r"\{[^}]*\}", "{}", path.rstrip("/") or "/")


class TraceDisabled(Case):
    ANSWERED = "trace-answered", "Refuse TRACE, TRACK and CONNECT with 405."
    DOCUMENTED = "trace-documented", "Remove the operation from the contract."


@control("TRACE is refused", Severity.LOW, "V3 P6", "CWE-693, RFC 9110")
def trace_disabled(answer: VerbAnswer) -> Iterator[Violation]:
    """TRACE returns the request with the cookies, tokens and internal addresses that proxies added to it."""
    if answer.method in ("TRACE", "TRACK", "CONNECT") and answer.handled:
        message = f"{answer.method} requests are answered with status {answer.status}"
        yield Violation(TraceDisabled.ANSWERED, message, answer.at, remedy=TurnOff(Switch.TRACE))


@control("TRACE is refused", Severity.LOW, "V3 P6", slug="trace-disabled")
def trace_disabled_at_the_edge(route: Route) -> Iterator[Violation]:
    if route.trace is not None and route.trace.known(False):
        message = "TRACE requests are answered"
        yield Violation(TraceDisabled.ANSWERED, message, route.trace.at, remedy=TurnOff(Switch.TRACE))


@control(
    "Each path answers only the methods that the contract specifies", Severity.MEDIUM, "V3 P6",
    slug="verbs-as-specified",
)  # fmt: skip
def get_reads_only(feature: Feature) -> Iterator[Violation]:
    """A link on any site can execute a mutation that is accepted by GET, in the name of the user who opens it."""
    if feature.name is Switch.GRAPHQL_GET_MUTATION and feature.on.known(False):
        message = f"`GET {feature.what}` executes GraphQL mutations"
        yield Violation(VerbsAsSpecified.GET_MUTATION, message, feature.on.at)


class MethodOverrideIgnored(Case):
    HONOURED = "override-honoured", "Remove the method-override middleware, or drop its headers at the edge."


@control("No header or parameter overrides the request method", Severity.MEDIUM, "V3 P6", REFERENCES)
def method_override_ignored(answer: MethodOverride) -> Iterator[Violation]:
    """Access rules, caches and logs in front see a GET where the application executes a DELETE."""
    if answer.honoured:
        message = f"`{answer.by}` changes `{answer.method} {answer.path}` into {answer.meant}"
        yield Violation(
            MethodOverrideIgnored.HONOURED, message, answer.at, remedy=TurnOff(Switch.METHOD_OVERRIDE)
        )


@control(
    "No header or parameter overrides the request method", Severity.MEDIUM, "V3 P6",
    slug="method-override-ignored",
)  # fmt: skip
def method_override_off(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.METHOD_OVERRIDE and feature.on.known(False):
        message = f"{feature.what} changes the method of a request"
        remedy = TurnOff(Switch.METHOD_OVERRIDE)
        yield Violation(MethodOverrideIgnored.HONOURED, message, feature.on.at, remedy=remedy)


class EndpointsDocumented(Case):
    STEP = "step-undeclared", "Correct the step, or declare the operation in the contract."
    ANSWERED = "answered", "Add the endpoint to the contract, or remove it."
    REGISTERED = "registered", "Add the route to the contract, or stop registering it."
    FORWARDED = "forwarded", "Add the path to the contract, or answer 404 for it at the edge."
    EXPOSED_BY_DEFAULT = (
        "exposed-by-default",
        "Route only to containers that opt in (exposedByDefault: false).",
    )


@control("Every endpoint is listed in the contract", Severity.MEDIUM, "V3 P6 S1", "OWASP API9:2023, CWE-1059")
def endpoints_documented(endpoint: Endpoint) -> Iterator[Violation]:
    """Endpoints outside the contract are not reviewed, patched or monitored, and attackers find them by trying."""
    if endpoint.kind == "undocumented":
        message = f"`{endpoint.method} {endpoint.path}` is answered, but no contract lists it"
        yield Violation(EndpointsDocumented.ANSWERED, message, endpoint.at)


@control("Every endpoint is listed in the contract", Severity.MEDIUM, "V3 P6 S1", slug="endpoints-documented")
def endpoints_documented_in_code(stack: Stack, policy: Policy) -> Iterator[Violation]:
    """Routes that no contract lists, where a contract is about this application."""
    documented = _contract(stack.of(Operation))
    routes = [r for r in stack.of(AppRoute) if not _belongs_elsewhere(r.path)]
    for folder in sorted({posixpath.dirname(o.at.source) for o in stack.of(Operation)}):
        beside = [r for r in routes if not folder or r.at.source.startswith(folder + "/")]
        missing = [r for r in beside if not documented.verbs(r)]
        if not policy.contract and 2 * len(missing) > len(beside):
            continue  # a contract that lists so little is about something else
        routes = [r for r in routes if r not in beside]
        for route in missing:
            message = f"`{' '.join(route.methods)} {route.path}` is registered, but no contract lists it"
            yield Violation(EndpointsDocumented.REGISTERED, message, route.at, remedy=TurnOff(Switch.ROUTE))


@control("Every endpoint is listed in the contract", Severity.MEDIUM, "V3 P6 S1", slug="endpoints-documented")
def endpoints_documented_at_the_edge(stack: Stack) -> Iterator[Violation]:
    """A path of its own that goes to the same upstream as documented operations do, and has none below."""
    paths = [o.path for o in stack.of(Operation)]
    routes = [r for r in stack.of(Route) if r.upstream and not r.refuses and r.match in ("prefix", "exact")]
    documented = {r.upstream for r in routes if any(p.startswith(r.path) for p in paths)}
    for route in routes:
        own = len(route.path) > 1 and not _belongs_elsewhere(route.path)
        if own and route.upstream in documented and not any(_overlap(route.path, p) for p in paths):
            message = (
                f"`{route.path}` is forwarded to `{route.upstream}`, but no contract lists a path below it"
            )
            yield Violation(EndpointsDocumented.FORWARDED, message, route.at)


def _overlap(prefix: str, path: str) -> bool:
    prefix = prefix.rstrip("/")
    return path.startswith(prefix) or prefix.startswith(path.partition("{")[0].rstrip("/") or path)


def _belongs_elsewhere(path: str) -> bool:
    """Documentation endpoints, probes, consoles and static mounts have a control of their own, or none."""
    return path in ("/docs", "/redoc", "/openapi.json") or bool(_ELSEWHERE.match(path))


class HttpLimitsSet(Case):
    NO_BODY_LIMIT = "no-body-limit", "Limit the size of request bodies."
    LARGE_BODY_LIMIT = (
        "large-body-limit",
        "Lower the limit on request bodies; allow large uploads on their own path only.",
    )
    NO_HEADER_TIMEOUT = (
        "no-header-timeout",
        "Limit the time in which a client must send the request's headers.",
    )
    NO_BODY_TIMEOUT = "no-body-timeout", "Limit the time in which a client must send the request's body."
    NO_SEND_TIMEOUT = "no-send-timeout", "Limit the time in which a client must read the response."
    NO_RATE_LIMIT = "no-rate-limit", "Limit the number of requests per client, and answer 429 beyond it."
    NO_FIELD_LIMIT = "no-field-limit", "Limit the number of request header fields."
    CATASTROPHIC = (
        "catastrophic-pattern",
        "Write the expression so that it matches a text in one way only, without a repetition of a repetition.",
        Per.THING,
    )
    CLIENTS_KEY = "client-chosen-key", "Limit by the client's address, or by a credential that was checked."
    GRAPHQL_BATCHING = (
        "graphql-batching",
        "Disable GraphQL batching, or limit the number of queries in a batch.",
        Per.THING,
    )
    LOGINS = "logins-unlimited", "Limit log-ins per user and per client, and answer 429 beyond it.", Per.THING
    NO_LOCKOUT = "no-lockout", "Count wrong passwords, and refuse the user for some minutes after a few."
    GRAPHQL_ALIASES = (
        "graphql-aliases",
        "Limit the number of aliases in a GraphQL query, or the query's cost.",
        Per.THING,
    )
    GRAPHQL_DEPTH = "graphql-depth", "Limit the depth of GraphQL queries, or their cost.", Per.THING
    ON_DEMAND_TLS = (
        "on-demand-tls",
        "Ask an endpoint of yours which names may get certificates (`ask`).",
        Per.THING,
    )


@control(
    "Request size, time and rate are limited",
    Severity.LOW,
    "V1",
    "OWASP API4:2023, CWE-770",
    bundle=Bundle.LIMITS,
)
def http_limits_set(limits: Limits) -> Iterator[Violation]:
    """Without limits, one client can occupy the memory and connections of all others, or try passwords endlessly."""
    bounds = (
        (
            limits.body,
            HttpLimitsSet.NO_BODY_LIMIT,
            "the size of request bodies is not limited",
            Limit(Quantity.BODY, "1m"),
        ),
        (
            limits.header_timeout,
            HttpLimitsSet.NO_HEADER_TIMEOUT,
            "the time to receive request headers is not limited",
            Limit(Quantity.HEADER_TIMEOUT, "10s"),
        ),
        (
            limits.body_timeout,
            HttpLimitsSet.NO_BODY_TIMEOUT,
            "the time to receive request bodies is not limited",
            Limit(Quantity.BODY_TIMEOUT, "10s"),
        ),
        (
            limits.send_timeout,
            HttpLimitsSet.NO_SEND_TIMEOUT,
            "the time to send responses is not limited",
            Limit(Quantity.SEND_TIMEOUT, "10s"),
        ),
    )
    for setting, case, message, remedy in bounds:
        if setting is not None and (setting.effective is ABSENT or setting.effective == 0):
            usual = case in _SELDOM or (case is HttpLimitsSet.NO_BODY_LIMIT and not setting.written)
            milder = Severity.INFO if usual else None
            yield Violation(case, message, setting.at, remedy=remedy, severity=milder)
    if limits.body is not None and isinstance(limits.body.effective, int) and limits.body.effective > 1 << 30:
        message = "request bodies of more than 1 GiB are accepted"
        yield Violation(
            HttpLimitsSet.LARGE_BODY_LIMIT, message, limits.body.at, remedy=Limit(Quantity.BODY, "1m")
        )
    if limits.rate is not None and limits.rate.effective is ABSENT:
        message, remedy = "the rate of requests is not limited", Limit(Quantity.RATE, "20r/s")
        milder = (
            Severity.INFO
        )  # which limit an application bears is for its owner to say, and few edges have one
        yield Violation(HttpLimitsSet.NO_RATE_LIMIT, message, limits.rate.at, remedy=remedy, severity=milder)


# One client that is slow after its headers holds one connection: edges that have no bound by default are run so, and
# without one on bodies, which the application behind counts.
_SELDOM = (HttpLimitsSet.NO_BODY_TIMEOUT, HttpLimitsSet.NO_SEND_TIMEOUT)


@control("Request size, time and rate are limited", Severity.LOW, "V1", slug="http-limits-set")
def queries_counted(feature: Feature) -> Iterator[Violation]:
    """A rate limiter counts a batch as one request, so one batch can try a thousand passwords."""
    if feature.name is Switch.GRAPHQL_BATCHING and feature.on.known(False):
        message = f"`{feature.what}` executes many GraphQL queries in one request"
        yield Violation(HttpLimitsSet.GRAPHQL_BATCHING, message, feature.on.at)
    elif feature.name is Switch.GRAPHQL_ALIASES and feature.on.known(False):
        message = f"`{feature.what}` executes a GraphQL query with 100 aliases of one field"
        yield Violation(HttpLimitsSet.GRAPHQL_ALIASES, message, feature.on.at)
    elif feature.name is Switch.GRAPHQL_DEPTH and feature.on.known(False):
        message = f"`{feature.what}` executes a GraphQL query of 15 levels"
        yield Violation(HttpLimitsSet.GRAPHQL_DEPTH, message, feature.on.at)


@control("Request size, time and rate are limited", Severity.MEDIUM, "V1", slug="http-limits-set")
def guesses_counted(feature: Feature) -> Iterator[Violation]:
    """Passwords are guessed one by one where nothing counts them."""
    if feature.name is Switch.LOGIN_GUESSING and feature.on.known(False):
        message = f"`{feature.what}` answers 20 wrong passwords of one user in a row"
        yield Violation(HttpLimitsSet.LOGINS, message, feature.on.at)
    elif feature.name is Switch.LOCKOUT and feature.on.known(True) is False:
        message = f"wrong passwords of a user have no end: {feature.what}"
        yield Violation(HttpLimitsSet.NO_LOCKOUT, message, feature.on.at, remedy=TurnOn(Switch.LOCKOUT))
