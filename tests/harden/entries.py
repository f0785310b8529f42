"""Entries of many shapes, in front of the edge of one stack."""

from __future__ import annotations

from dataclasses import replace

from deployments import POLICY, contract, stack

from batten.harden import Options, targets
from batten.harden.entry import Controller, Entry, Gateway, Kind, Tls
from batten.harden.intent import Intent
from batten.harden.made import Made
from batten.policy import Policy

PROXIES = ("10.244.0.0/16", "fd00:10:244::/48")
ENTRIES = {
    "gateway": Entry(kind=Kind.GATEWAY, named="public", namespace="gateways"),
    "gateway, passthrough": Entry(
        kind=Kind.GATEWAY,
        named="public",
        namespace="gateways",
        tls=Tls.PASSTHROUGH,
        pods=(("role", "proxy"),),
    ),
    "envoy-gateway, passthrough": Entry(
        kind=Kind.GATEWAY,
        named="eg",
        namespace="envoy-gateway-system",
        tls=Tls.PASSTHROUGH,
        controller=Controller.ENVOY_GATEWAY,
    ),
    "platform": Entry(
        kind=Kind.GATEWAY,
        gateway=Gateway("gateways", "public", "https", "http"),
        namespace="gateways",
        secret="shop-tls",
    ),
    "platform, no redirect": Entry(
        kind=Kind.GATEWAY,
        gateway=Gateway("infra", "public", "tls"),
        namespace="gateways",
        tls=Tls.PASSTHROUGH,
    ),
    "haproxy-ingress": Entry(
        kind=Kind.INGRESS, named="haproxy", controller=Controller.HAPROXY_INGRESS, namespace="ingress"
    ),
    "haproxy-ingress, passthrough": Entry(
        kind=Kind.INGRESS,
        named="haproxy",
        controller=Controller.HAPROXY_INGRESS,
        namespace="ingress",
        tls=Tls.PASSTHROUGH,
    ),
    "haproxy, passthrough": Entry(
        kind=Kind.INGRESS,
        named="haproxy",
        controller=Controller.HAPROXY,
        namespace="ingress",
        tls=Tls.PASSTHROUGH,
    ),
    "traefik": Entry(kind=Kind.INGRESS, named="traefik", controller=Controller.TRAEFIK, namespace="traefik"),
}


def entered(
    entry: Entry, edge: str = "nginx", policy: Policy = POLICY, options: Options | None = None
) -> Made:
    """The base of a stack with one store behind an entry."""
    of = replace(stack("valkey", edge=edge), entry=entry)
    return targets.render("kubernetes", Intent(contract(), policy, options or Options(proxies=PROXIES), of))
