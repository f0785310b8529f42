"""Controls on who may read answers from a browser on another origin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import CorsObserved, CorsPolicy, Operation, OriginKind, OriginRule, Stack
from batten.model import (
    ABSENT,
    UNTOLD,
    AllowHeaders,
    AllowMethods,
    AllowOrigins,
    SetHeader,
    Severity,
    Violation,
)
from batten.patterns import BadPattern, Pattern, compiled
from batten.policy import Policy

REFERENCES = "OWASP API8:2023, CWE-942"
SAFELISTED = ("GET", "HEAD", "POST", "OPTIONS")


@control("Allowed origins are a list of exact origins", Severity.HIGH, "V6 P7", REFERENCES)
def cors_origin_listed(cors: CorsPolicy, policy: Policy) -> Iterator[Violation]:
    """With a wildcard any page a user visits may read what the API answers him."""
    if cors.public or cors.credentials.known(False):
        return  # with credentials it is another control's, and worse
    for rule in cors.origins.known(()):
        if rule.kind is OriginKind.ANY:
            yield Violation(UNTOLD, "any origin may read answers", rule.text.at, AllowOrigins(policy.origins))
        elif rule.kind is OriginKind.NULL:
            message = "the origin 'null' is allowed, which any sandboxed frame can have"
            yield Violation(UNTOLD, message, rule.text.at, AllowOrigins(policy.origins))


@control("A foreign origin is never echoed", Severity.HIGH, "V6 P7", REFERENCES)
def cors_origin_not_reflected(cors: CorsPolicy, policy: Policy) -> Iterator[Violation]:
    """An echo of whatever origin asks is a wildcard that works with credentials too."""
    for rule in cors.origins.known(()):
        if rule.kind is OriginKind.REFLECTED and not cors.credentials.known(False):
            yield Violation(
                UNTOLD,
                "the request's Origin is echoed, whatever it is",
                rule.text.at,
                AllowOrigins(policy.origins),
            )
        elif rule.kind is OriginKind.PATTERN:
            hole = stranger(rule)
            if hole:
                message = f"the pattern also admits {hole}"
                yield Violation(UNTOLD, message, rule.text.at, AllowOrigins(policy.origins))


def stranger(rule: OriginRule) -> str:
    """An origin of a stranger's that a pattern admits, "" when none of the known tricks works."""
    text = rule.text.known("")
    try:
        pattern = compiled(text, ignore_case=True)
    except BadPattern:
        return ""
    found = next((o for o in tricks(text) if _admits(pattern, rule, o)), "")
    if not found and text and not rule.anchored_end:
        return (
            "every origin that only begins like those it means, such as one with '.stranger.invalid' behind"
        )
    return found


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
    """Origins of strangers that look like those a pattern means."""
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


@control("A foreign origin is never echoed", Severity.HIGH, "V6 P7", slug="cors-origin-not-reflected")
def cors_origin_not_reflected_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if (
        answer.trick != "allowed"
        and answer.origin
        and answer.allowed_origin == answer.origin
        and not answer.credentials
    ):
        yield Violation(
            UNTOLD, f"the foreign origin {answer.origin} ({answer.trick}) may read answers", answer.at
        )


@control("Allowed origins are a list of exact origins", Severity.HIGH, "V6 P7", slug="cors-origin-listed")
def cors_origin_listed_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if answer.allowed_origin == "*" and not answer.credentials:
        yield Violation(UNTOLD, "any origin may read answers", answer.at)


@control("Credentials go with exact origins only", Severity.HIGH, "V6 P7", REFERENCES)
def cors_credentials_narrow(cors: CorsPolicy, policy: Policy) -> Iterator[Violation]:
    """With credentials, a site the user visits acts as the user and reads what comes back."""
    if not cors.credentials.known(False):
        return
    for rule in cors.origins.known(()):
        if rule.kind in (OriginKind.ANY, OriginKind.REFLECTED, OriginKind.NULL):
            what = {
                OriginKind.ANY: "any origin",
                OriginKind.REFLECTED: "whatever origin asks",
                OriginKind.NULL: "the origin 'null'",
            }
            message = f"{what[rule.kind]} may read answers with the user's credentials"
            yield Violation(
                UNTOLD, message, rule.text.at, AllowOrigins(policy.origins), related=(cors.credentials.at,)
            )


