"""Controls on what is served, shown or let through although nobody should get it."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import (
    AccessLog,
    AccessRule,
    BuildContext,
    Endpoint,
    ErrorBody,
    ExposedFile,
    Feature,
    Listing,
    Upstream,
    WebRoot,
)
from batten.model import UNTOLD, DenyPaths, Severity, Switch, TurnOff, TurnOn, Violation


@control("Histories, keys, dumps and hidden files are not served", Severity.HIGH, "S1 V1", "CWE-538, CWE-200")
def file_not_served(root: WebRoot) -> Iterator[Violation]:
    """A .bash_history under the web root holds commands, paths and passwords of whoever runs the API."""
    if root.denies_hidden.known(True) is False and (hidden := [f for f in root.sensitive if _hidden(f)]):
        yield Violation(UNTOLD, f"{_some(hidden)} can be fetched", root.denies_hidden.at, DenyPaths(("/.*",)))
    open_files = tuple(f for f in root.sensitive if not _hidden(f))
    if open_files:
        yield Violation(
            UNTOLD, f"{_some(list(open_files))} can be fetched", root.path.at, DenyPaths(open_files)
        )
    if not root.sensitive and root.denies_hidden.known(True) is False:
        message = "hidden files under this root would be served (.git, .env, .bash_history)"
        yield Violation(UNTOLD, message, root.denies_hidden.at, DenyPaths(("/.*",)), Severity.LOW)


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _some(files: list[str]) -> str:
    return ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")


@control(
    "Histories, keys, dumps and hidden files are not served", Severity.HIGH, "S1 V1", slug="file-not-served"
)
def file_not_served_on_the_wire(file: ExposedFile) -> Iterator[Violation]:
    severity = None if file.grave else Severity.LOW
    article = "an" if file.kind[0].lower() in "aeiou" else "a"
    yield Violation(UNTOLD, f"{file.path} is served: it is {article} {file.kind}", file.at, severity=severity)


@control(
    "Histories, keys, dumps and hidden files are not served", Severity.HIGH, "S1 V1", slug="file-not-served"
)
def file_not_copied(context: BuildContext) -> Iterator[Violation]:
    if context.copies_all and context.sensitive:
        message = f"COPY takes {_some(list(context.sensitive))} into the image"
        yield Violation(UNTOLD, message, context.at, DenyPaths(context.sensitive))


@control(
    "Consoles, metrics and documentation are not public",
    Severity.HIGH,
    "V3 S1 V1",
    "OWASP API8:2023, CWE-1125",
)
def console_not_exposed(endpoint: Endpoint) -> Iterator[Violation]:
    """An admin page that answers outsiders is one password, or none, away from the whole stack."""
    if endpoint.kind in ("console", "metrics"):
        yield Violation(UNTOLD, f"{endpoint.what} answers at {endpoint.path}", endpoint.at)
    elif endpoint.kind == "docs":
        yield Violation(
            UNTOLD, f"{endpoint.what} answers at {endpoint.path}", endpoint.at, severity=Severity.LOW
        )


@control(
    "Consoles, metrics and documentation are not public",
    Severity.HIGH,
    "V3 S1 V1",
    slug="console-not-exposed",
)
def console_not_exposed_at_the_edge(feature: Feature) -> Iterator[Violation]:
    if feature.name in (Switch.CONSOLE, Switch.METRICS) and feature.on.known(False):
        severity = Severity.MEDIUM if feature.name is Switch.METRICS else None
        yield Violation(
            UNTOLD, f"{feature.what} is open to everybody", feature.on.at, TurnOff(feature.name), severity
        )
    elif feature.name is Switch.CONSOLE_LOGIN and feature.on.known(False):
        message = f"{feature.what} is published: its log-in page is all that keeps strangers out"
        yield Violation(UNTOLD, message, feature.on.at, TurnOff(Switch.CONSOLE), Severity.MEDIUM)


@control(
    "Histories, keys, dumps and hidden files are not served", Severity.HIGH, "S1 V1", slug="file-not-served"
)
def system_not_served(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.SYSTEM_ROOT and feature.on.known(False):
        yield Violation(UNTOLD, f"files of the system are served: {feature.what}", feature.on.at)


@control("Directories are not listed", Severity.MEDIUM, "V1 V3", "CWE-548")
def listing_off(root: WebRoot) -> Iterator[Violation]:
    """A listing shows every file, also those that no page links."""
    if root.listing.known(False):
        yield Violation(
            UNTOLD, f"the files below {root.prefix} are listed", root.listing.at, TurnOff(Switch.LISTING)
        )


@control("Directories are not listed", Severity.MEDIUM, "V1 V3", slug="listing-off")
def listing_off_on_the_wire(listing: Listing) -> Iterator[Violation]:
    if listing.on.known(False):
        yield Violation(UNTOLD, f"the files below {listing.path} are listed", listing.at)


@control("No path leads out of its folder", Severity.HIGH, "V1 S1", "CWE-22")
def traversal_free(root: WebRoot) -> Iterator[Violation]:
    """`location /img` with `alias /data/img/` also answers `/img../secret`."""
    if root.traversal is not None and root.traversal.known(False):
        message = f"requests below {root.prefix} reach beside {root.path.known('the folder')}"
        yield Violation(UNTOLD, message, root.traversal.at, TurnOff(Switch.TRAVERSAL))


@control("No path leads out of its folder", Severity.HIGH, "V1 S1", slug="traversal-free")
def open_proxy(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.OPEN_PROXY and feature.on.known(False):
        yield Violation(
            UNTOLD,
            "the proxy forwards to whatever host a client names",
            feature.on.at,
            TurnOff(Switch.OPEN_PROXY),
        )


@control("The Host header is matched against a list", Severity.MEDIUM, "V1", "CWE-644, CWE-20")
def host_header_checked(feature: Feature) -> Iterator[Violation]:
    """Links, redirects and caches built from a forged Host lead users to the attacker."""
    if feature.name is Switch.HOST_CHECK and feature.on.known(True) is False:
        message = f"any Host header is accepted{f': {feature.what}' if feature.what else ''}"
        yield Violation(UNTOLD, message, feature.on.at, TurnOn(Switch.HOST_CHECK))
    elif feature.name is Switch.HOST_REDIRECT and feature.on.known(False):
        message = f"a redirect leads to whatever name the request is for: {feature.what}"
        yield Violation(UNTOLD, message, feature.on.at, TurnOn(Switch.HOST_CHECK), Severity.LOW)


@control(
    "No upstream, redirect or header is built from what the client sent",
    Severity.HIGH,
    "V1",
    "CWE-918, CWE-113",
)
def upstream_fixed(upstream: Upstream) -> Iterator[Violation]:
    """A client that names the upstream makes the edge call whatever it can reach."""
    if upstream.from_client:
        message = "the client's request decides where this is sent"
        remedy = TurnOff(Switch.CLIENT_UPSTREAM)
        yield Violation(UNTOLD, message, upstream.from_client[0], remedy, related=upstream.from_client[1:])


@control(
    "No upstream, redirect or header is built from what the client sent",
    Severity.HIGH,
    "V1",
    slug="upstream-fixed",
)
def response_not_split(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.RESPONSE_SPLITTING and feature.on.known(False):
        message = f"a decoded path goes into a header, line breaks included{f': {feature.what}' if feature.what else ''}"
        yield Violation(UNTOLD, message, feature.on.at, TurnOff(Switch.RESPONSE_SPLITTING))


@control(
    "No upstream, redirect or header is built from what the client sent",
    Severity.HIGH,
    "V1",
    slug="upstream-fixed",
)
def redirect_fixed(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.OPEN_REDIRECT and feature.on.known(False):
        message = f"the client's request decides which site answers send people to: {feature.what}"
        yield Violation(UNTOLD, message, feature.on.at, TurnOff(Switch.OPEN_REDIRECT), Severity.MEDIUM)


@control("Invalid and ambiguous requests are refused", Severity.MEDIUM, "V1", "CWE-444")
def smuggling_closed(feature: Feature) -> Iterator[Violation]:
    """A request that two servers read differently hides another one inside."""
    if feature.name is Switch.INVALID_HEADERS and feature.on.known(False):
        what = feature.what or "invalid header names are let through"
        yield Violation(UNTOLD, what, feature.on.at, TurnOff(Switch.INVALID_HEADERS))


@control("An access rule does what it seems to do", Severity.HIGH, "V1", "CWE-284")
def access_rule_effective(rule: AccessRule) -> Iterator[Violation]:
    """A rule that looks like protection and is none is worse than none: nobody looks again."""
    if rule.defeat and rule.partial:
        message = f"{rule.rule} can be gone around: {rule.defeat}"
        yield Violation(UNTOLD, message, rule.at, TurnOn(Switch.ACCESS_RULE), Severity.LOW)
    elif rule.defeat:
        yield Violation(
            UNTOLD, f"{rule.rule} protects nothing: {rule.defeat}", rule.at, TurnOn(Switch.ACCESS_RULE)
        )


@control("Access and errors are logged, without credentials", Severity.LOW, "V1 P4", "CWE-778, CWE-532")
def access_logged(log: AccessLog) -> Iterator[Violation]:
    """Without logs nobody sees the attack; with credentials in them everybody who reads logs has them."""
    if log.access.known(True) is False:
        yield Violation(UNTOLD, "requests are not logged", log.access.at, TurnOn(Switch.ACCESS_LOG))
    if log.errors.known(True) is False:
        yield Violation(UNTOLD, "errors are not logged", log.errors.at, TurnOn(Switch.ERROR_LOG))
    for carried in log.carries:
        yield Violation(UNTOLD, f"the log format writes {carried.known('a credential')}", carried.at)


@control("No answer shows a trace or other internals", Severity.HIGH, "V7 P5", "CWE-209, CWE-550")
def error_free_of_traces(body: ErrorBody) -> Iterator[Violation]:
    """A stack trace tells paths, versions, queries and sometimes secrets to whoever made the error."""
    if body.leaks and not body.debugger:
        yield Violation(UNTOLD, f"{body.request} is answered with a {', a '.join(body.leaks)}", body.at)


@control("No answer shows a trace or other internals", Severity.HIGH, "V7 P5", slug="error-free-of-traces")
def error_pages_defined(feature: Feature) -> Iterator[Violation]:
    if feature.name is Switch.ERROR_DETAILS and feature.on.known(False):
        yield Violation(
            UNTOLD,
            f"{feature.what or 'error details'} are sent to clients",
            feature.on.at,
            TurnOff(Switch.ERROR_DETAILS),
        )


@control(
    "Ingress annotations carry no configuration of the controller's server",
    Severity.HIGH,
    "V1 P2",
    "CVE-2021-25742, CWE-94",
)
def ingress_snippets_off(feature: Feature) -> Iterator[Violation]:
    """Whoever may write a snippet commands the edge of all tenants, its keys and its account's token."""
    if feature.name is Switch.SNIPPETS and feature.on.known(False):
        message = f"{feature.what} lets an Ingress write configuration of the server that all share"
        yield Violation(UNTOLD, message, feature.on.at, TurnOff(Switch.SNIPPETS))
