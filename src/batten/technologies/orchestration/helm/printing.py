"""Values as Go's `print`, `printf`, `quote` and JSON write them.

Sources: https://pkg.go.dev/fmt, https://pkg.go.dev/encoding/json
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from batten.model import Unknown
from batten.technologies.orchestration.helm.numbers import Int64, json_number, shortest
from batten.technologies.orchestration.helm.values import Chunk, Data, Value, printed
from batten.technologies.shared.rendering.text import HOLE

_VERB = re.compile(
    r"%([-+# 0]*)(?:\[(\d{1,2})\])?(\d{1,3}|\*)?(?:\.(\d{0,3}))?(?:\[(\d{1,2})\])?([a-zA-Z%!])"
)
_CONTROL = re.compile(r"\\(?:u00([0-9a-f]{2})|.)")
_SAFE = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
TYPES: dict[type, str] = {
    str: "string", bool: "bool", int: "int", Int64: "int64", float: "float64", dict: "map[string]interface {}",
    list: "[]interface {}", type(None): "<nil>",
}  # fmt: skip


def go_quoted(text: str) -> str:
    """A text between double quotes, as Go's %q."""
    return _CONTROL.sub(lambda m: f"\\x{m[1]}" if m[1] else m[0], json.dumps(text, ensure_ascii=False))


def json_text(value: Value, escaped: bool = True, indent: int | None = None, depth: int = 0) -> str:
    """A value as Go's encoding/json writes it."""
    data = value.data
    if isinstance(data, (dict, list)) and data:
        rows = (
            [f"{_json_key(k, escaped, indent)}" for k in sorted(data)]
            if isinstance(data, dict)
            else [""] * len(data)
        )
        held = [data[k] for k in sorted(data)] if isinstance(data, dict) else data
        lines = [r + json_text(v, escaped, indent, depth + 1) for r, v in zip(rows, held, strict=True)]
        first, last = ("{", "}") if isinstance(data, dict) else ("[", "]")
        if indent is None:
            return first + ",".join(lines) + last
        pad = "\n" + " " * indent * (depth + 1)
        return first + pad + f",{pad}".join(lines) + "\n" + " " * indent * depth + last
    return _json_scalar(data, escaped)


def _json_key(key: str, escaped: bool, indent: int | None) -> str:
    return _json_scalar(key, escaped) + (":" if indent is None else ": ")


def _json_scalar(data: Data, escaped: bool) -> str:
    match data:
        case dict():
            return "{}"
        case list():
            return "[]"
        case float():
            return json_number(data)
        case str():
            made = json.dumps(data, ensure_ascii=False)
            return made.translate(_SAFE) if escaped else made
        case None:
            return "null"
        case Unknown():
            return json.dumps(HOLE)
        case _:
            return printed(data)


def printf(arguments: Sequence[Value]) -> Value:
    chunks = list(_formatted(arguments[0].text, arguments[1:]))
    return Value("".join(c.text for c in chunks), None, tuple(chunks))


def _formatted(form: str, values: Sequence[Value]) -> Iterator[Chunk]:
    at, used, indexed = 0, 0, False
    for found in _VERB.finditer(form):
        if found.start() > at:
            yield Chunk(form[at : found.start()])
        at = found.end()
        flags, index, width, precision, later, verb = found.groups()
        if verb == "%":
            yield Chunk("%")
            continue
        if width == "*":
            width, used = values[used].text if used < len(values) else "", used + 1
        chosen = index or later
        used, indexed = (int(chosen) - 1, True) if chosen else (used, indexed)
        if used >= len(values) or verb == "!":
            yield Chunk(f"%!{verb}(MISSING)")
            continue
        value = values[used]
        verb_width = int(width or 0)
        plain = verb in "sv" and not verb_width and precision is None
        if value.unknown or (plain and isinstance(value.data, str)):
            yield from value.chunks()
        else:
            text = _written(value.data, verb, flags, precision)
            zeros = "0" in flags and "-" not in flags and isinstance(value.data, (int, float))
            if zeros and text[:1] in "+-" and verb_width > len(text):
                text = text[0] + text[1:].rjust(verb_width - 1, "0")
            padded = text.ljust(verb_width) if "-" in flags else text.rjust(verb_width, "0" if zeros else " ")
            yield Chunk(padded, value.origin, value.vague)
        used += 1
    if at < len(form):
        yield Chunk(form[at:])
    if used < len(values) and not indexed:
        yield Chunk("%!(EXTRA " + ", ".join(f"{_type(v)}={v.text}" for v in values[used:]) + ")")


def _written(data: Data, verb: str, flags: str, precision: str | None) -> str:
    """One value by one verb; what the verb does not take is said as Go says it."""
    digits = int(precision or 0) if precision is not None else None
    match data, verb:
        case _, "T":
            return TYPES.get(type(data), "<nil>")
        case None, _:
            return "<nil>" if verb == "v" else f"%!{verb}(<nil>)"
        case list(), ("s" | "d" | "q"):
            return "[" + " ".join(_written(v.data, verb, flags, precision) for v in data) + "]"
        case dict(), ("s" | "d" | "q"):
            return (
                "map["
                + " ".join(f"{k}:{_written(v.data, verb, flags, precision)}" for k, v in sorted(data.items()))
                + "]"
            )
        case bool(), ("t" | "v"):
            return printed(data)
        case str(), _:
            return _string(data, verb, digits)
        case bool(), _:
            return f"%!{verb}(bool={printed(data)})"
        case int(), _:
            signs = {"d": "d", "v": "d", "x": "x", "X": "X", "o": "o", "b": "b"}
            if verb in signs:
                return format(data, ("+" if "+" in flags else "") + signs[verb])
            if verb in "cq" and 0 <= data < 0x110000:
                return chr(data) if verb == "c" else f"'{chr(data)}'"
            return f"U+{data:04X}" if verb == "U" else f"%!{verb}({TYPES[type(data)]}={data})"
        case float(), _:
            return _float(data, verb, flags, digits)
        case _, "v":
            return printed(data)
    return f"%!{verb}({TYPES.get(type(data), '')}={printed(data)})"


def _string(data: str, verb: str, digits: int | None) -> str:
    kept = data if digits is None else data[:digits]
    match verb:
        case "s" | "v":
            return kept
        case "q":
            return go_quoted(kept)
        case "x" | "X":
            made = kept.encode().hex()
            return made.upper() if verb == "X" else made
    return f"%!{verb}(string={data})"


def _float(data: float, verb: str, flags: str, digits: int | None) -> str:
    sign = "+" if "+" in flags and data >= 0 else ""
    if verb in "eEfF":
        return sign + format(data, f".{6 if digits is None else digits}{verb}")
    if verb in "gGv":
        return sign + (shortest(data, 6) if digits is None else format(data, f".{digits or 1}g"))
    return f"%!{verb}(float64={shortest(data, 6)})"


def _type(value: Value) -> str:
    return TYPES.get(type(value.data), "<nil>")


def joined(arguments: Sequence[Value]) -> Value:
    """`print`: blanks between values of which neither is a text."""
    chunks: list[Chunk] = []
    for n, value in enumerate(arguments):
        apart = n > 0 and not isinstance(value.data, str) and not isinstance(arguments[n - 1].data, str)
        chunks += [Chunk(" ")] if apart else []
        chunks += [Chunk("<nil>")] if value.data is None else value.chunks()
    return Value("".join(c.text for c in chunks), None, tuple(chunks))
