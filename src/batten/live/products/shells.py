"""Terminals in a browser: whoever opens one has a shell."""

from __future__ import annotations

from batten.live.products.product import Product, Read, either, headed, text, titled

PRODUCTS = (
    Product(
        name="ttyd",
        sign=either(headed("server", r"ttyd/"), titled(r"ttyd - ")),
        reads=(Read("/token", text(r'\A\{"token": ""\}\s*\Z')),),
        gains="see the terminal of the user that started it, and run any command in it where it is writable (`--writable`, and every version before 1.7.4)",
        close="Set `--credential USER:PASSWORD` (or `--auth-header` behind a proxy with a login), and `--interface lo`.",
        source="https://github.com/tsl0922/ttyd#command-line-options",
        version=r"(?im)^server: ttyd/(\d[\d.]*)",
    ),
)  # fmt: skip
