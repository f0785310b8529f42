"""Controls on CORS: which origins may read responses from a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import (
    CorsObserved,
    CorsPolicy,
    Operation,
    OriginKind,
    OriginRule,
    SocketOpened,
    Stack,
    UncheckedSocket,
)
from batten.model import (
    ABSENT,
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    Case,
    Kind,
    Per,
    SetHeader,
    Severity,
    Violation,
)
from batten.patterns import BadPattern, Pattern, compiled
from batten.policy import Policy

REFERENCES = "OWASP API8:2023, CWE-942"
SAFELISTED = ("GET", "HEAD", "POST", "OPTIONS")
_VARY = "the response depends on `Origin`, but `Vary: Origin` is not sent"


class CorsOriginListed(Case):
    ANY_ORIGIN = "any-origin", "Allow the origins of your front ends by name instead of `*`."
    NULL_ORIGIN = "null-origin", "Remove `null` from the allowed origins."


@control(
    "CORS allows listed origins only",
    Severity.HIGH,
    "V6 P7",
    REFERENCES,
    explained=True,
)
def cors_origin_listed(cors: CorsPolicy, policy: Policy) -> Iterator[Violation]:
    """With `*`, any web page that a user visits can read the API's responses through the user's browser."""
    if cors.public or cors.credentials.known(False):
        return  # with credentials it is another control's, and worse
    for rule in cors.origins.known(()):
        milder: Severity | None = None
        advice = ""
        if rule.kind is OriginKind.ANY:
            case, message = CorsOriginListed.ANY_ORIGIN, "any origin may read responses"
            # What shows that foreign pages read nothing as the user, and the most that is then. Browsers send no
            # cookies where the answer is `*` (https://fetch.spec.whatwg.org/#cors-protocol-and-credentials): a page
            # reads what anybody reads who reaches the API, so only one on a private network gives it more. Where
            # callers send the header of a token, which such a page does not have, that is nothing either.
            token = next(
                (header for header in cors.headers.known(()) if header.lower() in _TOKEN_HEADERS), ""
            )
            if token:
                clause, milder = f" (its callers send `{token}`)", Severity.INFO
            else:
                written = cors.credentials.at.kind is Kind.VALUE and cors.credentials.at != cors.at
                if cors.credentials.value is False and written:
                    clause, milder = " (the policy turns them off)", Severity.LOW
                else:
                    clause, milder = "", Severity.LOW
            if clause or milder is Severity.LOW:
                message += f", without credentials of the user's browser{clause}"
                advice = (
                    "Allow the origins of your front ends by name, if the API is not meant for every site."
                )
        elif rule.kind is OriginKind.NULL:
            case = CorsOriginListed.NULL_ORIGIN
            message = "the origin `null`, which any sandboxed frame has, may read responses"
        else:
            continue
        yield Violation(
            case, message, rule.text.at, remedy=AllowOrigins(policy.origins), severity=milder, advice=advice
        )


_TOKEN_HEADERS = frozenset(("authorization", "x-api-key", "api-key", "x-auth-token", "x-access-token"))


class CorsOriginNotReflected(Case):
    REFLECTED = "reflected", "Compare the Origin header with a list of exact origins before returning it."
    LOOSE_PATTERN = (
        "loose-pattern",
        "Replace the pattern by exact origins, or anchor both ends and escape dots.",
        Per.THING,
    )
    FOREIGN_ORIGIN = "foreign-origin", "Compare whole origins, scheme and port included, with a list."


@control("CORS does not reflect untrusted origins", Severity.HIGH, "V6 P7", REFERENCES)
def cors_origin_not_reflected(cors: CorsPolicy, policy: Policy) -> Iterator[Violation]:
    """A reflected origin works like `*`, and unlike `*` browsers accept it together with credentials."""
    for rule in cors.origins.known(()):
        remedy = AllowOrigins(policy.origins)
        if rule.kind is OriginKind.REFLECTED and not cors.credentials.known(False):
            message = "the request's `Origin` is reflected without a check"
            yield Violation(CorsOriginNotReflected.REFLECTED, message, rule.text.at, remedy=remedy)
        elif rule.kind is OriginKind.CHOSEN and not cors.credentials.known(False):
            message = (
                f"`{rule.text.known('')}`, which clients choose, is allowed as an origin without a check"
            )
            yield Violation(CorsOriginNotReflected.REFLECTED, message, rule.text.at, remedy=remedy)
        elif rule.kind is OriginKind.PATTERN and (hole := stranger(rule)):
            message = f"the origin pattern also matches {hole}"
            yield Violation(CorsOriginNotReflected.LOOSE_PATTERN, message, rule.text.at, remedy=remedy)


def stranger(rule: OriginRule) -> str:
    """A foreign origin that a pattern admits, in words; "" when none of the known tricks works."""
    text = rule.text.known("")
    try:
        pattern = compiled(text, ignore_case=True)
    except BadPattern:
        return ""
    found = next((o for o in tricks(text) if _admits(pattern, rule, o)), "")
    if not found and text and not rule.anchored_end:
        return "any origin that begins like an intended one, such as one followed by `.stranger.invalid`"
    return found and f"`{found}`"


def _admits(pattern: Pattern, rule: OriginRule, origin: str) -> bool:
    if rule.anchored_start and rule.anchored_end:
        return pattern.fullmatch(origin) is True
    if rule.anchored_start:
        return pattern.match(origin) is True
    return pattern.search(origin) is True


LONGEST = 1000  # characters of an expression in which hosts are looked for
_ALTERNATIVES = re.compile(r"\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)")  # (shop|admin): the first will do
_HOST = re.compile(r"(?:[a-z0-9-]+\\?\.)+[a-z]{2,}", re.IGNORECASE)


def tricks(pattern: str) -> Iterator[str]:
    """Foreign origins that look like those a pattern means."""
    yield "https://stranger.invalid"
    for match in _HOST.finditer(_ALTERNATIVES.sub(r"\1", pattern[:LONGEST])):
        host = match[0].replace("\\", "")
        name, _, rest = host.partition(".")
        yield f"https://{host}.stranger.invalid"
        yield f"https://stranger{host}"
        yield f"https://stranger-{host}"
        if "\\." not in match[0]:
            yield (
                f"https://{host.replace('.', 'x', 1)}"
                if rest.count(".")
                else f"https://{name}x{rest}.invalid"
            )
            yield f"https://app.{host.replace('.', 'x')}.invalid"


@control("CORS does not reflect untrusted origins", Severity.HIGH, "V6 P7", slug="cors-origin-not-reflected")
def cors_origin_not_reflected_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if (
        answer.trick != "allowed"
        and answer.origin
        and answer.allowed_origin == answer.origin
        and not answer.credentials
    ):
        message = f"the foreign origin `{answer.origin}` ({answer.trick}) may read responses"
        severity = _of_trick(answer) or _without_credentials(answer)
        yield Violation(CorsOriginNotReflected.FOREIGN_ORIGIN, message, answer.at, severity=severity)


def _of_trick(answer: CorsObserved) -> Severity | None:
    """An attacker has a page on the user's own machine only with a program there."""
    return Severity.LOW if answer.trick == "local" else None


