"""Certificates that the edge gets itself, as Caddy and Traefik do: what it keeps is on a volume, and it may reach the authority.

There is one pod: a second one would have another account, and answer "no" to the challenge of the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from batten.harden.acme import ITSELF, Acme, terms
from batten.harden.images import DATA
from batten.harden.intent import Intent
from batten.harden.kubernetes.objects import chosen, made
from batten.harden.kubernetes.pods import Pod, template
from batten.harden.stack import EDGE, Stack

Json = Any
HTTPS = 443
# What is no authority's address: RFC 1918, 6598 and 3927, loopback, and those of IPv6 that are alike.
_INSIDE = ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
_INSIDE_6 = ("::1/128", "fc00::/7", "fe80::/10")
KEPT = ("data", DATA)


def is_asked(intent: Intent) -> bool:
    return intent.acme is not None and intent.stack.edge in ITSELF


def workload(pod: Pod, stack: Stack) -> Json:
    """In place of a Deployment: the volume stays with the pod's name."""
    claim: Json = {
        "metadata": {"name": KEPT[0]},
        "spec": {"accessModes": ["ReadWriteOncePod"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    spec = {
        "serviceName": EDGE,
        "replicas": 1,
        "revisionHistoryLimit": 3,
        "selector": {"matchLabels": chosen(pod.name, stack.name)},
        "template": template(pod),
        "volumeClaimTemplates": [claim],
    }
    return made("StatefulSet", "apps/v1", pod.name, stack.name, spec=spec)


def policy(stack: Stack) -> Json:
    """Policies know addresses and no names, so it is the internet without networks that are never an authority's."""
    peers: list[Json] = [
        {"ipBlock": {"cidr": "0.0.0.0/0", "except": list(_INSIDE)}},
        {"ipBlock": {"cidr": "::/0", "except": list(_INSIDE_6)}},
    ]
    spec = {
        "podSelector": {"matchLabels": chosen(EDGE, stack.name)},
        "policyTypes": ["Egress"],
        "egress": [{"to": peers, "ports": [{"protocol": "TCP", "port": HTTPS}]}],
    }
    return made("NetworkPolicy", "networking.k8s.io/v1", f"allow-{EDGE}-to-authority", stack.name, spec=spec)


def notes(intent: Intent, acme: Acme) -> Iterator[str]:
    engine = intent.stack.edge.capitalize()
    yield (
        f"{engine} gets its certificate itself and keeps it on a volume, so there is one pod of it, and no answer while that one is "
        "replaced; for two pods pass --edge envoy, haproxy or nginx, where cert-manager gets it"
    )
    yield (
        f"the edge may connect to port {HTTPS} of every public address, because network policies know no names; where your plugin knows "
        f"them, allow {acme.directory} alone"
    )
    yield terms(acme)
