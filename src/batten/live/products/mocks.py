"""Servers that pretend to be another API: anyone changes what they answer, and reads what was sent to them."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, page, text

PRODUCTS = (
    Product(
        name="JSON Server",
        sign=page(r"<title>JSON Server</title>|<strong>JSON Server</strong>"),  # before 1.0, since 1.0
        reads=(
            Read("/db", text(r"\A\s*\{\s*\"[^\"]+\"\s*:\s*[\[{]")),
            Read("/", page(r"<strong>JSON Server</strong>", r'<a href="([^"]+)">/\1</a>')),
        ),
        gains="read, change and delete all of its records",
        close="Start version 0 with `--host localhost`, or put a proxy that requires a login in front of it: version 1 listens on all addresses.",
        source="https://github.com/typicode/json-server/tree/v0.17.4#cli-usage",
        holds=Holds.DATA,
    ),
    Product(
        name="mountebank",
        sign=page(r'"imposters"\s*:\s*\{\s*"href"|<title>mountebank|mountebank - over the wire test doubles'),
        reads=(Read("/imposters", keys("imposters")), Read("/config", keys("version", "options.allowInjection"))),
        gains="open ports, replace what imposters answer, read what was sent to them, and run code when `--allowInjection` is set",
        close="Start it with `--apikey` and `--localOnly` or `--ipWhitelist`, and without `--allowInjection`.",
        source="https://www.mbtest.org/docs/security",
        tells="/config",
        version=r'"version":\s*"(\d[\w.]+)"',
    ),
)  # fmt: skip