@control("CORS allows listed origins only", Severity.HIGH, "V6 P7", slug="cors-origin-listed")
def cors_origin_listed_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if answer.allowed_origin == "*" and not answer.credentials:
        message = "any origin may read responses"
        severity = _without_credentials(answer)
        yield Violation(CorsOriginListed.ANY_ORIGIN, message, answer.at, severity=severity)


def _without_credentials(answer: CorsObserved) -> Severity | None:
    """Browsers send no credentials with such requests, so what is refused without them stays closed. An error, a page that
    anyone can open and a preflight show no data yet, but the policy may be that of others."""
    if answer.refused:
        return Severity.LOW
    return None if answer.data and not answer.preflight else Severity.MEDIUM


class CorsCredentialsNarrow(Case):
    ANY_ORIGIN = "any-origin", "Allow credentials for origins that are listed by name, or not at all."
    REFLECTED_ORIGIN = "reflected-origin", "Reflect only listed origins, or do not allow credentials."
    NULL_ORIGIN = "null-origin", "Remove `null` from the allowed origins."
    FOREIGN_ORIGIN = "foreign-origin", "Compare whole origins with a list before allowing credentials."


_OPEN = {
    OriginKind.ANY: (CorsCredentialsNarrow.ANY_ORIGIN, "any origin"),
    OriginKind.CHOSEN: (CorsCredentialsNarrow.REFLECTED_ORIGIN, "any requesting origin"),
    OriginKind.REFLECTED: (CorsCredentialsNarrow.REFLECTED_ORIGIN, "any requesting origin"),
    OriginKind.NULL: (CorsCredentialsNarrow.NULL_ORIGIN, "the origin `null`"),
}


