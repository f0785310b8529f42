"""A text as the single value that its schema asks for."""

from __future__ import annotations

import re

from batten.guard.content.views import View

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,99})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,100})?(?:[eE][+-]?[0-9]{1,3})?")


def leaf(text: str, view: View) -> object:
    """The text itself where it is none of the other types that are possible: the schema refuses it then."""
    types = view.types
    if "string" in types and view.first("type") is not None:
        return text
    if "integer" in types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text)
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if "null" in types and text == "" and "string" not in types:
        return None
    return text
