"""Servers that drive devices, by the programs that their vendors ship."""

from __future__ import annotations

from node_programs import starts
from product_cases import Case

CASES = (
    Case(
        product="Appium",
        opened=starts("appium", "appium", "--port", "{port}", "--address", "127.0.0.1"),
    ),
)
