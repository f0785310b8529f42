"""Every expression that batten's modules hold, and texts made of it to make it go back and try again."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import batten
from batten.patterns.syntax import parts_of

_parser: Any = importlib.import_module("re._parser")
MOST = 40  # texts for one expression


def expressions() -> dict[str, re.Pattern[Any]]:
    """By module and name; what is kept in tables is found in them."""
    found: dict[str, re.Pattern[Any]] = {}
    for module in modules():
        for name, value in vars(module).items():
            for number, pattern in enumerate(held(value, 0, set())):
                if not any(p.pattern == pattern.pattern and p.flags == pattern.flags for p in found.values()):
                    found[f"{module.__name__}.{name}" + (f"[{number}]" if number else "")] = pattern
    return found


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(batten.__path__, "batten."):
        try:
            yield importlib.import_module(info.name)
        except ImportError:  # an extra that is not installed
            continue


def held(value: object, depth: int, seen: set[int]) -> Iterator[re.Pattern[Any]]:
    if depth > 5 or id(value) in seen or isinstance(value, str | bytes | int | float | ModuleType):
        return
    seen.add(id(value))
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from held(inner, depth + 1, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from held(inner, depth + 1, seen)
    elif callable(value) and getattr(value, "__closure__", None):
        for cell in value.__closure__:
            try:
                yield from held(cell.cell_contents, depth + 1, seen)
            except ValueError:
                continue
    elif type(value).__module__.startswith("batten.") and not isinstance(value, type):
        for name in getattr(type(value), "__slots__", ()) or getattr(value, "__dict__", ()):
            yield from held(getattr(value, name, None), depth + 1, seen)


def attacks(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """Pairs of what stands in front and what is repeated behind it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
        tree = list(_parser.parse(text, pattern.flags & ~(re.UNICODE | re.DEBUG)))
    made: dict[tuple[str, str], None] = {("", " "): None, ("", "a"): None, ("", "\n"): None}
    _loops(tree, "", made)
    sample = _sample(tree)
    for end in range(1, min(len(sample), 12) + 1):
        made["", sample[:end]] = None
    if sample:
        made["", sample[:-1]] = made["", sample] = made["", sample[:-1] + "\n"] = None
    return [pair for pair in made if pair[1]][:MOST]


def _loops(items: Any, before: str, made: dict[tuple[str, str], None]) -> None:
    for name, value in items:
        kind = str(name)
        if kind in ("MAX_REPEAT", "MIN_REPEAT") and int(value[1]) > 50:
            bodies = dict.fromkeys(filter(None, _samples(list(value[2]))))
            for body in list(bodies)[:6]:
                made[before, body] = None
                made["", before + body] = made["", before[-1:] + body] = None
        for inner in parts_of(kind, value):
            _loops(inner, before, made)
        before += _sample([(name, value)])
        before = before[-200:]


def _samples(items: Any) -> list[str]:
    """Some texts that a sequence takes."""
    if len(items) == 1:
        name, value = items[0]
        if str(name) == "IN":
            return [c for c in " \ta0-_.,;:/'\"\\{}[]()<>=#$%&*\n\r\x00é" if _takes(value, c)] or [
                _sample(items)
            ]
        if str(name) == "ANY":
            return [" ", "a", "\r"]
        if str(name) == "SUBPATTERN":
            return _samples(list(value[3]))
        if str(name) == "NOT_LITERAL":
            return [c for c in ("a", " ", "\n", "\\") if ord(c) != value]
    if len(items) == 1 and str(items[0][0]) == "BRANCH":
        return [_sample(list(b)) for b in items[0][1][1]]
    return [_sample(items)]


def _takes(members: Any, letter: str) -> bool:
    negated = str(members[0][0]) == "NEGATE"
    return any(_member(str(n), v, letter) for n, v in members) is not negated


def _member(name: str, value: Any, letter: str) -> bool:
    if name == "LITERAL":
        return ord(letter) == value
    if name == "RANGE":
        return value[0] <= ord(letter) <= value[1]
    if name == "CATEGORY":
        kind = str(value).removeprefix("CATEGORY_")
        holds = {
            "DIGIT": letter.isdecimal(),
            "SPACE": letter.isspace(),
            "WORD": letter.isalnum() or letter == "_",
        }
        return holds[kind.removeprefix("NOT_")] is not kind.startswith("NOT_")
    return False


def _sample(items: Any) -> str:
    """A text that the sequence takes, as far as it is easily made."""
    made = ""
    for name, value in items:
        match str(name):
            case "LITERAL":
                made += chr(value)
            case "NOT_LITERAL":
                made += "a" if value != 97 else "b"
            case "ANY":
                made += "a"
            case "IN":
                made += next((c for c in "a0 _-.:/=\"'{}\n#;,<>\\" if _takes(value, c)), "")
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                made += _sample(list(value[2])) * min(max(int(value[0]), 1 if int(value[1]) > 1 else 0), 20)
            case "BRANCH":
                made += _sample(list(value[1][0]))
            case "SUBPATTERN":
                made += _sample(list(value[3]))
            case "ATOMIC_GROUP":
                made += _sample(list(value))
    return made


ALL = ("search", "match", "fullmatch")


@cache
def _sources() -> dict[str, str]:
    root = Path(batten.__path__[0])
    return {
        ".".join(("batten", *path.relative_to(root).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): path.read_text(encoding="utf-8")
        for path in root.rglob("*.py")
    }


def asked(name: str) -> tuple[str, ...]:
    """The methods by which an expression is used, where it stands and where it is imported; all where it is in a table."""
    module, _, held = name.partition("[")[0].rpartition(".")
    imported = rf"from {re.escape(module)} import [^)]*?\b{held}\b"
    found = {
        "search" if method in ("finditer", "findall", "sub", "subn", "split") else method
        for path, text in _sources().items()
        if path == module or re.search(imported, text)
        for method in re.findall(rf"\b{held}\.([a-z]+)\(", text)
    }
    return tuple(m for m in ALL if m in found) or ALL


def cost(pattern: re.Pattern[Any], text: str, methods: tuple[str, ...]) -> float:
    """Of the dearest way in which it is used; to search is to find everything."""
    given = text if isinstance(pattern.pattern, str) else text.encode("utf-8", "surrogateescape")
    spent = 0.0
    for method in methods:
        before = time.process_time()
        if method == "search":
            for _ in pattern.finditer(given):
                pass
        else:
            getattr(pattern, method)(given)
        spent = max(spent, time.process_time() - before)
    return spent


def grows(
    pattern: re.Pattern[Any], methods: tuple[str, ...], seen: float = 0.05, most: int = 128_000
) -> tuple[float, str, float] | None:
    """The worst ratio of a doubling, the text that brings it, and what it costs; None when nothing does."""
    for front, unit in attacks(pattern):
        for tail in ("\n\x01", ""):
            last = 0.0
            size = 2000
            while size <= most:
                text = front + unit * (size // len(unit)) + tail
                spent = cost(pattern, text, methods)
                if spent > seen and last > seen / 4 and spent / last > 2.6:
                    spent = min(spent, cost(pattern, text, methods))
                    if spent / last > 2.6 or spent > 1:
                        return (
                            spent / last,
                            f"{front!r} + {unit!r} × {size // len(unit)} + {tail!r}",
                            spent / size,
                        )
                if spent > 2:
                    break
                last, size = spent, size * 2
    return None
