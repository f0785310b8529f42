"""Emulators of clouds, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import Answers, Case, doubled, json_of, starting

HEALTH = {"services": {"s3": "running", "lambda": "available"}, "edition": "community", "version": "4.9.2"}
LOCALSTACK: Answers = {"GET /": (200, {}, ""), "GET /_localstack/health": json_of(HEALTH)}

CASES = (
    Case(product="moto server", opened=starting("moto", "moto_server", "-H", "127.0.0.1", "-p", "{port}")),
    Case(
        product="LocalStack",
        opened=doubled(LOCALSTACK),
        double=True,
        source="https://docs.localstack.cloud/references/internal-endpoints/",
    ),
)
