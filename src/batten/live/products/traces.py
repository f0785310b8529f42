"""Stores of traces: requests of customers, with their parameters."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, text, titled

PRODUCTS = (
    Product(
        name="Jaeger",
        sign=titled(r"Jaeger UI"),
        reads=(Read("/api/services", keys("data", "total", "errors")),),
        gains="read every trace, with the addresses, parameters and queries in it",
        close="Require client certificates in the TLS of its query service, or put a proxy that requires a login in front; it has no login.",
        source="https://www.jaegertracing.io/docs/latest/deployment/security/",
        holds=Holds.INSIGHT,
    ),
    Product(
        name="Zipkin",
        sign=titled(r"Zipkin"),
        reads=(Read("/api/v2/services", text(r'\A\s*\[')), Read("/zipkin/api/v2/services", text(r'\A\s*\['))),
        gains="read every trace, with the addresses, parameters and queries in it, and add forged ones",
        close="Put a proxy that requires a login in front of it; it has no login.",
        source="https://zipkin.io/pages/architecture.html",
        holds=Holds.INSIGHT,
    ),
)  # fmt: skip
