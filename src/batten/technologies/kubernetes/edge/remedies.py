"""Remedies written into annotations and fields of edge objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from batten.formats import Workspace
from batten.formats.document import Uneditable
from batten.formats.yaml_edits import remove, set_block, set_value
from batten.model import Edit, Fix, Location, Quantity, Remedy, Safety, Switch
from batten.model import remedy as want
from batten.model.record import record
from batten.technologies._edges.questions import ask_certificate, ask_origins
from batten.technologies._edges.tls import OLD_SUITES, OLD_VERSIONS, PLAIN_CLIENTS, iana_suite
from batten.technologies.kubernetes.edge.cluster import Words, annotations_of
from batten.technologies.kubernetes.objects import Field, KubernetesObject

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
_ISSUERS = ("cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme")
_MATCHERS = frozenset(("exact", "prefix", "regex"))  # Istio's, of one origin
_OTHERS = ("haproxy.org", "haproxy-ingress.github.io")
_ALLOW_ORIGINS = "allow the listed origins only"
_UNLISTED = "pages on origins that are not listed in batten.yaml"


@record
class Target:
    """The object that a remedy is for, and the place in it that the violation pointed at."""

    workspace: Workspace
    object: KubernetesObject
    at: Location

    @property
    def annotations(self) -> Words:
        return annotations_of(self.object)

    @property
    def prefix(self) -> str:
        """The prefix of another controller's annotation that is pointed at."""
        return next((p for p in _OTHERS if p in self.at.pointer), "")

    @property
    def cors(self) -> Words:
        return annotations_of(self.object, self.prefix) if self.prefix else self.annotations

    @property
    def data(self) -> Words:
        return Words(self.object.body["data"])

    @property
    def name(self) -> str:
        """The key that is pointed at."""
        tail = self.at.pointer.rpartition("[")[2].rstrip("]")
        return tail.rpartition("/")[2]

    def set(self, field: Field, value: str) -> list[Edit]:
        return set_value(self.workspace.text(field.source), field.root, field.path, value)

    def set_list(self, field: Field, words: Iterable[str]) -> list[Edit]:
        block = "\n".join(f"- {json.dumps(word)}" for word in words)
        return set_block(self.workspace.text(field.source), field.root, field.path, block)

    def set_origins(self, field: Field, origins: Iterable[str]) -> list[Edit]:
        """A list of origins; Istio has how each is matched, too."""
        if self.object.kind != "VirtualService" or field.path[-1] == "allowOrigin":
            return self.set_list(field, origins)
        block = "\n".join(f"- exact: {json.dumps(origin)}" for origin in origins)
        return set_block(self.workspace.text(field.source), field.root, field.path, block)

    def removed(self, field: Field) -> list[Edit]:
        return remove(self.workspace.text(field.source), field.root, field.path, prune=True)

    @property
    def pointed(self) -> Field | None:
        """The field whose value is pointed at."""
        return _at(self.object.body, self.at)


def _at(field: Field, at: Location) -> Field | None:
    below = field.around(at.span)
    deeper = _at(below, at) if below is not None else None
    return deeper or (field if at.span in (field.span, field.whole) else None)


def write(
    objects: Sequence[KubernetesObject], workspace: Workspace, remedy: Remedy, at: Location
) -> Fix | None:
    """The edits that make a remedy true below an edge object, or None."""
    for found in objects:
        if found.kind in KINDS and found.source == at.source and _holds(found, at):
            try:
                return _fix(Target(workspace, found, at), remedy)
            except Uneditable:
                return None
    return None


def _holds(found: KubernetesObject, at: Location) -> bool:
    span, within = found.body.span, at.span
    return (
        within is not None
        and span.start <= within.start <= within.end <= span.end
        and at.pointer.startswith(found.pointer)
    )


def _made(title: str, edits: list[Edit], breaks: str = "") -> Fix | None:
    return (
        Fix(title, tuple(edits), safety=Safety.RISKY if breaks else Safety.SAFE, breaks=breaks)
        if edits
        else None
    )