@control("Credentials go with exact origins only", Severity.HIGH, "V6 P7", slug="cors-credentials-narrow")
def cors_credentials_narrow_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if answer.credentials and answer.trick != "allowed" and answer.welcomed:
        message = f"the foreign origin {answer.origin} ({answer.trick}) may read answers with the user's credentials"
        yield Violation(UNTOLD, message, answer.at)


@control("Allowed methods and headers are those of the contract", Severity.LOW, "V6 P7", REFERENCES)
def cors_methods_narrow(stack: Stack) -> Iterator[Violation]:
    """A preflight that allows more than the API has is room for what comes later."""
    methods = {o.method for o in stack.of(Operation)}
    for cors in stack.of(CorsPolicy):
        if cors.origins.known(()) and not cors.public:
            yield from _too_many_methods(cors, methods)
            if "*" in cors.headers.known(()):
                remedy = AllowHeaders(("Authorization", "Content-Type"))
                yield Violation(
                    UNTOLD, "any request header is allowed across origins", cors.headers.at, remedy
                )


def _too_many_methods(cors: CorsPolicy, specified: set[str]) -> Iterator[Violation]:
    allowed = cors.methods.known(())
    if not cors.methods.written:
        return
    extra = [
        m for m in allowed if m == "*" or (specified and m not in specified and m not in ("HEAD", "OPTIONS"))
    ]
    if extra:
        wanted = (
            tuple(m for m in ("GET", "POST", "PUT", "PATCH", "DELETE") if m in specified) or SAFELISTED[:3]
        )
        message = f"cross-origin requests may use {', '.join(extra)}, which the contract does not have"
        yield Violation(UNTOLD, message, cors.methods.at, AllowMethods(wanted))


@control(
    "Allowed methods and headers are those of the contract", Severity.LOW, "V6 P7", slug="cors-methods-narrow"
)
def cors_methods_narrow_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if answer.beyond and answer.welcomed:
        message = f"a preflight allows {', '.join(answer.beyond)}, which the contract does not have"
        yield Violation(UNTOLD, message, answer.at)


@control("An API that browsers call has a CORS policy", Severity.MEDIUM, "V6 P7", REFERENCES)
def cors_policy_defined(cors: CorsPolicy) -> Iterator[Violation]:
    """An answer that depends on the Origin must say so (Vary), or a cache gives it to the wrong one."""
    rules = cors.origins.known(())
    depends = len(rules) > 1 or any(r.kind in (OriginKind.REFLECTED, OriginKind.PATTERN) for r in rules)
    if depends and cors.varies.known(True) is False:
        message = "the answer depends on the Origin but Vary: Origin is not sent"
        yield Violation(UNTOLD, message, cors.varies.at, SetHeader("Vary", "Origin"))


@control("An API that browsers call has a CORS policy", Severity.MEDIUM, "V6 P7", slug="cors-policy-defined")
def cors_policy_defined_on_the_wire(answer: CorsObserved) -> Iterator[Violation]:
    if answer.trick == "allowed" and not answer.welcomed:
        message = f"the origin {answer.origin}, which the policy allows, may not read answers"
        yield Violation(UNTOLD, message, answer.at)
    elif answer.allowed_origin not in ("", "*") and not answer.varies and not answer.preflight:
        yield Violation(UNTOLD, "the answer depends on the Origin but Vary: Origin is not sent", answer.at)


@control("An API that browsers call has a CORS policy", Severity.MEDIUM, "V6 P7", slug="cors-policy-defined")
def cors_policy_is_somewhere(stack: Stack, policy: Policy) -> Iterator[Violation]:
    """Only where the user says that browsers call it, and a part of the stack could hold a policy."""
    if not policy.for_browsers:
        return
    policies = list(stack.of(CorsPolicy))
    if policies and all(p.origins.value is ABSENT for p in policies):
        remedy = AllowOrigins(policy.origins)
        yield Violation(
            UNTOLD, "batten.yaml lists origins, but nothing lets them read answers", policies[0].at, remedy
        )
