"""Controls on requests: which of them go around the rules, and what a client's input decides."""

from __future__ import annotations

from collections.abc import Iterator

from batten.controls._registry import control
from batten.facts import AccessRule, Feature, Upstream, WebRoot
from batten.model import Case, Kind, Per, Severity, Switch, TurnOff, TurnOn, Violation


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


class IngressSnippetsOff(Case):
    ALLOWED = "snippets-allowed", "Disable snippet annotations, and use annotations with one meaning instead."


@control("Ingress snippet annotations are disabled", Severity.HIGH, "V1 P2", "CVE-2021-25742, CWE-94")
def ingress_snippets_off(feature: Feature) -> Iterator[Violation]:
    """The right to create an Ingress becomes control over the edge of all tenants, its keys and its token."""
    if feature.name is Switch.SNIPPETS and feature.on.known(False):
        message = f"{feature.what} lets an Ingress add configuration to the controller's shared nginx"
        yield Violation(IngressSnippetsOff.ALLOWED, message, feature.on.at, remedy=TurnOff(Switch.SNIPPETS))
