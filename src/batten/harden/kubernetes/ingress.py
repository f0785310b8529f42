"""Ingress (networking.k8s.io/v1). Hosts, the certificate and the class are of the standard; TLS to the edge and the redirect are
annotations of a controller.

https://kubernetes.io/docs/concepts/services-networking/ingress/
https://haproxy-ingress.github.io/docs/configuration/keys/ (secure-sni since 0.11)
https://github.com/haproxytech/kubernetes-ingress/blob/master/documentation/annotations.md (3.2)
https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/ (rootCAs since 3.4)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from batten.harden.entry import AUTHORITY, CERTIFICATE, Controller
from batten.harden.kubernetes.gateway import REDIRECT
from batten.harden.kubernetes.objects import made
from batten.harden.stack import EDGE, Stack

Json = Any
_TRAEFIK = "traefik.ingress.kubernetes.io"
_TRAEFIK_API = "traefik.io/v1alpha1"


def objects(stack: Stack, names: list[str]) -> Iterator[Json]:
    match stack.entry.controller:
        case Controller.HAPROXY:  # the port is the controller's own inside its pod, if it is not said
            found = {
                "ssl-passthrough": "true",
                "send-proxy-protocol": "proxy-v2",
                "ssl-redirect": "true",
                "ssl-redirect-code": "301",
                "ssl-redirect-port": "443",
            }
            prefix = "haproxy.org"
        case Controller.HAPROXY_INGRESS if stack.entry.ends_tls:
            found = {
                "secure-backends": "true",
                "secure-verify-ca-secret": AUTHORITY,
                "secure-sni": names[0],
                "ssl-redirect": "true",
                "hsts": "false",  # the edge sends it
            }
            prefix = "haproxy-ingress.github.io"
        case Controller.HAPROXY_INGRESS:
            found = {"ssl-passthrough": "true", "proxy-protocol": "v2"}
            prefix = "haproxy-ingress.github.io"
        case _:
            found, prefix = {"router.entrypoints": "websecure", "router.tls": "true"}, _TRAEFIK
    annotations = {f"{prefix}/{key}": value for key, value in found.items()}
    yield _ingress(stack, EDGE, names, annotations, tls=True)
    if stack.entry.controller is Controller.TRAEFIK:
        verified = {
            "serverName": names[0],
            "insecureSkipVerify": False,
            "rootCAs": [{"configMap": AUTHORITY}],
        }
        yield made("ServersTransport", _TRAEFIK_API, EDGE, stack.name, spec=verified)
        moved = {"redirectScheme": {"scheme": "https", "permanent": True}}
        yield made("Middleware", _TRAEFIK_API, REDIRECT, stack.name, spec=moved)
        redirecting = {
            f"{_TRAEFIK}/router.entrypoints": "web",
            f"{_TRAEFIK}/router.middlewares": f"{stack.name}-{REDIRECT}@kubernetescrd",
        }
        yield _ingress(stack, REDIRECT, names, redirecting, tls=False)


def _ingress(stack: Stack, called: str, names: list[str], annotations: Mapping[str, str], tls: bool) -> Json:
    backend = {"service": {"name": EDGE, "port": {"number": 443}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    spec: Json = {"ingressClassName": stack.entry.named}
    if tls:
        ended = {"secretName": stack.entry.secret or CERTIFICATE} if stack.entry.ends_tls else {}
        spec["tls"] = [{"hosts": names, **ended}]
    spec["rules"] = [{"host": name, "http": {"paths": paths}} for name in names]
    found = made("Ingress", "networking.k8s.io/v1", called, stack.name, spec=spec)
    found["metadata"]["annotations"] = dict(annotations)
    return found


def of_service(stack: Stack) -> dict[str, str]:
    """Of Traefik, which looks there for how a Service is spoken to."""
    return {
        f"{_TRAEFIK}/service.serversscheme": "https",
        f"{_TRAEFIK}/service.serverstransport": f"{stack.name}-{EDGE}@kubernetescrd",
    }


_SINCE = {
    Controller.HAPROXY: "the HAProxy Kubernetes Ingress Controller of HAProxy Technologies, 3.2",
    Controller.HAPROXY_INGRESS: "HAProxy Ingress, 0.11 and newer",
    Controller.TRAEFIK: "Traefik, 3.4 and newer, with its entry points `web` and `websecure` and its custom resources",
}


def notes(stack: Stack) -> Iterator[str]:
    controller = stack.entry.controller
    if controller is not None:
        yield f"the annotations are those of {_SINCE[controller]}; another controller would not verify the edge, or would not reach it"
    yield (
        "ingress-nginx is not among the controllers: it was retired in March 2026 and gets no security fixes any more; Gateway API is "
        "what Kubernetes recommends in its place"
    )
    if controller is Controller.HAPROXY_INGRESS:
        yield "its global option `forwardfor` must stay `add`, and `ssl-redirect-code` may be 301 or 308 there"
