"""Terminals in a browser: whoever opens one has a shell."""

from __future__ import annotations

from batten.live.products.product import Product, Read, either, headed, text, titled

PRODUCTS = (
    Product(
        name="ttyd",
        sign=either(headed("server", r"ttyd/"), titled(r"ttyd - ")),
        reads=(Read("/token", text(r'\A\{"token": ""\}\s*\Z')),),
        gains="run any command as the user that started it",
        close="Set `--credential USER:PASSWORD` (or `--auth-header` behind a proxy with a login), and `--interface lo`.",
        source="https://github.com/tsl0922/ttyd/wiki/Auth-Proxy",
        version=r"(?im)^server: ttyd/(\d[\d.]*)",
    ),
)  # fmt: skip
