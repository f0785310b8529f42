"""Controls on what servers expose: files, consoles, logs, internals, and ways around their rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from batten.controls._registry import control
from batten.facts import (
    AccessLog,
    AccessRule,
    BuildContext,
    Endpoint,
    ErrorBody,
    ExposedFile,
    Feature,
    Holds,
    Listing,
    Opening,
    Upstream,
    WebRoot,
)
from batten.model import Case, DenyPaths, Kind, Per, Severity, Switch, TurnOff, TurnOn, Violation


class FileNotServed(Case):
    HIDDEN = "hidden-files", "Refuse paths that begin with a dot, and move such files out of the web root."
    SENSITIVE = (
        "sensitive-file",
        "Move the file out of the web root, and rotate every credential in it.",
        Per.THING,
    )
    COPIED = (
        "copied-into-image",
        "Exclude the files from the build context, and rebuild the image.",
        Per.THING,
    )
    SYSTEM = "system-root", "Serve a folder that holds public files only.", Per.THING
    PROJECT = "project-root", "Serve a folder that holds public files only, such as `public`.", Per.THING
    USERS = "user-directories", "Turn the folders of user accounts off."


@control("Sensitive and hidden files are not served", Severity.HIGH, "S1 V1", "CWE-538, CWE-200")
def file_not_served(root: WebRoot) -> Iterator[Violation]:
    """Shell histories, `.git` folders and dumps below a web root give passwords, source and data to anyone."""
    hidden = [f for f in root.sensitive if _hidden(f)]
    others = [f for f in root.sensitive if not _hidden(f)]
    case, at = FileNotServed.HIDDEN, root.denies_hidden.at
    exposed = root.denies_hidden.known(True) is False
    if exposed and hidden:
        yield Violation(case, f"hidden files are served: {_some(hidden)}", at, remedy=DenyPaths(("/.*",)))
    if others:
        message = f"sensitive files are served: {_some(others)}"
        yield Violation(FileNotServed.SENSITIVE, message, root.path.at, remedy=DenyPaths(tuple(others)))
    if exposed and not root.sensitive:
        message = "hidden files below the web root would be served (`.git`, `.env`, `.bash_history`)"
        yield Violation(case, message, at, remedy=DenyPaths(("/.*",)), severity=Severity.INFO)


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _some(files: Sequence[str]) -> str:
    shown = ", ".join(f"`{f}`" for f in files[:3])
    return shown + (f" and {len(files) - 3} more" if len(files) > 3 else "")


@control("Sensitive and hidden files are not served", Severity.HIGH, "S1 V1", slug="file-not-served")
def file_not_served_on_the_wire(file: ExposedFile) -> Iterator[Violation]:
    severity = None if file.grave else Severity.LOW
    case = FileNotServed.HIDDEN if _hidden(file.path) else FileNotServed.SENSITIVE
    message = f"`{file.path}` is served ({file.kind})"
    yield Violation(case, message, file.at, severity=severity, made_by=file.kind)


@control(
    "Sensitive and hidden files are not served",
    Severity.HIGH,
    "S1 V1",
    slug="file-not-served",
    covers="image-trusted-build",
)
def file_not_copied(context: BuildContext) -> Iterator[Violation]:
    if context.copies_all and context.sensitive:
        message = f"`COPY` copies sensitive files into the image: {_some(context.sensitive)}"
        yield Violation(FileNotServed.COPIED, message, context.at, remedy=DenyPaths(context.sensitive))


@control("Sensitive and hidden files are not served", Severity.HIGH, "S1 V1", slug="file-not-served")
def system_not_served(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.SYSTEM_ROOT and feature.on.known(False):
        yield Violation(FileNotServed.SYSTEM, f"system files are served: {feature.what}", feature.on.at)
    elif feature.name is Switch.PROJECT_ROOT and feature.on.known(False):
        message = f"the program's own files are served: {feature.what}"
        yield Violation(FileNotServed.PROJECT, message, feature.on.at)


class ConsoleNotExposed(Case):
    CONSOLE = (
        "console-open",
        "Bind the console to loopback or a private network, or require a login.",
        Per.THING,
    )
    METRICS = "metrics-open", "Restrict the endpoint to the addresses of the monitoring.", Per.THING
    LOGIN = "login-page-public", "Publish the console on a private address only.", Per.THING
    DOCS = "docs-open", "Turn the documentation off, or list its paths under `public:` in batten.yaml."
    PRODUCT = (
        "product-open",
        "Require a login, or bind the product to loopback or a private network.",
        Per.THING,
    )


_DOCUMENTATION = "API documentation"
# Debuggers that run what they are sent, and by which handler of errors the same debugger shows.
_DEBUGGERS = {
    "Werkzeug console": "werkzeug",
    "Laravel Ignition": "laravel",
    "Node inspector": "Node inspector",
    "Yii code generator": "Yii code generator",
}


@control("Consoles, metrics and docs are not public", Severity.HIGH, "V3 S1 V1", "OWASP API8:2023, CWE-1125")
def console_not_exposed(endpoint: Endpoint) -> Iterator[Violation]:
    """A console without authentication gives control of the stack; metrics and actuators leak its secrets."""
    if endpoint.kind == "login":
        message = f"`{endpoint.path}` serves the login page of {endpoint.what}, its only protection"
        low = Severity.LOW
        yield Violation(ConsoleNotExposed.LOGIN, message, endpoint.at, severity=low, made_by=endpoint.what)
    elif not _gives_control(endpoint):
        yield from _answering(endpoint)


@control(
    "Consoles, metrics and docs are not public", Severity.CRITICAL, "V3 S1 V1", slug="console-not-exposed"
)
def control_not_exposed(endpoint: Endpoint) -> Iterator[Violation]:
    """What runs code, or gives data away, is a way in at every address."""
    if _gives_control(endpoint):
        yield from _answering(endpoint)


def _gives_control(endpoint: Endpoint) -> bool:
    gains = bool(endpoint.gains) and endpoint.holds is not Holds.INSIGHT
    return gains or (endpoint.kind == "console" and endpoint.what in _DEBUGGERS)


_ANSWERING = {
    "console": ConsoleNotExposed.CONSOLE,
    "metrics": ConsoleNotExposed.METRICS,
    "docs": ConsoleNotExposed.DOCS,
}


def _milder(endpoint: Endpoint) -> Severity | None:
    """Numbers show how a system is used, and its documentation what everyone may call."""
    if endpoint.kind == "docs":
        return Severity.LOW
    return Severity.MEDIUM if endpoint.kind == "metrics" and not endpoint.gains else None


def _answering(endpoint: Endpoint) -> Iterator[Violation]:
    if (case := _ANSWERING.get(endpoint.kind)) is None:
        return
    docs = case is ConsoleNotExposed.DOCS  # pages and schema of one API are turned off together
    runs = endpoint.kind == "console" and endpoint.what in _DEBUGGERS
    what = f"{endpoint.what}, which runs code," if runs else endpoint.what
    message = f"`{endpoint.path}` serves {what} without authentication"
    message += f": anyone can {endpoint.gains}" if endpoint.gains else ""
    yield Violation(
        case,
        message,
        endpoint.at,
        severity=_milder(endpoint),
        advice=f"{endpoint.close} See {endpoint.source}" if endpoint.close else "",
        made_by=_DOCUMENTATION if docs else _DEBUGGERS.get(endpoint.what, endpoint.what),
    )


@control(
    "Consoles, metrics and docs are not public", Severity.HIGH, "V3 S1 V1", slug="console-not-exposed",
    private=Severity.INFO,
)  # fmt: skip
def console_not_exposed_at_the_edge(feature: Feature) -> Iterator[Violation]:
    if not feature.on.known(False):
        return
    open_to_all = f"{feature.what} is reachable without authentication"
    at, medium = feature.on.at, Severity.MEDIUM
    if feature.name is Switch.CONSOLE:
        yield Violation(ConsoleNotExposed.CONSOLE, open_to_all, at, remedy=TurnOff(Switch.CONSOLE))
    elif feature.name is Switch.METRICS:
        yield Violation(
            ConsoleNotExposed.METRICS, open_to_all, at, remedy=TurnOff(Switch.METRICS), severity=medium
        )
    elif feature.name is Switch.CONSOLE_LOGIN:
        message = f"{feature.what} is published, protected by its login page only"
        yield Violation(ConsoleNotExposed.LOGIN, message, at, remedy=TurnOff(Switch.CONSOLE), severity=medium)


@control(
    "Consoles, metrics and docs are not public",
    Severity.CRITICAL,
    "V3 S1 V1",
    "OWASP API8:2023, CWE-306",
    slug="console-not-exposed",
)
def product_not_open(opening: Opening) -> Iterator[Violation]:
    if opening.holds is not Holds.DATA:
        yield opened(ConsoleNotExposed.PRODUCT, opening)


def opened(case: Case, opening: Opening) -> Violation:
    """What is open, what anyone can do with it, and the setting that closes it."""
    name = f"{opening.product} {opening.version}".strip()
    message = f"{name} is open without authentication: anyone can {opening.gains}"
    severity = Severity.HIGH if opening.holds is Holds.INSIGHT else None
    advice = f"{opening.close} See {opening.source}"
    return Violation(case, message, opening.at, severity=severity, advice=advice)


class ListingOff(Case):
    LISTED = "listed", "Turn the directory listing off, or list only a folder made for it."


@control("Directory listings are off", Severity.MEDIUM, "V1 V3", "CWE-548")
def listing_off(root: WebRoot) -> Iterator[Violation]:
    """A listing shows every file in a folder, including backups and uploads that no page links to."""
    if root.listing.known(False):
        message = f"directory listing is on below `{root.prefix}`"
        milder = Severity.INFO if root.guarded else None
        remedy = TurnOff(Switch.LISTING)
        yield Violation(ListingOff.LISTED, message, root.listing.at, remedy=remedy, severity=milder)


@control("Directory listings are off", Severity.MEDIUM, "V1 V3", slug="listing-off")
def listing_off_on_the_wire(listing: Listing) -> Iterator[Violation]:
    if listing.on.known(False):
        message = f"directory listing is on below `{listing.path}`"
        message += f" and names {_some(listing.names)}" if listing.names else ""
        yield Violation(ListingOff.LISTED, message, listing.at)


class TraversalFree(Case):
    TRAVERSAL = (
        "path-traversal",
        "End prefix and target with a slash, or compare whole path segments.",
        Per.THING,
    )
    PROXY = "open-proxy", "Turn forward proxying off, or restrict its clients and destinations.", Per.THING


@control("No path traversal and no open proxy", Severity.HIGH, "V1 S1", "CWE-22")
def traversal_free(root: WebRoot) -> Iterator[Violation]:
    """`location /img` with `alias /data/img/` also serves `/img../secret`, a file outside of the folder."""
    if root.traversal is not None and root.traversal.known(False):
        folder = root.path.known("")
        message = f"requests below `{root.prefix}` can leave {f'`{folder}`' if folder else 'the folder'}"
        yield Violation(TraversalFree.TRAVERSAL, message, root.traversal.at, remedy=TurnOff(Switch.TRAVERSAL))


@control("No path traversal and no open proxy", Severity.HIGH, "V1 S1", slug="traversal-free")
def open_proxy(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.OPEN_PROXY and feature.on.known(False):
        message = "the proxy forwards to any host that a client names"
        yield Violation(TraversalFree.PROXY, message, feature.on.at, remedy=TurnOff(Switch.OPEN_PROXY))


class HostHeaderChecked(Case):
    UNCHECKED = "host-unchecked", "Accept the API's own host names only, and reject all others."
    REDIRECT = "redirect-to-host", "Redirect to a fixed host name."
    POISONED = (
        "cache-poisoned",
        "Remove the header where requests enter, or make it part of the cache's key.",
        Per.THING,
    )
    REBINDING = (
        "dns-rebinding",
        "Reject requests whose Host is not a name of the service, or require a login.",
    )


@control("The Host header is checked against a list", Severity.LOW, "V1", "CWE-644, CWE-20")
def host_header_checked(feature: Feature) -> Iterator[Violation]:
    """Links, redirects and cache entries built from a forged Host header lead users to the attacker's host."""
    what = f": {feature.what}" if feature.what else ""
    if feature.name is Switch.HOST_CHECK and feature.on.known(True) is False:
        message = f"any Host header is accepted{what}"
        # What an edge only forwards, the application behind it may check.
        milder = Severity.INFO if "forward" in what else None
        remedy = TurnOn(Switch.HOST_CHECK)
        # Host and X-Forwarded-Host, at each path: one application makes its links of them.
        made_by = "host check" if feature.on.at.kind is Kind.WIRE else ""
        yield Violation(
            HostHeaderChecked.UNCHECKED,
            message,
            feature.on.at,
            remedy=remedy,
            severity=milder,
            made_by=made_by,
        )
    elif feature.name is Switch.HOST_REDIRECT and feature.on.known(False):
        case, remedy = HostHeaderChecked.REDIRECT, TurnOn(Switch.HOST_CHECK)
        message = f"a redirect goes to the host that the request names{what}"
        yield Violation(case, message, feature.on.at, remedy=remedy, severity=Severity.LOW)


