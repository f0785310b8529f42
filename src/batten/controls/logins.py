"""Controls on how edges and running APIs let callers in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from batten.controls._addresses import is_plain
from batten.controls._registry import control
from batten.controls.contract import AuthSchemeModern, CredentialsNotInUrl, OperationsAuthenticated
from batten.facts import Feature, Forgery, ObservedAnswer, Provider, TokenAccepted, TokenShape
from batten.model import MoveToHeader, Severity, Switch, TurnOff, TurnOn, Violation
from batten.patterns import fits
from batten.policy import Policy


@control("Credentials are not sent in URLs", Severity.HIGH, "V1", slug="credentials-not-in-url")
def keys_not_read_from_urls(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.CREDENTIAL_IN_URL and feature.on.known(False):
        message = f"a credential is read from the URL: {feature.what}"
        yield Violation(CredentialsNotInUrl.READ, message, feature.on.at, remedy=MoveToHeader())
    elif feature.name is Switch.CREDENTIAL_IN_LINK and feature.on.known(False):
        message = f"a response links to a URL that contains `{feature.what}`"
        yield Violation(CredentialsNotInUrl.LINK, message, feature.on.at)


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def passwords_not_in_clear_text(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.PLAIN_LOGIN and feature.on.known(False):
        message = f"passwords are sent unencrypted: {feature.what} over plain HTTP"
        yield Violation(AuthSchemeModern.PASSWORD, message, feature.on.at)


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def tokens_refused_once_expired(feature: Feature) -> Iterator[Violation]:
    """A token that was stolen once is valid for ever."""
    if feature.name is Switch.TOKEN_EXPIRY and feature.on.known(True) is False:
        message = f"expired tokens are accepted: {feature.what} is off"
        yield Violation(AuthSchemeModern.EXPIRY, message, feature.on.at, remedy=TurnOn(Switch.TOKEN_EXPIRY))


@control(
    "Every operation requires credentials or is declared public",
    Severity.HIGH,
    "V1 V3",
    slug="operations-authenticated",
)
def login_kept_at_the_edge(feature: Feature, policy: Policy) -> Iterator[Violation]:
    """`what` is the path. One that the policy declares public needs no login."""
    if feature.name not in (Switch.LOGIN, Switch.LOGIN_WAIVED) or feature.on.known(True):
        return
    paths = [p.rpartition(" ")[2] for p in policy.public]
    if not any(p.startswith(feature.what) or fits(feature.what, p) for p in paths):
        message = f"`{feature.what}` requires no login, unlike the paths around it"
        case, at = OperationsAuthenticated.LOGIN, feature.on.at
        if feature.name is Switch.LOGIN_WAIVED:  # as where a contract says so of an operation
            yield Violation(
                OperationsAuthenticated.REMOVED,
                message,
                at,
                remedy=TurnOn(Switch.LOGIN),
                severity=Severity.LOW,
            )
        elif feature.on.written:
            yield Violation(case, message, at, remedy=TurnOn(Switch.LOGIN))
        else:  # no exception is written: it may be left out on purpose
            yield Violation(OperationsAuthenticated.LACKING, message, at, severity=Severity.MEDIUM)


@control(
    "Every operation requires credentials or is declared public",
    Severity.HIGH,
    "V1 V3",
    slug="operations-authenticated",
)
def writing_demands_a_login(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.ANONYMOUS_WRITES and feature.on.known(False):
        message, remedy = (
            f"anonymous clients may change files: {feature.what}",
            TurnOff(Switch.ANONYMOUS_WRITES),
        )
        yield Violation(OperationsAuthenticated.WRITES, message, feature.on.at, remedy=remedy)


@control(
    "Every operation requires credentials or is declared public",
    Severity.HIGH,
    "V1 V3",
    slug="operations-authenticated",
)
def demanded_on_the_wire(answer: ObservedAnswer, policy: Policy) -> Iterator[Violation]:
    """The contract requires credentials, and the running API answers without them."""
    if answer.unguarded and not any(fits(answer.operation, pattern) for pattern in policy.public):
        message = (
            f"`{answer.operation}` answers {answer.status} without the credentials that its contract requires"
        )
        yield Violation(OperationsAuthenticated.ANSWER, message, answer.at)


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def providers_offer_modern_flows(provider: Provider) -> Iterator[Violation]:
    """What is announced may be off for each client, so it is of low severity (RFC 9700, 2.1.2 and 2.4)."""
    name, low = f"the provider `{provider.issuer}`", Severity.LOW
    implicit = any("token" in r.split() and "code" not in r.split() for r in provider.responses)
    old = [g for g in ("implicit", "password") if g in provider.grants or (g == "implicit" and implicit)]
    if old:
        grants = f"{' and '.join(old)} grant{'s' if len(old) > 1 else ''}"
        yield Violation(AuthSchemeModern.GRANT, f"{name} announces the {grants}", provider.at, severity=low)
    if "none" in provider.signing:
        message = f"{name} announces ID tokens without a signature (`none`)"
        yield Violation(AuthSchemeModern.UNSIGNED, message, provider.at, severity=low)
    if plain := next((url for url in provider.endpoints if is_plain(url)), ""):
        message = f"{name} announces `{plain}`, which is plain HTTP"
        yield Violation(AuthSchemeModern.ENDPOINT, message, provider.at)
    if provider.registration:
        message = f"{name} announces that clients register themselves at `{provider.registration}`"
        yield Violation(AuthSchemeModern.REGISTRATION, message, provider.at, severity=Severity.INFO)


DAY = 86_400.0  # seconds


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def tokens_signed_and_bounded(token: TokenShape) -> Iterator[Violation]:
    """A token is a password for as long as it is valid (RFC 8725, RFC 9700)."""
    name = f"the token in `{token.carrier}`"
    if token.algorithm.lower() == "none":
        yield Violation(AuthSchemeModern.UNSIGNED, f"{name} has no signature", token.at)
    if token.seconds is None:
        yield Violation(AuthSchemeModern.LIFETIME, f"{name} never expires", token.at)
    elif token.dated and token.seconds > DAY:
        message = f"{name} is valid for {token.seconds / DAY:.3g} days"
        yield Violation(AuthSchemeModern.LIFETIME, message, token.at, severity=Severity.LOW)
    if not token.audience:
        message = f"{name} names no audience, so any API that trusts its issuer accepts it"
        yield Violation(AuthSchemeModern.AUDIENCE, message, token.at, severity=Severity.INFO)


@control(
    "Every operation requires credentials or is declared public",
    Severity.CRITICAL,
    "V1 V3",
    slug="operations-authenticated",
)
def tokens_verified(token: TokenAccepted) -> Iterator[Violation]:
    """With a token that no key made, anyone is any user."""
    match token.forgery:
        case Forgery.ALTERED:
            message = f"`{token.operation}` accepts a token whose signature is wrong"
            yield Violation(OperationsAuthenticated.FORGED, message, token.at)
        case Forgery.UNSIGNED:
            message = f"`{token.operation}` accepts a token without a signature (`alg`: `none`)"
            yield Violation(OperationsAuthenticated.FORGED, message, token.at)
        case Forgery.EXPIRED:
            message = f"`{token.operation}` accepts a token that has expired"
            yield Violation(OperationsAuthenticated.EXPIRED, message, token.at, severity=Severity.HIGH)
        case _:
            assert_never(token.forgery)


@control(
    "Every operation requires credentials or is declared public",
    Severity.MEDIUM,
    "V1 V3",
    slug="operations-authenticated",
)
def views_not_open_by_default(feature: Feature) -> Iterator[Violation]:
    """A view that is added without a thought is open to everyone; what a file says is weighed more than a default."""
    if feature.name is Switch.OPEN_BY_DEFAULT and feature.on.known(False):
        message = f"{feature.what} admits anonymous clients unless a view or a rule says otherwise"
        milder = None if feature.on.written else Severity.LOW
        remedy = TurnOff(Switch.OPEN_BY_DEFAULT)
        yield Violation(
            OperationsAuthenticated.FRAMEWORK, message, feature.on.at, remedy=remedy, severity=milder
        )
