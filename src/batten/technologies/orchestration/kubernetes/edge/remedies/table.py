"""Which writer each remedy has, for which kinds of edge objects."""

from __future__ import annotations

from collections.abc import Sequence

from batten.formats import Workspace
from batten.formats.document import Uneditable
from batten.model import Fix, Location, Remedy
from batten.model import remedy as want
from batten.technologies.orchestration.kubernetes.edge.remedies.answers import (
    header_removed,
    header_sent,
    origins_listed,
    words_listed,
)
from batten.technologies.orchestration.kubernetes.edge.remedies.encryption import (
    minimum,
    redirected,
    suites_listed,
)
from batten.technologies.orchestration.kubernetes.edge.remedies.switches import limited, turned_off, turned_on
from batten.technologies.orchestration.kubernetes.edge.remedies.target import Target, made
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject

KINDS = frozenset(
    (
        "Ingress",
        "IngressRoute",
        "Middleware",
        "TLSOption",
        "ServersTransport",
        "Gateway",
        "HTTPRoute",
        "GRPCRoute",
        "ClientTrafficPolicy",
        "ConfigMap",
        "VirtualService",
        "DestinationRule",
        "PeerAuthentication",
        "RequestAuthentication",
        "AuthorizationPolicy",
        "HTTPProxy",
        "Route",
        "SecurityPolicy",
        "KongPlugin",
        "KongClusterPlugin",
        "Server",
        "ServerAuthorization",
        "NetworkAuthentication",
    )
)


def write(
    objects: Sequence[KubernetesObject], workspace: Workspace, remedy: Remedy, at: Location
) -> Fix | None:
    """The edits that make a remedy true below an edge object, or None."""
    for found in objects:
        if found.kind in KINDS and found.source == at.source:
            span, within = found.body.span, at.span
            holds = (
                within is not None
                and span.start <= within.start <= within.end <= span.end
                and at.pointer.startswith(found.pointer)
            )
            if holds:
                try:
                    return _fix(Target(workspace, found, at), remedy)
                except Uneditable:
                    return None
    return None


def _fix(target: Target, remedy: Remedy) -> Fix | None:
    match remedy:
        case want.AllowOrigins(origins):
            return origins_listed(target, origins)
        case want.AllowMethods(methods):
            return words_listed(target, "cors-allow-methods", methods, "clients that use other methods")
        case want.AllowHeaders(headers):
            return words_listed(
                target, "cors-allow-headers", headers, "pages that send other request headers"
            )
        case want.RedirectToTls():
            return redirected(target)
        case want.MinimumTls():
            return minimum(target)
        case want.UseSuites(suites):
            return suites_listed(target, suites)
        case want.SetHeader(name, value):
            return header_sent(target, name, value)
        case want.MoveToHeader() if target.pointed is not None:
            breaks = "clients that send their token as a parameter"
            return made("read no token from the URL", target.removed(target.pointed), breaks)
        case want.RemoveHeader(name):
            return header_removed(target, name)
        case want.Limit(resource, amount) if target.object.kind in ("Ingress", "ConfigMap"):
            return limited(target, resource, amount)
        case want.TurnOn(feature):
            return turned_on(target, feature)
        case want.TurnOff(feature):
            return turned_off(target, feature)
        case _:
            return None
