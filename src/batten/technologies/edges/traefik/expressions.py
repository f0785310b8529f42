"""The only expression that a rule compares paths with."""

from __future__ import annotations

import json
import re

_EXPRESSION = re.compile(r"\bPathRegexp\((?:`([^`]*)`|(\"(?:[^\"\\]|\\.)*\"))\)")


def expression(rule: str) -> str:
    """ "" unless there is exactly one."""
    found = _EXPRESSION.findall(rule)
    if len(found) != 1:
        return ""
    plain, quoted = found[0]
    try:
        return str(plain or json.loads(quoted))
    except ValueError:  # an escape of Go's that JSON has not
        return ""
