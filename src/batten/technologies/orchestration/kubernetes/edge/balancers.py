"""Load balancers of clouds, and other controllers, that an Ingress describes in annotations.

Sources: https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/,
https://cloud.google.com/kubernetes-engine/docs/how-to/ingress-configuration,
https://www.haproxy.com/documentation/kubernetes-ingress/community/configuration-reference/ingress/,
https://haproxy-ingress.github.io/docs/configuration/keys/,
https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.facts import AccessRule, CorsPolicy, Fact, Listener
from batten.formats import SyntaxProblem, json, tree
from batten.model import ABSENT, UNKNOWN, Location, Setting, Unknown
from batten.model.networks import everybody
from batten.technologies.orchestration.kubernetes.edge.cluster import Cluster, Words, annotations_of, lacking
from batten.technologies.orchestration.kubernetes.objects import KubernetesObject
from batten.technologies.shared.aws.tls_policies import versions
from batten.technologies.shared.edges.headers import listed
from batten.technologies.shared.edges.origins import origin

_DEFAULT = "ELBSecurityPolicy-2016-08"
_HAPROXY = (
    ("haproxy.org", ("whitelist", "allow-list")),
    ("haproxy-ingress.github.io", ("allowlist-source-range", "whitelist-source-range")),
)
_FRONTEND = "networking.gke.io/v1beta1.FrontendConfig"


def alb_listeners(ingress: KubernetesObject) -> Iterator[Listener]:
    """The listeners of an application load balancer that the internet reaches: `internal` is the default scheme."""
    own = annotations_of(ingress, "alb.ingress.kubernetes.io")
    public = own["scheme"].text == "internet-facing"
    redirect = own["ssl-redirect"]
    redirects = redirect.exists or "ssl-redirect" in " ".join(ingress.annotations.values())
    for name, port in _ports(own, ingress):
        at = own["listen-ports"].here if "listen-ports" in own else own.place
        if name == "HTTP" and public:
            yield _plain(at, redirects)
        elif name == "HTTPS":
            chosen = own.word("ssl-policy", _DEFAULT)
            yield Listener(
                at,
                address=Setting("0.0.0.0" if public else UNKNOWN, at),
                port=Setting(port, at),
                tls=Setting(True, at),
                protocols=versions(chosen),
            )


def _ports(own: Words, ingress: KubernetesObject) -> list[tuple[str, int]]:
    """Protocols and ports: without a list it is HTTPS where there is a certificate, otherwise HTTP."""
    written = own["listen-ports"]
    if not written.exists:
        secured = "certificate-arn" in own or ingress.spec["tls"].exists
        return [("HTTPS", 443)] if secured else [("HTTP", 80)]
    try:
        root = json.parse(written.text)
    except SyntaxProblem:
        return []
    found: list[tuple[str, int]] = []
    for item in root if isinstance(root, tree.Sequence) else ():
        for entry in item if isinstance(item, tree.Mapping) else ():
            number = entry.value.text if isinstance(entry.value, tree.Scalar) else ""
            found.append((entry.key.text.upper(), int(number) if number.isdecimal() else 0))
    return found


def gce_listeners(ingress: KubernetesObject) -> Iterator[Listener]:
    """Google's load balancer answers plain HTTP beside HTTPS, unless it is told not to, or a FrontendConfig redirects."""
    allowed = ingress.body["metadata"]["annotations"]["kubernetes.io/ingress.allow-http"]
    if allowed.text == "false" or _FRONTEND in ingress.annotations:
        return
    at = allowed.here if allowed.exists else lacking(ingress.spec)
    yield _plain(at, False)


def haproxy_facts(ingress: KubernetesObject) -> Iterator[Fact]:
    """CORS, and lists of addresses that admit every one, of both controllers that are HAProxy."""
    for prefix, lists in _HAPROXY:
        own = annotations_of(ingress, prefix)
        if own.flag("cors-enable", False).effective is True:
            written, at = own["cors-allow-origin"], own["cors-enable"].here
            place = written.here if written.exists else at
            rules = tuple(origin(o, place) for o in (listed(written.text) if written.exists else ("*",)))
            anybody = any(r.text.known("") == "*" for r in rules)
            yield CorsPolicy(
                at,
                origins=Setting(rules if not written.exists or written.known else UNKNOWN, place),
                credentials=own.flag("cors-allow-credentials", not anybody),
                methods=_words(own, "cors-allow-methods"),
                headers=_words(own, "cors-allow-headers"),
                varies=Setting(UNKNOWN, at),
            )
        for name in lists:
            anyone = everybody(listed(own[name].text))
            if anyone:
                yield AccessRule(own[name].here, f"`{name}`", f"{anyone} is every address")


def _words(own: Words, name: str) -> Setting[tuple[str, ...]]:
    found = own[name]
    if not found.exists:
        return Setting(ABSENT, own.place)
    return Setting(listed(found.text) if found.known else UNKNOWN, found.here)


def traefik_listeners(ingress: KubernetesObject, cluster: Cluster) -> Iterator[Listener]:
    """An Ingress at the entry point `web` alone; its middlewares may redirect."""
    own = annotations_of(ingress, "traefik.ingress.kubernetes.io")
    points = own["router.entrypoints"]
    if listed(points.text) != ("web",) or own["router.tls"].text == "true" or ingress.spec["tls"].exists:
        return
    redirects: bool | Unknown = False
    for name in listed(own["router.middlewares"].text):
        plain = name.partition("@")[0].removeprefix(f"{ingress.namespace or 'default'}-")
        found = cluster.find("Middleware", plain, ingress.namespace)
        if found is None:
            redirects = UNKNOWN
        elif found.spec["redirectScheme"]["scheme"].text == "https":
            redirects = True
            break
    yield _plain(points.here, redirects)


def _plain(at: Location, redirects: bool | Unknown) -> Listener:
    return Listener(
        at,
        address=Setting("0.0.0.0", at),
        port=Setting(80, at),
        tls=Setting(False, at),
        redirects_to_tls=Setting(redirects, at),
    )
