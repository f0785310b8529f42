"""Controls on how edges and running APIs let callers in."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import Feature, ObservedAnswer
from batten.model import UNTOLD, MoveToHeader, Severity, Switch, TurnOff, TurnOn, Violation
from batten.patterns import fits
from batten.policy import Policy


@control("No credential travels in a URL", Severity.HIGH, "V1", slug="credentials-not-in-url")
def keys_not_read_from_urls(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.CREDENTIAL_IN_URL and feature.on.known(False):
        message = f"a credential is taken from the URL: {feature.what}"
        yield Violation(UNTOLD, message, feature.on.at, MoveToHeader())
    elif feature.name is Switch.CREDENTIAL_IN_LINK and feature.on.known(False):
        yield Violation(UNTOLD, f"an answer links to a URL that carries {feature.what}", feature.on.at)


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def passwords_not_in_clear_text(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.PLAIN_LOGIN and feature.on.known(False):
        message = f"passwords cross the network in clear text: {feature.what} over plain HTTP"
        yield Violation(UNTOLD, message, feature.on.at)


@control(
    "Every operation demands credentials or is named public",
    Severity.HIGH,
    "V1 V3",
    slug="operations-authenticated",
)
def login_kept_at_the_edge(feature: Feature, policy: Policy) -> Iterator[Violation]:
    """`what` is the path. One that the policy names public may go without."""
    if feature.name is not Switch.LOGIN or feature.on.known(True):
        return
    paths = [p.rpartition(" ")[2] for p in policy.public]
    if not any(p.startswith(feature.what) or fits(feature.what, p) for p in paths):
        message = f"{feature.what} gives up the login that is demanded around it, and is not named public"
        yield Violation(UNTOLD, message, feature.on.at, TurnOn(Switch.LOGIN))


@control(
    "Every operation demands credentials or is named public",
    Severity.HIGH,
    "V1 V3",
    slug="operations-authenticated",
)
def writing_demands_a_login(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.ANONYMOUS_WRITES and feature.on.known(False):
        yield Violation(
            UNTOLD,
            f"anybody may change files: {feature.what}",
            feature.on.at,
            TurnOff(Switch.ANONYMOUS_WRITES),
        )


@control(
    "Every operation demands credentials or is named public",
    Severity.HIGH,
    "V1 V3",
    slug="operations-authenticated",
)
def demanded_on_the_wire(answer: ObservedAnswer, policy: Policy) -> Iterator[Violation]:
    """What the contract promises to guard, and the running API gives to whoever asks."""
    if answer.unguarded and not any(fits(answer.operation, pattern) for pattern in policy.public):
        message = f"{answer.operation} answers {answer.status} to callers without the credentials that the contract demands"
        yield Violation(UNTOLD, message, answer.at)
