"""Repositories of packages and of backups."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, answered, both, headed, rows

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
    Product(
        name="restic REST server",
        sign=both(headed("allow", r"POST\Z"), answered(405, r"\AMethod Not Allowed\s*\Z")),
        reads=(Read("/keys/", rows("name", "size"), headers=(("Accept", "application/vnd.x.restic.rest.v2"),)),),
        gains="fetch all backups, which their passwords alone protect, and delete them",
        close="Remove `--no-auth`, write users into `.htpasswd`, and set `--append-only`.",
        source="https://github.com/restic/rest-server#usage",
        holds=Holds.DATA,
    ),
)  # fmt: skip
