"""The Caddyfile's words and blocks, as `caddy fmt` lays them out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_PLAIN = re.compile(r"[A-Za-z0-9*/_.,:;=()^$+?|\[\]<>@%~&!-]+")


def word(text: str) -> str:
    """One argument; placeholders in it stay placeholders."""
    if _PLAIN.fullmatch(text) and not text.startswith("@"):
        return text
    if "`" not in text:
        return f"`{text}`"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def literal(text: str) -> str:
    """Text without placeholders."""
    return text.replace("{", "\\{").replace("}", "\\}")


def commented(text: str) -> str:
    """Variables of the environment, `{$NAME}`, are replaced in comments, too, and reach over ends of lines."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("{$", "{ $")


def line(*words: str) -> str:
    first, *others = words
    return " ".join((first, *map(word, others)))


def block(head: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"{head} {{"
    yield from (f"\t{each}" if each else "" for each in lines)
    yield "}"


def above(number: int) -> str:
    """An expression for decimal numbers that are greater."""
    digits = str(number)
    longer = f"[1-9][0-9]{{{len(digits)},}}"
    ways = [
        f"{digits[:place]}[{int(digit) + 1}-9]" + "[0-9]" * (len(digits) - place - 1)
        for place, digit in enumerate(digits)
        if digit != "9"
    ]
    return f"^0*(?:{'|'.join((longer, *ways))})$"
