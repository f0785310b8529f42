"""Discover, read, link, judge, suppress, fix, compare. The only package that imports all layers below."""

from batten.engine.review import Review, read_unit, review, with_fix

__all__ = ["Review", "read_unit", "review", "with_fix"]