def _fix(target: Target, remedy: Remedy) -> Fix | None:
    match remedy:
        case want.AllowOrigins(origins):
            return _origins(target, origins)
        case want.AllowMethods(methods):
            return _words(target, "cors-allow-methods", methods, "clients that use other methods")
        case want.AllowHeaders(headers):
            return _words(target, "cors-allow-headers", headers, "pages that send other request headers")
        case want.RedirectToTls():
            return _redirect(target)
        case want.MinimumTls():
            return _minimum(target)
        case want.UseSuites(suites):
            return _suites(target, suites)
        case want.SetHeader(name, value):
            return _header(target, name, value)
        case want.MoveToHeader() if target.pointed is not None:
            breaks = "clients that send their token as a parameter"
            return _made("read no token from the URL", target.removed(target.pointed), breaks)
        case want.RemoveHeader(name):
            return _without_header(target, name)
        case want.Limit(resource, amount) if target.object.kind in ("Ingress", "ConfigMap"):
            return _limit(target, resource, amount)
        case want.TurnOn(feature):
            return _turned_on(target, feature)
        case want.TurnOff(feature):
            return _turned_off(target, feature)
        case _:
            return None


def _origins(target: Target, origins: tuple[str, ...]) -> Fix | None:
    if not origins:
        return ask_origins(_ALLOW_ORIGINS)
    if target.object.kind == "Ingress":
        separator = "," if target.prefix else ", "
        edits = target.set(target.cors["cors-allow-origin"], json.dumps(separator.join(origins)))
    elif target.object.kind == "Middleware":
        headers = target.object.spec["headers"]
        edits = target.set_list(headers["accessControlAllowOriginList"], origins)
        if headers["accessControlAllowOriginListRegex"].exists:
            if not headers["accessControlAllowOriginList"].exists:
                return None
            edits += target.removed(headers["accessControlAllowOriginListRegex"])
    else:
        field = target.pointed
        while field is not None and (isinstance(field.path[-1], int) or field.path[-1] in _MATCHERS):
            field = _above(target, field)
        if field is None:
            return None
        edits = target.set_origins(field, origins)
    return _made(_ALLOW_ORIGINS, edits, _UNLISTED)


def _above(target: Target, field: Field) -> Field | None:
    """The field that holds a field: fields know the way down only."""
    found = target.object.body
    for part in field.path[len(found.path) : -1]:
        found = found[part]
    return found


def _words(target: Target, annotation: str, words: tuple[str, ...], breaks: str) -> Fix | None:
    title = f"allow {', '.join(words)} only"
    if target.object.kind == "Ingress":
        edits = target.set(target.cors[annotation], json.dumps(", ".join(words)))
        return _made(title, edits, breaks)
    field = target.pointed
    return _made(title, target.set_list(field, words), breaks) if field is not None else None


def _redirect(target: Target) -> Fix | None:
    title = "redirect plain HTTP to HTTPS"
    if target.object.kind == "ConfigMap":
        return _made(title, target.set(target.data["ssl-redirect"], '"true"'), PLAIN_CLIENTS)
    if target.object.kind in _REDIRECTS:
        return _redirected(target, title)
    if target.object.kind != "Ingress":
        return ask_certificate(title, f" for {target.object.pointer}")
    if "alb.ingress.kubernetes.io" in target.at.pointer or target.at.span == _alb(target).field.whole:
        return _balancer(target, title)
    if "allow-http" in target.at.pointer and target.pointed is not None:
        return _made(
            title.replace("redirect", "refuse"), target.set(target.pointed, '"false"'), PLAIN_CLIENTS
        )
    if "annotations" in target.at.pointer and "router" not in target.at.pointer:
        return _made(title, target.set(target.annotations["ssl-redirect"], '"true"'), PLAIN_CLIENTS)
    hosts = [h.text for r in target.object.spec["rules"].items() if (h := r["host"]).exists and h.known]
    issued = any(name in target.object.annotations for name in _ISSUERS)
    if not issued or not hosts or target.object.spec["tls"].exists:
        question = f"which Secret holds the certificate of {target.object.name} (spec.tls)?"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    listed = "\n".join(f"    - {json.dumps(h)}" for h in hosts)
    block = f"- hosts:\n{listed}\n  secretName: {target.object.name}-tls"
    field = target.object.spec["tls"]
    edits = set_block(target.workspace.text(field.source), field.root, field.path, block)
    return _made(title, edits, PLAIN_CLIENTS)


def _alb(target: Target) -> Words:
    return annotations_of(target.object, "alb.ingress.kubernetes.io")


def _balancer(target: Target, title: str) -> Fix | None:
    """A load balancer of AWS's redirects to the port that it has a certificate for."""
    own = _alb(target)
    if '"HTTPS"' not in own["listen-ports"].text:
        return ask_certificate(title, f" for {target.object.pointer}")
    return _made(title, target.set(own["ssl-redirect"], '"443"'), PLAIN_CLIENTS)


