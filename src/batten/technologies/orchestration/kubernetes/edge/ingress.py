"""Ingress: its listeners, its backends, and the headers it sends.

Source: https://kubernetes.io/docs/concepts/services-networking/ingress/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, Feature, Listener, Route, Upstream, in_context
from batten.model import ABSENT, UNKNOWN, Context, Location, Setting, Unknown
from batten.technologies.orchestration.kubernetes.edge.backends import Hop, hop, redirects
from batten.technologies.orchestration.kubernetes.edge.balancers import (
    alb_listeners,
    gce_listeners,
    haproxy_facts,
    traefik_listeners,
)
from batten.technologies.orchestration.kubernetes.edge.cluster import (
    NGINX,
    Cluster,
    annotations_of,
    controller,
    internal,
    lacking,
    truth,
)
from batten.technologies.orchestration.kubernetes.edge.consoles import console
from batten.technologies.orchestration.kubernetes.edge.ingress_nginx import guarded, nginx_facts, secured
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject
from batten.technologies.shared.edges.paths import console_at

# Names that no public resolver answers, or with the address of whoever asks.
_DEVELOPMENT = re.compile(r"(?:^|\.)(?:localhost|local|test|invalid|lan|home|nip\.io|sslip\.io)$")
_ELSEWHERE = (
    # Who ends TLS in front of the controller says so in annotations of its own.
    "external-dns.alpha.kubernetes.io/cloudflare-proxied",
    "alb.ingress.kubernetes.io/certificate-arn",
    "networking.gke.io/managed-certificates",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
)
_LB_CERTIFICATES = (
    "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    "service.beta.kubernetes.io/do-loadbalancer-certificate-id",
    "service.beta.kubernetes.io/oci-load-balancer-tls-secret",
    "cloud.google.com/app-protocols",
)
_PLAIN_BY_DEFAULT = frozenset(("nginx", "haproxy", "contour", "kong"))


def ingress_facts(ingress: KubernetesObject, cluster: Cluster) -> Iterator[Fact]:
    known = controller(ingress, cluster)
    match known:
        case "alb":
            yield from alb_listeners(ingress)
        case "gce" if not internal(ingress):
            yield from gce_listeners(ingress)
        case "traefik":
            yield from traefik_listeners(ingress, cluster)
        case "haproxy":
            yield from haproxy_facts(ingress)
    if known != "alb":
        hosts = [host for host, _ in rules(ingress)]
        local = [host for host in hosts if _DEVELOPMENT.search(host)]
        yield from _listening([host for host in hosts if host not in local], ingress, known, cluster)
        for listener in _listening(local, ingress, known, cluster):
            yield in_context(listener, Context.DEVELOPMENT)
    yield from _routes(ingress)
    seen: set[str] = set()
    for _, rule in rules(ingress):
        for path in paths(rule):
            service = backend(path)
            if service.exists and service.text not in seen:
                seen.add(service.text)
                at = service.here
                encrypted, verified = (
                    _protocol(ingress, at) if known == "nginx" else hop(ingress, known, service, cluster)
                )
                if not service.known:
                    upstream = Upstream(
                        at, target=Setting(UNKNOWN, at), encrypted=encrypted, verified=verified
                    )
                else:
                    upstream_host = service_host(service.text, ingress.namespace, cluster)
                    upstream = Upstream(
                        at,
                        target=Setting(upstream_host, at),
                        host=upstream_host,
                        port=0,
                        encrypted=encrypted,
                        verified=verified,
                    )
                yield upstream
    yield from nginx_facts(ingress, known, cluster)
    if known == "nginx" and not internal(ingress):
        yield from _consoles(ingress, cluster)


def rules(ingress: KubernetesObject) -> Iterator[tuple[str, Field]]:
    """Hosts ("" is any) with their rules; a default backend is one for any host."""
    for rule in ingress.spec["rules"].items():
        yield rule["host"].text, rule
    if ingress.spec["defaultBackend"].exists and not ingress.spec["rules"].exists:
        yield "", ingress.spec


def _listening(
    hosts: list[str], ingress: KubernetesObject, known: str, cluster: Cluster
) -> Iterator[Listener]:
    covered = [host for host in hosts if _covered(host, ingress)]
    plain = [host for host in hosts if host not in covered]
    if covered:
        names, at = tuple(h for h in covered if h), lacking(ingress.spec["tls"])
        yield Listener(at, address=_any(at), port=Setting(443, at), tls=Setting(True, at), names=names)
        # ssl-redirect: on where there is a certificate, unless an annotation or the controller says otherwise.
        place = lacking(ingress.spec["tls"])
        if known != "nginx":
            moved: Setting[bool] = redirects(ingress, known, place)
        else:
            forced = secured(ingress)
            if forced.effective is not False:
                moved = forced
            else:
                own = annotations_of(ingress)
                if "ssl-redirect" in own:
                    moved = own.flag("ssl-redirect")
                else:
                    settings = cluster.settings()
                    everywhere = settings.body["data"]["ssl-redirect"] if settings else None
                    if everywhere is not None and everywhere.exists:
                        moved = Setting(truth(everywhere), everywhere.here)
                    else:
                        moved = Setting(ABSENT, place, True if settings else UNKNOWN)
        yield Listener(
            moved.at,
            address=_any(at),
            port=Setting(80, at),
            tls=Setting(False, at),
            names=names,
            redirects_to_tls=moved,
        )
    if plain:
        yield _plain(ingress, known, cluster, plain, bool(covered))


def _any(at: Location) -> Setting[str]:
    return Setting("0.0.0.0", at)


def _plain(
    ingress: KubernetesObject, known: str, cluster: Cluster, hosts: list[str], partly: bool
) -> Listener:
    """Hosts without a certificate. Only some controllers are known to serve them in clear text then."""
    field = ingress.spec["tls"] if partly else ingress.spec
    at = lacking(field)
    elsewhere = any(name in ingress.annotations for name in _ELSEWHERE) or ended_before(cluster)
    unknown = known not in _PLAIN_BY_DEFAULT or elsewhere or not field.known
    tls: bool | Unknown = UNKNOWN if unknown else False
    forced = secured(ingress) if known == "nginx" else Setting(ABSENT, at, False)
    moved = Setting(forced.effective, at)
    return Listener(
        at,
        address=_any(at),
        port=Setting(80, at),
        tls=Setting(tls, at),
        names=tuple(h for h in hosts if h),
        redirects_to_tls=moved,
    )


def ended_before(cluster: Cluster) -> bool:
    """Whether a load balancer here holds the certificate, in front of the controller."""
    return any(name in o.annotations for o in cluster.of("Service") for name in _LB_CERTIFICATES)


def _covered(host: str, ingress: KubernetesObject) -> bool:
    for entry in ingress.spec["tls"].items():
        named = [h.text for h in entry["hosts"].items()]
        wild = "*." + host.partition(".")[2]
        if not named or not entry["hosts"].known or host in named or wild in named:
            return True
        if any(not h.known for h in entry["hosts"].items()):
            return True
    return False


def paths(rule: Field) -> Iterator[Field]:
    yield from rule["http"]["paths"].items()
    if rule["defaultBackend"].exists:
        yield rule


def backend(path: Field) -> Field:
    """The name of the Service that a path leads to."""
    found = path["backend"] if path["backend"].exists else path["defaultBackend"]
    return found["service"]["name"] if found["service"].exists else found["serviceName"]


_MATCHES = {"Exact": "exact", "Prefix": "prefix", "ImplementationSpecific": "prefix"}


def _routes(ingress: KubernetesObject) -> Iterator[Route]:
    regex = ingress.annotations.get(f"{NGINX}/use-regex") == "true"
    for host, rule in rules(ingress):
        for path in paths(rule):
            text = path["path"].text or "/"
            match = "regex" if regex else _MATCHES.get(path["pathType"].text, "prefix")
            at = lacking(path)
            upstream = backend(path)
            yield Route(
                at,
                server=f"{ingress.pointer} {host}",
                path=text,
                match=match,
                methods=Setting(ABSENT, at),
                upstream=upstream.text if upstream.known else "",
                regex=text if regex else "",
            )


def service_host(name: str, namespace: str, cluster: Cluster) -> str:
    """A Service's name, by which its workload is found; for one that only names another host, that."""
    found = cluster.find("Service", name, namespace)
    outside = found.spec["externalName"] if found is not None else None
    return outside.text if outside is not None and outside.exists and outside.known else name


