"""`$VAR` and `${VAR…}` in Compose files. Source: the Compose specification, "Interpolation"."""

from __future__ import annotations

import re
from collections.abc import Mapping

UNKNOWN_PART = "\0"  # stands in a value for what only the shell that runs Compose knows
_DEEPEST = 20
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_OPERATION = re.compile(r":?[-?+]")


def interpolate(text: str, values: Mapping[str, str], depth: int = 0) -> str:
    """The text with its variables replaced; what cannot be known becomes UNKNOWN_PART."""
    if "$" not in text:
        return text
    parts: list[str] = []
    at = 0
    while (found := text.find("$", at)) >= 0:
        parts.append(text[at:found])
        if text.startswith("$$", found):
            value, at = "$", found + 2
        else:
            braced = text.startswith("${", found)
            name = _NAME.match(text, found + (2 if braced else 1))
            if name is None:
                value, at = "$", found + 1
            elif not braced:
                value, at = values.get(name[0], UNKNOWN_PART), name.end()
            else:
                end = _closing(text, found + 2)
                rest = text[name.end() : end]
                operation = _OPERATION.match(rest)
                expanded_value = values.get(name[0])
                if operation is None or depth > _DEEPEST:
                    expanded = UNKNOWN_PART if expanded_value is None or rest else expanded_value
                else:
                    operand = rest[operation.end() :]
                    there = expanded_value is not None and (expanded_value != "" or operation[0][0] != ":")
                    match operation[0][-1]:
                        case "+":
                            expanded = interpolate(operand, values, depth + 1) if there else UNKNOWN_PART
                        case "-" if not there:
                            expanded = interpolate(operand, values, depth + 1)
                        case _:
                            expanded = (
                                expanded_value if there and expanded_value is not None else UNKNOWN_PART
                            )
                value, at = expanded, end + 1
        parts.append(value)
    parts.append(text[at:])
    return "".join(parts)


def _closing(text: str, at: int) -> int:
    depth = 1
    while at < len(text):
        if text.startswith("${", at):
            depth += 1
            at += 1
        elif text[at] == "}":
            depth -= 1
            if not depth:
                return at
        at += 1
    return len(text)
