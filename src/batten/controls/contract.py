"""Controls on what a contract promises about callers: servers, credentials, schemes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.controls._addresses import host_of, is_plain, protocol_of
from batten.controls._registry import control
from batten.controls.assets import AssetsEncrypted
from batten.controls.transport import TlsRequired
from batten.controls.verbs import TraceDisabled
from batten.facts import Api, Operation, SecurityDemand, SecurityScheme, Stack, UrlCredential
from batten.model import (
    ABSENT,
    Case,
    MoveToHeader,
    Per,
    RedirectToTls,
    RequireAuth,
    Severity,
    Switch,
    TurnOff,
    Violation,
)
from batten.patterns import fits
from batten.policy import Policy

_OLD_SCHEMES = {
    "digest": "HTTP Digest, which relies on MD5 or readable passwords",
    "oauth": "OAuth 1, which is unmaintained",
    "ntlm": "NTLM, whose hashes are broken and can be relayed",
}
_OLD_GRANTS = {
    "implicit": "puts tokens into URLs",
    "password": "gives the user's password to the client",
}
_PASSWORDS = ("basic", "userPassword", "plain")  # kinds of scheme that send the password itself


@control(
    "Every listener that outsiders can reach uses TLS", Severity.HIGH, "V4 P3", "OWASP API8:2023, CWE-319",
    slug="tls-required",
)  # fmt: skip
def tls_required_of_contracts(api: Api, policy: Policy) -> Iterator[Violation]:
    """Anyone on the network path reads and changes what plain HTTP carries: credentials, responses, links."""
    for server in api.servers:
        url = server.known("")
        twin = _twin(url, policy)
        if is_plain(url) or twin:
            message = f"the contract directs callers to `{host_of(url)}` over plain {protocol_of(url)}"
            yield Violation(TlsRequired.PLAIN_SERVER, message, server.at, remedy=RedirectToTls(twin))


@control(
    "Static assets are served and linked over HTTPS only", Severity.MEDIUM, "S3 P3", slug="assets-encrypted"
)
def assets_encrypted_in_contracts(api: Api, policy: Policy) -> Iterator[Violation]:
    for server in api.asset_servers:
        url = server.known("")
        twin = _twin(url, policy)
        if is_plain(url) or twin:
            message = f"the contract places assets at `{host_of(url)}` over plain HTTP"
            yield Violation(AssetsEncrypted.PLAIN_SERVER, message, server.at, remedy=RedirectToTls(twin))


def _twin(url: str, policy: Policy) -> str:
    """The TLS address of the same thing, where the policy says that the URL is an environment's plain one."""
    for environment in policy.environments:
        if environment.plain and (url + "/").startswith(environment.plain + "/"):
            return environment.url + url.removeprefix(environment.plain)
    return ""


_ENTRANCE = re.compile(
    r"log-?_?in|sign-?_?in|log-?_?out|sign-?_?out|sign-?_?up|regist(?:er|ration)|tokens?|access-?_?token|refresh(?:-?_?tokens?)?"
    r"|oauth2?|authori[sz]e|authenticate|(?:forgot|reset|recover)-?_?password|password-?_?(?:reset|forgot|recovery)"
    r"|introspect|revoke|device-?_?authorization"
)
_SIGN_OF_LIFE = re.compile(
    r"health(?:z|-?_?check)?|livez?|live-?_?ness|readyz?|readiness|ping|heartbeat|jwks(?:\.json)?"
    r"|openid-configuration|oauth-authorization-server"
)

_FEDERATED = frozenset(("oauth", "oauth2", "oidc", "openid", "saml", "saml2", "sso"))


class OperationsAuthenticated(Case):
    CONTRACT = (
        "contract-open",
        "Require credentials for the whole contract, and declare what is public.",
        Per.THING,
    )
    OPERATION = "operation-open", "Require credentials, or list the operation under `public:` in batten.yaml."
    REMOVED = (
        "requirement-removed",
        "Delete the override, or list the operation under `public:` in batten.yaml.",
    )
    SCHEME = "scheme-undeclared", "Declare the scheme, or correct its name."
    SCOPE = "scope-undeclared", "Declare the scope, or correct its name."
    BROKER = "broker-open", "Require a security scheme for the server.", Per.THING
    LOGIN = (
        "login-removed",
        "Delete the exception, or list the path under `public:` in batten.yaml.",
        Per.THING,
    )
    LACKING = (
        "login-missing",
        "Require the login here, too, or list the path under `public:` in batten.yaml.",
        Per.THING,
    )
    UNSIGNED = (
        "webhook-unsigned",
        "Sign the request, and declare the header with the signature, or a security scheme.",
        Per.THING,
    )
    WRITES = "anonymous-writes", "Turn the writing methods off, or require a login for them.", Per.THING
    FRAMEWORK = "open-by-default", "Require a login by default, and open single views by name."
    ANSWER = (
        "unauthenticated-response",
        "Enforce the requirement where requests enter, for all paths at once.",
    )
    FORGED = "forged-token", "Verify the signature with a fixed list of algorithms before any claim is read."
    EXPIRED = "expired-token", "Require the claim `exp`, and reject tokens after it."