def _protocol(ingress: KubernetesObject, at: Location) -> Hop:
    own = annotations_of(ingress)
    written = own["backend-protocol"]
    if own.flag("ssl-passthrough").known(False) is True or not written.known:
        return Setting(UNKNOWN, at), None
    if written.text.upper() not in ("HTTPS", "GRPCS"):
        return Setting(False, at), None
    verify = own["proxy-ssl-verify"]
    if verify.exists:
        value: bool | Unknown = verify.text == "on" if verify.known else UNKNOWN
        return Setting(True, written.here), Setting(value, verify.here)
    return Setting(True, written.here), Setting(ABSENT, written.here, False)


def _consoles(ingress: KubernetesObject, cluster: Cluster) -> Iterator[Feature]:
    """Known consoles, where no annotation asks who comes."""
    settings = cluster.settings()
    outer = settings is not None and any(
        settings.body["data"][key].exists for key in ("global-auth-url", "whitelist-source-range")
    )
    for host, rule in rules(ingress):
        if _DEVELOPMENT.search(host):
            continue
        for path in paths(rule):
            service = backend(path)
            found = (console(service.text) if service.known else None) or console_at(path["path"].text)
            if found is not None:
                open_to_all = not (guarded(ingress) or outer)
                at = lacking(path)
                yield Feature(at, found[0], Setting(open_to_all, at), found[1])
