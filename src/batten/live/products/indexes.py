"""Search engines and stores of keys that speak HTTP."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, either, headed, text, titled

PRODUCTS = (
    Product(
        name="Groonga",
        sign=either(headed("server", r"Groonga/"), titled(r"Groonga admin")),
        reads=(Read("/d/table_list", text(r'\A\[\[0,[\d.]+,[\d.e-]+\],\[\[\["id","UInt32"\]')),),
        gains="read, change and delete all tables, and stop the server",
        close="Set `--bind-address` to a private address, and put a proxy with a login in front: it has none of its own.",
        source="https://groonga.org/docs/reference/executables/groonga.html",
        holds=Holds.DATA,
        version=r'"version":"(\d[\d.]*)',
        tells="/d/status",
    ),
)  # fmt: skip
