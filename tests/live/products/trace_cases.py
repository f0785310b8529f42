"""Stores of traces, by doubles: no registry that is used here has the real ones."""

from __future__ import annotations

from product_cases import Case, doubled, html, json_of

_SERVICES = json_of({"data": ["orders"], "total": 1, "limit": 0, "offset": 0, "errors": None})

CASES = (
    Case(
        product="Jaeger",
        double=True,
        source="https://www.jaegertracing.io/docs/latest/architecture/apis/",
        opened=doubled(
            {
                "GET /": html("<html><head><title>Jaeger UI</title></head><body></body></html>"),
                "GET /api/services": _SERVICES,
            }
        ),
    ),
    Case(
        product="Zipkin",
        double=True,
        source="https://zipkin.io/zipkin-api/",
        opened=doubled(
            {
                "GET /": (302, {"Location": "/zipkin/"}, ""),
                "GET /zipkin/": html("<html><head><title>Zipkin</title></head><body></body></html>"),
                "GET /api/v2/services": json_of(["orders"]),
            }
        ),
    ),
)