@control("The Host header is checked against a list", Severity.MEDIUM, "V1", slug="host-header-checked")
def names_checked_inside(feature: Feature) -> Iterator[Violation]:
    """A page on an attacker's name that leads to a private address reads what answers there in its visitor's browser."""
    if feature.name is Switch.ANY_NAME and feature.on.known(False):
        message = f"`{feature.what}` of a private service answers any host name without credentials, so web pages read it by DNS rebinding"
        yield Violation(HostHeaderChecked.REBINDING, message, feature.on.at)


@control("The Host header is checked against a list", Severity.HIGH, "V1", slug="host-header-checked")
def caches_not_poisoned(feature: Feature) -> Iterator[Violation]:
    """One request with a forged header decides what the cache sends to all others."""
    if feature.name is Switch.UNKEYED_HEADER and feature.on.known(False):
        message = f"the shared cache stores what a client's header decides: {feature.what}"
        yield Violation(HostHeaderChecked.POISONED, message, feature.on.at)


class UpstreamFixed(Case):
    UPSTREAM = "client-chosen-upstream", "Map the client's value to a fixed list of upstreams.", Per.THING
    SPLITTING = (
        "response-splitting",
        "Use the undecoded path, or exclude line breaks from what is captured.",
        Per.THING,
    )
    REDIRECT = "open-redirect", "Redirect to fixed hosts only.", Per.THING
    CALLBACK = (
        "client-chosen-callback",
        "List the hosts that callbacks may have, in the schema of the URL and where it is used, and refuse private addresses.",
        Per.THING,
    )


