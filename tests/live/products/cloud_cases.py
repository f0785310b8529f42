"""Emulators of clouds, by the servers that their vendors ship."""

from __future__ import annotations

from product_cases import Case, starting

CASES = (
    Case(product="moto server", opened=starting("moto", "moto_server", "-H", "127.0.0.1", "-p", "{port}")),
)
