"""Consoles of key-value stores: they hold the password of the store for their visitors."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, rows, titled

PRODUCTS = (
    Product(
        name="Redis Commander",
        sign=titled(r"Redis Commander"),
        reads=(Read("/connections", keys("connections")),),
        gains="read, change and delete every key, and send any command to the store",
        close="Set `--http-auth-username` and `--http-auth-password` (`HTTP_USER`, `HTTP_PASSWORD`).",
        source="https://github.com/joeferner/redis-commander#usage",
        holds=Holds.DATA,
    ),
    Product(
        name="Redis Insight",
        sign=titled(r"Redis ?[Ii]nsight"),
        reads=(Read("/api/databases", rows("id", "host", "port")),),
        gains="read, change and delete every key of its databases, and send any command to them",
        close="Bind it to loopback (`RI_APP_HOST=127.0.0.1`), or put a proxy that requires a login in front of it; it has no login.",
        source="https://redis.io/docs/latest/operate/redisinsight/configuration/",
        holds=Holds.DATA,
        version=r'"appVersion":\s*"(\d[\w.]+)"',
        tells="/api/info",
    ),
)  # fmt: skip
