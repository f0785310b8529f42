"""Consoles of key-value stores, by the programs that their vendors ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node_programs import served, stored
from product_cases import PASSWORD, Case, doubled, html, json_of


@contextmanager
def _commander(folder: Path, port: int, *options: str) -> Iterator[None]:
    with stored(folder) as at:
        store = ("--redis-host", "127.0.0.1", "--redis-port", at, *options)
        with served(folder, port, "redis-commander", "redis-commander", "--port", port, *store):
            yield


CASES = (
    Case(
        product="Redis Commander",
        opened=lambda f, p: _commander(f, p),
        locked=lambda f, p: _commander(f, p, "--http-auth-username", "u", "--http-auth-password", PASSWORD),
        ci=True,
    ),
    Case(
        product="Redis Insight",
        double=True,
        source="https://github.com/redis/RedisInsight/blob/main/redisinsight/api/src/modules/database/database.controller.ts",
        opened=doubled(
            {
                "GET /": html("<html><head><title>Redis Insight</title></head><body></body></html>"),
                "GET /api/databases": json_of([{"id": "1", "host": "cache", "port": 6379, "name": "cache"}]),
                "GET /api/info": json_of({"id": "1", "appVersion": "2.60.0", "osPlatform": "linux"}),
            }
        ),
    ),
)
