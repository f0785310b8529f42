"""Terminals in the browser, by the programs that their vendors ship."""

from __future__ import annotations

from node_programs import starts
from product_cases import Case

CASES = (Case(product="Gritty", opened=starts("gritty", "gritty", "--port", "{port}")),)
