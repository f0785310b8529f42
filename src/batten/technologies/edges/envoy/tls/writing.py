"""Writers of TLS: versions, suites, redirects, and what verifies upstreams."""

from __future__ import annotations

import json
from ipaddress import ip_address

from batten.model import Fix
from batten.technologies.edges.envoy.clusters import context, endpoints
from batten.technologies.edges.envoy.fields import Field
from batten.technologies.edges.envoy.managers import Manager, managers
from batten.technologies.edges.envoy.tls.listeners import parameters
from batten.technologies.edges.envoy.tree import Tree
from batten.technologies.shared.text.field_edits import put, risky
from batten.technologies.shared.transport.questions import ask_certificate
from batten.technologies.shared.transport.tls import (
    BUNDLE,
    OLD_SUITES,
    OLD_VERSIONS,
    PLAIN_CLIENTS,
    UNTRUSTED,
)

_TITLE = "verify the upstream's certificate"


def redirect_to_tls(tree: Tree, found: Field) -> Fix | None:
    """`require_tls` answers plain requests with 301. It looks at X-Forwarded-Proto, which Envoy sets itself."""
    title = "redirect plain HTTP to HTTPS"
    every = list(managers(tree))
    here = [m for m in every if m.encrypted is False and found.path in (m.listener.path, m.chain.path)]
    if not any(m.encrypted is True for m in every):
        return ask_certificate(title, " on port 443")
    if len(here) != 1 or here[0].routes is None or _shared(here[0], every):
        return None
    edits = [e for host in here[0].hosts for e in put(tree.workspace, host["require_tls"], "ALL")]
    return risky(title, edits, PLAIN_CLIENTS)


def _shared(manager: Manager, every: list[Manager]) -> bool:
    return (
        sum(m.routes is not None and m.routes.span == manager.routes.span for m in every if manager.routes)
        > 1
    )


def minimum_tls(tree: Tree, found: Field, written: bool, version: str) -> Fix | None:
    name = version.replace(".", "_")
    target = found if written else parameters(found)["tls_minimum_protocol_version"]
    return risky(f"accept {version} or newer only", put(tree.workspace, target, name), OLD_VERSIONS)


def use_suites(tree: Tree, found: Field, suites: tuple[str, ...]) -> Fix | None:
    block = "\n".join(f"- {suite}" for suite in suites)
    return risky("accept forward-secret AEAD suites only", put(tree.workspace, found, block), OLD_SUITES)


def verify(tree: Tree, found: Field) -> Fix | None:
    """The system's authorities, and the name that the certificate must be for."""
    if found.key == "trust_chain_verification":
        return risky(_TITLE, put(tree.workspace, found, "VERIFY_TRUST_CHAIN"), UNTRUSTED)
    cluster = _cluster(tree, found)
    tls = context(cluster)[0] if cluster is not None else None
    if cluster is None or tls is None:
        return None
    name = tls["sni"].text or next((s["address"].text for s in endpoints(cluster)), "")
    if not name or not tls["sni"].known:
        return None
    target = tls.of("common_tls_context", "validation_context")
    names = f"match_typed_subject_alt_names:\n- san_type: {_kind(name)}\n  matcher:\n    exact: {json.dumps(name)}"
    if target["trusted_ca"] or target["system_root_certs"]:
        edits = put(tree.workspace, target["match_typed_subject_alt_names"], names.partition("\n")[2])
    else:
        edits = put(tree.workspace, target, f"trusted_ca:\n  filename: {BUNDLE}\n{names}")
    return risky(_TITLE, edits, UNTRUSTED)


def _kind(name: str) -> str:
    try:
        ip_address(name)
    except ValueError:
        return "DNS"
    return "IP_ADDRESS"


def _cluster(tree: Tree, found: Field) -> Field | None:
    for cluster in tree.of("Cluster"):
        if cluster.root is found.root and found.path[: len(cluster.path)] == cluster.path:
            return cluster
    return None
