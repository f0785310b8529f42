"""Message brokers, by the servers that Debian ships."""

from __future__ import annotations

from product_cases import Case, started

CASES = (
    Case(
        product="NATS monitoring",
        opened=started("nats-server", "-a", "127.0.0.1", "-p", "{free}", "-m", "{port}"),
        ci=True,
    ),
)
