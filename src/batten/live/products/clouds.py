"""Emulators of clouds: what is meant for a developer's machine, and gives all it holds to anyone."""

from __future__ import annotations

from batten.live.products.product import Product, Read, both, keys, text

PRODUCTS = (
    Product(
        name="moto server",
        sign=both(text(r"<ListAllMyBucketsResult"), text(r"<DisplayName>webfile</DisplayName>")),
        reads=(Read("/moto-api/data.json", keys("core", "iam")),),
        gains="read, change and delete every resource of the emulated account, and reset it",
        close="The server is for tests and has no login: bind it with `-H 127.0.0.1`.",
        source="https://docs.getmoto.org/en/latest/docs/server_mode.html",
    ),
    Product(
        name="LocalStack",
        sign=keys("services", "edition", "version"),
        at=("/_localstack/health",),
        reads=(Read("/_localstack/health", keys("services", "edition", "version")),),
        gains="read, change and delete every resource of the emulated account, and run code in its functions",
        close="It has no login: publish its port as `127.0.0.1:4566:4566`, and outside a container leave `GATEWAY_LISTEN` at 127.0.0.1:4566.",
        source="https://docs.localstack.cloud/aws/capabilities/config/configuration/",
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
)  # fmt: skip
