"""Paths as Express, Fastify and NestJS write them, in the form of contracts.

Sources: https://expressjs.com/en/guide/routing.html, https://fastify.dev/docs/latest/Reference/Routes/#url-building.
"""

from __future__ import annotations

import re

_PARAMETER = re.compile(r":(\w+)(?:\([^()]*\))?")
_LITERAL = re.compile(r"(?:/(?:[\w.~-]|:\w+(?:\([^()]*\))?)*)+")


def templated(path: str) -> str:
    """`/orders/{id}` of `/orders/:id`; "" where a pattern or an optional part leaves more than one path."""
    return _PARAMETER.sub(r"{\1}", path) if _LITERAL.fullmatch(path) else ""