_REDIRECTS = frozenset(("Gateway", "HTTPProxy", "Route"))


def _redirected(target: Target, title: str) -> Fix | None:
    """Where a certificate is there already; OpenShift's router has one for every route."""
    spec, field = target.object.spec, target.pointed
    match target.object.kind:
        case "Route":
            field = spec["tls"]["insecureEdgeTerminationPolicy"]
            edits = target.set(field, "Redirect")
            if spec["tls"].node is None:
                block = "termination: edge\ninsecureEdgeTerminationPolicy: Redirect"
                edits = set_block(target.workspace.text(field.source), field.root, spec["tls"].path, block)
            return _made(title, edits, PLAIN_CLIENTS)
        case "HTTPProxy" if field is not None and field.path[-1] == "permitInsecure":
            return _made(title, target.set(field, "false"), PLAIN_CLIENTS)
        case "Gateway" if field is not None and target.object.group.endswith("istio.io"):
            if any(s["tls"]["mode"].exists for s in spec["servers"].items()):
                server = _server(target)
                edits = target.set(server["tls"]["httpsRedirect"], "true") if server is not None else []
                return _made(title, edits, PLAIN_CLIENTS)
    return ask_certificate(title, f" for {target.object.pointer}")


def _server(target: Target) -> Field | None:
    """The server of an Istio gateway in which a place lies."""
    at = target.at.span
    for server in target.object.spec["servers"].items():
        if at is not None and server.span.start <= at.start <= at.end <= server.span.end:
            return server
    return None


def _minimum(target: Target) -> Fix | None:
    field = target.pointed
    if field is None:
        return None
    if target.object.kind == "Ingress":
        policy = _alb(target)["ssl-policy"]
        edits = target.set(policy, "ELBSecurityPolicy-TLS13-1-2-2021-06")
        return _made("accept TLS 1.2 and newer only", edits, OLD_VERSIONS)
    values = {
        "Gateway": "TLSV1_2",
        "HTTPProxy": '"1.2"',
        "ConfigMap": "TLSv1.2 TLSv1.3",
        "TLSOption": "VersionTLS12",
        "ClientTrafficPolicy": '"1.2"',
    }
    value = values.get(target.object.kind)
    if value is None:
        return None
    return _made("accept TLS 1.2 and newer only", target.set(field, value), OLD_VERSIONS)


def _suites(target: Target, suites: tuple[str, ...]) -> Fix | None:
    title = "accept forward-secret AEAD suites only"
    field = target.pointed
    if field is None:
        return None
    if target.object.kind == "TLSOption":
        block = "\n".join(f"- {name}" for s in suites if (name := iana_suite(s)))
        edits = set_block(target.workspace.text(field.source), field.root, field.path, block)
    elif target.object.kind == "Gateway":
        edits = target.set_list(field, suites)
    else:
        edits = target.set(field, ":".join(suites))
    return _made(title, edits, OLD_SUITES)


def _header(target: Target, name: str, value: str) -> Fix | None:
    title = f"send {name}"
    seconds = value.partition("max-age=")[2].partition(";")[0].strip()
    field = target.pointed
    match target.object.kind:
        case "ConfigMap" if target.name == "hsts":
            # With the switch on, the controller's own default is sent: a year, sub-domains included.
            edits = target.set(target.data["hsts"], '"true"')
            return _made(title, edits)
        case "ConfigMap" if target.name == "hsts-max-age":
            return _made(title, target.set(target.data["hsts-max-age"], json.dumps(seconds)))
        case "Middleware" if name.lower() == "vary":
            return _made(title, target.set(target.object.spec["headers"]["addVaryHeader"], "true"))
        case "Middleware" if field is not None and field.path[-1] == "stsSeconds":
            return _made(title, target.set(field, seconds))
        case "Route" if field is not None:
            return _made(title, target.set(field, json.dumps(value)))
        case "Middleware" | "HTTPRoute" | "VirtualService" | "HTTPProxy" if (
            field is not None and not isinstance(field.path[-1], int)
        ):
            return _made(title, target.set(field, json.dumps(value)))
        case _:
            return None


def _without_header(target: Target, name: str) -> Fix | None:
    field = target.pointed
    if field is None:
        return None
    if target.object.kind in ("HTTPRoute", "HTTPProxy"):
        field = _above(target, field)
    return _made(f"stop sending {name}", target.removed(field)) if field is not None else None


