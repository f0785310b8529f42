"""Products that are often left open: a module a family, a row a product (`product.Product`); a new module is found by itself.

A row is proved by the vendor's server, open and locked, or by a double that speaks its documented protocol; both are
named in `tests/live/products/`, and a row with neither fails the tests.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from batten.live.products.product import Product, Read

_FAMILIES = sorted(module.name for module in iter_modules(__path__) if module.name != "product")
PRODUCTS: tuple[Product, ...] = tuple(
    row for name in _FAMILIES for row in import_module(f"{__name__}.{name}").PRODUCTS
)

__all__ = ["PRODUCTS", "Product", "Read"]
