"""Repositories of packages."""

from __future__ import annotations

from batten.live.products.product import Product, Read, answered, rows

PRODUCTS = (
    Product(
        name="aptly",
        sign=answered(404, r"\A404 page not found\Z"),
        reads=(Read("/api/repos", rows("Name", "DefaultDistribution", "DefaultComponent")),),
        gains="upload packages, publish repositories that machines install from, and delete them",
        close="Let `aptly api serve` listen on loopback or a unix socket, behind a proxy with a login: it has none of its own.",
        source="https://www.aptly.info/doc/api/",
        version=r'"Version":\s*"(\d[\d.]*)',
        tells="/api/version",
    ),
)  # fmt: skip
