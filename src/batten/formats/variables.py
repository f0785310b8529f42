"""`$VAR` and `${VAR…}` as a Dockerfile's instructions expand them.

Source: the Dockerfile reference, "Environment replacement".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from batten.patterns import shell

LONGEST = 1 << 16  # characters of a word: each variable may hold the one before it twice
DEEPEST = 50  # ${A:-${B:-…}}
_PLAIN = re.compile(r"[^$\\'\"]+")
_NAME = re.compile(r"[A-Za-z_]\w*|\d", re.ASCII)
_OPERATION = re.compile(r":?[-+?]|##?|%%?|//?")


class _Unknown(Exception):
    """A value that the text cannot be expanded without, or a text that is no word."""


def expand(text: str, values: Mapping[str, str], escape: str = "\\") -> str | None:
    """The word with its variables replaced and its quotes resolved; None when one is not known.

    `text` is the word as it is written. A variable that `values` lacks takes the default that the
    word gives it, and is unknown when it gives none.
    """
    try:
        return _word(text, values, escape, 0)
    except _Unknown:
        return None


def _word(text: str, values: Mapping[str, str], escape: str, depth: int) -> str:
    if depth > DEEPEST:
        raise _Unknown
    parts: list[str] = []
    at = 0
    double = False
    length = 0
    while at < len(text):
        sign = text[at]
        if sign == "'" and not double:
            end = text.find("'", at + 1)
            if end < 0:
                raise _Unknown
            parts.append(text[at + 1 : end])
            at = end + 1
        elif sign == '"':
            double = not double
            at += 1
        elif sign == escape and at + 1 < len(text):
            kept = double and text[at + 1] not in f'"${escape}'
            parts.append(text[at : at + 2] if kept else text[at + 1])
            at += 2
        elif sign == "$":
            # The value of the variable whose '$' is at `at`, and where what names it ends.
            if not text.startswith("${", at):
                name = _NAME.match(text, at + 1)
                if name is None:
                    value, at = "$", at + 1
                else:
                    value, at = _known(values, name[0]), name.end()
            else:
                variable_end = _closing(text, at + 2, escape)
                name = _NAME.match(text, at + 2, variable_end)
                if name is None:
                    raise _Unknown
                inside = text[name.end() : variable_end]
                if not inside:
                    value, at = _known(values, name[0]), variable_end + 1
                else:
                    operation = _OPERATION.match(inside)
                    if operation is None:
                        raise _Unknown
                    operand = inside[operation.end() :]
                    value, at = (
                        _modified(name[0], operation[0], operand, values, escape, depth),
                        variable_end + 1,
                    )
            parts.append(value)
            length += len(value)
            if length > LONGEST:
                raise _Unknown
        else:
            plain = _PLAIN.match(text, at)
            parts.append(plain[0] if plain else sign)
            at += len(parts[-1])
    if double:
        raise _Unknown
    return "".join(parts)


def _known(values: Mapping[str, str], name: str) -> str:
    if name not in values:
        raise _Unknown
    return values[name]


def _closing(text: str, at: int, escape: str) -> int:
    """Where the brace opened before `at` is closed."""
    depth = 1
    while at < len(text):
        if text[at] == escape:
            at += 1
        elif text.startswith("${", at):
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    raise _Unknown


def _modified(
    name: str, operation: str, operand: str, values: Mapping[str, str], escape: str, depth: int
) -> str:
    value = values.get(name)
    there = value is not None and (value != "" or not operation.startswith(":"))
    if operation[-1] in "-+?":
        if operation[-1] == "+":
            return _word(operand, values, escape, depth + 1) if there else ""
        if there and value is not None:
            return value
        if operation[-1] == "?":
            raise _Unknown
        return _word(operand, values, escape, depth + 1)
    if value is None:
        raise _Unknown
    if operation[0] == "/":
        pattern, _, replacement = operand.partition("/")
        with_text = _word(replacement, values, escape, depth + 1)
        return shell.replaced(value, pattern, with_text, operation == "//")
    # The value without the prefix (`#`) or suffix (`%`) that the pattern matches.
    pattern = _word(operand, values, escape, depth + 1)
    strip = shell.without_prefix if operation[0] == "#" else shell.without_suffix
    return strip(value, pattern, longest=len(operation) == 2)