@control("CORS allows credentials for listed origins only", Severity.HIGH, "V6 P7", REFERENCES)
def cors_credentials_narrow(cors: CorsPolicy, policy: Policy) -> Iterator[Violation]:
    """With credentials, a site that the user visits sends requests as the user and reads the responses."""
    if not cors.credentials.known(False):
        return
    for rule in cors.origins.known(()):
        if rule.kind in _OPEN:
            case, who = _OPEN[rule.kind]
            message = f"{who} may read responses with the user's credentials"
            remedy = AllowOrigins(policy.origins)
            yield Violation(case, message, rule.text.at, remedy=remedy, related=(cors.credentials.at,))


@control(
    "CORS allows credentials for listed origins only", Severity.HIGH, "V6 P7", slug="cors-credentials-narrow"
)
def cors_credentials_narrow_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if answer.credentials and answer.trick != "allowed" and answer.welcomed:
        who = f"the foreign origin `{answer.origin}` ({answer.trick})"
        message = f"{who} may read responses with the user's credentials"
        severity = _of_trick(answer)
        yield Violation(CorsCredentialsNarrow.FOREIGN_ORIGIN, message, answer.at, severity=severity)


class CorsMethodsNarrow(Case):
    ANY_METHOD = "any-method", "List the methods that the API has instead of `*`."
    UNDOCUMENTED_METHOD = "undocumented-method", "Allow only methods that the contract defines."
    ANY_HEADER = (
        "any-header",
        "List the request headers that clients send, such as Authorization and Content-Type.",
    )


@control("CORS allows only the methods and headers of the contract", Severity.LOW, "V6 P7", REFERENCES)
def cors_methods_narrow(stack: Stack) -> Iterator[Violation]:
    """A method that preflights allow today becomes callable from other sites as soon as a handler for it exists."""
    methods = {o.method for o in stack.of(Operation)}
    for cors in stack.of(CorsPolicy):
        if cors.origins.known(()) and not cors.public:
            allowed = cors.methods.known(())
            if cors.methods.written:
                extra = [
                    m
                    for m in allowed
                    if m == "*" or (methods and m not in methods and m not in ("HEAD", "OPTIONS"))
                ]
                if extra:
                    wanted = (
                        tuple(m for m in ("GET", "POST", "PUT", "PATCH", "DELETE") if m in methods)
                        or SAFELISTED[:3]
                    )
                    case = CorsMethodsNarrow.UNDOCUMENTED_METHOD
                    too_message = f"cross-origin requests may use {', '.join(extra)}, which the contract does not define"
                    if "*" in extra:
                        case, too_message = CorsMethodsNarrow.ANY_METHOD, "any method is allowed cross-origin"
                    yield Violation(case, too_message, cors.methods.at, remedy=AllowMethods(wanted))
            if "*" in cors.headers.known(()):
                remedy = AllowHeaders(("Authorization", "Content-Type"))
                message = "any request header is allowed cross-origin"
                at = cors.headers.at
                milder = Severity.INFO if cors.store else None
                yield Violation(CorsMethodsNarrow.ANY_HEADER, message, at, remedy=remedy, severity=milder)


@control(
    "CORS allows only the methods and headers of the contract", Severity.LOW, "V6 P7",
    slug="cors-methods-narrow",
)  # fmt: skip
def cors_methods_narrow_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if answer.beyond and answer.welcomed:
        message = f"preflight responses allow {', '.join(answer.beyond)}, which the contract does not define"
        yield Violation(CorsMethodsNarrow.UNDOCUMENTED_METHOD, message, answer.at)


