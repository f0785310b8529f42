"""Consoles in which SQL is written: they hold the passwords of databases for their visitors."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, named, rows, text

PRODUCTS = (
    Product(
        name="SQLPad",
        sign=named(r"SQLPad"),
        reads=(Read("/api/app", text(r'"adminRegistrationOpen"\s*:\s*true')), Read("/api/connections", rows("id", "name", "driver"))),
        gains="make itself the administrator, and read and write the databases that it is connected to",
        close="Create the administrator before it is reachable (`SQLPAD_ADMIN` with `SQLPAD_ADMIN_PASSWORD`), and leave `SQLPAD_AUTH_DISABLED` off.",
        source="https://getsqlpad.com/en/authentication/",
        holds=Holds.DATA,
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
)  # fmt: skip
