"""TLS of edge objects: redirects to it, its versions and its suites."""

from __future__ import annotations

import json

from batten.formats.yaml_edits import set_block
from batten.model import Fix, Safety
from batten.technologies.orchestration.kubernetes.edge.cluster import Words, annotations_of
from batten.technologies.orchestration.kubernetes.edge.remedies.target import Target, made
from batten.technologies.orchestration.kubernetes.objects import Field
from batten.technologies.shared.transport.questions import ask_certificate
from batten.technologies.shared.transport.tls import OLD_SUITES, OLD_VERSIONS, PLAIN_CLIENTS, iana_suite

_ISSUERS = ("cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme")


def redirected(target: Target) -> Fix | None:
    title = "redirect plain HTTP to HTTPS"
    if target.object.kind == "ConfigMap":
        return made(title, target.set(target.data["ssl-redirect"], '"true"'), PLAIN_CLIENTS)
    if target.object.kind in _REDIRECTS:
        return _by_kind(target, title)
    if target.object.kind != "Ingress":
        return ask_certificate(title, f" for {target.object.pointer}")
    if (
        "alb.ingress.kubernetes.io" in target.at.pointer
        or target.at.span == _load_balancer(target).field.whole
    ):
        # A load balancer of AWS's redirects to the port that it has a certificate for.
        own = _load_balancer(target)
        if '"HTTPS"' not in own["listen-ports"].text:
            return ask_certificate(title, f" for {target.object.pointer}")
        return made(title, target.set(own["ssl-redirect"], '"443"'), PLAIN_CLIENTS)
    if "allow-http" in target.at.pointer and target.pointed is not None:
        return made(title.replace("redirect", "refuse"), target.set(target.pointed, '"false"'), PLAIN_CLIENTS)
    if "annotations" in target.at.pointer and "router" not in target.at.pointer:
        return made(title, target.set(target.annotations["ssl-redirect"], '"true"'), PLAIN_CLIENTS)
    hosts = [h.text for r in target.object.spec["rules"].items() if (h := r["host"]).exists and h.known]
    issued = any(name in target.object.annotations for name in _ISSUERS)
    if not issued or not hosts or target.object.spec["tls"].exists:
        question = f"which Secret holds the certificate of {target.object.name} (spec.tls)?"
        return Fix(title, (), safety=Safety.VALUE, question=question)
    listed = "\n".join(f"    - {json.dumps(h)}" for h in hosts)
    block = f"- hosts:\n{listed}\n  secretName: {target.object.name}-tls"
    field = target.object.spec["tls"]
    edits = set_block(target.workspace.text(field.source), field.root, field.path, block)
    return made(title, edits, PLAIN_CLIENTS)


def _load_balancer(target: Target) -> Words:
    return annotations_of(target.object, "alb.ingress.kubernetes.io")


_REDIRECTS = frozenset(("Gateway", "HTTPProxy", "Route"))


def _by_kind(target: Target, title: str) -> Fix | None:
    """Where a certificate is there already; OpenShift's router has one for every route."""
    spec, field = target.object.spec, target.pointed
    match target.object.kind:
        case "Route":
            field = spec["tls"]["insecureEdgeTerminationPolicy"]
            edits = target.set(field, "Redirect")
            if spec["tls"].node is None:
                block = "termination: edge\ninsecureEdgeTerminationPolicy: Redirect"
                edits = set_block(target.workspace.text(field.source), field.root, spec["tls"].path, block)
            return made(title, edits, PLAIN_CLIENTS)
        case "HTTPProxy" if field is not None and field.path[-1] == "permitInsecure":
            return made(title, target.set(field, "false"), PLAIN_CLIENTS)
        case "Gateway" if field is not None and target.object.group.endswith("istio.io"):
            if any(s["tls"]["mode"].exists for s in spec["servers"].items()):
                server = _server(target)
                edits = target.set(server["tls"]["httpsRedirect"], "true") if server is not None else []
                return made(title, edits, PLAIN_CLIENTS)
    return ask_certificate(title, f" for {target.object.pointer}")


def _server(target: Target) -> Field | None:
    """The server of an Istio gateway in which a place lies."""
    at = target.at.span
    for server in target.object.spec["servers"].items():
        if at is not None and server.span.start <= at.start <= at.end <= server.span.end:
            return server
    return None


def minimum(target: Target) -> Fix | None:
    field = target.pointed
    if field is None:
        return None
    if target.object.kind == "Ingress":
        policy = _load_balancer(target)["ssl-policy"]
        edits = target.set(policy, "ELBSecurityPolicy-TLS13-1-2-2021-06")
        return made("accept TLS 1.2 and newer only", edits, OLD_VERSIONS)
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
    return made("accept TLS 1.2 and newer only", target.set(field, value), OLD_VERSIONS)


def suites_listed(target: Target, suites: tuple[str, ...]) -> Fix | None:
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
    return made(title, edits, OLD_SUITES)
