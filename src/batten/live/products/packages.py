"""Registries of packages: what a company keeps private, and what its builds run."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, named

PRODUCTS = (
    Product(
        name="Verdaccio",
        sign=named(r"Verdaccio"),
        reads=(Read("/-/verdaccio/data/packages", keys("0.name", "0.versions")), Read("/-/verdaccio/data/packages", keys("0.name", "0.version"))),
        gains="download every private package, and, where `max_users` does not forbid it, register and publish its own",
        close="Set `access: $authenticated` for `**` in `packages`, and `max_users: -1` in `auth.htpasswd`.",
        source="https://verdaccio.org/docs/packages/",
        holds=Holds.DATA,
        mounts=("/verdaccio/",),
    ),
)  # fmt: skip
