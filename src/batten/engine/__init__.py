"""Discover, read, link, judge, suppress, fix, compare. The only room that knows everybody."""

from batten.engine.review import Review, read_unit, review, with_fix

__all__ = ["Review", "read_unit", "review", "with_fix"]
