"""Engines of workflows, and clusters that run what they are given."""

from __future__ import annotations

from batten.live.products.product import Product, Read, both, either, keys, named, page, text, titled

PRODUCTS = (
    Product(
        name="Temporal",
        sign=either(named(r"Temporal(?: Web)?"), page(r"<div id=\"svelte\">|__sveltekit")),  # today's page names no product
        reads=(Read("/api/v1/namespaces", keys("namespaces.0.namespaceInfo.name", "namespaces.0.replicationConfig")),),
        gains="start, signal and end workflows, and see their inputs and results",
        close="Set `TEMPORAL_AUTH_ENABLED` with an OpenID provider for the UI, and an authorizer for the server.",
        source="https://docs.temporal.io/references/web-ui-environment-variables",
        version=r'"serverVersion":\s*"(\d[\d.]*)',
        tells="/api/v1/cluster-info",
    ),
    Product(
        name="Nomad",
        sign=either(titled(r"Nomad"), page(r"nomad-ui/config/environment")),
        reads=(Read("/v1/agent/self", keys("config", "member", "stats")),),
        gains="run any program on all machines of the cluster, and see all jobs with their variables",
        close="Enable ACLs (`acl { enabled = true }`) and bootstrap them, and require client certificates.",
        source="https://developer.hashicorp.com/nomad/docs/secure/acl/bootstrap",
        version=r'"Version":\s*"(\d[\d.]*)',
    ),
    Product(
        name="Vault",
        sign=either(page(r"vault/config/environment"), titled(r"(?:HashiCorp )?Vault\s*<")),
        reads=(Read("/v1/sys/seal-status", both(keys("sealed", "t", "n"), text(r'"initialized":\s*false'))),),
        gains="initialize it and hold its root token and all unseal keys",
        close="Initialize it (`vault operator init`) before others can reach it.",
        source="https://developer.hashicorp.com/vault/api-docs/system/init",
        version=r'"version":\s*"(\d[\d.]*)',
        component="vault",
    ),
)  # fmt: skip
