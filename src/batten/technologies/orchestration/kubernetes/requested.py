"""Certificates that cert-manager obtains: who signs those that an Ingress or a Gateway serves, for how long, and whether keys are kept.

Sources: https://cert-manager.io/docs/reference/api-docs/, https://cert-manager.io/docs/usage/ingress/,
https://letsencrypt.org/docs/staging-environment/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from batten.facts import Fact, RequestedCertificate
from batten.model import ABSENT, Setting
from batten.technologies.orchestration.kubernetes.cluster import Cluster
from batten.technologies.orchestration.kubernetes.objects import Field, KubernetesObject

GROUP = "cert-manager.io"
_INGRESSES = ("networking.k8s.io", "extensions")
_STAGING = "acme-staging"
_HOURS = re.compile(r"(\d{1,9})h(?:\d{1,9}m)?(?:\d{1,9}s)?")
_Name = tuple[str, str]  # namespace, name


def requested(kept: Cluster) -> Iterator[Fact]:
    """The certificates that resources, and annotations of an Ingress, ask cert-manager for."""
    issuers = {
        _issuer(o.kind, o.namespace, o.name): o
        for o in kept.objects
        if o.group == GROUP and "Issuer" in o.kind
    }
    # The Secrets whose certificates clients are shown.
    served: set[_Name] = set()
    for served_ingress in kept.of("Ingress", *_INGRESSES):
        for entry in served_ingress.spec["tls"].items():
            served.add((served_ingress.namespace, entry["secretName"].text))
    for gateway in kept.of("Gateway", "gateway.networking.k8s.io"):
        for listener in gateway.spec["listeners"].items():
            for reference in listener["tls"]["certificateRefs"].items():
                served.add((reference["namespace"].text or gateway.namespace, reference["name"].text))
    for found in kept.of("Certificate", GROUP):
        used = (found.namespace, found.spec["secretName"].text) in served
        spec, certificate_reference = found.spec, found.spec["issuerRef"]
        issuer = (issuers if used else {}).get(
            _issuer(
                certificate_reference["kind"].text or "Issuer",
                found.namespace,
                certificate_reference["name"].text,
            )
        )
        rotation, authority = spec["privateKey"]["rotationPolicy"], spec["isCA"].text == "true"
        yield RequestedCertificate(
            found.at,
            name=found.name,
            signer=_signer(certificate_reference, issuer),
            hours=_hours(spec["duration"]) if not authority else Setting(ABSENT, found.at),
            key_kept=Setting(rotation.text == "Never", rotation.here)
            if rotation.known and rotation.exists
            else Setting(ABSENT, found.at),
        )
    for ingress in kept.of("Ingress", *_INGRESSES):
        # cert-manager makes the certificates of an Ingress that names an issuer.
        for annotation, kind in (("cluster-issuer", "ClusterIssuer"), ("issuer", "Issuer")):
            field = ingress.body["metadata"]["annotations"][f"{GROUP}/{annotation}"]
            annotated_issuer = (
                issuers.get(_issuer(kind, ingress.namespace, field.text)) if field.exists else None
            )
            if annotated_issuer is not None and any(ingress.spec["tls"].items()):
                nothing = Setting[int](ABSENT, ingress.at)
                annotated_kept = Setting[bool](ABSENT, ingress.at)
                yield RequestedCertificate(
                    ingress.at,
                    name=ingress.name,
                    signer=_signer(field, annotated_issuer),
                    hours=nothing,
                    key_kept=annotated_kept,
                )


def _issuer(kind: str, namespace: str, name: str) -> tuple[str, str, str]:
    return (kind, "" if kind == "ClusterIssuer" else namespace, name)


def _signer(reference: Field, issuer: KubernetesObject | None) -> Setting[str]:
    """ "self" or "staging", where the issuer is one whose certificates no client trusts."""
    if issuer is not None and issuer.spec["selfSigned"].exists:
        return Setting("self", reference.here)
    staging = issuer is not None and _STAGING in issuer.spec["acme"]["server"].text
    return Setting("staging", reference.here) if staging else Setting(ABSENT, reference.here)


def _hours(duration: Field) -> Setting[int]:
    found = _HOURS.fullmatch(duration.text) if duration.known else None
    return Setting(int(found[1]), duration.here) if found else Setting(ABSENT, duration.here)
