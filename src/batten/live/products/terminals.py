"""Terminals in the browser: whoever opens one has a shell."""

from __future__ import annotations

from batten.live.products.product import Product, Read, named, says

PRODUCTS = (
    Product(
        name="Gritty",
        sign=named(r"Gritty"),
        reads=(Read("/socket.io/?EIO=4&transport=polling", says(r'\A0\{"sid":')),),
        gains="run any command as the user that started it",
        close="Bind it to loopback, or pass a function `auth` to `gritty.listen`.",
        source="https://github.com/cloudcmd/gritty#server-api",
    ),
)  # fmt: skip
