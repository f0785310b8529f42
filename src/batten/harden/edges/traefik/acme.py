"""Traefik's certificate by ACME: its own resolver, or the answers of another client."""

from __future__ import annotations

from typing import Any

from batten.harden.acme import CHALLENGE, Acme
from batten.harden.edge import Edge

Json = Any
RESOLVER = "acme"
CHALLENGED = "acme-tls/1"  # RFC 8737, 6.2
CLIENT = "acme"  # the service of another client


def asking(edge: Edge) -> Acme | None:
    """How Traefik gets its certificate itself."""
    return edge.acme if edge.acme is not None and edge.acme.is_asked_by("traefik") else None


def proxied(edge: Edge) -> Acme | None:
    """How another client is asked for answers to challenges."""
    return edge.acme if edge.plain_port and asking(edge) is None else None


def resolvers(edge: Edge) -> Json:
    """Traefik makes the file with mode 0600, and takes none that others read
    (https://doc.traefik.io/traefik/reference/install-configuration/tls/certificate-resolvers/acme/)."""
    acme = asking(edge)
    if acme is None:
        return {}
    resolver = {
        **({"email": acme.email} if acme.email else {}),
        "caServer": acme.directory,
        "storage": f"{acme.folder or '/var/lib/traefik'}/acme.json",
        "keyType": "EC256",
        "tlsChallenge": {},
    }
    return {"certificatesResolvers": {RESOLVER: {"acme": resolver}}}


def certificate(edge: Edge) -> Json:
    """What a router says of it: one for all names."""
    if asking(edge) is None:
        return {}
    first, *others = edge.names
    return {"certResolver": RESOLVER, "domains": [{"main": first, **({"sans": others} if others else {})}]}


def challenge(hosts: str) -> str:
    """The rule for the one form in which the authority asks (RFC 8555, 8.3)."""
    return f"{hosts} && Method(`GET`) && PathRegexp(`^{CHALLENGE}$`)"


def answered(edge: Edge) -> Json:
    """The client gets no credentials, and its answer is plain text."""
    answer = {**dict.fromkeys((*edge.hidden, "Server"), ""), "Content-Type": "text/plain"}
    asked = {"Authorization": "", "Cookie": ""}
    return {"headers": {"customRequestHeaders": asked, "customResponseHeaders": answer}}


def services(edge: Edge) -> Json:
    acme = proxied(edge)
    if acme is None:
        return {}
    url = f"http://{acme.responder.host}:{acme.responder.port}"
    return {CLIENT: {"loadBalancer": {"servers": [{"url": url}]}}}