@control(
    "Every operation requires credentials or is declared public", Severity.HIGH, "V1 V3",
    "OWASP API2:2023, OWASP API5:2023, CWE-306",
)  # fmt: skip
def operations_authenticated(operation: Operation, policy: Policy) -> Iterator[Violation]:
    """Attackers try every operation, so one that is open by mistake is found. A list of public operations
    makes each exception a decision that reviewers see."""
    security, label = operation.security, f"`{operation.label}`"
    if any(fits(operation.label, pattern) for pattern in policy.public) or _open_by_nature(operation):
        return
    milder = None
    if security.value is ABSENT and operation.guarded_apart:
        case, milder = OperationsAuthenticated.OPERATION, Severity.LOW
        message = f"{label} requires no credentials in `{operation.origin}`, which does not repeat the `security` of this file"
        yield Violation(case, message, operation.at, severity=milder)
        return
    if security.value is ABSENT and not security.at.pointer:
        case, message = OperationsAuthenticated.CONTRACT, "the contract requires credentials for no operation"
    elif security.value is ABSENT:
        case, message = OperationsAuthenticated.OPERATION, f"{label} requires no credentials"
    elif security.known(None) == ():
        case, milder = OperationsAuthenticated.REMOVED, Severity.LOW  # written on purpose
        message = f"{label} requires no credentials, unlike the API's other operations"
    else:
        return
    yield Violation(case, message, security.at, remedy=RequireAuth(), severity=milder)


def _open_by_nature(operation: Operation) -> bool:
    """Callers get their credentials there, prove who they are by what they send, or ask whether the API runs."""
    *_, last = segments = operation.path.rstrip("/").lower().split("/")
    federated = not _FEDERATED.isdisjoint(segments)
    returned = federated and not {"callback", "acs"}.isdisjoint(segments)  # from the provider of identities
    if operation.method == "POST":
        return _ENTRANCE.fullmatch(last) is not None or returned
    sent = federated and last in ("login", "authorize", "start")  # to it, with a redirect
    read = operation.method in ("GET", "HEAD")
    return read and (_SIGN_OF_LIFE.fullmatch(last) is not None or returned or sent)


@control(
    "Every operation requires credentials or is declared public", Severity.HIGH, "V1 V3",
    slug="operations-authenticated",
)  # fmt: skip
def requirements_declared(required: SecurityDemand) -> Iterator[Violation]:
    """A gateway cannot enforce an undeclared scheme or scope: it lets all callers in, or none."""
    for scheme in required.undeclared:
        where = f"which `{required.apart}` does not declare" if required.apart else "which is not declared"
        message = f"{required.what} requires the scheme `{scheme.known('')}`, {where}"
        severity = Severity.LOW if required.apart else Severity.MEDIUM
        yield Violation(OperationsAuthenticated.SCHEME, message, scheme.at, severity=severity)
    for scope in required.scopes:
        message = f"{required.what} requires the scope `{scope.known('')}`, which its scheme does not declare"
        yield Violation(OperationsAuthenticated.SCOPE, message, scope.at, severity=Severity.LOW)


@control("TRACE is refused", Severity.LOW, "V3 P6", slug="trace-disabled")
def trace_not_declared(operation: Operation) -> Iterator[Violation]:
    if operation.method in ("TRACE", "TRACK", "CONNECT"):
        message = f"the contract declares `{operation.label}`"
        yield Violation(TraceDisabled.DOCUMENTED, message, operation.at, remedy=TurnOff(Switch.OPERATION))


class AuthSchemeModern(Case):
    SCHEME = "outdated-scheme", "Replace the scheme by bearer tokens, OAuth 2 or mutual TLS."
    GRANT = "outdated-grant", "Offer the authorization code grant with PKCE, or client credentials, only."
    ENDPOINT = "endpoint-over-http", "Use the HTTPS address of the endpoint."
    PASSWORD = "password-over-http", "Accept the login over TLS only."
    UNSIGNED = (
        "unsigned-token",
        "Sign tokens, and reject those whose header names no algorithm or another one.",
    )
    EXPIRY = "expiry-unchecked", "Refuse tokens that have expired."
    LIFETIME = "long-lived-token", "Issue tokens that expire within a day, and refresh them."
    REGISTRATION = (
        "client-registration",
        "Require an initial access token for the registration of clients, or turn it off.",
    )
    STORE = (
        "weak-store-login",
        "Use the store's current method for passwords, and set the passwords again.",
        Per.THING,
    )
    AUDIENCE = "token-without-audience", "Name the API in the claim `aud`, and reject tokens for others."


