"""Engines of workflows, and clusters that run what they are given."""

from __future__ import annotations

from batten.live.products.product import Product, Read, keys, page

PRODUCTS = (
    Product(
        name="Temporal",
        sign=page(r"<div id=\"svelte\">|__sveltekit"),  # its page names no product
        reads=(Read("/api/v1/namespaces", keys("namespaces.0.namespaceInfo.name", "namespaces.0.replicationConfig")),),
        gains="start, signal and end workflows, and see their inputs and results",
        close="Set `TEMPORAL_AUTH_ENABLED` with an OpenID provider for the UI, and an authorizer for the server.",
        source="https://docs.temporal.io/references/web-ui-configuration",
        version=r'"serverVersion":\s*"(\d[\d.]*)',
        tells="/api/v1/cluster-info",
    ),
)  # fmt: skip
