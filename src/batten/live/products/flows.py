"""Editors of flows: a flow runs commands on the machine of the editor."""

from __future__ import annotations

from batten.live.products.product import Product, Read, both, keys, text, titled, without

PRODUCTS = (
    Product(
        name="Node-RED",
        sign=titled(r"Node-RED"),
        reads=(Read("/settings", both(keys("httpNodeRoot", "version"), without(r'"anonymous"\s*:\s*true'))),),
        gains="run any code as its user, by deploying a flow",
        close="Set `adminAuth` in settings.js.",
        source="https://nodered.org/docs/user-guide/runtime/securing-node-red",
        mounts=("/node-red/",),
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
    Product(
        name="n8n",
        sign=titled(r"n8n"),
        reads=(Read("/rest/settings", text(r'"showSetupOnFirstLoad"\s*:\s*true')), Read("/rest/workflows", keys("data"))),
        gains="make itself the owner, and run code by its workflows",
        close="Create the owner's account before it is reachable, or set it by `N8N_INSTANCE_OWNER_MANAGED_BY_ENV` (since 2.17).",
        source="https://docs.n8n.io/hosting/configuration/user-management-self-hosted/",
        mounts=("/n8n/",),
        version=r'"versionCli":\s*"(\d[\w.]+)"',
    ),
)  # fmt: skip
