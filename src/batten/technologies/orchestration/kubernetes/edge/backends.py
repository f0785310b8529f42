"""How other controllers than ingress-nginx connect to what is behind an Ingress: by annotations of it, or of the Service.

Sources: https://haproxy-ingress.github.io/docs/configuration/keys/#secure-backend,
https://github.com/haproxytech/kubernetes-ingress/blob/master/documentation/annotations.md#server-ssl,
https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/#on-service
"""

from __future__ import annotations

from collections.abc import Iterator

from batten.model import UNKNOWN, Location, Setting
from batten.technologies.orchestration.kubernetes.edge.cluster import Cluster, annotations_of
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

Hop = tuple[Setting[bool] | None, Setting[bool] | None]  # whether it is encrypted, and verified
_HAPROXY = (("haproxy-ingress.github.io", "secure-backends"), ("haproxy.org", "server-ssl"))


def hop(ingress: KubernetesObject, known: str, service: Field, cluster: Cluster) -> Hop:
    """What annotations turn on. Where none does, the controller's own settings decide, which are not here."""
    found = cluster.find("Service", service.text, ingress.namespace) if service.known else None
    holders = (found, ingress) if found is not None else (ingress,)
    hops = {"haproxy": _haproxy, "traefik": _traefik}
    made = next(hops[known](holders, cluster), None) if known in hops else None
    return made or (Setting(UNKNOWN, service.here), None)


def redirects(ingress: KubernetesObject, known: str, place: Location) -> Setting[bool]:
    """Of both controllers that are HAProxy."""
    for prefix, _ in _HAPROXY if known == "haproxy" else ():
        own = annotations_of(ingress, prefix)
        if "ssl-redirect" in own:
            return own.flag("ssl-redirect")
    return Setting(UNKNOWN, place)


def _haproxy(holders: tuple[KubernetesObject, ...], cluster: Cluster) -> Iterator[Hop]:
    """HAProxy Technologies' controller verifies the authority of a certificate, and no name in it."""
    for holder in holders:
        for prefix, name in _HAPROXY:
            own = annotations_of(holder, prefix)
            if own.flag(name).effective is True:
                authority = own["secure-verify-ca-secret"]
                checked = "secure-sni" in own or "secure-verify-hostname" in own
                yield (
                    Setting(True, own[name].here),
                    Setting(True, authority.here) if authority.exists and checked else None,
                )


def _traefik(holders: tuple[KubernetesObject, ...], cluster: Cluster) -> Iterator[Hop]:
    for holder in holders:
        own = annotations_of(holder, "traefik.ingress.kubernetes.io")
        scheme, transport = own["service.serversscheme"], own["service.serverstransport"]
        if scheme.text == "https":
            # Traefik verifies, unless the transport says otherwise, which is reported there.
            name = transport.text.partition("@")[0].removeprefix(f"{holder.namespace or 'default'}-")
            found = cluster.find("ServersTransport", name, holder.namespace) if transport.exists else None
            if found is None:
                verified: Setting[bool] | None = None
            else:
                skipped = found.spec["insecureSkipVerify"]
                verified = (
                    Setting(True, transport.here) if not skipped.exists or skipped.text == "false" else None
                )
            yield Setting(True, scheme.here), verified
