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
        value, at = _variable(text, found, values, depth)
        parts.append(value)
    parts.append(text[at:])
    return "".join(parts)


def _variable(text: str, at: int, values: Mapping[str, str], depth: int) -> tuple[str, int]:
    if text.startswith("$$", at):
        return "$", at + 2
    braced = text.startswith("${", at)
    name = _NAME.match(text, at + (2 if braced else 1))
    if name is None:
        return "$", at + 1
    if not braced:
        return values.get(name[0], UNKNOWN_PART), name.end()
    end = _closing(text, at + 2)
    return _expanded(name[0], text[name.end() : end], values, depth), end + 1


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


def _expanded(name: str, rest: str, values: Mapping[str, str], depth: int) -> str:
    operation = _OPERATION.match(rest)
    value = values.get(name)
    if operation is None or depth > _DEEPEST:
        return UNKNOWN_PART if value is None or rest else value
    operand = rest[operation.end() :]
    there = value is not None and (value != "" or operation[0][0] != ":")
    match operation[0][-1]:
        case "+":
            return interpolate(operand, values, depth + 1) if there else UNKNOWN_PART
        case "-" if not there:
            return interpolate(operand, values, depth + 1)
        case _:
            return value if there and value is not None else UNKNOWN_PART
