"""Values as Lua writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from batten.guard.lua.automaton import Automaton

EXACT = 2**53  # integers beyond it are not told from their neighbours in Lua


def quoted(text: str) -> str:
    """A Lua string, in ASCII, of the text's UTF-8; nothing in it ends a string, a comment or a line."""
    made = []
    for byte in text.encode("utf-8", "surrogatepass"):
        plain = 32 <= byte < 127 and byte not in b"\"\\'$[]"
        made.append(chr(byte) if plain else f"\\{byte:03d}")
    return f'"{"".join(made)}"'


def decoded(value: Any) -> str:
    """An expression that gives a JSON value as the decoder would."""
    return f"made({quoted(json.dumps(value, ensure_ascii=False))})"


def is_scalar(value: Any) -> bool:
    """Whether equal values are one key of a Lua table."""
    if isinstance(value, (dict, list)):
        return False
    return not isinstance(value, int) or abs(value) <= EXACT


def scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else number(value)


def number(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) <= EXACT else repr(float(value))


def names(found: Iterable[str]) -> str:
    """A set of strings."""
    return "{" + ", ".join(f"[{quoted(name)}] = true" for name in found) + "}"


def automaton(made: Automaton) -> str:
    cells = (cell for row in made.steps for cell in row)
    width = len(set(made.classes))
    classes = ",".join(str(c + 1) for c in made.classes)
    ends = ",".join(f"[{state}]=true" for state in sorted(made.ends))
    starts = ",".join(map(str, made.starts))
    return (
        f"R.automaton({made.first}, {width}, {{{','.join(map(str, cells))}}}, {{{ends}}},"
        f" {{{starts}}}, {{{classes}}})"
    )


def indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