def _limit(target: Target, resource: Quantity, amount: str) -> Fix | None:
    own = target.annotations if target.object.kind == "Ingress" else target.data
    if resource is Quantity.BODY:
        breaks = f"clients that send bodies of more than {amount}"
        return _made(
            "limit the size of bodies", target.set(own["proxy-body-size"], json.dumps(amount)), breaks
        )
    if resource is Quantity.RATE and target.object.kind == "Ingress":
        count = amount.partition("r/")[0]
        breaks = f"clients that send more than {count} requests per second"
        return _made("limit the rate of requests", target.set(own["limit-rps"], json.dumps(count)), breaks)
    return None


def _turned_on(target: Target, feature: Switch) -> Fix | None:
    own, field = target.annotations, target.pointed
    match feature, target.object.kind:
        case Switch.VERIFY_TLS, "Ingress":
            title = "verify the certificate of the service"
            if "proxy-ssl-secret" not in own:
                question = (
                    f"which Secret holds the CA of the services of {target.object.name} (proxy-ssl-secret)?"
                )
                return Fix(title, (), safety=Safety.VALUE, question=question)
            breaks = "services whose certificate is signed by another CA, or has another name"
            return _made(title, target.set(own["proxy-ssl-verify"], '"on"'), breaks)
        case Switch.COOKIE_FLAGS, "Ingress" if target.name == "session-cookie-secure":
            breaks = "clients over plain HTTP, which lose their stickiness"
            return _made(
                "send the cookie over TLS only", target.set(own["session-cookie-secure"], '"true"'), breaks
            )
        case Switch.VERIFY_TLS, "ServersTransport" | "DestinationRule":
            breaks = "services whose certificate is signed by another CA, or has another name"
            edits = target.set(field, "false") if field is not None else []
            return _made("verify the certificate of the service", edits, breaks)
        case Switch.ACCESS_LOG, "Ingress":
            return _made("log requests", target.set(own["enable-access-log"], '"true"'))
        case Switch.ACCESS_LOG, "ConfigMap":
            return _made("log requests", target.set(target.data["disable-access-log"], '"false"'))
        case Switch.ACCESS_RULE, "AuthorizationPolicy":
            edits = target.removed(field) if field is not None else []
            return _made("remove the rule that admits everyone", edits, "clients that no other rule allows")
        case Switch.ACCESS_RULE, "Server" | "ServerAuthorization" if field is not None:
            value = "false" if field.text == "true" else "all-authenticated"
            edits = target.set(field, value) if not field.text.endswith("/0") else []
            return _made("require an identity of the mesh", edits, "clients without a proxy of the mesh")
        case Switch.ACCESS_RULE, "Ingress" if target.name == "auth-secret":
            breaks = "clients without a password of this Secret"
            return _made("require the password", target.set(own["auth-type"], "basic"), breaks)
        case Switch.ACCESS_RULE, "Ingress" if target.name == "auth-tls-verify-client":
            breaks = "clients without a certificate of this CA"
            edits = target.set(own["auth-tls-verify-client"], '"on"')
            return _made("require the client certificate", edits, breaks)
        case _:
            return None


_SWITCHES = {
    Switch.BANNER: ("server-tokens", '"false"', "hide the version", ""),
    Switch.SNIPPETS: (
        "allow-snippet-annotations",
        '"false"',
        "ignore snippets in annotations",
        "Ingresses that rely on snippet annotations",
    ),
}
_INVALID = {
    "enable-underscores-in-headers": ('"false"', "clients that send headers with an underscore"),
    "ignore-invalid-headers": (
        '"true"',
        "clients that send header names with non-standard characters",
    ),
}


def _turned_off(target: Target, feature: Switch) -> Fix | None:
    if feature is Switch.MESH_PLAIN and target.pointed is not None:
        mode = "STRICT" if target.object.kind == "PeerAuthentication" else "ISTIO_MUTUAL"
        breaks = "clients and servers without a proxy of the mesh"
        return _made("require mutual TLS in the mesh", target.set(target.pointed, mode), breaks)
    if target.object.kind != "ConfigMap":
        return None
    if feature in _SWITCHES:
        key, value, title, breaks = _SWITCHES[feature]
        return _made(title, target.set(target.data[key], value), breaks)
    if feature is Switch.INVALID_HEADERS and target.name in _INVALID:
        value, breaks = _INVALID[target.name]
        return _made("drop invalid headers", target.set(target.data[target.name], value), breaks)
    return None
