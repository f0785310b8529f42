"""Workbenches for data."""

from __future__ import annotations

from batten.live.products.product import Product, Read, keys, titled

PRODUCTS = (
    Product(
        name="OpenRefine",
        sign=titled(r"OpenRefine"),
        reads=(Read("/command/core/get-all-project-metadata", keys("projects")),),
        gains="read, change and delete all projects, fetch addresses of its network, and run code by expressions in Jython",
        close="Leave `-i` at 127.0.0.1, and put a proxy with a login in front: it has none of its own.",
        source="https://openrefine.org/docs/manual/running",
        version=r'"version":\s*"(\d[\d.]*)',
        tells="/command/core/get-version",
    ),
)  # fmt: skip
