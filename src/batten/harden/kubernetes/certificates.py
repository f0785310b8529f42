"""The edge's certificate by cert-manager: who issues it, how the challenge is answered through the edge, and the Secret it ends in.

https://cert-manager.io/docs/reference/api-docs/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from batten.harden.acme import Acme, terms
from batten.harden.acme_container import RELOADS
from batten.harden.edge_container import SOLVER, SOLVER_PORT
from batten.harden.intent import Intent
from batten.harden.kubernetes.objects import chosen, made
from batten.harden.stack import EDGE, Flow

Json = Any
FILE = "certificate.yaml"
REMARK = "The edge's certificate, by cert-manager (1.16 and newer), which is to be in the cluster already."
API = "cert-manager.io/v1"
# No controller has this class: the edge itself forwards challenges, and the Ingress that cert-manager makes is nobody's.
NOBODY = "edge-forwards-challenges"


def objects(intent: Intent, acme: Acme) -> Iterator[Json]:
    """The issuer, the certificate, and the service by which the edge reaches the pods that answer."""
    name = intent.stack.name
    # The account's key is a Secret that cert-manager makes.
    labelled = {"metadata": {"labels": chosen(SOLVER, name)}}
    ingress = {"ingressClassName": NOBODY, "serviceType": "ClusterIP", "podTemplate": labelled}
    yield made(
        "Issuer",
        API,
        EDGE,
        name,
        spec={
            "acme": {
                "server": acme.directory,
                **({"email": acme.email} if acme.email else {}),
                "privateKeySecretRef": {"name": "edge-acme-account"},
                "solvers": [{"http01": {"ingress": ingress}}],
            }
        },
    )
    spec: Json = {
        "secretName": "edge-tls",
        "dnsNames": list(intent.edge.names),
        "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": EDGE},
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        "usages": ["digital signature", "server auth"],
        "revisionHistoryLimit": 1,
    }
    certificate = made("Certificate", API, EDGE, name, spec=spec)
    certificate["metadata"]["annotations"] = {"cert-manager.io/issue-temporary-certificate": "true"}
    yield certificate
    ports = [{"name": "challenges", "port": SOLVER_PORT, "targetPort": SOLVER_PORT, "protocol": "TCP"}]
    selected: Json = {"type": "ClusterIP", "selector": chosen(SOLVER, name), "ports": ports}
    yield made("Service", "v1", SOLVER, name, spec=selected)


def flows() -> tuple[Flow, ...]:
    """What passes beside the flows of the stack."""
    return (Flow(EDGE, SOLVER, SOLVER_PORT),)


def notes(intent: Intent, acme: Acme) -> Iterator[str]:
    """What is left to people."""
    name = intent.stack.name
    yield (
        f"cert-manager puts the certificate into the Secret edge-tls of the namespace {name}, at first a temporary one that no client "
        "trusts; the edge reads by itself what is new there"
    )
    if intent.stack.edge in RELOADS:
        yield (
            f"the image of the edge must have /bin/sh and cksum, as the official ones have: a script there has {intent.stack.edge} read a "
            "new certificate"
        )
    yield terms(acme)


__all__ = ["FILE", "flows", "notes", "objects"]
