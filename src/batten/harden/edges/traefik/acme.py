"""Traefik's certificate by ACME, which it gets itself."""

from __future__ import annotations

from typing import Any

from batten.harden.edge import Edge

Json = Any
RESOLVER = "acme"
CHALLENGED = "acme-tls/1"  # RFC 8737, 6.2


def resolvers(edge: Edge) -> Json:
    """Traefik makes the file with mode 0600, and takes none that others read
    (https://doc.traefik.io/traefik/reference/install-configuration/tls/certificate-resolvers/acme/)."""
    if edge.acme is None:
        return {}
    resolver = {
        **({"email": edge.acme.email} if edge.acme.email else {}),
        "caServer": edge.acme.directory,
        "storage": f"{edge.acme.folder or '/var/lib/traefik'}/acme.json",
        "keyType": "EC256",
        "tlsChallenge": {},
    }
    return {"certificatesResolvers": {RESOLVER: {"acme": resolver}}}


def certificate(edge: Edge) -> Json:
    """What a router says of it: one for all names."""
    if edge.acme is None:
        return {}
    first, *others = edge.names
    return {"certResolver": RESOLVER, "domains": [{"main": first, **({"sans": others} if others else {})}]}
