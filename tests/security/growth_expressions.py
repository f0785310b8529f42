"""Every expression that batten's modules hold, and texts made of it to make it go back and try again."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import batten
from batten.patterns.syntax import parts_of

_parser: Any = importlib.import_module("re._parser")
MOST = 40  # texts for one expression
DOUBLED = 2.4  # times the cost for twice as much
# Run, never imported by batten: the launcher may import nothing but `sys` and the like, Alembic runs the other.
PROGRAMS = frozenset({"batten.cell.launcher", "batten.watch.store.migrations.env"})


@cache
def expressions() -> dict[str, re.Pattern[Any]]:
    """By module and name; what is kept in tables is found in them, and what a function writes out, in its source."""
    found: dict[str, re.Pattern[Any]] = {}
    known: set[tuple[str | bytes, int]] = set()
    for module in modules():
        for name, value in vars(module).items():
            for number, pattern in enumerate(held(value, 0, set())):
                if (pattern.pattern, pattern.flags) not in known:
                    known.add((pattern.pattern, pattern.flags))
                    found[f"{module.__name__}.{name}" + (f"[{number}]" if number else "")] = pattern
    for name, pattern in written():
        if (pattern.pattern, pattern.flags) not in known:
            known.add((pattern.pattern, pattern.flags))
            found[name] = pattern
    return found


def written() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """What is written out where it is used: `re.match(r"…", text, re.IGNORECASE)`. The name tells the line and the method."""
    for module, text in _sources().items():
        if "import re\n" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=method),
                    args=[ast.Constant(value=str() | bytes() as expression), *rest],
                ) if method not in ("escape", "compile"):
                    flags = [n.attr for a in (*rest, *(k.value for k in node.keywords)) for n in ast.walk(a)
                             if isinstance(n, ast.Attribute) and n.attr.isupper() and hasattr(re, n.attr)]  # fmt: skip
                    together = re.RegexFlag(0)
                    for flag in flags:
                        together |= getattr(re, flag)
                    yield f"{module}:{node.lineno}.{method}", re.compile(expression, together)


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(batten.__path__, "batten."):
        if info.name in PROGRAMS:
            assert "import re\n" not in _sources()[info.name], info.name
            continue
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
    items = list(items)
    for index, (name, value) in enumerate(items):
        kind = str(name)
        if kind in ("MAX_REPEAT", "MIN_REPEAT") and int(value[1]) > 50:
            bodies = dict.fromkeys(filter(None, _samples(list(value[2]))))
            for body in list(bodies)[:6]:
                made[before, body] = None
                made["", before + body] = made["", before[-1:] + body] = None
            if following := _sample(items[index + 1 : index + 12]):
                made[before, following] = None  # it ends here, or there, or there
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
HANDED = {"batten.formats.json._COMMA": ("match",)}  # to a function that asks it
SEARCHING = ("finditer", "findall", "sub", "subn", "split")


@cache
def _sources() -> dict[str, str]:
    root = Path(batten.__path__[0])
    return {
        ".".join(("batten", *path.relative_to(root).with_suffix("").parts)).removesuffix(
            ".__init__"
        ): path.read_text(encoding="utf-8")
        for path in root.rglob("*.py")
    }


@cache
def _mentions() -> dict[str, list[str]]:
    """The modules in which a word occurs."""
    found: dict[str, list[str]] = {}
    for path, text in _sources().items():
        for word in set(re.findall(r"\w+", text)):
            found.setdefault(word, []).append(path)
    return found


def asked(name: str) -> tuple[str, ...]:
    """The methods by which an expression is used, where it stands and where it is imported; all where it is in a table."""
    if ":" in name:
        method = name.rpartition(".")[2]
        return ("search" if method in SEARCHING else method,)
    found = {"search" if method in SEARCHING else method for method, _, _ in _uses(name)}
    return tuple(m for m in ALL if m in found or m in HANDED.get(name, ())) or ALL


def _uses(name: str) -> Iterator[tuple[str, str, str]]:
    """The method, the rest of the line and the module of each use."""
    module, _, held = name.partition("[")[0].rpartition(".")
    imported = rf"from {re.escape(module)} import [^)]*?\b{held}\b"
    for path in _mentions().get(held, ()):
        text = _sources()[path]
        if path == module or re.search(imported, text):
            for use in re.finditer(rf"\b{held}(?: if [^()\n]+\))?\.([a-z]+)\b(.*)", text):
                yield use[1], use[2], path


def cut(name: str) -> int | None:
    """The characters of a text after which every use of the expression cuts it: `_HOST.search(text[:LONGEST])`."""
    found: list[int] = []
    for method, rest, module in _uses(name):
        if method in (*ALL, *SEARCHING):
            sliced = re.search(r"\[:([A-Z_]+|[\d_]+)\]", rest)
            if sliced is None:
                return None
            word = sliced[1]
            found.append(int(word) if word[0].isdigit() else getattr(importlib.import_module(module), word))
    return max(found, default=None)


def dearest(pattern: re.Pattern[Any], methods: tuple[str, ...], size: int) -> float:
    """What the dearest of all texts of this size costs."""
    dear = 0.0
    for front, unit in attacks(pattern):
        for tail in ("\n\x01", ""):
            text = (front + unit * (size // len(unit) + 1))[:size] + tail
            spent = cost(pattern, text, methods)
            if spent > dear:
                dear = max(dear, min(spent, cost(pattern, text, methods)))
    return dear


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


@dataclass(frozen=True)
class Steepest:
    """The worst doubling of an expression's cost, the text that brings it, and seconds a character."""

    ratio: float
    text: str
    each: float


def grows(
    pattern: re.Pattern[Any], methods: tuple[str, ...], seen: float = 0.05, most: int = 128_000
) -> Steepest | None:
    """The worst doubling, when it costs more than what is allowed."""
    worst = steepest(pattern, methods, seen, most)
    return worst if worst is not None and worst.ratio > DOUBLED else None


def steepest(
    pattern: re.Pattern[Any], methods: tuple[str, ...], seen: float = 0.05, most: int = 128_000
) -> Steepest | None:
    """The worst doubling of those that cost more than `seen` seconds; None when no text costs as much."""
    worst: Steepest | None = None
    for front, unit in attacks(pattern):
        for tail in ("\n\x01", ""):
            found = _climbed(pattern, methods, (front, unit, tail), seen, most)
            if found is not None and (worst is None or found.ratio > worst.ratio):
                worst = found
            if worst is not None and worst.ratio > DOUBLED:
                return worst
    return worst


def _climbed(
    pattern: re.Pattern[Any], methods: tuple[str, ...], parts: tuple[str, str, str], seen: float, most: int
) -> Steepest | None:
    front, unit, tail = parts

    def spent(size: int) -> float:
        return cost(pattern, front + unit * (size // len(unit)) + tail, methods)

    if all(spent(size) <= seen for size in (2000, 16_000, most) if size <= most):
        return None
    worst, last, size = None, spent(2000), 4000
    while size <= most and last < 2:
        now = spent(size)
        if now > seen and now > DOUBLED * max(last, seen / 4):
            now = min(now, spent(size), spent(size))
            last = max(last, min(spent(size // 2), spent(size // 2)))
        if now > seen and last > seen / 4 and (worst is None or now / last > worst.ratio):
            shown = f"{front!r} + {unit!r} × {size // len(unit)} + {tail!r}"
            worst = Steepest(now / last, shown, now / size)
        last, size = now, size * 2
    return worst