class CorsPolicyDefined(Case):
    VARY_MISSING = "vary-missing", "Send Vary: Origin with every response of the path."
    ORIGIN_REFUSED = (
        "origin-refused",
        "Add the origin to the API's CORS policy, or remove it from batten.yaml.",
    )
    NO_POLICY = "no-policy", "Define a CORS policy for the listed origins, at the edge or in the application."


@control("An API for browsers has a working CORS policy", Severity.MEDIUM, "V6 P7", REFERENCES)
def cors_policy_defined(cors: CorsPolicy) -> Iterator[Violation]:
    """Without Vary: Origin, a cache delivers the response for one origin to pages of another."""
    rules = cors.origins.known(())
    depends = len(rules) > 1 or any(
        r.kind in (OriginKind.REFLECTED, OriginKind.CHOSEN, OriginKind.PATTERN) for r in rules
    )
    if depends and cors.varies.known(True) is False:
        case, remedy = CorsPolicyDefined.VARY_MISSING, SetHeader("Vary", "Origin")
        yield Violation(case, _VARY, cors.varies.at, remedy=remedy, severity=Severity.INFO)


@control(
    "An API for browsers has a working CORS policy", Severity.MEDIUM, "V6 P7", slug="cors-policy-defined"
)
def cors_policy_defined_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if answer.trick == "allowed" and not answer.welcomed:
        message = f"the origin `{answer.origin}`, which batten.yaml lists, cannot read responses"
        yield Violation(CorsPolicyDefined.ORIGIN_REFUSED, message, answer.at)
    elif answer.allowed_origin not in ("", "*") and not answer.varies and not answer.preflight:
        yield Violation(CorsPolicyDefined.VARY_MISSING, _VARY, answer.at, severity=Severity.INFO)


@control(
    "An API for browsers has a working CORS policy", Severity.MEDIUM, "V6 P7", slug="cors-policy-defined"
)
def cors_policy_is_somewhere(stack: Stack, policy: Policy) -> Iterator[Violation]:
    """Only where the user says that browsers call it, and a part of the stack could hold a policy."""
    if not policy.for_browsers:
        return
    policies = list(stack.of(CorsPolicy))
    if policies and all(p.origins.value is ABSENT for p in policies):
        message = "batten.yaml lists origins, but no CORS policy lets them read responses"
        remedy = AllowOrigins(policy.origins)
        yield Violation(CorsPolicyDefined.NO_POLICY, message, policies[0].at, remedy=remedy)


class WebsocketOriginChecked(Case):
    COOKIE = (
        "cookie-from-any-origin",
        "Compare the Origin of handshakes with a list of the front ends' origins.",
    )
    INSIDE = (
        "private-from-any-origin",
        "Compare the Origin of handshakes with a list, or require a token in them.",
    )
    UNCHECKED = (
        "unchecked",
        "Compare the Origin of handshakes with a list of the front ends' origins.",
        Per.THING,
    )


@control(
    "WebSocket handshakes are accepted from listed origins only", Severity.HIGH, "V6 P7",
    "OWASP API8:2023, CWE-1385, RFC 6455",
)  # fmt: skip
def websocket_origin_checked(socket: SocketOpened) -> Iterator[Violation]:
    """CORS does not apply to WebSockets: browsers open them for pages of any site, and send the user's cookies along."""
    opened = f"the WebSocket `{socket.path}` is opened for pages of any site (`{socket.origin}`)"
    if socket.cookie:
        message = f"{opened} with the user's cookies"
        yield Violation(WebsocketOriginChecked.COOKIE, message, socket.at)
    elif socket.inside:
        message = f"{opened}, which reach it through a browser in the private network"
        yield Violation(WebsocketOriginChecked.INSIDE, message, socket.at, severity=Severity.LOW)


@control(
    "WebSocket handshakes are accepted from listed origins only", Severity.MEDIUM, "V6 P7", slug="websocket-origin-checked",
)  # fmt: skip
def websocket_origin_checked_in_code(socket: UncheckedSocket) -> Iterator[Violation]:
    """Whether cookies log clients in is not known from the code alone."""
    message = f"WebSockets are opened for pages of any site: {socket.what}"
    yield Violation(WebsocketOriginChecked.UNCHECKED, message, socket.at)
