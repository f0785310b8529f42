"""Message brokers, by the HTTP interfaces of their operators."""

from __future__ import annotations

from batten.facts import Holds
from batten.live.products.product import Product, Read, keys, page

PRODUCTS = (
    Product(
        name="NATS monitoring",
        sign=page(r"nats\.io/favicon|src=\"?https?://nats\.io/", r"href=\"?\.?/?(?:varz|connz)"),
        reads=(Read("/connz?limit=1", keys("server_id", "num_connections", "connections")),),
        gains="see every client with its address, user and subjects, and the configuration of the cluster",
        close="Bind monitoring to loopback (`http: 127.0.0.1:8222`): it has no login of its own.",
        source="https://docs.nats.io/running-a-nats-service/nats_admin/monitoring",
        holds=Holds.INSIGHT,
        version=r'"version":\s*"(\d[\d.]*)',
        tells="/varz",
    ),
)  # fmt: skip
