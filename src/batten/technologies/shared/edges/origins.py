"""Origins that an edge lets in: literals, and expressions with their anchors."""

from __future__ import annotations

import re
from collections.abc import Iterable

from batten.facts import CorsPolicy, OriginKind, OriginRule
from batten.model import ABSENT, Absent, Location, Setting, Unknown

_LITERAL = re.compile(r"(?:[^\\.+*?()\[\]{}|^$]|\\[^A-Za-z0-9])*")


def origin(value: str, at: Location) -> OriginRule:
    """One origin written out: exact, `*` or `null`."""
    kind = {"*": OriginKind.ANY, "null": OriginKind.NULL}.get(value.lower(), OriginKind.EXACT)
    return OriginRule(kind, Setting(value, at))


def reflected(at: Location, text: str = "") -> OriginRule:
    """Whatever origin asks is echoed."""
    return OriginRule(OriginKind.REFLECTED, Setting(text, at))


def pattern(text: str, at: Location, whole: bool = False) -> OriginRule:
    """An expression over the Origin. `whole`: the product matches it against all of the text; others
    search, so only its own anchors hold it."""
    start, end = (True, True) if whole else anchors(text)
    return OriginRule(OriginKind.PATTERN, Setting(text, at), start, end)


def wildcard(text: str, at: Location) -> OriginRule:
    """An origin with `*` for any run of characters, as many products write it."""
    return OriginRule(OriginKind.PATTERN, Setting(".*".join(map(escaped, text.split("*"))), at))


def escaped(text: str) -> str:
    """The text as an expression that matches it only; `/` and `-` stay readable."""
    return re.sub(r"([.+*?()\[\]{}|^$\\])", r"\\\1", text)


def expression(origins: Iterable[str]) -> str:
    """An anchored expression that admits exactly these origins."""
    return f"^(?:{'|'.join(escaped(o) for o in origins)})$"


def anchors(text: str) -> tuple[bool, bool]:
    """Whether every alternative of an expression starts with ^, and ends with $."""
    parts = _alternatives(text)
    if len(parts) == 1 and _wrapped(text):
        return anchors(re.sub(r"^\((?:\?:)?", "", text)[:-1])
    starts = all(p.startswith(("^", r"\A")) for p in parts)
    ends = all(p.endswith(("$", r"\z", r"\Z")) and not p.endswith(r"\$") for p in parts)
    return starts, ends


def _wrapped(text: str) -> bool:
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return index == len(text) - 1
    return False


def _alternatives(text: str) -> list[str]:
    parts, depth, start, escape = [], 0, 0, False
    for index, character in enumerate(text):
        if escape:
            escape = False
        elif character == "\\":
            escape = True
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "|" and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def literals(text: str) -> tuple[str, ...] | None:
    """All texts that an expression is for; None where it is more than alternatives that are written out."""
    inner = text.removeprefix("^").removesuffix("$")
    if inner.startswith("(?:") and inner.endswith((")", ")?")):
        inner = inner.removeprefix("(?:").removesuffix("?").removesuffix(")")
    parts = _alternatives(inner)
    if not all(map(_LITERAL.fullmatch, parts)):
        return None
    return tuple(re.sub(r"\\(.)", r"\1", part) for part in parts)


def no_policy(at: Location, varies: bool | Absent | Unknown = ABSENT) -> CorsPolicy:
    """That of a place in front of something, where no origin is let in by the edge itself."""
    return CorsPolicy(
        at,
        origins=Setting(ABSENT, at),
        credentials=Setting(ABSENT, at, False),
        methods=Setting(ABSENT, at),
        headers=Setting(ABSENT, at),
        varies=Setting(varies, at, False if varies is ABSENT else ABSENT),
    )
