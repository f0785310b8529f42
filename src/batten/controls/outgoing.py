"""Controls on what an API's documents say of requests that leave it: webhooks, callbacks, and the steps of workflows."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._addresses import is_plain, protocol_of
from batten.controls._registry import control
from batten.controls.contract import CredentialsNotInUrl, OperationsAuthenticated
from batten.controls.requests import UpstreamFixed
from batten.controls.transport import TlsRequired
from batten.controls.verbs import EndpointsDocumented
from batten.facts import Api, Operation, Outgoing, Parameter, Stack, WorkflowStep
from batten.model import ABSENT, RedirectToTls, Severity, Violation


@control("Every listener that outsiders can reach uses TLS", Severity.HIGH, "V4 P3", slug="tls-required")
def callbacks_use_tls(request: Outgoing) -> Iterator[Violation]:
    url = request.url.known("")
    if is_plain(url):
        message = f"{request.name} uses plain {protocol_of(url)}"
        yield Violation(TlsRequired.PLAIN_CALLBACK, message, request.url.at, severity=Severity.MEDIUM)


@control("Every listener that outsiders can reach uses TLS", Severity.HIGH, "V4 P3", slug="tls-required")
def alternatives_use_tls(api: Api) -> Iterator[Violation]:
    for url in api.alternatives:
        if is_plain(url.known("")):
            message = f"the contract offers callers `{url.known('').partition('?')[0]}`, over plain {protocol_of(url.known(''))}"
            yield Violation(
                TlsRequired.PLAIN_ALTERNATIVE, message, url.at, remedy=RedirectToTls(), severity=Severity.LOW
            )


@control("Client input sets no upstream, redirect or header", Severity.HIGH, "V1", slug="upstream-fixed")
def callback_hosts_bounded(request: Outgoing) -> Iterator[Violation]:
    """A callback to the client's URL is a request from inside the network; the contract shows no bound, the application may
    have one."""
    if expression := request.chosen.known(""):
        message = f"{request.name} is sent to the host in `{expression}`, which the client chooses"
        yield Violation(UpstreamFixed.CALLBACK, message, request.chosen.at, severity=Severity.LOW)


@control(
    "Every operation requires credentials or is declared public", Severity.HIGH, "V1 V3",
    slug="operations-authenticated",
)  # fmt: skip
def webhooks_signed(stack: Stack) -> Iterator[Violation]:
    """Receivers of an unsigned request cannot distinguish the API from anyone who knows their URL. Where a contract has no
    security at all, its operations are reported."""
    operations = list(stack.of(Operation))
    silent = {o.origin for o in operations} - {o.origin for o in operations if o.security.value is not ABSENT}
    for request in stack.of(Outgoing):
        open_here = request.security.value is ABSENT or request.security.known(None) == ()
        if open_here and not request.signed and request.origin not in silent:
            message = f"{request.name} declares no signature and no credentials"
            yield Violation(OperationsAuthenticated.UNSIGNED, message, request.at, severity=Severity.LOW)


@control("Credentials are not sent in URLs", Severity.HIGH, "V1", slug="credentials-not-in-url")
def sent_credentials_not_in_url(request: Outgoing) -> Iterator[Violation]:
    yield from _in_urls(request.parameters, request.name)


@control("Credentials are not sent in URLs", Severity.HIGH, "V1", slug="credentials-not-in-url")
def step_credentials_not_in_url(step: WorkflowStep) -> Iterator[Violation]:
    yield from _in_urls(step.parameters, step.name)


def _in_urls(parameters: tuple[Parameter, ...], name: str) -> Iterator[Violation]:
    for parameter in parameters:
        if parameter.sensitive and parameter.place == "query":
            message = f"the query parameter `{parameter.name}` of {name} carries a credential"
            yield Violation(CredentialsNotInUrl.PARAMETER, message, parameter.at)


@control("Every endpoint is listed in the contract", Severity.MEDIUM, "V3 P5 P6", slug="endpoints-documented")
def steps_declared(step: WorkflowStep) -> Iterator[Violation]:
    """An operation that is called and that no contract lists is reviewed by none of its controls."""
    if step.declared is False:
        message = f"the {step.name} calls `{step.calls}`, which its source does not declare"
        yield Violation(EndpointsDocumented.STEP, message, step.at, severity=Severity.LOW)
