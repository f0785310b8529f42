"""Terraform's `format` and `formatlist`.

Reference: https://developer.hashicorp.com/terraform/language/functions/format
"""

from __future__ import annotations

import json
import re

from batten.model import UNKNOWN
from batten.technologies.cloud.terraform.values import LARGEST, Failure, Value, certain, is_number, text

_VERB = re.compile(
    r"%(?:%|(?P<flags>[-+ 0#]*)(?P<width>\d{0,3})(?:\.(?P<precision>\d{0,2}))?(?P<verb>[a-zA-Z]))"
)


def formatted(values: list[Value]) -> Value:
    """Only the plain verbs; `%[1]s` and the like are UNKNOWN."""
    match values:
        case [str() as pattern, *rest] if "%[" not in pattern:
            return _filled(pattern, rest)
        case _:
            return UNKNOWN


def formatted_each(values: list[Value]) -> Value:
    """Over lists of one length; what is no list is the same each time."""
    match values:
        case [str() as pattern, *rest] if "%[" not in pattern:
            lengths = {len(v) for v in rest if isinstance(v, list)}
            if len(lengths) != 1 or max(lengths) > LARGEST:
                return UNKNOWN
            return [
                _filled(pattern, [v[n] if isinstance(v, list) else v for v in rest])
                for n in range(lengths.pop())
            ]
        case _:
            return UNKNOWN


def _filled(pattern: str, values: list[Value]) -> Value:
    waiting = values[::-1]
    made: list[str] = []
    at = 0
    for found in _VERB.finditer(pattern):
        made.append(pattern[at : found.start()])
        at = found.end()
        if found[0] == "%%":
            made.append("%")
            continue
        if not waiting:
            raise Failure
        written = _written(found, waiting.pop())
        if written is None:
            return UNKNOWN
        made.append(written)
    return "".join((*made, pattern[at:]))


def _written(found: re.Match[str], value: Value) -> str | None:
    verb = found["verb"]
    plain = text(value)
    if plain is None or not certain(value):
        return None
    width = f"{found['width']}"
    if verb in "sv":
        shown = plain
    elif verb == "q":
        shown = json.dumps(plain, ensure_ascii=False)
    elif verb == "d" and is_number(value):
        sign = "0" if "0" in found["flags"] else ""
        return f"{int(value):{sign}{width}d}" if "-" not in found["flags"] else f"{int(value):<{width}d}"
    elif verb in "xXob" and isinstance(value, int):
        return f"{value:{'0' if '0' in found['flags'] else ''}{width}{verb}}"
    elif verb in "fFeEgG" and is_number(value):
        return f"{value:{width}.{found['precision'] or '6'}{verb}}"
    else:
        return None
    if not width:
        return shown
    return shown.ljust(int(width)) if "-" in found["flags"] else shown.rjust(int(width))