@control(
    "Authentication schemes are modern", Severity.MEDIUM, "V1",
    "OWASP API2:2023, CWE-522, RFC 9700, RFC 7616",
)  # fmt: skip
def auth_scheme_modern(scheme: SecurityScheme) -> Iterator[Violation]:
    """Old schemes give the password to every application in between, or put tokens into URLs, which browsers
    and logs keep."""
    severity = Severity.LOW if scheme.deprecated else None  # on its way out already
    name = f"`{scheme.name.strip('`')}`"
    word = scheme.scheme.known("").lower()
    if scheme.kind.known("") == "http" and word in _OLD_SCHEMES:
        message, at = f"{name} uses {_OLD_SCHEMES[word]}", scheme.scheme.at
        yield Violation(AuthSchemeModern.SCHEME, message, at, severity=severity)
    offered = [flow.known("") for flow in scheme.flows]
    for flow in scheme.flows:
        if (grant := flow.known("")) in _OLD_GRANTS:
            remedy = TurnOff(Switch.FLOW) if any(f and f not in _OLD_GRANTS for f in offered) else None
            message = f"{name} offers the {grant} grant, which {_OLD_GRANTS[grant]}"
            yield Violation(AuthSchemeModern.GRANT, message, flow.at, remedy=remedy, severity=severity)
    for url in scheme.urls:
        if is_plain(url.known("")):
            message = f"{name} sends credentials to `{host_of(url.known(''))}` over plain HTTP"
            yield Violation(AuthSchemeModern.ENDPOINT, message, url.at, remedy=RedirectToTls())


@control("Authentication schemes are modern", Severity.MEDIUM, "V1", slug="auth-scheme-modern")
def basic_only_over_tls(stack: Stack) -> Iterator[Violation]:
    plain = {api.at.source for api in stack.of(Api) if any(is_plain(s.known("")) for s in api.servers)}
    for scheme in stack.of(SecurityScheme):
        basic = scheme.kind.known("") in _PASSWORDS or scheme.scheme.known("").lower() == "basic"
        if basic and scheme.at.source in plain:
            at = scheme.scheme.at if scheme.scheme.is_known else scheme.kind.at
            message = f"`{scheme.name}` sends unencrypted passwords to a server without TLS"
            yield Violation(AuthSchemeModern.PASSWORD, message, at)


class CredentialsNotInUrl(Case):
    PARAMETER = "parameter", "Take the credential in a header or in the request body."
    KEY = "key-in-query", "Take the key in a header."
    READ = "read-from-url", "Read the credential from a header only."
    LINK = "link", "Hand the credential out in a cookie or a body, never in a link."
    CALLED = "called", "Revoke the logged credentials, and accept them in a header only."


_ONCE = re.compile(
    r"confirm|verif|activat|invit|unsubscribe|reset|recover|accept|magic|opt-?(?:in|out)", re.IGNORECASE
)


@control(
    "Credentials are not sent in URLs", Severity.HIGH, "V1", "OWASP API2:2023, CWE-598, RFC 6750",
)  # fmt: skip
def credentials_not_in_url(operation: Operation) -> Iterator[Violation]:
    """URLs are stored in access logs, browser histories, Referer headers, caches and monitoring, and a
    credential in one is readable there."""
    for parameter in operation.parameters:
        if parameter.sensitive and parameter.place in ("query", "path"):
            message = f"the {parameter.place} parameter `{parameter.name}` carries a credential"
            remedy = MoveToHeader() if parameter.place == "query" else None
            milder = None
            if parameter.place == "path" and _ONCE.search(operation.path):
                message, milder = f"{message}, as links in mails do that work once", Severity.LOW
            elif _opens_a_socket(operation):
                message, milder = f"{message}, since browsers set no header for a WebSocket", Severity.MEDIUM
            yield Violation(
                CredentialsNotInUrl.PARAMETER, message, parameter.at, remedy=remedy, severity=milder
            )


def _opens_a_socket(operation: Operation) -> bool:
    """Whether the only success of the operation is the change to another protocol."""
    succeeding = [s for s in operation.statuses if s[:1] in ("1", "2")]
    return operation.method == "GET" and succeeding == ["101"]


@control("Credentials are not sent in URLs", Severity.HIGH, "V1", slug="credentials-not-in-url")
def keys_not_in_query(scheme: SecurityScheme) -> Iterator[Violation]:
    if scheme.kind.known("") == "apiKey" and scheme.place.known("") == "query":
        message = f"`{scheme.name}` is sent in the query string"
        yield Violation(CredentialsNotInUrl.KEY, message, scheme.place.at, remedy=MoveToHeader())


@control("Credentials are not sent in URLs", Severity.HIGH, "V1", slug="credentials-not-in-url")
def no_credentials_called(seen: UrlCredential) -> Iterator[Violation]:
    where = f"the query parameter `{seen.name}`" if seen.name else "the path"
    message = (
        f"callers of `{seen.call}` send a credential in {where} ({seen.times:,} times in the access log)"
    )
    yield Violation(CredentialsNotInUrl.CALLED, message, seen.at)
