"""Values as toYaml writes them: Go's YAML, whose sorted keys, quotes and folded lines end up in files that charts make.

Source: https://pkg.go.dev/sigs.k8s.io/yaml
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import cmp_to_key, lru_cache
from typing import Any

from yaml.emitter import Emitter

from batten.formats.yaml import resolve
from batten.model import Unknown
from batten.technologies.orchestration.helm.numbers import json_number, shortest
from batten.technologies.orchestration.helm.values import Chunk, Data, Value
from batten.technologies.shared.rendering.text import HOLE

_SIMPLE = re.compile(r"[A-Za-z_/][\w./@-]*\Z", re.ASCII)
_WORDS = frozenset(
    [
        "y",
        "n",
        "yes",
        "no",
        "on",
        "off",
        "true",
        "false",
        "null",
        "Y",
        "N",
        "Yes",
        "YES",
        "No",
        "NO",
        "On",
        "ON",
        "Off",
        "OFF",
        "True",
        "TRUE",
        "False",
        "FALSE",
        "Null",
        "NULL",
    ]
)
_SIXTIES = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F_]+|0b[01_]+|0o?[0-7_]+|[0-9][0-9_]*|(?:[0-9][0-9_]*)?\.?[0-9_]+(?:[eE][-+]?[0-9]+)?)\Z"
)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt ].*\d)")
_WIDTH = 80


def yaml_chunks(value: Value, indent: int = 0, column: int = 0) -> Iterator[Chunk]:
    """The value as YAML: keys in order, lists not indented below their key."""
    pad = " " * indent
    if isinstance(value.data, dict) and value.data:
        for number, key in enumerate(ordered(value.data)):
            below = value.data[key]
            written = _key(key)
            yield Chunk(("\n" + pad if number else "") + written + ":", below.origin, below.unknown)
            if isinstance(below.data, (dict, list)) and below.data:
                deeper = indent + 2 if isinstance(below.data, dict) else indent
                yield Chunk("\n" + " " * deeper, below.origin)
                yield from yaml_chunks(below, deeper)
            else:
                yield Chunk(" ")
                yield scalar(below, indent + 2, indent + len(written) + 1)
    elif isinstance(value.data, list) and value.data:
        for number, item in enumerate(value.data):
            yield Chunk(("\n" + pad if number else "") + "- ", item.origin)
            yield from yaml_chunks(item, indent + 2, indent + 1)
    else:
        yield scalar(value, indent or 2, column)


def scalar(value: Value, indent: int, column: int) -> Chunk:
    """A word, number or empty collection, in a line that has `column` characters already."""
    match value.data:
        case Unknown():
            return Chunk(HOLE, None, True)
        case dict():
            return Chunk("{}", value.origin)
        case list():
            return Chunk("[]", value.origin)
        case str() if _SIMPLE.match(value.data) and value.data not in _WORDS and len(value.data) < 40:
            return Chunk(value.data, value.origin)
        case str():
            return Chunk(_word(value.data, indent, column), value.origin, value.vague)
        case _:
            return Chunk(_number(value.data), value.origin)


def _number(data: Data) -> str:
    match data:
        case None:
            return "null"
        case bool():
            return "true" if data else "false"
        case float():
            whole = data == int(data) if abs(data) < 1e19 else False
            return json_number(data) if whole else shortest(data, 6)
        case _:
            return str(data)


@lru_cache(maxsize=2048)
def _key(key: str) -> str:
    return key if _SIMPLE.match(key) and key not in _WORDS else _word(key, 0, 0, simple=True)


@lru_cache(maxsize=4096)
def _word(text: str, indent: int, column: int, simple: bool = False) -> str:
    """A text in the style that Go's writer gives it: plain, 'single', "double" or a block."""
    emitter: Any = Emitter(io.StringIO(), width=_WIDTH, allow_unicode=True)
    analysis = emitter.analyze_scalar(text)
    emitter.column, emitter.indent, emitter.analysis = column + 1, indent, analysis
    plain = bool(text) and not _means_else(text)
    if "\n" in text and analysis.allow_block and not simple:
        emitter.write_literal(text)
        return str(emitter.stream.getvalue()).removesuffix("\n")
    if "\n" not in text and plain and analysis.allow_block_plain:
        emitter.write_plain(text, split=not simple)
    elif (plain or "\n" in text) and analysis.allow_single_quoted and not (simple and analysis.multiline):
        emitter.write_single_quoted(text, split=not simple)
    else:
        emitter.write_double_quoted(text, split=not simple)
    return str(emitter.stream.getvalue())


def _means_else(text: str) -> bool:
    """Whether plain text would be read as a number, a word of YAML's, or a date."""
    if text in _WORDS or text in ("~", "<<") or _SIXTIES.match(text) or _DATE.match(text):
        return text != "<<"
    return not isinstance(resolve(text), str) or (
        text[0] in "0123456789+-." and _NUMBER.match(text) is not None
    )


def ordered(table: dict[str, Value]) -> list[str]:
    """Keys in the order of Go's YAML: letters after other signs, runs of digits as numbers."""
    keys = sorted(table)
    return keys if all(k.isalpha() for k in keys) else sorted(keys, key=cmp_to_key(_compared))


def _compared(one: str, two: str) -> int:
    for n, (a, b) in enumerate(zip(one, two, strict=False)):
        if a == b:
            continue
        if a.isalpha() or b.isalpha():
            both = a.isalpha() and b.isalpha()
            return (-1 if a < b else 1) if both else (-1 if b.isalpha() else 1)
        return _digits(one, two, n)
    return len(one) - len(two)


def _digits(one: str, two: str, at: int) -> int:
    """Where two keys differ and neither goes on with a letter: runs of digits are compared as numbers."""
    runs = [re.match(r"\d*", k[at:]) for k in (one, two)]
    first, second = (m[0] if m else "" for m in runs)
    within = re.search(r"[1-9]\d*\Z", one[:at]) is not None and "0" in (one[at], two[at])
    values = [
        int(("1" if within else "") + (run[:18] or "0" if not within else run[:18]))
        for run in (first, second)
    ]
    if values[0] != values[1]:
        return values[0] - values[1]
    return len(first) - len(second) or (-1 if one[at] < two[at] else 1)