@control("Client input sets no upstream, redirect or header", Severity.HIGH, "V1", "CWE-918, CWE-113")
def upstream_fixed(upstream: Upstream) -> Iterator[Violation]:
    """A client that chooses the upstream makes the edge call internal services and metadata endpoints."""
    if upstream.from_client:
        message = "the upstream is chosen by the client's request"
        at, *related = upstream.from_client
        remedy = TurnOff(Switch.CLIENT_UPSTREAM)
        yield Violation(UpstreamFixed.UPSTREAM, message, at, remedy=remedy, related=tuple(related))


@control("Client input sets no upstream, redirect or header", Severity.HIGH, "V1", slug="upstream-fixed")
def response_not_split(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.RESPONSE_SPLITTING and feature.on.known(False):
        message = f"decoded client input, line breaks included, goes into a header{f': {feature.what}' if feature.what else ''}"
        yield Violation(
            UpstreamFixed.SPLITTING, message, feature.on.at, remedy=TurnOff(Switch.RESPONSE_SPLITTING)
        )


@control("Client input sets no upstream, redirect or header", Severity.HIGH, "V1", slug="upstream-fixed")
def redirect_fixed(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.OPEN_REDIRECT and feature.on.known(False):
        message = f"the target of a redirect is chosen by the client's request: {feature.what}"
        remedy = TurnOff(Switch.OPEN_REDIRECT)
        yield Violation(
            UpstreamFixed.REDIRECT, message, feature.on.at, remedy=remedy, severity=Severity.MEDIUM
        )


class SmugglingClosed(Case):
    LENIENT = "lenient", "Reject what HTTP forbids, and trust only named proxies for headers about the hop."
    DESYNC = "desync", "Reject requests with two lengths at the first server, and update both servers."


@control("Invalid and ambiguous requests are rejected", Severity.MEDIUM, "V1", "CWE-444")
def smuggling_closed(feature: Feature) -> Iterator[Violation]:
    """Where two servers read a request differently, a second request hides in it and bypasses every rule."""
    if feature.name is Switch.INVALID_HEADERS and feature.on.known(False):
        what = feature.what or "invalid header names are accepted"
        milder = None if feature.on.written else Severity.LOW  # what the vendor chose for every client
        remedy = TurnOff(Switch.INVALID_HEADERS)
        yield Violation(SmugglingClosed.LENIENT, what, feature.on.at, remedy=remedy, severity=milder)


@control("Invalid and ambiguous requests are rejected", Severity.HIGH, "V1", slug="smuggling-closed")
def lengths_read_alike(feature: Feature) -> Iterator[Violation]:
    """What one server leaves of a request is the beginning of the next client's."""
    if feature.name is Switch.DESYNC and feature.on.known(False):
        message = f"two servers read the length of one request differently: {feature.what}"
        yield Violation(SmugglingClosed.DESYNC, message, feature.on.at)


class AccessRuleEffective(Case):
    DEFEATED = (
        "ineffective",
        "Move or complete the rule so that the server evaluates it for every request.",
        Per.THING,
    )
    PARTIAL = "bypassable", "Compare the normalised path, and let the rule fail closed.", Per.THING
    HANDLER = "handler-by-extension", "Run files only where the extension ends the name."


@control("Access rules take effect and cannot be bypassed", Severity.HIGH, "V1", "CWE-284")
def access_rule_effective(rule: AccessRule) -> Iterator[Violation]:
    """A rule that refuses no request leaves the path open while everyone believes that it is protected."""
    remedy = TurnOn(Switch.ACCESS_RULE)
    if rule.defeat and rule.partial:
        message = f"{rule.rule} can be bypassed: {rule.defeat}"
        yield Violation(AccessRuleEffective.PARTIAL, message, rule.at, remedy=remedy, severity=Severity.LOW)
    elif rule.defeat:
        message = f"{rule.rule} has no effect: {rule.defeat}"
        yield Violation(AccessRuleEffective.DEFEATED, message, rule.at, remedy=remedy)


class AccessLogged(Case):
    REQUESTS = "requests-not-logged", "Write an access log with every request."
    ERRORS = "errors-not-logged", "Write an error log."
    LOGINS = "logins-not-logged", "Log connections to the store, and logins that it refuses."
    CREDENTIALS = "credentials-logged", "Remove the field from the log format, and rotate what was logged."
    FORGEABLE = "forgeable", "Escape what clients send when it is logged."


@control("Access and errors are logged, without credentials", Severity.LOW, "V1 P4", "CWE-778, CWE-532")
def access_logged(log: AccessLog) -> Iterator[Violation]:
    """Without logs an attack leaves no trace; credentials in logs are valid for everyone who reads them."""
    if log.access.known(True) is False:
        message = "requests are not logged"
        yield Violation(AccessLogged.REQUESTS, message, log.access.at, remedy=TurnOn(Switch.ACCESS_LOG))
    if log.errors.known(True) is False:
        yield Violation(
            AccessLogged.ERRORS, "errors are not logged", log.errors.at, remedy=TurnOn(Switch.ERROR_LOG)
        )
    for carried in log.carries:
        message = f"the log format contains {carried.known('a credential')}"
        yield Violation(AccessLogged.CREDENTIALS, message, carried.at)


class ErrorFreeOfTraces(Case):
    SEEN = "internals-in-response", "Answer errors with a fixed problem body, and log the details."
    DETAILS = "error-details-on", "Turn the setting off, and log the details instead."
    INODES = "etag-inode", "Build ETags from time and size only."


@control("Responses contain no stack traces or internals", Severity.HIGH, "V7 P5", "CWE-209, CWE-550")
def error_free_of_traces(body: ErrorBody) -> Iterator[Violation]:
    """A stack trace reveals paths, versions, queries and sometimes secrets to the client that caused it."""
    if body.leaks and not body.debugger:
        yield Violation(ErrorFreeOfTraces.SEEN, shown_by(body), body.at, made_by=body.handler)


def shown_by(body: ErrorBody) -> str:
    """What a request is answered with, and what that shows beside itself."""
    *first, last = (body.cause, *body.beside)
    named = f"{', '.join(first)} and {last}" if first else last
    return f"`{body.request}` is answered with {named}"


@control(
    "Responses contain no stack traces or internals", Severity.HIGH, "V7 P5", slug="error-free-of-traces"
)
def error_pages_defined(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.ERROR_DETAILS and feature.on.known(False):
        message = f"responses contain {feature.what or 'error details'}"
        yield Violation(
            ErrorFreeOfTraces.DETAILS, message, feature.on.at, remedy=TurnOff(Switch.ERROR_DETAILS)
        )


class IngressSnippetsOff(Case):
    ALLOWED = "snippets-allowed", "Disable snippet annotations, and use annotations with one meaning instead."


@control("Ingress snippet annotations are disabled", Severity.HIGH, "V1 P2", "CVE-2021-25742, CWE-94")
def ingress_snippets_off(feature: Feature) -> Iterator[Violation]:
    """The right to create an Ingress becomes control over the edge of all tenants, its keys and its token."""
    if feature.name is Switch.SNIPPETS and feature.on.known(False):
        message = f"{feature.what} lets an Ingress add configuration to the controller's shared nginx"
        yield Violation(IngressSnippetsOff.ALLOWED, message, feature.on.at, remedy=TurnOff(Switch.SNIPPETS))
